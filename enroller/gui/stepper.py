"""The steps at the wizard's side: what is done, where we are, what comes."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from enroller.resources import text

ROW = 40
DOT = 11.0
FAINT = 0.45
READABLE = 0.72
"""Still 4.5:1 on its ground (WCAG 2.2, 1.4.3)."""


class Stepper(QWidget):
    """Painted, not made of widgets: it is on the first page, and start-up counts."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = list(names)
        self._current = 0
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.go_to(0)

    def go_to(self, current: int) -> None:
        """Marks where we are."""
        self._current = current
        where = text("stepper.where", step=current + 1, steps=len(self._names), name=self._names[current])
        self.setAccessibleName(where)
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for the longest name in bold."""
        widest = max(self.fontMetrics().horizontalAdvance(name) for name in self._names)
        return QSize(round(widest * 1.15) + 72, len(self._names) * ROW + 32)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A line of dots with names; done ones are ticked.

        Filled paths and the default pen: setting a pen would make Qt's Python binding load its largest namespace, which
        takes 20 ms of the start.
        """
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(len(self._names)):
            self._paint_step(painter, index)
        painter.end()

    def _paint_step(self, painter: QPainter, index: int) -> None:
        words = self.palette().brush(QPalette.ColorRole.WindowText)
        accent = self.palette().brush(QPalette.ColorRole.Highlight)
        on_accent = self.palette().brush(QPalette.ColorRole.HighlightedText)
        x, y = 30.0, 36.0 + index * ROW
        reached, done = index <= self._current, index < self._current
        if index + 1 < len(self._names):
            painter.setOpacity(1.0 if done else FAINT)
            painter.fillPath(_line(x, y + DOT, ROW - 2 * DOT), accent if done else words)
        painter.setOpacity(1.0 if reached else FAINT)
        painter.fillPath(_dot(x, y) if reached else _ring(x, y), accent if reached else words)
        painter.setOpacity(1.0 if reached else READABLE)
        font = self.font()
        font.setBold(index == self._current)
        painter.setFont(font)
        # The baseline that centres a text of this font on the dot.
        metrics = painter.fontMetrics()
        baseline = y + (metrics.ascent() - metrics.descent()) / 2
        mark = QPainterPath()
        if done:
            mark = _tick(x, y)
        else:
            number = str(index + 1)
            mark.addText(x - metrics.horizontalAdvance(number) / 2, baseline, font, number)
        painter.fillPath(mark, on_accent if reached else words)
        painter.drawText(QPointF(x + DOT + 9, baseline), self._names[index])


def _line(x: float, y: float, length: float) -> QPainterPath:
    path = QPainterPath()
    path.addRect(x - 1, y, 2, length)
    return path


def _dot(x: float, y: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(x, y), DOT + 1, DOT + 1)
    return path


def _ring(x: float, y: float) -> QPainterPath:
    """Two ellipses: what is inside both is not filled (the odd-even rule)."""
    path = _dot(x, y)
    path.addEllipse(QPointF(x, y), DOT - 1, DOT - 1)
    return path


def _tick(x: float, y: float) -> QPainterPath:
    path = QPainterPath(QPointF(x - 4.5, y + 0.5))
    path.lineTo(x - 1.2, y + 3.8)
    path.lineTo(x + 4.8, y - 3.4)
    stroker = QPainterPathStroker()
    stroker.setWidth(2)
    return stroker.createStroke(path)
