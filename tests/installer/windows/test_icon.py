"""The .ico file: every size in it, as a picture that Windows reads."""

import struct

import pytest
from PySide6.QtGui import QColor, QImage

from installer.windows.icon import ico, pixels
from tests.installer.windows.made import png

RED, GREEN, CLEAR, GREY = b"\xff\0\0\xff", b"\0\xff\0\x80", bytes(4), b"\x40\x41\x42\xff"
ROWS = [RED + GREEN + CLEAR, GREY + RED + GREEN, GREEN + GREEN + GREY]


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_of_png_is_undone(kind: int) -> None:
    assert pixels(png(ROWS, [kind] * 3)) == ROWS


def test_another_kind_of_png_is_refused() -> None:
    palette = bytearray(png(ROWS, [0] * 3))
    palette[25] = 3
    with pytest.raises(ValueError, match="no PNG of 8 bits"):
        ico([bytes(palette)])


def test_qt_finds_the_picture_again() -> None:
    data = ico([png(ROWS, [1, 2, 4])])
    image = QImage.fromData(data)
    assert (image.width(), image.height()) == (3, 3)
    assert image.pixelColor(0, 0) == QColor(255, 0, 0, 255)
    assert image.pixelColor(2, 2) == QColor(0x40, 0x41, 0x42, 255)
    assert image.pixelColor(2, 0).alpha() == 0


def test_a_large_one_stays_png_and_each_has_its_place() -> None:
    small, large = png(ROWS, [0] * 3), png([bytes(256 * 4)] * 256, [0] * 256)
    data = ico([small, large])
    assert struct.unpack_from("<3H", data) == (0, 1, 2)
    width, height, *_, length, place = struct.unpack_from("<4B2H2I", data, 6 + 16)
    assert (width, height) == (0, 0)  # 256
    assert data[place : place + length] == large
    assert place + length == len(data)
