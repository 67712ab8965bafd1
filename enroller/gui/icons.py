"""SVG icons from `resources/icons`, sharp on any screen, in the colour of the text where they are drawn in one."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColor, QIcon, QImageReader, QPixmap

from enroller import resources


def pixmap(name: str, size: int, ratio: float, colour: QColor | None = None) -> QPixmap:
    """`resources/icons/<name>.svg` at `size` logical pixels; `currentColor` in it becomes `colour`."""
    svg = resources.read(f"icons/{name}.svg")
    if colour is not None:
        svg = svg.replace(b"currentColor", colour.name().encode())
    buffer = QBuffer()
    buffer.setData(QByteArray(svg))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"svg"))
    reader.setScaledSize(QSize(round(size * ratio), round(size * ratio)))
    picture = QPixmap.fromImage(reader.read())
    picture.setDevicePixelRatio(ratio)
    return picture


def application() -> QIcon:
    """The program's own icon, in the sizes that window managers ask for."""
    icon = QIcon()
    for size in (16, 32, 48, 128):
        icon.addPixmap(pixmap("enroller", size, 1.0))
    return icon
