"""A text on one line, whatever there is room for."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class OneLine(QLabel):
    """A text of which as much is shown as there is room for; all of it as a tool tip and to a screen reader.

    `elide`: where what has no room is left out.
    """

    def __init__(self, words: str, elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._words = words
        self._mode = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName(words)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is another width to fill."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._words, self._mode, self.width())
        if shown != self.text():
            self.setText(shown)
        # A tool tip takes what looks like HTML for HTML, and a server has put words into this.
        self.setToolTip(f"<qt>{escape(self._words)}</qt>" if shown != self._words else "")
