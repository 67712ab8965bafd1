"""The window's part of `enroller self-test`: Qt's platform, letters and pictures. Qt may end the process here."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QPluginLoader, Qt, qVersion
from PySide6.QtGui import QColor, QFontDatabase, QImage, QPainter, QRawFont
from PySide6.QtWidgets import QApplication

from enroller.gui import icons
from enroller.gui.display import has_display
from enroller.gui.notice import Tone

PLUGINS = {"linux": "qxcb", "win32": "qwindows", "darwin": "qcocoa"}
"""The platform plugin for each system's windows, without the parts of its name that systems add."""

SAMPLE = "Ünïcode"

PICTURES = ("enroller", "lock", *(tone.value[0] for tone in Tone))
"""Every picture that the window shows: `resources/icons`."""

Found = tuple[str, bool, str]
"""A check's name, whether it is good, and what was found."""


def examine() -> Iterator[Found]:
    """The checks `window`, `fonts` and `pictures`."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication(sys.argv[:1])
    yield "window", *_window(application)
    yield "fonts", *_fonts(application)
    yield "pictures", *_pictures()


def _window(application: QApplication) -> tuple[bool, str]:
    """The plugin that shows windows can be loaded with all its libraries, also where there is no display for it."""
    shown = f"Qt {qVersion()} by “{application.platformName()}”"
    wanted = PLUGINS.get(sys.platform, "qxcb")
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    plugin = next((file for file in sorted(folder.glob(f"*{wanted}*")) if wanted == _name(file)), None)
    if plugin is None:
        return False, f"{shown}; the plugin {wanted} is missing."
    loader = QPluginLoader(str(plugin))
    if not loader.load():
        return False, f"{shown}; the plugin {wanted} cannot be loaded: {loader.errorString()}"
    return True, f"{shown}; {wanted} can be loaded."


def _name(plugin: Path) -> str:
    return plugin.name.partition(".")[0].removeprefix("lib")


def _fonts(application: QApplication) -> tuple[bool, str]:
    """There is a font, and it has the letters of the sample."""
    families = QFontDatabase.families()
    font = QRawFont.fromFont(application.font())
    if not families:
        return False, "There is no font at all. Install one, for example the package fonts-dejavu-core."
    # Glyph 0 is what is drawn for a letter that a font lacks (OpenType, table "glyf").
    if 0 in font.glyphIndexesForString(SAMPLE) or _is_blank(SAMPLE):
        return False, f"The font {font.familyName()} cannot draw “{SAMPLE}”."
    return True, f"{len(families)} families; “{SAMPLE}” drawn in {font.familyName()}."


def _is_blank(text: str) -> bool:
    """Whether nothing is seen where `text` is drawn."""
    paper = QImage(200, 50, QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    blank = paper.copy()
    painter = QPainter(paper)
    painter.setPen(QColor(Qt.GlobalColor.black))
    painter.drawText(paper.rect(), int(Qt.AlignmentFlag.AlignCenter), text)
    painter.end()
    return paper == blank


def _pictures() -> tuple[bool, str]:
    """Each picture is there, and Qt has what it takes to draw it."""
    missing = []
    for name in PICTURES:
        try:
            drawn = not icons.pixmap(name, 16, 1.0).isNull()
        except FileNotFoundError:
            drawn = False
        if not drawn:
            missing.append(name)
    return not missing, f"Missing, or not drawn: {', '.join(missing)}." if missing else f"{len(PICTURES)} drawn."
