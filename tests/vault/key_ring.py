"""A real Secret Service for a test: gnome-keyring on a private D-Bus."""

import gc
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import secretstorage

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


class Session:
    """A login session on a bus, whose login key ring is there and unlocked, as after signing in."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Starts the key ring's daemon; what was stored before is there again."""
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock"]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.daemon: subprocess.Popen[bytes] = subprocess.Popen(command, **streams)  # type: ignore[call-overload]
        assert self.daemon.stdin is not None
        with self.daemon.stdin as stream:
            stream.write(b"login password")
        _until(lambda: _owned() and _ready())

    def end(self) -> None:
        """Kills the daemon, also one that hangs."""
        self.daemon.send_signal(signal.SIGCONT)
        self.daemon.kill()
        self.daemon.wait()

    def hang(self) -> None:
        """The daemon answers nothing from now on."""
        self.daemon.send_signal(signal.SIGSTOP)

    def lock(self) -> None:
        with closing(secretstorage.dbus_init()) as bus:
            secretstorage.get_default_collection(bus).lock()

    def entries(self) -> list[dict[str, str]]:
        """What the key ring's entries are found by."""
        with closing(secretstorage.dbus_init()) as bus:
            items = secretstorage.get_default_collection(bus).get_all_items()
            return [dict(item.get_attributes()) for item in items]

    def forget_all(self) -> None:
        """Somebody tidies the key ring up."""
        with closing(secretstorage.dbus_init()) as bus:
            for item in list(secretstorage.get_default_collection(bus).get_all_items()):
                item.delete()


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
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    for name in ("PYTHON_KEYRING_BACKEND", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    # A socket's path has at most 107 bytes (unix(7)), and the folder of a test may need them all.
    with tempfile.TemporaryDirectory(prefix="bus-") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        config = tmp_path / "bus.conf"
        config.write_text(BUS.format(folder=runtime))
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            address = process.stdout.readline().decode().strip()
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            yield address
            process.terminate()


@pytest.fixture
def session(bus: str, needs: Callable[..., None]) -> Iterator[Session]:
    """A session that a test can lock, stop and start again."""
    needs("gnome-keyring-daemon")
    session = Session()
    yield session
    session.end()


def _owned() -> bool:
    with closing(secretstorage.dbus_init()) as bus:
        return bool(secretstorage.check_service_availability(bus))


def _ready() -> bool:
    with closing(secretstorage.dbus_init()) as bus:
        return any(not one.is_locked() and one.get_label() == "Login" for one in secretstorage.get_all_collections(bus))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "the key ring daemon did not come up"
        time.sleep(0.02)
