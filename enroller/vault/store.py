"""The vault itself: which enrollments there are, and how one is made, opened and removed."""

import builtins
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

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

        folder = self._enrollments / _checked(enrollment.id)
        with ExitStack() as undo:
            if files.data_folder(self._folder):
                undo.callback(_remove_empty, self._folder)
            for place in (self._enrollments, folder):
                if files.own_folder(place):
                    undo.callback(_remove_empty, place)
            lock = _acquire(folder, 0.0)
            undo.callback(lock.release)
            if _holds_data(folder):
                raise InputError(f"There is an enrollment “{enrollment.id}” already.", field="id")
            undo.callback(_dissolve, folder, lock)
            keys = self._keys(unlock)
            opener, key = keys.make(enrollment.asked.protection)
            undo.callback(keys.forget, opener)
            opened = Opened(folder, lock, Sealer.new(enrollment.id, opener, key), enrollment)
            saved = opened.save(enrollment)
            opened.settle_reserve()
            if recover(folder, keys).enrollment != saved:
                raise StorageError(f"{folder} does not give back what was written there.")
            undo.pop_all()
            return opened

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
            found = recover(folder, self._keys(unlock))
        except BaseException:
            lock.release()
            raise
        return Opened(folder, lock, found.sealer, found.enrollment, found.notes)

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
        keys = self._keys(Unlock())
        hindered = [error for account in accounts if (error := keys.forget(account)) is not None]
        return tuple(f"The key store's entry could not be removed. {error.message}" for error in hindered)

    def probe(self) -> None:
        """Proves that something as large as the reserve can be stored here; leaves nothing. Raises StorageError."""
        with ExitStack() as undo:
            if files.data_folder(self._folder):
                undo.callback(_remove_empty, self._folder)
            if files.own_folder(self._enrollments):
                undo.callback(_remove_empty, self._enrollments)
            canary = self._enrollments / f"canary-{os.urandom(4).hex()}"
            files.write_new(canary, os.urandom(RESERVE_BYTES))
            files.discard(canary)

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
        """Under the lock: somebody may have removed the enrollment while we waited for it."""
        if not _holds_data(folder):
            _dissolve(folder, lock)
            raise _unknown(folder.name)


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
    import filelock

    # Not thread-local: an enrollment may be closed by another thread than the one that opened it.
    lock = filelock.FileLock(folder / files.LOCK, mode=0o600, thread_local=False)
    with files.explained(folder):
        try:
            lock.acquire(timeout=max(wait, 0.0))
        except filelock.Timeout:
            raise InUse(f"The enrollment “{folder.name}” is in use by another Enroller.") from None
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
    for prefix in (files.SEALED, files.VIEW, files.RESERVE):
        for path in folder.glob(f"{prefix}*"):
            files.discard(path)
    if sys.platform == "win32":
        lock.release()  # an open file cannot be removed there
    # On POSIX the lock's file goes while we hold it: whoever waits gets a lock without a name, and finds no enrollment.
    files.discard(folder / files.LOCK)
    _remove_empty(folder)
    lock.release()


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
