"""The icon as macOS wants it: one .icns file with the picture in every size.

`python -m installer.macos.icns SVG FILE` in the environment draws it, by Qt.
"""

import struct
import sys
from collections.abc import Mapping
from pathlib import Path

KINDS = {
    16: ("icp4",),
    32: ("icp5", "ic11"),
    64: ("ic12",),
    128: ("ic07",),
    256: ("ic08", "ic13"),
    512: ("ic09", "ic14"),
    1024: ("ic10",),
}
"""The names of entries for PNG pictures by their pixels; the second of a size is the one before for sharper screens."""


def icns(pictures: Mapping[int, bytes]) -> bytes:
    """An .icns file of PNG pictures by their size: a header, then each with its name and length, big end first."""
    entries = b"".join(
        kind.encode("ascii") + struct.pack(">I", len(png) + 8) + png
        for size, png in sorted(pictures.items())
        for kind in KINDS[size]
    )
    return b"icns" + struct.pack(">I", len(entries) + 8) + entries


def drawn(picture: Path, size: int) -> bytes:
    """An SVG picture as PNG of that many pixels, square. Raises ValueError where Qt cannot draw it."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
    from PySide6.QtGui import QImageReader, QImageWriter

    reader = QImageReader(str(picture))
    reader.setScaledSize(QSize(size, size))
    image, buffer = reader.read(), QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if image.isNull() or not QImageWriter(buffer, QByteArray(b"png")).write(image):
        raise ValueError(f"{picture} cannot be drawn: {reader.errorString()}")
    return bytes(buffer.data().data())


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(icns({size: drawn(Path(sys.argv[1]), size) for size in KINDS}))
