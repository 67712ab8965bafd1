"""`enroller enroll` and `resume`, end to end."""

import json
import re
import signal
import socket
from pathlib import Path

import pytest

from enroller.sandbox.server import Sandbox
from tests.conftest import API_KEY
from tests.http.servers import answering, serving
from tests.integration.conftest import Cli, Enroll, approve_pending

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

EVENTS = {
    "key_ready": ["event", "fingerprint", "key_type"],
    "submitting": ["event"],
    "registered": ["event", "enrollment", "expires_at"],
    "pending": ["event", "next_poll_in", "expires_in"],
    "retrying": ["event", "code", "next_poll_in"],
    "approved": ["event"],
    "saved": ["event", "enrollment", "path"],
    "left_pending": ["event", "enrollment", "expires_at", "resume"],
    "failed": ["event", "code", "message", "advice"],
}
"""The closed list of events and their members, in their order."""


def names(events: list[dict[str, object]]) -> list[object]:
    for event in events:
        assert list(event) == EVENTS[str(event["event"])]
    return [event["event"] for event in events]


class TestTheMainJob:
    def test_from_the_command_to_saved_credentials(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        running = cli.start(*enroll("--description", "Laptop at the reception"))
        registered = running.until("registered")
        (seen,) = sandbox.world.requests()
        assert (seen.client_id, seen.description, seen.client_type) == (
            "laptop-17",
            "Laptop at the reception",
            "desktop_client",
        )
        running.until("pending")
        sandbox.world.approve(seen.id)
        done = running.end()
        assert (done.status, done.err.count("Traceback")) == (0, 0)
        told = names(done.events)
        assert told[:4] == ["key_ready", "submitting", "registered", "pending"]
        assert set(told[4:-2]) <= {"pending"}
        assert told[-2:] == ["approved", "saved"]

        assert done.event("key_ready") == {
            "event": "key_ready",
            "fingerprint": seen.fingerprint,
            "key_type": "ed25519",
        }
        assert TIME.fullmatch(str(registered["expires_at"]))
        pending = next(event for event in done.events if event["event"] == "pending")
        assert 0 <= pending["next_poll_in"] <= 0.2
        assert 259_000 < pending["expires_in"] <= 259_200
        saved = done.event("saved")
        assert saved["enrollment"] == registered["enrollment"]
        assert Path(saved["path"]).is_dir()
        assert [Path(saved["path"])] == cli.folders()

        (listed,) = cli.run("list", "--json").document
        assert listed == {
            "id": saved["enrollment"],
            "service": "safeq-cloud",
            "state": "enrolled",
            "client_id": "laptop-17",
            "server": sandbox.url,
            "fingerprint": seen.fingerprint,
            "expires_at": listed["expires_at"],
        }
        assert list(listed) == ["id", "service", "state", "client_id", "server", "fingerprint", "expires_at"]
        assert TIME.fullmatch(listed["expires_at"])

    @pytest.mark.parametrize("key_type", ["rsa", "x509"])
    def test_with_the_other_kinds_of_key(self, key_type: str, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.set_trust(True)
        done = cli.run(*enroll("--key-type", key_type, "--rsa-bits", "2048", "--client-type", "server"))
        assert done.status == 0
        assert sandbox.world.requests()[0].key_type == key_type
        assert cli.run("renew", "--json").status == 0

    def test_automatic_trust_ends_at_the_first_poll(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.set_trust(True)
        done = cli.run(*enroll())
        assert names(done.events) == ["key_ready", "submitting", "registered", "pending", "approved", "saved"]
        counts = sandbox.world.counts()
        assert (counts["register"], counts["token"]) == (1, 1)

    def test_without_json_people_are_told_on_standard_output(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.set_trust(True)
        done = cli.run(*(argument for argument in enroll() if argument != "--json"))
        assert done.status == 0
        assert "to compare by telephone:" in done.out
        assert sandbox.world.requests()[0].spoken in done.out  # type: ignore[operator]
        assert "\x1b" not in done.out, "no colours and no countdown where nobody looks"
        assert done.err == ""

    def test_an_old_encoding_breaks_nothing(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.set_trust(True)
        arguments = [argument for argument in enroll("--description", "Büro ☃") if argument != "--json"]
        done = cli.run(*arguments, PYTHONIOENCODING="ascii")
        assert (done.status, sandbox.world.requests()[0].description) == (0, "Büro ☃")

    @pytest.mark.parametrize("way", ["environment", "stdin"])
    def test_the_api_key_comes_by_a_file_standard_input_or_the_environment(
        self, way: str, cli: Cli, enroll: Enroll, sandbox: Sandbox, api_key_file: Path
    ) -> None:
        sandbox.world.set_trust(True)
        arguments = list(enroll())
        place = arguments.index("--api-key-file")
        if way == "stdin":
            arguments[place + 1] = "-"
            assert cli.run(*arguments, stdin=API_KEY + "\r\n").status == 0
        else:
            del arguments[place : place + 2]
            assert cli.run(*arguments, ENROLLER_API_KEY=API_KEY).status == 0

    def test_a_passphrase_protects_what_is_stored(
        self, cli: Cli, enroll: Enroll, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        sandbox.world.set_trust(True)
        (tmp_path / "passphrase").write_text("correct horse\n")
        (tmp_path / "wrong").write_text("incorrect horse\n")
        cli.secrets.append("correct horse")
        done = cli.run(*enroll("--protect", "passphrase", "--passphrase-file", str(tmp_path / "passphrase")))
        assert done.status == 0
        assert API_KEY not in (cli.folders()[0] / "sealed.json").read_text()
        assert cli.run("token").status == 2
        assert cli.run("token", "--passphrase-file", str(tmp_path / "wrong")).status == 8
        assert cli.run("token", "--passphrase-file", str(tmp_path / "passphrase")).status == 0


class TestEndings:
    """One test for each exit status but 0 and 1."""

    def test_2_bad_input_leaves_nothing_behind(self, cli: Cli, enroll: Enroll) -> None:
        done = cli.run(*enroll("--server", "http://acme.example"))
        assert (done.status, names(done.events)) == (2, ["failed"])
        assert not cli.data_dir.exists()

    def test_2_without_an_api_key_and_without_a_terminal(self, cli: Cli, sandbox: Sandbox) -> None:
        done = cli.run("enroll", "--server", sandbox.url, "--protect", "file")
        assert done.status == 2
        assert "--api-key-file" in done.err

    def test_3_submitted_and_left(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        done = cli.run(*enroll("--no-wait"))
        assert done.status == 3
        assert names(done.events) == ["key_ready", "submitting", "registered", "pending", "left_pending"]
        left = done.event("left_pending")
        assert left["resume"] == f"enroller --data-dir {cli.data_dir} resume {left['enrollment']}"
        assert TIME.fullmatch(left["expires_at"])
        approve_pending(sandbox)
        resumed = cli.run("resume", "--json")
        assert (resumed.status, names(resumed.events)) == (0, ["approved", "saved"])
        assert sandbox.world.counts()["register"] == 1
        again = cli.run("resume")
        assert again.status == 0

    def test_3_time_is_up_while_somebody_could_still_approve(self, cli: Cli, enroll: Enroll) -> None:
        done = cli.run(*enroll("--timeout", "1"))
        assert (done.status, done.events[-1]["event"]) == (3, "left_pending")

    def test_7_time_is_up_and_nothing_has_reached_the_service(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.inject("server_error", None, "register")
        done = cli.run(*enroll("--timeout", "1"))
        assert done.status == 7
        assert names(done.events)[-2:] == ["retrying", "failed"]

    def test_4_denied(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        running = cli.start(*enroll())
        running.until("registered")
        sandbox.world.reject(sandbox.world.requests()[0].id)
        done = running.end()
        assert (done.status, done.events[-1]["code"]) == (4, "access_denied")
        assert cli.run("resume", cli.folders()[0].name).status == 4

    def test_5_expired_and_started_again_with_the_same_key(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        running = cli.start(*enroll())
        running.until("registered")
        sandbox.world.expire(sandbox.world.requests()[0].id)
        done = running.end()
        assert (done.status, done.events[-1]["code"]) == (5, "expired_token")
        again = cli.start("resume", "--json")
        again.until("registered")
        approve_pending(sandbox)
        assert again.end().status == 0
        assert len({seen.fingerprint for seen in sandbox.world.requests()}) == 1

    def test_6_a_wrong_api_key(self, cli: Cli, enroll: Enroll, sandbox: Sandbox, tmp_path: Path) -> None:
        (tmp_path / "wrong").write_text("not-the-key")
        done = cli.run(*enroll("--api-key-file", str(tmp_path / "wrong")))
        assert (done.status, done.events[-1]["code"]) == (6, "invalid_client")
        assert "--api-key-file" in done.events[-1]["advice"]
        assert "not-the-key" not in done.out + done.err

    def test_6_an_answer_that_belongs_to_somebody_else(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.inject("wrong_state", 1, "register")
        done = cli.run(*enroll())
        assert (done.status, done.events[-1]["code"]) == (6, "wrong_state")

    def test_7_nobody_there(self, cli: Cli, enroll: Enroll) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        done = cli.run(*enroll("--server", f"127.0.0.1:{port}"))
        assert (done.status, done.events[-1]["code"]) == (7, "connection_failed")
        assert names(done.events) == ["key_ready", "submitting", "failed"]

    def test_7_a_server_that_is_not_trusted(self, cli: Cli, sandbox: Sandbox, api_key_file: Path) -> None:
        done = cli.run(
            "enroll", "--json", "--server", sandbox.url, "--api-key-file", str(api_key_file), "--protect", "file"
        )
        assert (done.status, done.events[-1]["code"]) == (7, "tls_untrusted_issuer")
        assert sandbox.world.counts()["register"] == 0

    @pytest.mark.parametrize(("fault", "code"), [("login_page", "login_page"), ("redirect", "redirected")])
    def test_7_somebody_else_answers(self, fault: str, code: str, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        sandbox.world.inject(fault, 1, "register")
        done = cli.run(*enroll())
        assert (done.status, done.events[-1]["code"]) == (7, code)
        assert "room" not in done.out + done.err, "a stranger's page is not repeated"

    def test_8_without_a_key_store_there_is_no_silent_fall_back(
        self, cli: Cli, enroll: Enroll, sandbox: Sandbox
    ) -> None:
        done = cli.run(*enroll("--protect", "keyring"), PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
        assert (done.status, done.events[-1]["code"]) == (8, "key_store_absent")
        assert "--protect" in done.events[-1]["advice"]
        assert sandbox.world.counts()["register"] == 0

    def test_8_a_data_folder_that_is_none(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        cli.data_dir.write_text("a file")
        done = cli.run(*enroll())
        assert done.status == 8
        assert str(cli.data_dir) in done.events[-1]["message"]
        assert sandbox.world.counts()["register"] == 0
        cli.data_dir.unlink()

    def test_9_already_enrolled(self, enrolled: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        done = enrolled.run(*enroll())
        assert (done.status, done.events[-1]["code"]) == (9, "already_enrolled")
        assert sandbox.world.counts()["register"] == 1

    def test_10_in_use_by_another_process(self, cli: Cli, enroll: Enroll) -> None:
        running = cli.start(*enroll())
        running.until("pending")
        for command in (("resume",), enroll()):
            assert cli.run(*command).status == 10
        running.interrupt()
        assert running.end().status == 130

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_130_ctrl_c_keeps_the_request_and_says_how_to_go_on(
        self, number: signal.Signals, cli: Cli, enroll: Enroll, sandbox: Sandbox
    ) -> None:
        running = cli.start(*enroll())
        running.until("pending")
        running.interrupt(number)
        done = running.end()
        assert done.status == 130
        left = done.events[-1]
        assert (left["event"], "resume" in left["resume"]) == ("left_pending", True)
        assert "Traceback" not in done.err
        approve_pending(sandbox)
        assert cli.run("resume", left["enrollment"]).status == 0


class TestPlainHttp:
    def test_it_is_spoken_with_this_machine_only(self, cli: Cli, enroll: Enroll) -> None:
        refusal = json.dumps({"error": "invalid_request", "error_description": "as a test"}).encode()
        with serving(answering(refusal, "400 Bad Request")) as port:
            done = cli.run(*enroll("--server", f"http://127.0.0.1:{port}"))
        assert (done.status, done.events[-1]["code"]) == (6, "refused")
        assert "as a test" in done.events[-1]["message"]


class TestOneIdentity:
    def test_enroll_goes_on_with_the_request_that_waits(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        assert cli.run(*enroll("--no-wait")).status == 3
        approve_pending(sandbox)
        assert cli.run(*enroll()).status == 0
        assert (len(cli.folders()), sandbox.world.counts()["register"]) == (1, 1)

    def test_a_failed_first_try_leaves_its_client_id_and_key(self, cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        arguments = list(enroll())
        place = arguments.index("--client-id")
        del arguments[place : place + 2]
        sandbox.world.inject("redirect", 1, "register")
        first = cli.run(*arguments)
        assert first.status == 7
        (before,) = cli.run("list", "--json").document
        sandbox.world.set_trust(True)
        second = cli.run(*arguments)
        assert second.status == 0
        (after,) = cli.run("list", "--json").document
        assert (after["id"], after["client_id"], after["fingerprint"]) == (
            before["id"],
            before["client_id"],
            before["fingerprint"],
        )

    def test_replace_forgets_the_old_one_only_when_the_new_one_is_saved(
        self, enrolled: Cli, enroll: Enroll, sandbox: Sandbox
    ) -> None:
        (old,) = enrolled.run("list", "--json").document
        running = enrolled.start(*enroll("--replace"))
        running.until("registered")
        assert len(enrolled.folders()) == 2
        approve_pending(sandbox)
        assert running.end().status == 0
        (new,) = enrolled.run("list", "--json").document
        assert new["id"] != old["id"]
        assert new["fingerprint"] != old["fingerprint"]
        assert new["client_id"] == old["client_id"]

    def test_an_interrupted_replacement_is_gone_on_with(self, enrolled: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
        assert enrolled.run(*enroll("--replace", "--no-wait")).status == 3
        assert enrolled.run(*enroll("--replace", "--no-wait")).status == 3
        assert len(enrolled.folders()) == 2
        approve_pending(sandbox)
        assert enrolled.run(*enroll("--replace")).status == 0
        assert len(enrolled.folders()) == 1
