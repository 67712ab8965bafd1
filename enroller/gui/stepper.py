"""The steps at the wizard's side: what is done, where we are, what comes."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from enroller.resources import text

ROW = 40
DOT = 11.0


class Stepper(QWidget):
    """Painted, not made of widgets: it is on the first page, and start-up counts."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = list(names)
        self._current = 0
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
        """A line of dots with names; done ones are ticked."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.AlternateBase))
        faint = QColor(palette.color(QPalette.ColorRole.WindowText))
        faint.setAlphaF(0.45)
        for index in range(len(self._names)):
            self._paint_step(painter, index, faint)

    def _paint_step(self, painter: QPainter, index: int, faint: QColor) -> None:
        palette = self.palette()
        accent = palette.color(QPalette.ColorRole.Highlight)
        centre = QPointF(30.0, 36.0 + index * ROW)
        reached = index <= self._current
        if index + 1 < len(self._names):
            painter.setPen(QPen(accent if index < self._current else faint, 2))
            painter.drawLine(centre + QPointF(0, DOT), centre + QPointF(0, ROW - DOT))
        painter.setPen(QPen(accent if reached else faint, 2))
        painter.setBrush(accent if reached else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, DOT, DOT)
        painter.setPen(
            QPen(palette.color(QPalette.ColorRole.HighlightedText if reached else QPalette.ColorRole.WindowText), 2)
        )
        font = self.font()
        font.setBold(index == self._current)
        painter.setFont(font)
        if index < self._current:
            tick = [centre + QPointF(-4.5, 0.5), centre + QPointF(-1.2, 3.8), centre + QPointF(4.8, -3.4)]
            painter.drawPolyline(tick)
        else:
            around = QRectF(centre.x() - DOT, centre.y() - DOT, 2 * DOT, 2 * DOT)
            painter.drawText(around, Qt.AlignmentFlag.AlignCenter, str(index + 1))
        name = QColor(palette.color(QPalette.ColorRole.WindowText))
        name.setAlphaF(1.0 if reached else 0.72)  # still 4.5:1 on its ground (WCAG 2.2, 1.4.3)
        painter.setPen(name)
        beside = QRectF(centre.x() + DOT + 9, centre.y() - ROW / 2, self.width(), ROW)
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._names[index])
