"""What each check finds where all is well, and what it says where something is not."""

import socket
import sys
from pathlib import Path

import pytest

from enroller import errors, keys
from enroller.app import App
from enroller.http import trust
from enroller.model import KeyType
from enroller.preflight import Verdict
from enroller.self_test import is_packaged, libraries, local, window
from enroller.self_test.window import Answer, understood
from enroller.vault import Vault


def test_texts() -> None:
    (check,) = libraries.texts()
    assert check.verdict is Verdict.PASSED
    assert int(check.found.split()[0]) > 100


def test_keys_of_all_kinds() -> None:
    (check,) = libraries.keys()
    assert check.verdict is Verdict.PASSED
    assert all(key_type in check.found for key_type in KeyType)


def test_a_key_that_does_not_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "verify", lambda key_type, *_: key_type is not KeyType.RSA)
    (check,) = libraries.keys()
    assert (check.verdict, check.found) == (Verdict.FAILED, "A key of the kind rsa does not verify what it has signed.")


def test_encryption() -> None:
    (check,) = libraries.tls()
    assert check.verdict in (Verdict.PASSED, Verdict.NOTED)
    assert "TLSv1.3 with ourselves" in check.found


def test_a_system_without_roots_is_whole_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "count_system_roots", lambda: 0)
    monkeypatch.setattr(trust, "bundle", lambda: None)
    (check,) = libraries.tls()
    assert check.verdict is Verdict.NOTED
    assert check.error is not None
    assert "ca-certificates" in check.error.advice


def test_roots_that_are_there_and_not_found_are_a_broken_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "count_system_roots", lambda: 0)
    monkeypatch.setattr(trust, "bundle", lambda: "/etc/roots.pem")
    (check,) = libraries.tls()
    assert check.verdict is Verdict.FAILED
    assert "/etc/roots.pem" in check.found


def test_a_handshake_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(ConnectionRefusedError):
        list(libraries.tls())


def test_the_store() -> None:
    (check,) = local.store()
    assert (check.verdict, check.found) == (
        Verdict.PASSED,
        "Stored, opened again and removed: file and passphrase.",
    )


def test_a_store_that_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vault, "remove", lambda *_: ())
    (check,) = local.store()
    assert check.verdict is Verdict.FAILED


@pytest.mark.parametrize("trouble", [errors.KeyStoreAbsent(), errors.KeyStoreLocked(), errors.KeyStoreHanging()])
def test_trouble_with_the_key_store_is_none_of_the_installations(
    trouble: errors.StorageError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(_: Vault) -> str:
        raise trouble

    monkeypatch.setattr(Vault, "probe_key_store", raising)
    (check,) = local.key_store(App(tmp_path))
    assert (check.verdict, check.error) == (Verdict.NOTED, trouble)


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the place of the folder")
    (check,) = local.storage(App(tmp_path / "data"))
    assert check.verdict is Verdict.FAILED
    assert check.error is not None
    assert check.error.exit_status == 8


# the window's process

GOOD = Answer({"window": (True, "Qt by “offscreen”."), "fonts": (True, "2 families."), "pictures": (False, "Lost: x.")})


def test_what_the_other_process_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_ask", lambda _: GOOD)
    told = [(check.name, check.verdict) for check in window.check()]
    assert told == [("window", Verdict.PASSED), ("fonts", Verdict.PASSED), ("pictures", Verdict.FAILED)]


def test_a_display_that_cannot_be_used_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_ask", lambda more: GOOD if more else Answer({}, "no connection to :9"))
    first = next(window.check())
    assert first.verdict is Verdict.NOTED
    assert first.found == "This session's display cannot be used (no connection to :9). Qt by “offscreen”."


def test_where_qt_cannot_begin_at_all_the_installation_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_ask", lambda _: Answer({}, "ImportError: libEGL.so.1"))
    (check,) = window.check()
    assert (check.verdict, check.found) == (Verdict.FAILED, "Qt cannot begin: ImportError: libEGL.so.1")


@pytest.mark.parametrize(
    ("status", "out", "err", "expected"),
    [
        (0, b'[["window", true, "Good."]]', b"qt.something: chatter\n", Answer({"window": (True, "Good.")})),
        (-6, b"", b"\nqt.qpa.xcb: no display\nThis application failed\n", Answer({}, "qt.qpa.xcb: no display")),
        (-11, b"", b"", Answer({}, "it ended with -11")),
        (1, b'[["window"', b"\xff\x1b[1mbad", Answer({}, "� [1mbad")),
    ],
)
def test_however_the_other_process_ends_it_is_understood(status: int, out: bytes, err: bytes, expected: Answer) -> None:
    assert understood(status, out, err) == expected


@pytest.mark.parametrize(
    ("frozen", "executable", "packaged"),
    [
        (True, "/usr/lib/enroller/enroller", True),
        (False, "C:/Program Files/Enroller/enroller.exe", True),
        (False, "/usr/bin/python3.11", False),
        (False, "", False),
    ],
)
def test_how_this_program_is_started_once_more(
    frozen: bool, executable: str, packaged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    monkeypatch.setattr(sys, "executable", executable)
    assert is_packaged() is packaged
    assert window._ourselves()[0] == executable
    assert (window._ourselves()[-2:] == ["-m", "enroller"]) is not packaged
