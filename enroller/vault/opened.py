"""An enrollment that is open: read and repaired when opened, saved durably, locked until it is closed."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from enroller.errors import DiskFull, InputError, InUse, StorageError
from enroller.model import Enrollment, State
from enroller.vault import files, view

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from enroller.vault.seal import Sealer

RESERVE_BYTES = 64 * 1024


def write_reserve(folder: Path) -> None:
    """Keeps space back, so that a disk that fills while we wait cannot cost the approval. Raises StorageError.

    Random bytes: a file system that compresses or leaves holes must not save them.
    """
    files.stage(folder / files.RESERVE, os.urandom(RESERVE_BYTES))
    files.commit(folder / files.RESERVE, keep=False)
    files.sync_folder(folder)


class Opened:
    """One enrollment, held by this process alone until `close`. Made by the vault only.

    `enrollment`: as last saved. `notes`: what had to be repaired, in words for people. `path`: its folder.
    """

    def __init__(
        self, path: Path, lock: "BaseFileLock", sealer: "Sealer", enrollment: Enrollment, notes: tuple[str, ...] = ()
    ) -> None:
        self.path = path
        self.enrollment = enrollment
        self.notes = notes
        self._lock = lock
        self._sealer: Sealer | None = sealer

    def __repr__(self) -> str:
        return f"Opened({self.enrollment.id!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the lock and overwrites the key. Closing twice is no error."""
        sealer, self._sealer = self._sealer, None
        if sealer is not None:
            sealer.close()
        self._lock.release()

    def save(self, enrollment: Enrollment) -> Enrollment:
        """Stores the next revision, durable when it returns, and returns it.

        On a full disk the reserve is given up for it. Raises DiskFull, NotWritable or StorageError; what was stored
        before is then intact. The id and the protection cannot change.
        """
        sealer = self._sealer
        if sealer is None:
            raise ValueError("the enrollment is closed")
        before = self.enrollment
        if (enrollment.id, enrollment.asked.protection) != (before.id, before.asked.protection):
            raise ValueError("the id and the protection of an enrollment cannot change")
        saved = replace(enrollment, revision=before.revision + 1)
        forgetting = before.credential is not None and saved.credential is None
        try:
            self._write(sealer, saved, forgetting=forgetting)
        except DiskFull:
            if not files.discard(self.path / files.RESERVE):
                raise
            self._write(sealer, saved, forgetting=forgetting)
        with suppress(StorageError):  # a reserve that a full disk took comes back when it can; the save itself stands
            self.settle_reserve()
        return self.enrollment

    def prove(self) -> None:
        """Proves that what an answer may bring can be stored; where the reserve is kept, that is the room for it.

        Raises StorageError, and then nothing should be asked whose answer comes only once.
        """
        reserved = (self.path / files.RESERVE).exists()
        try:
            files.prove(self.path, 0 if reserved else RESERVE_BYTES)
        except DiskFull:
            if not reserved:
                raise

    def move(self, folder: Path, enrollment: Enrollment) -> Enrollment:
        """Keeps it, as it is now, in another data folder; see `Vault.receive`. Raises StorageError."""
        from enroller.vault.store import Vault

        try:
            return Vault(folder.absolute()).receive(self, enrollment)
        except (InputError, InUse) as error:
            raise StorageError(error.message, advice="Choose another folder.") from None

    def settle_in(self, path: Path, lock: "BaseFileLock", enrollment: Enrollment) -> "BaseFileLock":
        """Writes to another folder from now on, and returns the former one's lock, still held. Raises StorageError."""
        before = self.path, self._lock
        self.path, self._lock = path, lock
        try:
            self.save(enrollment)
        except BaseException:
            self.path, self._lock = before
            raise
        return before[1]

    def settle_reserve(self) -> None:
        """Sees to it that the reserve is there until the credentials are stored, and gone then. Raises StorageError."""
        if self.enrollment.state is State.ENROLLED and self.enrollment.grant is not None:
            files.discard(self.path / files.RESERVE)
        elif not (self.path / files.RESERVE).exists():
            write_reserve(self.path)

    def clear_away(self) -> None:
        """Removes what a kill left of a write, and settles the reserve."""
        with suppress(StorageError):
            for name in (files.SEALED, files.VIEW, files.RESERVE):
                files.discard(files.staged(self.path / name))
                files.discard(files.staged(files.earlier(self.path / name)))
            files.discard(self.path / files.CANARY)
            self.settle_reserve()

    def _write(self, sealer: "Sealer", enrollment: Enrollment, *, forgetting: bool) -> None:
        """`forgetting`: the generation before holds what nobody needs any more, so it is overwritten first."""
        truth, public = self.path / files.SEALED, self.path / files.VIEW
        before = files.earlier(truth)
        try:
            content = sealer.seal(enrollment)
            files.stage(truth, content)
            files.stage(public, view.render(enrollment))
            if forgetting:
                files.stage(before, content)
                files.commit(before, keep=False)
            files.commit(truth, keep=not forgetting)
            self.enrollment = enrollment
            files.commit(public)  # a view that lags behind is brought up to date by the next opening
        except BaseException:
            with suppress(StorageError):
                for path in (truth, before, public):
                    files.discard(files.staged(path))
            raise
        files.sync_folder(self.path)
