"""A preset as a desktop or a command line hands it over: the name of a file, its `file:` address, or a link."""

import re
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from enroller.errors import InputError
from enroller.preset.content import Preset, load, parse
from enroller.preset.link import from_link, is_link
from enroller.text import plain


class Handed(NamedTuple):
    """What was read, before anything is made of it. `path`: the file that it was read from, or empty for a link."""

    text: str
    path: str = ""

    def preset(self) -> Preset:
        """What it says. Raises InputError."""
        return parse(self.text, Path(self.path)) if self.path else from_link(self.text)


def taken(word: str) -> Handed:
    """What a file's name, its `file:` address (RFC 8089) or a link stands for. Raises InputError."""
    if is_link(word):
        return Handed(word)
    try:
        path = (_from_address(word) if word.lower().startswith("file:") else Path(word)).absolute()
        return Handed(load(path), str(path))
    except (ValueError, FileNotFoundError):  # no address, no name of a file; or we are in a folder that is gone
        raise InputError(
            f"There is no preset {plain(word, 200)}.", field="preset", advice="Nothing was applied."
        ) from None


def _from_address(address: str) -> Path:
    parts = urlsplit(address)
    if parts.netloc.lower() not in ("", "localhost"):
        raise InputError(
            "The preset lies on another computer.", field="preset", advice="Copy it to this one. Nothing was applied."
        )
    path = unquote(parts.path)
    if sys.platform == "win32":
        path = re.sub(r"^/(?=[A-Za-z]:)", "", path)  # file:///C:/x is C:/x
    return Path(path)
