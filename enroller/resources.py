"""Icons, texts and pages from `resources/`: from a checkout, a wheel, a zip and a frozen build alike."""

import json
import os
import sys
from functools import cache
from typing import Any

LANGUAGES = ("en",)
"""The languages of the texts for people; the first is spoken where nobody chooses."""

_PACKAGED = os.path.join(os.path.dirname(__file__), "resources")  # noqa: PTH118, PTH120 - also a path inside a zip
_spoken = LANGUAGES[0]
_CHECKOUT = os.path.join(os.path.dirname(os.path.dirname(__file__)), "resources")  # noqa: PTH118, PTH120


def read(name: str) -> bytes:
    """The content of `resources/<name>`. Raises FileNotFoundError where there is none.

    The module's own loader reads files, zip archives and frozen archives; a checkout keeps the folder a level higher.
    """
    loader: Any = sys.modules[__name__].__spec__.loader  # type: ignore[union-attr]
    for folder in (_PACKAGED, _CHECKOUT):
        try:
            data: bytes = loader.get_data(os.path.join(folder, *name.split("/")))  # noqa: PTH118
        except OSError:
            continue
        return data
    raise FileNotFoundError(f"resources/{name}")


@cache
def _texts() -> dict[str, str]:
    texts: dict[str, str] = json.loads(read(f"texts/{_spoken}.json"))
    return texts


def speak(language: str) -> None:
    """Chooses one of `LANGUAGES` for the texts from now on."""
    global _spoken  # noqa: PLW0603 - one process has one language
    _spoken = language
    _texts.cache_clear()


def count_texts() -> int:
    """How many texts there are."""
    return len(_texts())


def has_text(key: str) -> bool:
    """Whether there is a text named `key`."""
    return key in _texts()


def text(key: str, /, **values: object) -> str:
    """The text for people named `key`, with `{placeholders}` filled in."""
    found = _texts()[key]
    return found.format(**values) if values else found
