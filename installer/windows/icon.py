"""The icon as Windows wants it: one .ico file with the picture in every size, made from the SVG."""

import struct
import zlib
from collections.abc import Sequence

from installer.release import Build

SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
"""For menus, the task bar and Explorer, at 100 to 200 %: Microsoft, "Construct your Windows app's icon"."""

_AS_PNG = 256
"""From this size on pictures are kept as PNG; readers from before Windows Vista's expect the smaller ones plain."""


def of(build: Build) -> bytes:
    """The product's icon. Raises Problem where the SVG cannot be drawn."""
    pictures = []
    for size in SIZES:
        file = build.work / f"icon-{size}.png"
        command = ["rsvg-convert", "--width", str(size), "--height", str(size), "--output", str(file)]
        build.run(f"Drawing the icon at {size} pixels", [*command, str(build.product.icon)])
        pictures.append(file.read_bytes())
    return ico(pictures)


def ico(pictures: Sequence[bytes]) -> bytes:
    """An .ico file of square PNG pictures, 8 bits for each of red, green, blue and alpha.

    Raises ValueError for another kind of PNG. Format: Microsoft, "Icons", 1995 (ICONDIR, ICONDIRENTRY).
    """
    images = [(png, *_size(png)) for png in pictures]
    bodies = [png if width >= _AS_PNG else _bitmap(png, width, height) for png, width, height in images]
    entries, place = [], 6 + 16 * len(bodies)
    for (_, width, height), body in zip(images, bodies, strict=True):
        # A byte each for the sides, where 256 is 0; no palette; one plane of 32 bits.
        entries.append(struct.pack("<4B2H2I", width % 256, height % 256, 0, 0, 1, 32, len(body), place))
        place += len(body)
    return struct.pack("<3H", 0, 1, len(bodies)) + b"".join(entries) + b"".join(bodies)


def _bitmap(png: bytes, width: int, height: int) -> bytes:
    """As a device-independent bitmap: rows from the bottom, blue first, and an empty mask as alpha says it all."""
    rows = pixels(png)
    header = struct.pack("<I2i2H6I", 40, width, 2 * height, 1, 32, 0, 0, 0, 0, 0, 0)
    colours = bytearray()
    for row in reversed(rows):
        for red, green, blue, alpha in zip(*(row[channel::4] for channel in range(4)), strict=True):
            colours += bytes((blue, green, red, alpha))
    mask = bytes((width + 31) // 32 * 4 * height)  # one bit a pixel, rows filled up to 32 bits
    return header + bytes(colours) + mask


def _size(png: bytes) -> tuple[int, int]:
    """Width and height. Raises ValueError where it is no PNG of the kind that we read (PNG 3rd edition, 11.2.1)."""
    width, height, *kind = struct.unpack_from(">2I5B", png, 16)
    if png[:8] != b"\x89PNG\r\n\x1a\n" or kind != [8, 6, 0, 0, 0]:
        raise ValueError("no PNG of 8 bits each for red, green, blue and alpha, not interlaced")
    return width, height


def pixels(png: bytes) -> list[bytes]:
    """The rows of such a PNG, four bytes a pixel. Raises ValueError. (PNG 3rd edition, clauses 5.3 and 9.2.)"""
    width, height = _size(png)
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(data), 4 * width
    rows, above = [], bytes(stride)
    for start in range(0, height * (stride + 1), stride + 1):
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above)
        rows.append(above)
    return rows


def _unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    row = bytearray(line)
    for at in range(len(row)):
        left, upper = (row[at - 4] if at >= 4 else 0), above[at]
        corner = above[at - 4] if at >= 4 else 0
        predicted = (0, left, upper, (left + upper) // 2, _paeth(left, upper, corner))[kind]
        row[at] = (row[at] + predicted) % 256
    return bytes(row)


def _paeth(left: int, upper: int, corner: int) -> int:
    estimate = left + upper - corner
    return min((left, upper, corner), key=lambda near: abs(estimate - near))
