"""`enroller self-test`: one line for each check, one document for programs, and an exit status for installers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller import __version__, errors
from enroller.app import App
from enroller.cli import main
from enroller.cli import self_test as command
from enroller.preflight import Check, Verdict
from enroller.self_test import NAMES, broken, noted, passed

ABSENT = noted("key_store", "There is none.", errors.KeyStoreAbsent())


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the checks find; a test fills it."""
    checks: list[Check] = []

    def examine(_: App, report: Callable[[Check], None]) -> list[Check]:
        for check in checks:
            report(check)
        return checks

    monkeypatch.setattr(command, "examine", examine)
    monkeypatch.setattr(main, "_end_like_ctrl_c", lambda: None)
    return checks


def test_people_read_a_line_each_and_the_end(
    found: list[Check], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found += [passed("keys", "Good."), ABSENT]
    assert main.main(["--data-dir", str(tmp_path), "self-test"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "passed   Keys         Good."
    assert lines[1] == "noted    Key store    There is none."
    assert lines[-1] == f"Enroller {__version__} is whole."


def test_what_is_broken_is_named_at_the_end(
    found: list[Check], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found += [broken("modules", "Missing: x."), passed("keys", "Good."), broken("fonts", "None.")]
    assert main.main(["--data-dir", str(tmp_path), "self-test"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"Enroller {__version__} is not whole: Program, Fonts."


def test_a_data_folder_that_cannot_be_written_leaves_the_installation_whole(
    found: list[Check], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unwritable = errors.NotWritable("No.")
    found += [passed("keys", "Good."), Check("storage", Verdict.FAILED, "No.", unwritable, unwritable.whose)]
    assert main.main(["--data-dir", str(tmp_path), "self-test"]) == 8
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Enroller {__version__} is whole, but nobody can enroll with it like this: Data folder."


def test_programs_get_one_document(found: list[Check], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unwritable = errors.NotWritable("No.")
    found += [ABSENT, Check("storage", Verdict.FAILED, "No.", unwritable, unwritable.whose)]
    assert main.main(["--data-dir", str(tmp_path), "self-test", "--json"]) == 8
    document = json.loads(capsys.readouterr().out)
    assert {name: document[name] for name in ("ok", "version", "frozen")} == {
        "ok": False,
        "version": __version__,
        "frozen": False,
    }
    assert document["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert [check["ok"] for check in document["checks"]] == [True, False]
    assert document["checks"][1]["code"] == "not_writable"


def test_a_program_without_a_console_does_not_stumble(
    found: list[Check], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found += [passed("keys", "Good."), ABSENT]
    monkeypatch.setattr(sys, "stdout", None)
    assert main.main(["--data-dir", str(tmp_path), "self-test"]) == 0


def test_every_check_has_a_title() -> None:
    assert tuple(command.TITLES) == NAMES


def test_this_installation_is_whole(tmp_path: Path) -> None:
    """All of it for real, with the user's data folder in a place of the test's own, and nothing left in it."""
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-m", "enroller", "--data-dir", str(tmp_path / "data"), "self-test", "--json"],
        env={**env, "HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
        capture_output=True,
        text=True,
        check=False,
    )
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert [name for name, check in checks.items() if not check["ok"]] == []
    assert done.returncode == 0
    assert "offscreen" in checks["window"]["found"]
    assert not (tmp_path / "data" / "enrollments").exists()
