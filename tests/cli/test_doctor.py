"""`enroller doctor`: one line for each check, one document for programs, and the status of the first that failed."""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller import errors
from enroller.app import App
from enroller.cli import doctor as command
from enroller.cli.context import Context
from enroller.cli.printer import Printer
from enroller.model import Protection, ServiceName
from enroller.preflight import NAMES, Check, Target, Verdict
from tests.http.servers import certificate

UNTRUSTED = errors.UntrustedIssuer("The certificate of acme.example was issued by “ACME root”.")
FOUND = [
    Check("storage", Verdict.PASSED, "/data can be written."),
    Check("proxy", Verdict.SKIPPED, "Not asked."),
    Check("tls", Verdict.FAILED, UNTRUSTED.message, UNTRUSTED, "IT"),
    Check("clock", Verdict.NOTED, "2 min behind.", errors.WrongClock("2 min behind."), "technician"),
    Check("service", Verdict.FAILED, "It refused.", errors.ProtocolError("It refused."), "technician"),
]

Doctor = Callable[..., int]


@pytest.fixture
def asked() -> list[Target | None]:
    """What was examined."""
    return []


@pytest.fixture
def doctor(tmp_path: Path, asked: list[Target | None], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    def run(found: list[Check], **options: object) -> int:
        def examine(
            _: App, target: Target | None, report: Callable[[Check], None], *, protection: Protection
        ) -> list[Check]:
            assert protection is Protection.KEYRING
            asked.append(target)
            for check in found:
                report(check)
            return found

        monkeypatch.setattr(command, "examine", examine)
        app = App(tmp_path / "data")
        given = {"service": ServiceName.PRIVICORE, "server": None, "ca_file": None, "json": False, **options}
        printer = Printer(as_json=False, boot=app.clock.boot, command_line=app.command_line)
        return command.doctor(Context(app, argparse.Namespace(protect="keyring", **given), printer))

    return run


def test_people_read_what_was_found_whose_turn_it_is_and_what_to_do(
    doctor: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(FOUND) == 7
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "passed   Data folder  /data can be written."
    assert lines[1] == "skipped  Proxy        Not asked."
    assert lines[2] == "FAILED   Encryption   The certificate of acme.example was issued by “ACME root”."
    assert lines[3].strip().startswith("IT's turn: Ask IT for the root certificate")
    assert lines[4] == "noted    Clock        2 min behind."
    assert lines[5].strip() == errors.WrongClock.advice, "whose turn it is stands there already"
    assert re.match(r"FAILED   Service +It refused\.", lines[6])
    assert lines[7].strip().startswith("Your turn: Check that the address")


def test_on_a_terminal_the_lines_fit(
    doctor: Doctor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    doctor(FOUND[2:3])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "FAILED   Encryption   The certificate of acme.example was issued by",
        "                      “ACME root”.",
    ]
    assert max(map(len, lines)) <= 70
    assert " ".join(" ".join(lines[2:]).split()) == f"IT's turn: {UNTRUSTED.advice}"


def test_programs_get_one_document(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(FOUND, json=True) == 7
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert [check["ok"] for check in document["checks"]] == [True, None, False, True, False]
    assert document["checks"][2] == {
        "name": "tls",
        "ok": False,
        "verdict": "failed",
        "found": UNTRUSTED.message,
        "code": "tls_untrusted_issuer",
        "advice": UNTRUSTED.advice,
        "whose": "IT",
    }
    assert document["checks"][0]["whose"] is None


def test_what_is_noted_or_skipped_is_no_failure(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor([FOUND[0], FOUND[1], FOUND[3]], json=True) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_the_server_is_examined_with_what_was_given(doctor: Doctor, asked: list[Target | None], tmp_path: Path) -> None:
    root, password = tmp_path / "root.pem", tmp_path / "password.txt"
    root.write_bytes(certificate("root").public)
    password.write_text("pw\n")
    given = {"ca_file": str(root), "proxy_user": "joe", "proxy_password_file": str(password)}
    doctor([], server="acme.example", **given)
    (target,) = asked
    assert target is not None
    assert (target.server, target.ca_pem and target.ca_pem.strip()) == ("acme.example", root.read_text().strip())
    assert target.proxy_login is not None
    assert target.proxy_login.password.reveal() == "pw"
    doctor([])
    assert asked[1] is None


def test_every_check_has_a_title() -> None:
    assert tuple(command.TITLES) == NAMES
