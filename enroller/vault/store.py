"""The vault itself: which enrollments there are, and how one is made, opened and removed."""

import builtins
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from enroller.errors import InputError, InUse, StorageError
from enroller.model import Enrollment
from enroller.vault import files
from enroller.vault.opened import RESERVE_BYTES, Opened
from enroller.vault.values import Summary, Unlock
from enroller.vault.view import summarise

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from enroller.vault.keystore import KeyStore
    from enroller.vault.unlock import Keys

T = TypeVar("T")

CANARY = "canary."
"""How the name of a file begins that is written as a trial; no id has a dot."""

CLEARING = 1.0
"""Seconds that a folder of ours may be locked by somebody who takes it for a left-over."""

BEGINNING = 10.0
"""Seconds that one Enroller waits for another that is storing a new enrollment: scrypt and a slow disk take a few."""


class Vault:
    """The enrollments of one data folder. Nothing is touched before a method is called.

    An id is letters, digits and hyphens. `key_store`: the system's where not given.
    """

    def __init__(self, folder: Path, *, key_store: "KeyStore | None" = None) -> None:
        self._folder = folder
        self._enrollments = folder / "enrollments"
        self._key_store = key_store

    def list(self) -> builtins.list[Summary]:
        """What is stored here, oldest first, from the public views alone: no lock, no key.

        What cannot be read stands in the list with its `problem`. Raises StorageError where the folder itself cannot
        be read.
        """
        with files.explained(self._enrollments):
            try:
                files.check_own(self._enrollments)
                folders = [entry for entry in self._enrollments.iterdir() if _is_id(entry.name)]
            except FileNotFoundError:
                return []
        found = [summary for folder in folders if (summary := _summary(folder)) is not None]
        return sorted(found, key=lambda one: (one.created_at is None, one.created_at or 0.0, one.id))

    def create(self, enrollment: Enrollment, unlock: Unlock) -> Opened:
        """Stores a new enrollment as its next revision, and returns it open.

        This is the canary: the key was read back from the key store and the record from the disk, and the reserve is
        in its place. On a failure nothing is left behind. Raises StorageError and its kin; InputError where the id is
        no id or taken, or a passphrase is wanted and missing.
        """
        from enroller.vault.recover import recover
        from enroller.vault.seal import Sealer

        with self._place(_checked(enrollment.id)) as (folder, lock, undo), self._keys(unlock) as keys:
            opener, key = keys.make(enrollment.asked.protection)
            undo.callback(keys.forget, opener)
            opened = Opened(folder, lock, Sealer.new(enrollment.id, opener, key), enrollment)
            saved = opened.save(enrollment)
            opened.settle_reserve()
            again = recover(folder, keys)
            again.sealer.close()
            if again.enrollment != saved:
                raise StorageError(f"{folder} does not give back what was written there.")
            return opened

    def receive(self, opened: Opened, enrollment: Enrollment) -> Enrollment:
        """Stores an open enrollment, as it is now, here instead of where it was: that folder takes no more.

        The key stays the same. What can be removed there is removed. Raises StorageError, or InputError where there
        is an enrollment of that id; then nothing has changed.
        """
        with self._place(enrollment.id) as (folder, lock, _):
            left, its_lock = opened.path, opened.settle_in(folder, lock, enrollment)
        with suppress(StorageError):
            _dissolve(left, its_lock)
        its_lock.release()
        return opened.enrollment

    @contextmanager
    def _place(self, id: str) -> "Iterator[tuple[Path, BaseFileLock, ExitStack]]":  # noqa: A002
        """A new enrollment's folder and lock. Where the work in it fails, nothing is left of it."""
        folder = self._enrollments / id

        def made_now() -> bool:
            self._make_folders(undo)
            self._clear_away()
            return files.own_folder(folder)

        with ExitStack() as undo:
            if made := _standing(made_now):
                undo.callback(_remove_empty, folder)
            lock = _acquire(folder, CLEARING if made else 0.0)
            undo.callback(lock.release)
            files.own_folder(folder)  # another process may have cleared it away just now, and the lock made it again
            if _holds_data(folder):
                raise InputError(f"There is an enrollment “{id}” already.", field="id")
            undo.callback(_dissolve, folder, lock)
            yield folder, lock, undo
            undo.pop_all()

    def _clear_away(self) -> None:
        """Removes what a kill left of enrollments that were never stored: it holds secrets, and nobody can name it.

        A folder whose lock is held is one that is being made.
        """
        for canary in self._enrollments.glob(f"{CANARY}*"):
            files.discard(canary)
        with files.explained(self._enrollments):
            folders = list(self._enrollments.iterdir())
        for folder in folders:
            if not _is_id(folder.name) or _holds_data(folder):
                continue
            with suppress(StorageError, InUse, InputError, OSError):
                files.check_own(folder)
                lock = _acquire(folder, 0.0)
                try:
                    self._require_data(folder, lock)  # it has none, and so it goes
                finally:
                    lock.release()

    @contextmanager
    def beginning(self) -> "Iterator[None]":
        """Nobody else looks what is here and then begins an enrollment meanwhile. Raises InUse, StorageError."""
        path = self._folder / "begin.lock"

        def lock_it() -> "tuple[BaseFileLock, bool]":
            if files.data_folder(self._folder):
                undo.callback(_remove_empty, self._folder)
            new = not path.exists()
            return _locked(path, BEGINNING, "Another Enroller is just beginning an enrollment here."), new

        with ExitStack() as undo:
            lock, new = _standing(lock_it)
            try:
                yield
            except BaseException:
                if new:
                    files.discard(path)
                raise
            finally:
                lock.release()
            undo.pop_all()

    def open(self, id: str, unlock: Unlock, *, wait: float = 0.0) -> Opened:  # noqa: A002
        """Opens an enrollment for this process alone, and repairs what needs it (`Opened.notes`).

        Waits `wait` seconds for another process, then raises InUse. Raises InputError where there is no such
        enrollment; Damaged, TooNew, WrongPassphrase, KeyMissing and what the key store raises, changing nothing.
        """
        from enroller.vault.recover import recover

        folder = self._existing(id)
        lock = _acquire(folder, wait)
        try:
            self._require_data(folder, lock)
            with self._keys(unlock) as keys:
                found = recover(folder, keys)
        except BaseException:
            lock.release()
            raise
        opened = Opened(folder, lock, found.sealer, found.enrollment, found.notes)
        opened.clear_away()
        return opened

    def remove(self, id: str) -> tuple[str, ...]:  # noqa: A002
        """Forgets an enrollment here, readable or not: secrets first, then the rest, then the key store's entry.

        Returns notes for people: what could not be removed from the key store (it protects nothing any more). Raises
        InputError, InUse, NotWritable or StorageError.
        """
        folder = self._existing(id)
        lock = _acquire(folder, 0.0)
        try:
            self._require_data(folder, lock)
            accounts = _accounts(folder)
            _dissolve(folder, lock)
        finally:
            lock.release()
        hindered = self._forget(accounts)
        return tuple(f"The key store's entry could not be removed. {error.message}" for error in hindered)

    def probe(self) -> None:
        """Proves that something as large as the reserve can be stored here; leaves nothing. Raises StorageError."""
        canary = self._enrollments / f"{CANARY}{os.urandom(4).hex()}"

        def write() -> None:
            self._make_folders(undo)
            files.write_new(canary, os.urandom(RESERVE_BYTES))

        with ExitStack() as undo:
            _standing(write)
            files.discard(canary)

    def _make_folders(self, undo: ExitStack) -> None:
        """Makes the folders above an enrollment; what is made now and stays empty goes with `undo`."""
        if files.data_folder(self._folder):
            undo.callback(_remove_empty, self._folder)
        if files.own_folder(self._enrollments):
            undo.callback(_remove_empty, self._enrollments)

    def probe_key_store(self) -> str:
        """The name of the key store that keeps the keys. Raises KeyStoreAbsent, KeyStoreLocked, KeyStoreHanging."""
        from enroller.vault.keystore import SystemKeyStore

        return SystemKeyStore().probe()

    def _keys(self, unlock: Unlock) -> "Keys":
        from enroller.vault.keystore import SystemKeyStore
        from enroller.vault.unlock import Keys

        return Keys(SystemKeyStore() if self._key_store is None else self._key_store, unlock)

    def _existing(self, id: str) -> Path:  # noqa: A002
        folder = self._enrollments / _checked(id)
        with files.explained(folder):
            try:
                files.check_own(self._enrollments)
                files.check_own(folder)
            except FileNotFoundError:
                raise _unknown(id) from None
        return folder

    def _require_data(self, folder: Path, lock: "BaseFileLock") -> None:
        """Under the lock: somebody may have removed the enrollment while we waited for it, or been killed making it."""
        if not _holds_data(folder):
            accounts = _accounts(folder)
            _dissolve(folder, lock)
            self._forget(accounts)
            raise _unknown(folder.name)

    def _forget(self, accounts: set[str]) -> builtins.list[StorageError]:
        """Removes entries from the key store, and returns what hindered it.

        What another enrollment refers to stays: somebody may have copied its files into the folder that is gone.
        """
        needed = (
            {account for folder in self._enrollments.glob("*") for account in _accounts(folder)} if accounts else {}
        )
        keys = self._keys(Unlock())
        return [error for account in accounts.difference(needed) if (error := keys.forget(account)) is not None]


def _checked(id: str) -> str:  # noqa: A002
    """The id, which becomes the name of a folder."""
    if not _is_id(id):
        raise _unknown(id)
    return id


def _is_id(name: str) -> bool:
    return 0 < len(name) <= 100 and name[0] != "-" and name.isascii() and name.replace("-", "0").isalnum()


def _unknown(id: str) -> InputError:  # noqa: A002
    from enroller.text import plain

    return InputError(f"There is no enrollment “{plain(id, 100)}” here.", field="id", advice="See `enroller list`.")


def _acquire(folder: Path, wait: float) -> "BaseFileLock":
    """The folder's lock: the system's own, so it dies with its owner. Holds between threads as between processes."""
    return _locked(folder / files.LOCK, wait, f"The enrollment “{folder.name}” is in use by another Enroller.")


def _locked(path: Path, wait: float, otherwise: str) -> "BaseFileLock":
    import filelock

    # Not thread-local: an enrollment may be closed by another thread than the one that opened it.
    lock = filelock.FileLock(path, mode=0o600, thread_local=False)
    with files.explained(path.parent):
        try:
            lock.acquire(timeout=max(wait, 0.0))
        except filelock.Timeout:
            raise InUse(otherwise) from None
    return lock


def _summary(folder: Path) -> Summary | None:
    summary = summarise(folder)
    if summary is None:
        left = _holds_data(folder)
        return (
            Summary(folder.name, problem=f"{files.VIEW} is missing; opening the enrollment repairs it.")
            if left
            else None
        )
    if summary.problem is None and not any(path.exists() for path in _generations(folder / files.SEALED)):
        if not _holds_data(folder):
            return None  # it was never stored
        return summary._replace(problem=f"{files.SEALED} is missing, and the secrets with it: restore a backup.")
    return summary


def _generations(path: Path) -> tuple[Path, Path]:
    return path, files.earlier(path)


def _holds_data(folder: Path) -> bool:
    """Whether an enrollment was ever stored here: a folder without is what a kill during `create` leaves."""
    return any(path.exists() for name in (files.SEALED, files.VIEW) for path in _generations(folder / name))


def _accounts(folder: Path) -> set[str]:
    """The key store's entries that any file in the folder refers to, the damaged ones too where they can be read."""
    from enroller.vault import record, seal

    accounts = set()
    for path in folder.glob(f"{files.SEALED}*"):
        with suppress(StorageError):
            accounts.add(seal.key_id(record.parse(files.read(path) or b"")))
    return accounts


def _dissolve(folder: Path, lock: "BaseFileLock") -> None:
    """Removes an enrollment's files, secrets first, and lets go of its lock."""
    for prefix in (files.SEALED, files.VIEW, files.RESERVE, files.CANARY):
        for path in sorted(folder.glob(f"{prefix}*"), reverse=True):  # no older generation comes back after a kill
            files.discard(path)
    if sys.platform == "win32":
        lock.release()  # an open file cannot be removed there
    # On POSIX the lock's file goes while we hold it: whoever waits gets a lock without a name, and finds no enrollment.
    files.discard(folder / files.LOCK)
    _remove_empty(folder)
    lock.release()
    with suppress(StorageError):
        files.sync_folder(folder.parent)  # else it could come back after a power cut


def _standing(make: Callable[[], T]) -> T:
    """What `make` makes in our folders; once more where another process has just taken an empty one of them away.

    Whoever only tries whether something can be stored takes the folders away that were made for that.
    """
    for _ in range(2):
        try:
            return make()
        except StorageError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
    return make()


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
