"""Kills, faults and lost answers cost neither the identity nor an approval."""

from dataclasses import replace
from pathlib import Path

import pytest

from enroller.app import App
from enroller.sandbox.server import Options, Sandbox
from enroller.sandbox.world import RequestState
from enroller.vault import Unlock
from tests.conftest import API_KEY
from tests.integration.conftest import Cli, Enroll, approve_pending, enroll_with


class TestApiKeyRotated:
    def test_the_new_one_is_taken_in_place_and_costs_no_approval(
        self, cli: Cli, enroll: Enroll, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        running = cli.start(*enroll())
        running.until("pending")
        sandbox.world.rotate_api_key("the-rotated-key")
        done = running.end()
        assert (done.status, done.events[-1]["code"]) == (6, "invalid_client")
        assert cli.run("list", "--json").document[0]["state"] == "awaiting_approval"
        approve_pending(sandbox)
        assert cli.run("resume", "--json").status == 6
        (tmp_path / "new").write_text("the-rotated-key\n")
        cli.secrets.append("the-rotated-key")
        assert cli.run("resume", "--json", "--api-key-file", str(tmp_path / "new")).status == 0
        assert sandbox.world.counts()["register"] == 1
        sandbox.world.forget_tokens("laptop-17")
        assert cli.run("renew").status == 0, "the new key is stored"


def test_a_server_with_another_certificate_costs_no_approval(cli: Cli, api_key_file: Path, tmp_path: Path) -> None:
    options = Options(port=0, admin_port=0, api_key=API_KEY, state=tmp_path / "state", ca_file=tmp_path / "ca.pem")
    with Sandbox(options) as before:
        assert cli.run(*enroll_with(before, api_key_file, "--no-wait")).status == 3
    port = int(before.url.rpartition(":")[2])
    with Sandbox(
        replace(options, port=port, privicore_port=0, websocket_port=0, ca_file=tmp_path / "new.pem")
    ) as after:
        approve_pending(after)
        refused = cli.run("resume", "--json", "--timeout", "2")
        assert refused.status == 3
        assert {"tls_untrusted_issuer"} == {one["code"] for one in refused.events if one["event"] == "retrying"}
        assert cli.run("resume", "--json", "--ca-file", str(after.ca_file)).status == 0
        assert cli.run("renew", "--json").status == 0, "it is kept"


@pytest.mark.parametrize("moment", ["key_ready", "submitting", "registered", "pending", "approved"])
def test_a_kill_at_any_moment_costs_neither_the_identity_nor_the_key(
    moment: str, cli: Cli, enroll: Enroll, sandbox: Sandbox
) -> None:
    running = cli.start(*enroll())
    if moment == "approved":
        running.until("pending")
        approve_pending(sandbox)
    running.until(moment)
    running.kill()
    running.end()
    approved = approve_pending(sandbox)
    resumed = cli.start("resume", "--json")
    if moment in ("key_ready", "submitting"):
        # It may have been registered or not; a registration that is repeated takes the first one's place.
        resumed.until("registered")
        approved += approve_pending(sandbox)
    assert resumed.end().status == 0
    requests = sandbox.world.requests()
    assert len({(seen.client_id, seen.fingerprint) for seen in requests}) == 1
    assert all(seen.state in (RequestState.ENROLLED,) or seen.signed for seen in requests)
    (listed,) = cli.run("list", "--json").document
    assert (listed["state"], listed["client_id"], listed["fingerprint"]) == (
        "enrolled",
        "laptop-17",
        requests[0].fingerprint,
    )
    if moment in ("registered", "pending"):
        assert (approved, sandbox.world.counts()["register"]) == (1, 1)


def test_a_kill_before_the_replaced_one_was_forgotten_leaves_that_to_resume(enrolled: Cli) -> None:
    new = enrolled.folders()[0]
    old = new.with_name("01d01d01")
    old.mkdir(mode=0o700)  # as a kill leaves it in the middle of a removal
    with App(enrolled.data_dir).vault.open(new.name, Unlock()) as opened:
        opened.save(replace(opened.enrollment, replaces=old.name))
    assert enrolled.run("resume").status == 0
    assert enrolled.folders() == [new]
    with App(enrolled.data_dir).vault.open(new.name, Unlock()) as opened:
        assert opened.enrollment.replaces is None


def test_every_fault_during_the_wait_is_survived(cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
    expected = {
        "server_error": "busy",
        "retry_after": "busy",
        "retry_after_date": "busy",
        "cut_off": "connection_lost",
        "broken_json": "connection_lost",
        "login_page": "login_page",
        "redirect": "redirected",
        "reset": "connection_lost",
        "lost_answer": "connection_lost",
        "huge": "too_large",
    }
    running = cli.start(*enroll())
    running.until("pending")
    for fault, code in expected.items():
        sandbox.world.inject(fault, 1, "token", 0.0)
        assert running.until("retrying")["code"] == code, fault
        running.until("pending")
    for fault, seconds in (("latency", 0.2), ("slow_drip", 0.001)):
        sandbox.world.inject(fault, 1, "token", seconds)
        running.until("pending")
    approve_pending(sandbox)
    assert running.end().status == 0
    assert sandbox.world.counts()["register"] == 1


@pytest.mark.parametrize("fault", ["lost_answer", "cut_off", "broken_json", "huge"])
def test_an_approval_whose_answer_is_lost_is_recovered_by_the_key(
    fault: str, cli: Cli, enroll: Enroll, sandbox: Sandbox
) -> None:
    running = cli.start(*enroll())
    running.until("pending")
    with sandbox.world.locked():
        sandbox.world.inject(fault, 1, "token")
        approve_pending(sandbox)
    done = running.end()
    assert done.status == 0
    assert [seen.signed for seen in sandbox.world.requests()] == [True, False]


def test_a_lost_answer_to_the_submit_makes_no_second_identity(cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
    sandbox.world.inject("lost_answer", 1, "register")
    running = cli.start(*enroll())
    running.until("retrying", code="connection_lost")
    running.until("registered")
    approve_pending(sandbox)
    assert running.end().status == 0
    assert len({(seen.client_id, seen.fingerprint) for seen in sandbox.world.requests()}) == 1
