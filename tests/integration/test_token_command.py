"""`enroller token` and `renew`: a valid access token, whatever has become of the last one."""

from pathlib import Path

from enroller.sandbox.server import Sandbox
from tests.integration.conftest import Cli, age, approve_pending, enroll_with


def test_a_fresh_token_and_nothing_else(enrolled: Cli, sandbox: Sandbox) -> None:
    done = enrolled.run("token")
    (token,) = done.out.splitlines()
    assert (done.status, done.err) == (0, "")
    assert sandbox.world.access_holder(token) == "laptop-17"
    as_json = enrolled.run("token", "--json").document
    assert list(as_json) == ["access_token", "expires_at"]
    assert (as_json["access_token"], as_json["expires_at"][-1]) == (token, "Z")
    assert sandbox.world.counts()["refresh"] == 0


def test_a_stale_one_is_refreshed_and_the_new_refresh_token_is_kept(stale: Cli, sandbox: Sandbox) -> None:
    token = stale.run("token").out.strip()
    assert sandbox.world.access_holder(token) == "laptop-17"
    assert sandbox.world.counts()["refresh"] == 1
    assert stale.run("token").out.strip() == token
    assert sandbox.world.counts()["refresh"] == 1


def test_eight_at_once_make_one_refresh(stale: Cli, sandbox: Sandbox) -> None:
    done = [running.end() for running in [stale.start("token") for _ in range(8)]]
    assert {one.status for one in done} == {0}
    assert len({one.out for one in done}) == 1
    assert sandbox.world.access_holder(done[0].out.strip()) == "laptop-17"
    assert sandbox.world.counts()["refresh"] == 1


def test_a_refresh_token_that_has_ended_costs_no_approval(stale: Cli, sandbox: Sandbox) -> None:
    sandbox.world.forget_tokens("laptop-17")
    done = stale.run("token")
    assert done.status == 0
    assert sandbox.world.access_holder(done.out.strip()) == "laptop-17"
    newest, first = sandbox.world.requests()
    assert (newest.signed, newest.fingerprint) == (True, first.fingerprint)


def test_a_lost_answer_to_the_refresh_costs_no_approval_either(stale: Cli, sandbox: Sandbox) -> None:
    sandbox.world.inject("lost_answer", 1, "token")
    done = stale.run("token")
    assert done.status == 0
    assert sandbox.world.requests()[0].signed


def test_a_device_that_the_service_has_forgotten_waits_for_a_new_approval(stale: Cli, sandbox: Sandbox) -> None:
    sandbox.world.remove("laptop-17")
    done = stale.run("token", "--json")
    assert (done.status, done.events[-1]["event"]) == (3, "left_pending")
    assert "new approval is needed" in done.err
    approve_pending(sandbox)
    resumed = stale.run("resume")
    assert resumed.status == 0
    assert stale.run("token").status == 0


def test_a_rotated_api_key_is_asked_for_taken_and_kept(stale: Cli, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.world.rotate_api_key("the-rotated-key")
    refused = stale.run("token", "--json")
    assert (refused.status, refused.events[-1]["code"]) == (6, "invalid_client")
    assert stale.run("list", "--json").document[0]["state"] == "enrolled"
    (tmp_path / "new").write_text("the-rotated-key")
    stale.secrets.append("the-rotated-key")
    assert stale.run("token", "--api-key-file", str(tmp_path / "new")).status == 0
    assert stale.run("renew").status == 0


def test_no_answer_leaves_the_device_enrolled(stale: Cli, sandbox: Sandbox) -> None:
    sandbox.world.inject("redirect", 1, "token")
    assert stale.run("token").status == 7
    assert stale.run("list", "--json").document[0]["state"] == "enrolled"


def test_no_answer_while_the_old_token_is_still_good(enrolled: Cli, sandbox: Sandbox) -> None:
    age(enrolled, 3590)
    sandbox.world.inject("redirect", None, "token")
    still_good = enrolled.run("token")
    assert still_good.status == 0
    assert still_good.out.strip()


def test_before_the_approval_there_is_none(cli: Cli, sandbox: Sandbox, api_key_file: Path) -> None:
    assert cli.run(*enroll_with(sandbox, api_key_file, "--no-wait")).status == 3
    assert cli.run("token", cli.folders()[0].name).status == 3
    assert cli.run("token").status == 2, "none is eligible"


def test_renew_registers_again_signed(enrolled: Cli, sandbox: Sandbox) -> None:
    before = enrolled.run("token").out
    done = enrolled.run("renew", "--json")
    assert done.status == 0
    assert [event["event"] for event in done.events] == ["submitting", "registered", "pending", "approved", "saved"]
    assert [seen.signed for seen in sandbox.world.requests()] == [True, False]
    assert enrolled.run("token").out != before


def test_a_renewal_that_the_api_key_stopped_can_be_repeated_with_the_new_one(
    enrolled: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.world.rotate_api_key("the-new-key")
    assert enrolled.run("renew").status == 6
    assert enrolled.run("list", "--json").document[0]["state"] == "enrolled"
    (tmp_path / "new.txt").write_text("the-new-key\n")
    assert enrolled.run("renew", "--api-key-file", str(tmp_path / "new.txt")).status == 0


def test_a_renewal_that_nobody_answered_in_time_leaves_the_device_enrolled(enrolled: Cli, sandbox: Sandbox) -> None:
    sandbox.world.inject("server_error", None, "register")
    ended = enrolled.run("renew", "--timeout", "1", "--json")
    assert ended.status == 7
    assert ended.events[-1]["code"] == "busy"
    sandbox.world.clear_faults()
    assert enrolled.run("renew").status == 0
