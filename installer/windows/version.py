"""The product's version as Windows writes it: numbers alone."""

import re


def numbers(version: str) -> tuple[int, int, int, int]:
    """The four numbers of a file's version: `0.4.0` is 0, 4, 0, 0; what is no number at its end does not count.

    Raises ValueError where it does not begin with a number, or one is too large: Windows Installer, "ProductVersion
    property", allows 255, 255 and 65,535.
    """
    begin = re.match(r"\d+(\.\d+)*", version)
    parts = [int(part) for part in begin[0].split(".")][:3] if begin else []
    found = (*parts, 0, 0, 0, 0)[:4]
    if not begin or any(number > limit for number, limit in zip(found, (255, 255, 65_535, 0), strict=True)):
        raise ValueError(f"no version that Windows can compare: {version}")
    return found[0], found[1], found[2], found[3]


def dotted(version: str, count: int = 4) -> str:
    """The first `count` of the four numbers, with dots."""
    return ".".join(map(str, numbers(version)[:count]))
