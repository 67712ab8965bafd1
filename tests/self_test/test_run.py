"""The checks together: in their order, in time, and with one that fails hiding no other."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enroller import errors
from enroller.app import App
from enroller.preflight import Check, Verdict
from enroller.self_test import NAMES, broken, libraries, local, modules, noted, passed, run, skipped, status, window

STORAGE = errors.NotWritable("/data cannot be written.")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check passes at once; what they do has tests of its own."""
    for module, name in ((modules, "modules"), (libraries, "texts"), (libraries, "keys"), (libraries, "tls")):
        attribute = "check" if module is modules else name
        monkeypatch.setattr(module, attribute, lambda name=name: iter([passed(name, "Good.")]))
    monkeypatch.setattr(local, "store", lambda: iter([passed("store", "Good.")]))
    monkeypatch.setattr(window, "check", lambda: (passed(name, "Good.") for name in ("window", "fonts", "pictures")))
    monkeypatch.setattr(local, "key_store", lambda _: iter([passed("key_store", "Good.")]))


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "data")


def test_all_in_their_order(app: App) -> None:
    reported: list[Check] = []
    checks = run.run(app, reported.append)
    assert [check.name for check in checks] == list(NAMES)
    assert reported == checks
    assert {check.verdict for check in checks} == {Verdict.PASSED}
    assert not app.data_dir.exists()


def test_what_ends_with_an_error_is_broken_and_hides_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> Iterator[Check]:
        yield passed("window", "Good.")
        raise ImportError("no libxcb\x1b[0m")

    monkeypatch.setattr(window, "check", lost)
    checks = {check.name: check for check in run.run(app, lambda _: None)}
    assert checks["window"].verdict is Verdict.FAILED
    assert checks["window"].found == "ImportError: no libxcb [0m"
    assert [name for name, check in checks.items() if check.verdict is Verdict.SKIPPED] == ["fonts", "pictures"]
    assert checks["storage"].verdict is Verdict.PASSED


def test_what_hangs_is_named_and_left_behind(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang() -> Iterator[Check]:
        released.wait(20)
        yield passed("keys", "too late")

    monkeypatch.setattr(libraries, "keys", hang)
    begun = time.monotonic()
    checks = {check.name: check for check in run.run(app, lambda _: None, limit=0.5)}
    released.set()
    assert time.monotonic() - begun < 5
    assert checks["texts"].verdict is Verdict.PASSED
    assert (checks["keys"].verdict, checks["keys"].found) == (Verdict.FAILED, "It has not ended after 0.5 seconds.")
    assert checks["tls"].verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([passed("keys", ""), skipped("fonts", ""), noted("key_store", "", errors.KeyStoreAbsent())], 0),
        ([Check("storage", Verdict.FAILED, "", STORAGE, "technician")], 8),
        ([Check("storage", Verdict.FAILED, "", STORAGE, "technician"), broken("keys", "Gone.")], 1),
    ],
)
def test_exit_status(checks: list[Check], expected: int) -> None:
    assert status(checks) == expected
