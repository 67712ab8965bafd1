"""All checks together: beside each other, each reported as it comes, and in time whatever hangs."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enroller import errors
from enroller.app import App
from enroller.model import Protection, ServiceName
from enroller.preflight import NAMES, Check, Target, Verdict, examine, network
from enroller.preflight.run import LIMIT, run
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault

SAFEQ = ServiceName.SAFEQ_CLOUD


@pytest.fixture
def _a_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vault, "probe_key_store", lambda _: "Secret Service")


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """What hangs waits for it; it is set when the test ends."""
    released = threading.Event()
    yield released
    released.set()


@pytest.mark.usefixtures("_a_key_store")
def test_everything_in_its_order(app: App, sandbox: Sandbox) -> None:
    reported: list[Check] = []
    target = Target(SAFEQ, sandbox.url, sandbox.ca_file.read_text())
    checks = examine(app, target, reported.append)
    assert tuple(check.name for check in checks) == NAMES
    assert sorted(reported, key=checks.index) == checks
    assert {check.verdict for check in checks} <= {Verdict.PASSED, Verdict.SKIPPED}
    assert checks[1].found == "Secret Service is there, and open."


@pytest.mark.usefixtures("_a_key_store")
def test_without_a_server_this_device_alone(app: App) -> None:
    assert [check.name for check in examine(app, None, lambda _: None)] == ["storage", "key_store"]


def test_on_the_servers_page_nothing_is_asked_of_the_store(app: App, sandbox: Sandbox) -> None:
    checks = examine(app, Target(SAFEQ, sandbox.url, sandbox.ca_file.read_text()), lambda _: None, local=False)
    assert tuple(check.name for check in checks) == NAMES[2:]
    assert not app.data_dir.exists()


def test_what_is_told_is_told_by_the_caller_alone(app: App, sandbox: Sandbox) -> None:
    tellers: set[threading.Thread] = set()
    target = Target(SAFEQ, sandbox.url, sandbox.ca_file.read_text())
    examine(app, target, lambda _: tellers.add(threading.current_thread()), local=False)
    assert tellers == {threading.current_thread()}


def test_trouble_with_the_store_is_told_with_what_to_do(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_: Vault) -> str:
        raise errors.KeyStoreLocked()

    monkeypatch.setattr(Vault, "probe_key_store", locked)
    app.data_dir.write_text("a file in the place of the folder")
    storage, key_store = examine(app, None, lambda _: None)
    assert (storage.verdict, key_store.verdict) == (Verdict.FAILED, Verdict.FAILED)
    assert isinstance(storage.error, errors.StorageError)
    assert isinstance(key_store.error, errors.KeyStoreLocked)
    assert {storage.whose, key_store.whose} == {"technician"}


def test_with_everything_hanging_it_ends_in_time(
    app: App, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key store, a disk and a network that never answer; the real limit is seconds under ten."""
    assert LIMIT < 10

    def hang(*_: object) -> Iterator[Check]:
        hanging.wait(20)
        yield Check("proxy", Verdict.PASSED, "too late")

    monkeypatch.setattr(Vault, "probe", lambda _: hanging.wait(20))
    monkeypatch.setattr(Vault, "probe_key_store", lambda _: hanging.wait(20))
    monkeypatch.setattr(network, "network", hang)
    reported: list[Check] = []
    begun = time.monotonic()
    checks = run(app, Target(SAFEQ, "acme.example"), reported.append, local=True, limit=0.3)
    assert time.monotonic() - begun < 1.5
    assert reported == checks
    assert [check.verdict for check in checks[:2]] == [Verdict.FAILED] * 2
    assert {check.verdict for check in checks[2:]} == {Verdict.SKIPPED}
    assert isinstance(checks[1].error, errors.KeyStoreHanging)


@pytest.mark.usefixtures("_a_key_store")
def test_a_disk_that_hangs_hides_nothing_else(
    app: App, hanging: threading.Event, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "probe", lambda _: hanging.wait(20))
    target = Target(SAFEQ, sandbox.url, sandbox.ca_file.read_text())
    checks = run(app, target, lambda _: None, local=True, limit=1.5)
    assert [check.name for check in checks if check.verdict is Verdict.FAILED] == ["storage"]


def test_a_defect_of_ours_is_not_hidden(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Vault) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Vault, "probe", broken)
    with pytest.raises(ZeroDivisionError):
        examine(app, None, lambda _: None)


def test_what_is_secret_is_not_in_a_targets_repr(tmp_path: Path) -> None:
    assert "CERTIFICATE" not in repr(Target(SAFEQ, "acme.example", "-----BEGIN CERTIFICATE-----"))


@pytest.mark.parametrize("protection", [Protection.PASSPHRASE, Protection.FILE])
def test_where_no_key_store_is_needed_none_is_asked(protection: Protection, tmp_path: Path) -> None:
    found = {one.name: one for one in examine(App(tmp_path / "data"), None, lambda _: None, protection=protection)}
    assert found["key_store"].verdict is Verdict.SKIPPED
    assert found["storage"].verdict is Verdict.PASSED
