"""A real Secret Service: gnome-keyring on a private D-Bus, stored, locked, absent and hanging."""

import gc
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from enroller import errors
from enroller.model import Enrollment, Protection, Secret
from enroller.vault import SystemKeyStore, Unlock, Vault

# `keyring` leaves its connection to the garbage collector where the key ring is locked.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

NOTHING = Unlock()
BUS = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


@dataclass
class Session:
    """A login session's bus; a key ring daemon runs on it."""

    daemon: "subprocess.Popen[bytes]"

    def lock(self) -> None:
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            secretstorage.get_default_collection(bus).lock()

    def entries(self) -> list[dict[str, str]]:
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            items = secretstorage.get_default_collection(bus).get_all_items()
            return [dict(item.get_attributes()) for item in items]


@pytest.fixture
def tidy() -> Iterator[None]:
    """Ends what a call left behind: its thread and its connection."""
    yield
    for thread in threading.enumerate():
        if thread.name == "key store":
            thread.join(10)
            assert not thread.is_alive()
    gc.collect()


@pytest.fixture
def bus(tidy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needs: Callable[..., None]) -> Iterator[str]:
    """A bus on which nothing runs and nothing can be started."""
    needs("dbus-daemon")
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    for name in ("PYTHON_KEYRING_BACKEND", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "bus.conf"
    config.write_text(BUS.format(folder=tmp_path / "xdg_runtime_dir"))
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address
        process.terminate()


@pytest.fixture
def session(bus: str, needs: Callable[..., None]) -> Iterator[Session]:
    """A session whose login key ring is there and unlocked, as after signing in."""
    needs("gnome-keyring-daemon")
    command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock"]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **streams) as daemon:  # type: ignore[call-overload]
        daemon.stdin.write(b"login password")
        daemon.stdin.close()
        _until(lambda: _owned() and _ready())
        yield Session(daemon)
        daemon.send_signal(signal.SIGCONT)
        daemon.kill()


def _owned() -> bool:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        return bool(secretstorage.check_service_availability(bus))


def _ready() -> bool:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        return any(not one.is_locked() and one.get_label() == "Login" for one in secretstorage.get_all_collections(bus))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "the key ring daemon did not come up"
        time.sleep(0.02)


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
