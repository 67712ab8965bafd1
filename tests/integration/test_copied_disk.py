"""A disk that was copied into another machine does not go about under the first one's identity."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enroller import machine
from enroller.cli.main import main
from enroller.sandbox.server import Sandbox
from tests.integration.conftest import Cli, enroll_with

ORIGINAL, COPY = ("hw:original", "os:one"), ("hw:copy", "os:one")

Run = Callable[..., tuple[int, list[Any], str]]


@pytest.fixture
def run(enrolled: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the original or on the copy: status, JSON lines, words for people. In this process, whose
    hardware a test can exchange; the enrollment was made on this one, and is taken for the original's first."""

    def run(here: tuple[str, ...], *arguments: str) -> tuple[int, list[Any], str]:
        monkeypatch.setattr(machine, "evidence", lambda: here)
        capsys.readouterr()
        status = main(["--data-dir", str(enrolled.data_dir), *arguments])
        said = capsys.readouterr()
        return status, [json.loads(line) for line in said.out.splitlines() if line[0] in "{["], said.err

    assert run(ORIGINAL, "token", "--json", "--same-machine")[0] == 0
    return run


@pytest.mark.parametrize("command", ["token", "renew", "remove --at-service"])
def test_nothing_is_done_under_its_identity(command: str, run: Run, enrolled: Cli, sandbox: Sandbox) -> None:
    before = sandbox.world.counts()
    name, *options = command.split()
    ident = [enrolled.folders()[0].name] if name == "remove" else []
    status, (failed,), err = run(COPY, name, "--json", *ident, *options)
    assert (status, failed["event"], failed["code"]) == (8, "failed", "other_machine")
    assert "--replace" in failed["advice"]
    assert "--same-machine" in failed["advice"]
    assert "laptop-17" in err
    assert sandbox.world.counts() == before
    assert run(ORIGINAL, "token", "--json")[0] == 0, "the original is as before"


def test_the_same_machine_with_another_board_is_kept_by_saying_so_once(run: Run) -> None:
    assert run(COPY, "token", "--json", "--same-machine")[0] == 0
    assert run(COPY, "token", "--json")[0] == 0


def test_what_is_known_can_be_seen_and_forgotten_without_the_service(run: Run, enrolled: Cli) -> None:
    assert run(COPY, "list", "--json")[1][0][0]["state"] == "enrolled"
    assert run(COPY, "remove", enrolled.folders()[0].name)[0] == 0
    assert run(COPY, "list", "--json")[1] == [[]]


class TestEnrollingTheCopy:
    def test_needs_to_be_said(self, run: Run, sandbox: Sandbox, api_key_file: Path) -> None:
        arguments = enroll_with(sandbox, api_key_file)
        at = arguments.index("--client-id")
        status, said, _ = run(COPY, *arguments[:at], *arguments[at + 2 :])
        assert (status, said[-1]["code"]) == (8, "other_machine")

    def test_makes_it_a_device_of_its_own(self, run: Run, sandbox: Sandbox, api_key_file: Path) -> None:
        (first,) = sandbox.world.requests()
        sandbox.world.set_trust(True)
        arguments = enroll_with(sandbox, api_key_file, "--replace")
        at = arguments.index("--client-id")
        status, said, _ = run(COPY, *arguments[:at], *arguments[at + 2 :])
        assert (status, said[-1]["event"]) == (0, "saved")
        second = sandbox.world.requests()[0]
        assert second.client_id != first.client_id
        assert second.fingerprint != first.fingerprint
        (listed,) = run(COPY, "list", "--json")[1][0]
        assert listed["client_id"] == second.client_id, "and the copy of the other's is forgotten here"
