"""The log: one line for each thing that happened, written by whitelist.

A field that is not listed here cannot be logged, so no secret gets into the file by accident.
"""

import os
import sys
from pathlib import Path

from enroller.clock import wall
from enroller.folders import make_private

FIELDS = frozenset(
    {"command", "version", "enrollment", "service", "host", "state", "happening", "code", "status", "key_type", "exit",
     "protection", "state_echoed", "next_in", "signed", "call"}
)  # fmt: skip
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # a link in its place would lead our lines into another file
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe in its place would hold us until somebody reads

LARGEST = 512 * 1024
"""Bytes after which the file becomes the one earlier generation."""


class Log:
    """Appends to `folder`/enroller.log, readable by its owner alone; never raises. `verbose`: to stderr as well."""

    def __init__(self, folder: Path, *, verbose: bool = False) -> None:
        self._path = folder / "enroller.log"
        self._verbose = verbose

    def write(self, event: str, **fields: object) -> None:
        """Logs `event`. Raises KeyError for a field that is not on the list: that is a defect."""
        from enroller.text import plain, rfc3339

        unknown = fields.keys() - FIELDS
        if unknown:
            raise KeyError(f"not on the list of what may be logged: {sorted(unknown)}")
        words = [f"{name}={plain(str(value), 120)}" for name, value in fields.items() if value is not None]
        line = " ".join([rfc3339(wall()) or "", event, *words])
        if self._verbose and sys.stderr is not None:
            print(line, file=sys.stderr)
        try:
            self._append(line)
        except OSError:
            return  # a log that cannot be written must not stop the work

    def _append(self, line: str) -> None:
        make_private(self._path.parent)
        if self._path.exists() and self._path.stat().st_size > LARGEST:
            self._path.replace(self._path.with_suffix(".log.1"))
        how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_FOLLOW | _NO_WAIT
        with os.fdopen(os.open(self._path, how, 0o600), "a", encoding="utf-8") as file:
            file.write(line + "\n")
