"""An enrollment that is open: read and repaired when opened, saved durably, locked until it is closed."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from enroller.errors import DiskFull, StorageError
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
        """Lets go of the lock and the key. Closing twice is no error."""
        self._sealer = None
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
        try:
            self._write(sealer, saved)
        except DiskFull:
            if not files.discard(self.path / files.RESERVE):
                raise
            self._write(sealer, saved)
        if before.credential is not None and saved.credential is None:
            # The generation before holds it still, and what is needed no more is kept nowhere.
            with suppress(StorageError):
                saved = replace(saved, revision=saved.revision + 1)
                self._write(sealer, saved)
        with suppress(StorageError):  # a reserve that a full disk took comes back when it can; the save itself stands
            self.settle_reserve()
        return self.enrollment

    def settle_reserve(self) -> None:
        """Sees to it that the reserve is there until the credentials are stored, and gone then. Raises StorageError."""
        if self.enrollment.state is State.ENROLLED and self.enrollment.grant is not None:
            files.discard(self.path / files.RESERVE)
        elif not (self.path / files.RESERVE).exists():
            write_reserve(self.path)

    def _write(self, sealer: "Sealer", enrollment: Enrollment) -> None:
        truth, public = self.path / files.SEALED, self.path / files.VIEW
        try:
            files.stage(truth, sealer.seal(enrollment))
            files.stage(public, view.render(enrollment))
            files.commit(truth)
            self.enrollment = enrollment
            files.commit(public)  # a view that lags behind is brought up to date by the next opening
        except BaseException:
            with suppress(StorageError):
                files.discard(files.staged(truth))
                files.discard(files.staged(public))
            raise
        files.sync_folder(self.path)
