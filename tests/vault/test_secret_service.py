"""A real Secret Service: gnome-keyring on a private D-Bus, stored, locked, absent and hanging."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller import errors
from enroller.model import Enrollment, Protection, Secret
from enroller.vault import SystemKeyStore, Unlock, Vault
from tests.vault.key_ring import Session

# `keyring` leaves its connection to the garbage collector where the key ring is locked.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

NOTHING = Unlock()


def test_an_enrollment_is_kept_and_forgotten(session: Session, data: Path, make: Callable[..., Enrollment]) -> None:
    vault = Vault(data)
    with vault.create(make(Protection.KEYRING), NOTHING) as opened:
        created = opened.enrollment
    assert [entry["service"] for entry in session.entries()] == ["Enroller"]
    with vault.open("an-id", NOTHING) as opened:
        assert opened.enrollment == created
    assert vault.remove("an-id") == ()
    assert session.entries() == []


def test_it_has_a_name_for_people(session: Session) -> None:
    assert SystemKeyStore().probe() == "Secret Service"


def test_locked(session: Session, data: Path, make: Callable[..., Enrollment]) -> None:
    vault = Vault(data)
    vault.create(make(Protection.KEYRING), NOTHING).close()
    session.lock()
    with pytest.raises(errors.KeyStoreLocked):
        vault.open("an-id", NOTHING)
    with pytest.raises(errors.KeyStoreLocked):
        vault.create(make(Protection.KEYRING, id="another"), NOTHING)
    assert [one.id for one in vault.list()] == ["an-id"]


def test_a_bus_without_a_key_store(bus: str) -> None:
    with pytest.raises(errors.KeyStoreAbsent):
        SystemKeyStore().probe()


def test_no_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with pytest.raises(errors.KeyStoreAbsent, match="No key store"):
        SystemKeyStore().probe()


def test_hanging(session: Session) -> None:
    os.kill(session.daemon.pid, signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(errors.KeyStoreHanging, match="3 seconds"):
        SystemKeyStore().set("account", Secret("value"))
    assert 2.9 < time.monotonic() - begun < 3.5


def test_a_bus_that_is_silent_is_no_absent_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who is told “absent” would choose a weaker protection, though the key store is there."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "bus"))
        mute.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
        with pytest.raises(errors.KeyStoreHanging):
            SystemKeyStore().probe()
