"""A disk that forgets: what a power cut takes with it, namely all that was not made durable.

A kill leaves everything that was written; the kernel has it. When the power goes, fsync(2) decides: what was written to
a file since its last one is lost, and so is each name that was made, changed or removed since the last one of its
folder. That is the strict reading of POSIX, and no file system does worse.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import local
from typing import Any


class Disk:
    """Remembers how to undo what is not durable yet. `spare`: a folder of the same file system for what is removed."""

    def __init__(self, spare: Path) -> None:
        self._spare = spare
        self._undoing: list[tuple[Path, Callable[[], object]]] = []
        self._unwritten: set[Path] = set()
        self._self = local()
        self._kept = 0

    @property
    def busy(self) -> bool:
        """Whether what this thread does is our own work."""
        return getattr(self._self, "busy", False)

    def before(self, event: str, details: tuple[Any, ...]) -> None:
        """Told of each audit event (PEP 578) that comes right before a change of names."""
        self._self.busy = True
        try:
            paths = [Path(os.fsdecode(one)) for one in details[:2] if isinstance(one, str | bytes | os.PathLike)]
            if paths:  # a descriptor has its name already
                self._note(event, paths)
        finally:
            self._self.busy = False

    def written(self, path: Path) -> None:
        """Something was written to the file."""
        self._unwritten.add(path)

    def made_durable(self, path: Path) -> None:
        """The file, or the folder, was synced."""
        self._unwritten.discard(path)
        self._undoing = [(folder, undo) for folder, undo in self._undoing if folder != path]

    def lose(self) -> None:
        """The power is cut."""
        self._self.busy = True
        for path in self._unwritten:
            with suppress(OSError):
                os.truncate(path, 0)
        for _, undo in reversed(self._undoing):
            with suppress(OSError):  # what was noted may have failed
                undo()

    def _note(self, event: str, paths: list[Path]) -> None:
        path, new = paths[0], paths[-1]
        undo: Callable[[], object]
        match event:
            case "open" if not path.exists():
                undo = path.unlink
            case "os.mkdir" if not path.exists():
                # With all that is in it, durable or not: without its name nobody finds it.
                undo = lambda: path.rename(self._place())  # noqa: E731 - one expression
            case "os.remove" if path.exists():
                kept = self._keep(path)
                undo = lambda: kept.rename(path)  # noqa: E731 - as above
            case "os.rmdir" if path.exists():
                undo = lambda: path.mkdir(0o700)  # noqa: E731 - as above
            case "os.link":
                undo = new.unlink
            case "os.rename":
                undo = self._undo_rename(path, new)
            case _:
                return
        self._undoing.append((new.parent, undo))

    def _undo_rename(self, old: Path, new: Path) -> Callable[[], None]:
        kept = self._keep(new) if new.exists() else None

        def undo() -> None:
            new.rename(old)
            if kept is not None:
                kept.rename(new)

        return undo

    def _keep(self, path: Path) -> Path:
        """A second name for a file that loses its own."""
        place = self._place()
        place.hardlink_to(path)
        return place

    def _place(self) -> Path:
        self._kept += 1
        return self._spare / str(self._kept)
