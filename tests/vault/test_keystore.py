"""The rules of asking a key store, with backends that a test can steer; `test_secret_service.py` asks a real one."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from enroller import errors
from enroller.model import Secret
from enroller.vault import SystemKeyStore, keystore


class Steered(KeyringBackend):
    """A backend in memory. `gate`: calls wait for it."""

    priority = 1.0
    entries: dict[str, str]
    gate: threading.Event
    ended: threading.Event
    error: Exception | None

    def get_password(self, service: str, username: str) -> str | None:
        self._pass()
        return self.entries.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._pass()
        self.entries[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._pass()
        del self.entries[username]
        self.ended.set()

    def _pass(self) -> None:
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steered]:
    backend: Steered = Steered()  # type: ignore[no-untyped-call]
    backend.entries, backend.error = {}, None
    backend.gate, backend.ended = threading.Event(), threading.Event()
    backend.gate.set()
    monkeypatch.setattr(keystore, "_find_backend", lambda: backend)
    monkeypatch.setitem(keystore._REAL, Steered.__module__, ("Steered", "Steered Store"))
    yield backend
    backend.gate.set()


def test_an_entry_is_written_read_and_deleted(backend: Steered) -> None:
    store = SystemKeyStore()
    assert store.probe() == "Steered Store"
    assert store.get("account") is None
    store.set("account", Secret("value"))
    assert store.get("account") == Secret("value")
    store.delete("account")
    store.delete("account")
    assert backend.entries == {}


def test_a_store_that_does_not_answer_is_given_up(backend: Steered) -> None:
    backend.gate.clear()
    with pytest.raises(errors.KeyStoreHanging, match=r"0\.05 seconds"):
        SystemKeyStore(limit=0.05).get("account")


def test_the_limit_is_three_seconds() -> None:
    assert keystore.LIMIT == 3.0


def test_an_entry_that_is_written_after_we_gave_up_is_taken_back(backend: Steered) -> None:
    backend.gate.clear()
    with pytest.raises(errors.KeyStoreHanging):
        SystemKeyStore(limit=0.05).set("account", Secret("value"))
    backend.gate.set()
    assert backend.ended.wait(10)
    assert backend.entries == {}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyringLocked("Failed to unlock the collection!"), errors.KeyStoreLocked),
        (OSError("org.freedesktop.Secret.Error.IsLocked"), errors.KeyStoreLocked),
        (RuntimeError("value"), errors.KeyStoreAbsent),
    ],
)
def test_what_a_backend_raises_becomes_ours(backend: Steered, error: Exception, expected: type[Exception]) -> None:
    backend.error = error
    with pytest.raises(expected) as caught:
        SystemKeyStore().set("account", Secret("value"))
    assert "value" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", "no.such.Backend", "tests.Plain"]
)
def test_a_backend_that_keeps_nothing_safe_counts_as_absent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    with pytest.raises(errors.KeyStoreAbsent):
        SystemKeyStore().probe()


def test_plain_text_plug_ins_are_never_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    class Plain(Steered):
        """As keyrings.alt has one: it announces itself as working."""

    assert Plain.priority > 0
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if sys.platform != "linux":
        pytest.skip("elsewhere the system has a key store of its own")
    with pytest.raises(errors.KeyStoreAbsent):
        SystemKeyStore().probe()


def test_every_backend_on_the_list_exists() -> None:
    for module, (name, _) in keystore._REAL.items():
        assert issubclass(getattr(__import__(module, fromlist=[name]), name), KeyringBackend)


WITHOUT_CHILDREN = """
import subprocess
import sys
from enroller.errors import StorageError
from enroller.vault import SystemKeyStore

started = []
events = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork"}
sys.addaudithook(lambda event, _: started.append(event) if event in events else None)
try:
    SystemKeyStore().probe()
except StorageError as error:
    print(error.code, started)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what was seen there")
def test_no_program_is_started_in_the_search_for_a_key_store(tmp_path: Path) -> None:
    # keyring's backend for macOS looks for its libraries by ldconfig, gcc and ld, wherever PATH leads to.
    root = Path(__file__).parents[2]
    env = {"HOME": str(tmp_path), "PATH": str(tmp_path), "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", WITHOUT_CHILDREN], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "key_store_absent []\n"
