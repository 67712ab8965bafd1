"""The parts that pages are made of: the page itself, a notice, and a field for a secret."""

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
    QWizardPage,
)

from enroller.errors import EnrollerError
from enroller.resources import text

GRID = 8
"""Pixels: every gap is a multiple of it."""


class Page(QWizardPage):
    """A page with a title and a sentence; `body` is where the content goes."""

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

    def retitle(self, title: str, intro: str = "") -> None:
        """Another title and sentence for the same page."""
        self._title.setText(title)
        self.setAccessibleName(title)
        self._intro.setText(intro)
        self._intro.setVisible(bool(intro))


class Tone(Enum):
    """What a notice is about; the value names its icon, the colours are for light and dark windows."""

    GOOD = ("good", "#15803d", "#4ade80")
    BAD = ("bad", "#b91c1c", "#fca5a5")
    NOTE = ("note", "#1d4ed8", "#93c5fd")
    BUSY = ("busy", "#1d4ed8", "#93c5fd")

    def colour(self, palette: QPalette) -> QColor:
        """The tone's colour on this palette's background (contrast above 4.5:1, WCAG 2.2, 1.4.3)."""
        return QColor(self.value[2 if is_dark(palette) else 1])


class Notice(QFrame):
    """Says in place what happened and what to do, with at most one button. Hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self._tone = Tone.NOTE
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._text = label("")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._act: Callable[[], None] | None = None
        self._button.clicked.connect(self._clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, GRID // 2, 0, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        keep_room(self)
        self.hide()

    def say(
        self, tone: Tone, what: str, advice: str = "", *, button: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Shows `what` happened, `advice`, and a button that calls `act`."""
        self._tone = tone
        # Plain text, whatever a server has put into it.
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        said = f"{what}\n{advice}" if advice else what
        changed = said != self._text.text() or not self.isVisible()
        self._text.setText(said)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._act = act
        self._paint()
        self.setAccessibleName(said)
        self.show()
        if changed:
            announce(self, said)

    def error(self, error: EnrollerError, *, button: str = "", act: Callable[[], None] | None = None) -> None:
        """Shows an error."""
        self.say(Tone.BAD, error.message, error.advice, button=button, act=act)

    def clear(self) -> None:
        """Nothing to say any more."""
        self._text.clear()
        self.hide()

    def words(self) -> str:
        """What it says just now."""
        return self._text.text() if not self.isHidden() else ""

    def changeEvent(self, event: QEvent) -> None:
        """Repaints in the colours of a palette that has changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self.isHidden():
            self._paint()

    def _paint(self) -> None:
        from enroller.gui import icons

        colour = self._tone.colour(self.palette())
        self._icon.setPixmap(icons.pixmap(self._tone.value[0], 20, self.devicePixelRatioF(), colour))

    def _clicked(self) -> None:
        if self._act is not None:
            self._act()


class SecretField(QWidget):
    """A field for a secret: hidden, with Show, Paste and (where `from_file` is given) From file."""

    def __init__(self, name: str, *, from_file: Callable[[], None] | None = None, paste: bool = True) -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.edit.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self._show = button(text("secret.show"))
        self._show.setCheckable(True)
        self._show.toggled.connect(self._toggle)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.edit, 1)
        row.addWidget(self._show)
        if paste:
            paste_button = button(text("secret.paste"))
            paste_button.clicked.connect(self._paste)
            row.addWidget(paste_button)
        if from_file is not None:
            file_button = button(text("secret.from_file"))
            file_button.clicked.connect(from_file)
            row.addWidget(file_button)
        self.setFocusProxy(self.edit)

    def conceal(self) -> None:
        """Hides the text again, for instance when the page is left."""
        self._show.setChecked(False)

    def _toggle(self, shown: bool) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)

    def _paste(self) -> None:
        self.edit.setText(QGuiApplication.clipboard().text().strip())
        self.edit.setFocus()


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


def beside(first: QWidget, *others: QWidget) -> QWidget:
    """A row in which `first` gets the room and the focus."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    row.addWidget(first, 1)
    for other in others:
        row.addWidget(other, 0, Qt.AlignmentFlag.AlignTop)
    made.setFocusProxy(first)
    return made


def clear(layout: QLayout) -> None:
    """Removes all that stands in `layout`."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


def keep_room(widget: QWidget) -> None:
    """Hiding this widget does not move the others."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(False)
    policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
    widget.setSizePolicy(policy)


def is_dark(palette: QPalette) -> bool:
    """Whether texts are lighter than what they stand on."""
    return (
        palette.color(QPalette.ColorRole.WindowText).lightness() > palette.color(QPalette.ColorRole.Window).lightness()
    )


def announce(widget: QWidget, words: str) -> None:
    """Tells a screen reader, where one listens."""
    from PySide6.QtGui import QAccessible

    if QAccessible.isActive():
        from PySide6.QtGui import QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))
