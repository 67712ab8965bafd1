"""What was found on the way to the service: a line for each check, as soon as it is done."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from enroller.gui import icons
from enroller.gui.notice import Tone
from enroller.gui.one_line import OneLine
from enroller.gui.page import GRID
from enroller.preflight import Check, Verdict
from enroller.resources import text

ICON = 14
"""Pixels, as high as a line."""

_TONES = {Verdict.PASSED: Tone.GOOD, Verdict.FAILED: Tone.BAD, Verdict.NOTED: Tone.NOTE}


class CheckList(QWidget):
    """Grows downwards, so that nothing above it moves. A check that was skipped has found nothing, and has no line."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[QLabel, Tone]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(2, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def begin(self) -> None:
        """Nothing was checked yet."""
        self._lines.clear()
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def add(self, check: Check) -> None:
        """A line for what was found; what is wrong or worth knowing is told apart by its icon and its words."""
        if check.verdict is Verdict.SKIPPED:
            return
        icon, tone, row = QLabel(), _TONES[check.verdict], len(self._lines)
        icon.setAccessibleName(text(f"check.{check.verdict}"))
        self._lines.append((icon, tone))
        self._grid.addWidget(icon, row, 0)
        self._grid.addWidget(QLabel(text(f"check.{check.name}")), row, 1)
        self._grid.addWidget(OneLine(check.found), row, 2)
        self._paint()

    def changeEvent(self, event: QEvent) -> None:
        """Repaints in the colours of a palette that has changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()

    def _paint(self) -> None:
        for icon, tone in self._lines:
            icon.setPixmap(icons.pixmap(tone.value[0], ICON, self.devicePixelRatioF(), tone.colour(self.palette())))
