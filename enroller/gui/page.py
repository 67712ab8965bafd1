"""A page of the wizard: a title, a sentence, and room for the content.

Nothing here touches Qt's namespace `Qt`: its 150 enumerations cost more time than the first page.
"""

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWizardPage

GRID = 8
"""Pixels: every gap is a multiple of it."""


class Page(QWizardPage):
    """A page with a title and a sentence; `body` is where the content goes.

    `after`: the page that follows (-1: none).
    """

    after: int = -1

    def __init__(self, title: str, intro: str = "") -> None:
        super().__init__()
        self.setAccessibleName(title)
        self._title = QLabel(title)
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        self._title.setFont(font)
        self._title.setWordWrap(True)
        self._intro = label(intro)
        self._intro.setVisible(bool(intro))
        self.body = QVBoxLayout()
        self.body.setSpacing(GRID)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        whole.setSpacing(GRID)
        whole.addWidget(self._title)
        whole.addWidget(self._intro)
        whole.addSpacing(GRID)
        whole.addLayout(self.body, 1)

    def nextId(self) -> int:
        """Stands in the page itself, since the page that follows may not be made yet."""
        return self.after

    def retitle(self, title: str, intro: str = "") -> None:
        """Another title and sentence for the same page."""
        self._title.setText(title)
        self.setAccessibleName(title)
        self._intro.setText(intro)
        self._intro.setVisible(bool(intro))


def label(words: str, *, mono: bool = False) -> QLabel:
    """A text that wraps."""
    made = QLabel(words)
    made.setWordWrap(True)
    if mono:
        from PySide6.QtGui import QFontDatabase

        made.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return made


def button(words: str) -> QPushButton:
    """A button that Return does not press by accident while another field has the focus."""
    made = QPushButton(words)
    made.setAutoDefault(False)
    return made
