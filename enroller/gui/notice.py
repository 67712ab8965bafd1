"""A notice: what happened and what to do, in the place where it can be mended."""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from enroller import errors
from enroller.gui.page import GRID, label
from enroller.gui.words import Words

_IN_THE_WINDOW = {
    errors.BadApiKey: "advice.api_key",
    errors.SignInNeeded: "advice.sign_in",
    errors.CommandRejected: "advice.command_rejected",
    errors.UntrustedIssuer: "advice.issuer",
    errors.ProxyLogin: "advice.proxy_login",
    errors.StorageError: "advice.storage",
    errors.NotWritable: "advice.not_writable",
    errors.DiskFull: "advice.disk_full",
    errors.Damaged: "advice.damaged",
    errors.OtherMachine: "advice.other_machine",
    errors.KeyStoreAbsent: "advice.no_key_store",
    errors.KeyStoreHanging: "advice.key_store_hangs",
    errors.AlreadyEnrolled: "advice.enrolled",
    errors.Denied: "advice.denied",
    errors.BadSettings: "advice.bad_settings",
    errors.SetByAdministrator: "advice.set_by_administrator",
}
"""Errors whose own advice names options and commands of the command line, or asks for what the window does itself."""


class Tone(Enum):
    """What a notice is about; the value names its icon, the colours are for light and dark windows."""

    GOOD = ("good", "#166534", "#4ade80")
    BAD = ("bad", "#b91c1c", "#fca5a5")
    NOTE = ("note", "#1d4ed8", "#93c5fd")
    BUSY = ("busy", "#1d4ed8", "#93c5fd")

    def colour(self, palette: QPalette) -> QColor:
        """The tone's colour on this palette's background (contrast above 4.5:1, WCAG 2.2, 1.4.3)."""
        return QColor(self.value[2 if is_dark(palette) else 1])


class Act(NamedTuple):
    """What can be done about it: the words on a button, and what it calls."""

    words: str
    do: Callable[[], None]


class Notice(QFrame):
    """Says in place what happened and what to do, with at most three buttons. Hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self._tone = Tone.NOTE
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._text = label("")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._acts: tuple[Act, ...] = ()
        self._buttons = [QPushButton(), QPushButton(), QPushButton()]
        buttons = QVBoxLayout()
        buttons.setSpacing(GRID // 2)
        for number, one in enumerate(self._buttons):
            one.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            one.clicked.connect(partial(self._clicked, number))
            buttons.addWidget(one)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, GRID // 2, 0, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addLayout(buttons, 0)
        row.setAlignment(buttons, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    def say(self, tone: Tone, what: str, advice: str = "", *acts: Act) -> None:
        """Shows `what` happened, `advice`, and a button for each of `acts`."""
        self._tone = tone
        # Plain text, whatever a server has put into it.
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        said = f"{what}\n{advice}" if advice else what
        changed = said != self._text.text() or not self.isVisible()
        self._text.setText(said)
        self._acts = acts
        for number, one in enumerate(self._buttons):
            one.setText(acts[number].words if number < len(acts) else "")
            one.setVisible(number < len(acts))
        self._paint()
        self.setAccessibleName(said)
        self.show()
        if changed:
            announce(self, said)

    def error(self, error: errors.EnrollerError, words: Words, *acts: Act) -> None:
        """Shows an error, with its advice in `words`."""
        self.say(Tone.BAD, error.message, advice(error, words), *acts)

    def offer(self) -> None:
        """The focus for the first button, which is what comes next for most."""
        QTimer.singleShot(0, self._buttons[0], self._buttons[0].setFocus)

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

    def _clicked(self, number: int, _checked: bool = False) -> None:
        self._acts[number].do()


def advice(error: errors.EnrollerError, words: Words) -> str:
    """What to do about an error, in the window's words."""
    # What an error says of its own fits better than what its kind says, unless it names a command or an option.
    in_general = error.advice == type(error).advice or "`" in error.advice or "--" in error.advice
    key = _IN_THE_WINDOW.get(type(error)) if in_general else None
    return words(key) if key else error.advice


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
