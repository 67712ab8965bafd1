"""The operating system's key store, asked with a time limit and without a silent fall-back.

Each call runs in a daemon thread: a key store may wait for ever for somebody to type a password
(mitya57/secretstorage#33), and its libraries cost 100 ms to import.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from enroller.errors import KeyStoreAbsent, KeyStoreHanging, KeyStoreLocked, StorageError
from enroller.model import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Enroller"
"""The name under which our entries stand in the key store; the account is a random key id."""

LIMIT = 3.0
"""Seconds that one call may take."""

T = TypeVar("T")


class KeyStore(Protocol):
    """Where keys are kept. Each call raises KeyStoreAbsent, KeyStoreLocked or KeyStoreHanging where it cannot."""

    def get(self, account: str) -> Secret | None:
        """The entry's value, or None where there is no such entry."""

    def set(self, account: str, value: Secret) -> None:
        """Writes an entry."""

    def delete(self, account: str) -> None:
        """Removes an entry; one that is not there is no error."""


class SystemKeyStore:
    """Secret Service, KWallet, macOS Keychain or Windows Credential Manager, by the library `keyring`.

    A backend that keeps nothing or keeps plain text counts as absent, also where the user's settings name it.
    """

    def __init__(self, *, limit: float = LIMIT) -> None:
        self._limit = limit
        self._found: KeyringBackend | None = None

    def probe(self) -> str:
        """Asks the key store for an entry, and returns the key store's name for people. Raises as every call does.

        The system may ask the user to unlock it.
        """
        self._within(lambda: self._backend().get_password(SERVICE, "probe"))
        return _name(self._backend())

    def get(self, account: str) -> Secret | None:
        value = self._within(lambda: self._backend().get_password(SERVICE, account))
        return None if value is None else Secret(value)

    def set(self, account: str, value: Secret) -> None:
        # Unlocked by its user after we gave up, the key store would still take the entry: nobody would need it.
        self._within(
            lambda: self._backend().set_password(SERVICE, account, value.reveal()),
            undo=lambda: self._delete(account),
        )

    def delete(self, account: str) -> None:
        self._within(lambda: self._delete(account))

    def _delete(self, account: str) -> None:
        if self._backend().get_password(SERVICE, account) is not None:
            self._backend().delete_password(SERVICE, account)

    def _backend(self) -> "KeyringBackend":
        self._found = self._found or _find_backend()
        return self._found

    def _within(self, work: Callable[[], T], undo: Callable[[], object] | None = None) -> T:
        """The result of `work`, or the error it ended with as one of ours; KeyStoreHanging after the limit."""
        call = _Call(work, undo)
        threading.Thread(target=call.run, name="key store", daemon=True).start()
        if not call.ended_within(self._limit):
            raise KeyStoreHanging(f"The key store did not answer within {self._limit:g} seconds.")
        if call.error is not None:
            raise _explanation(call.error) from call.error
        return call.results[0]


class _Call(Generic[T]):
    """One call in its own thread. Either its result is taken in time, or it is abandoned and undone when it ends."""

    def __init__(self, work: Callable[[], T], undo: Callable[[], object] | None) -> None:
        self._work = work
        self._undo = undo
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._abandoned = False
        self.results: list[T] = []
        self.error: Exception | None = None

    def ended_within(self, seconds: float) -> bool:
        """Waits; False: it did not end in time, and is abandoned now."""
        self._ended.wait(seconds)
        with self._lock:
            self._abandoned = not self._ended.is_set()
            return not self._abandoned

    def run(self) -> None:
        try:
            self.results.append(self._work())
        except Exception as error:  # backends raise whatever D-Bus, ctypes or a plug-in raises
            self.error = error
        with self._lock:
            self._ended.set()
            undo = self._undo if self._abandoned and self.error is None else None
        if undo is not None:
            with suppress(Exception):  # nobody waits any more
                undo()


_REAL = {
    "keyring.backends.SecretService": ("Keyring", "Secret Service"),
    "keyring.backends.libsecret": ("Keyring", "Secret Service"),
    "keyring.backends.kwallet": ("DBusKeyring", "KWallet"),
    "keyring.backends.macOS": ("Keyring", "macOS Keychain"),
    "keyring.backends.Windows": ("WinVaultKeyring", "Windows Credential Manager"),
}
"""The backends that are an operating system's key store: module, class and the name for people."""

_OF_ONE_SYSTEM = {"keyring.backends.macOS": "darwin", "keyring.backends.Windows": "win32"}
"""Backends that are not even imported elsewhere: on Linux, that for macOS looks for its libraries by running whatever
`ldconfig`, `gcc` and `ld` the search path leads to."""


def _find_backend() -> "KeyringBackend":
    """The backend that the user's settings name (PYTHON_KEYRING_BACKEND, keyringrc.cfg), or the best that works here.

    `keyring.get_keyring` is not asked: it keeps its first answer for the life of the process, and takes plain-text
    plug-ins.
    """
    from keyring.backends.chainer import ChainerBackend
    from keyring.core import load_config, load_env

    chosen = load_env() or load_config()
    if chosen is not None and not isinstance(chosen, ChainerBackend):
        if type(chosen).__module__ not in _REAL:
            raise KeyStoreAbsent(f"This user's settings name “{type(chosen).__module__}” as the key store: it is none.")
        return chosen
    here = [module for module in _REAL if _OF_ONE_SYSTEM.get(module, sys.platform) == sys.platform]
    tried = [_tried(module) for module in here]
    working = [backend for backend in tried if isinstance(backend, type)]
    if not working and any(isinstance(failure, TimeoutError) for failure in tried):
        raise KeyStoreHanging("The session's bus, on which the key store is, does not answer.")
    if not working:
        raise KeyStoreAbsent("No key store of the operating system answers in this session.")
    return max(working, key=lambda backend: backend.priority)()


def _tried(module: str) -> "type[KeyringBackend] | Exception | None":
    """A backend's class where it can work in this session, or why not. `priority` is how the library tells."""
    try:
        backend: type[KeyringBackend] = getattr(import_module(module), _REAL[module][0])
        works = backend.priority > 0
    except Exception as error:  # each backend has its own way to say that it cannot
        return error
    return backend if works else None


def _name(backend: "KeyringBackend") -> str:
    return _REAL[type(backend).__module__][1]


def _explanation(error: Exception) -> StorageError:
    """What a backend's error means. Its own words are not repeated: nobody knows what is in them."""
    if isinstance(error, StorageError):
        return error
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    locked = {"KeyringLocked", "LockedException", "PromptDismissedException"}
    if any(type(one).__name__ in locked or "Error.IsLocked" in str(one) for one in chain):
        return KeyStoreLocked("The key store is locked, and nobody unlocked it.")
    return KeyStoreAbsent(f"The key store does not work ({type(error).__name__}).")
