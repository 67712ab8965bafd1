"""Small TOML files that people write: read with care, and refused with the place of what is wrong.

`tomllib` is imported where a file is there: most starts of the wizard read none.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enroller.errors import InputError
from enroller.text import plain

LARGEST = 16 * 1024
"""Bytes. What a dotted name of that many dots costs `tomllib` grows with the square: a second, and not a minute."""

_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe must not hold us


@dataclass(frozen=True, slots=True)
class TomlFile:
    """One file's content. `kind` is what people call it: "preset", "settings"."""

    kind: str
    path: Path
    text: str
    values: Mapping[str, Any]

    def bad(self, why: str, name: str = "") -> InputError:
        """The error to raise where the file says something unusable, with the place of `name` in it."""
        return refusal(self.kind, self.path, why, place_of(name, self.text) if name else None)


def refusal(kind: str, path: Path, why: str, place: tuple[int, int] | None = None) -> InputError:
    """The error for a file that cannot be used; `place` is the line and column, both from 1."""
    where = "" if place is None else f"line {place[0]}, column {place[1]}: "
    return InputError(
        f"The {kind} {plain(str(path))} cannot be used: {where}{why}.", field=kind, advice="Nothing was applied."
    )


def without_waiting(name: str, flags: int) -> int:
    """Opens a file for `open`, and waits for nobody where it is a pipe."""
    return os.open(name, flags | _NO_WAIT)


def load(kind: str, path: Path) -> str:
    """The content of a file. Raises InputError, and FileNotFoundError where there is none."""
    try:
        with open(path, "rb", opener=without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise refusal(kind, path, "it is no file")
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise refusal(kind, path, f"it is larger than any {kind}")
        return data.decode("utf-8-sig")  # Windows' editor marks what it writes
    except FileNotFoundError:
        raise
    except OSError as error:
        raise refusal(kind, path, str(error.strerror)) from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        place = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise refusal(kind, path, "it is not UTF-8 text", place) from None


def parse(kind: str, path: Path, text: str) -> TomlFile:
    """What a file says that was read from `path`. Raises InputError."""
    import tomllib

    try:
        return TomlFile(kind, path, text, tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5,000 digits
        why, place = _told(str(error), text)
        raise refusal(kind, path, why, place) from None


def _told(message: str, text: str) -> tuple[str, tuple[int, int] | None]:
    """What `tomllib` says of a bad file, and where that is."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if found is None:
        return plain(message), None
    why = plain(found[1][:1].lower() + found[1][1:])
    if found[2]:
        return why, (int(found[2]), int(found[3]))
    return why, (text.count("\n") + 1, len(text) - text.rfind("\n"))


def place_of(name: str, text: str) -> tuple[int, int] | None:
    """Line and column (from 1) where `name` is given its value in a good file; None where that cannot be told."""
    import tomllib

    for found in re.finditer(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*(?:=|\.)[ \t]*", text, re.MULTILINE):
        try:
            before = tomllib.loads(text[: found.start()])
        except (ValueError, RecursionError):
            continue  # inside a text of several lines
        if name not in before:
            start = found.end()
            return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    return None
