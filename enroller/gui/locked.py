"""What the administrator has decided: shown and not to be changed, with a lock and the words who has set it."""

from collections.abc import Collection, Mapping

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionFrame,
    QStylePainter,
    QWidget,
)

from enroller.gui import icons
from enroller.gui.page import GRID, label
from enroller.resources import text
from enroller.settings import Setting
from enroller.text import plain

ICON = 16
"""Pixels, as high as a line."""

_CLEAR = QColor(0, 0, 0, 0)
_MARGIN = 2
"""Pixels that a QLineEdit leaves free at both ends of its text."""


class LockableList(QComboBox):
    """A list that looks like a line of text, and is one, while a lock holds it."""

    is_held = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """The style's own panel for a line, with what is chosen."""
        if not self.is_held:
            super().paintEvent(event)
            return
        painter, frame = QStylePainter(self), QStyleOptionFrame()
        frame.initFrom(self)
        frame.lineWidth = self.style().pixelMetric(QStyle.PixelMetric.PM_DefaultFrameWidth, frame, self)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, frame)
        room = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, frame, self)
        where = room.adjusted(_MARGIN, 0, -_MARGIN, 0)
        middle, role = Qt.AlignmentFlag.AlignVCenter, QPalette.ColorRole.Text
        painter.drawItemText(where, middle.value, self.palette(), True, self.currentText(), role)


class Sign(QLabel):
    """A small lock in the colour of the text around it."""

    def draw(self) -> None:
        """Draws it in the palette as it is now."""
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        self.setPixmap(icons.pixmap("lock", ICON, self.devicePixelRatioF(), colour))

    def changeEvent(self, event: QEvent) -> None:
        """Draws it anew in the colours of a palette that has changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self.isHidden():
            self.draw()


class Lock(Sign):
    """A small lock beside `field`, which it holds while there is a setting to say; hidden while there is none.

    A line can still be read, selected and copied; a list opens no more. What is neither is held by its page.
    """

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        self._field = field
        self.setFixedSize(ICON, QLineEdit().sizeHint().height())  # in the middle of the line that it stands beside
        self.hide()

    def tell(self, setting: Setting | None) -> None:
        """Holds the field to that setting, or to none any more."""
        said = "" if setting is None else who(setting)
        self.setToolTip(said)
        self.setAccessibleName(said)
        self._field.setToolTip(said)
        self._field.setAccessibleDescription(said)
        if isinstance(self._field, QLineEdit):
            self._field.setReadOnly(setting is not None)
        elif isinstance(self._field, LockableList):
            self._field.is_held = setting is not None
            self._field.setEnabled(setting is None)
        self.setVisible(setting is not None)
        if setting is not None:
            self.draw()
        elif isinstance(self._field, QLineEdit | LockableList):
            self._field.setPalette(QPalette())

    def draw(self) -> None:
        """Draws the lock, and its field as what is only to be read."""
        super().draw()
        if isinstance(self._field, QLineEdit | LockableList):
            held, role = QPalette(), QPalette.ColorRole
            held.setColor(role.Base, _CLEAR)
            # A list is disabled, and is to be read all the same (contrast: WCAG 2.2, 1.4.3).
            held.setColor(QPalette.ColorGroup.Disabled, role.Text, self.palette().color(role.WindowText))
            self._field.setPalette(held)


class Locks:
    """The locks of one form. `line` says below it who has set what is locked."""

    def __init__(self) -> None:
        self._locks: dict[str, Lock] = {}
        self._held: dict[str, Setting] = {}
        self.line = LockLine()

    def on(self, name: str, field: QWidget) -> Lock:
        """A lock for what the setting `name` decides, to be put beside its field."""
        self._locks[name] = Lock(field)
        return self._locks[name]

    def tell(self, held: Mapping[str, Setting]) -> None:
        """Holds the fields to these settings, and the others to none."""
        self._held = {name: setting for name, setting in held.items() if name in self._locks}
        for name, lock in self._locks.items():
            lock.tell(self._held.get(name))
        self.line.tell(self._held.values())

    def __contains__(self, name: str) -> bool:
        """Whether a field is locked."""
        return name in self._held


class LockLine(QWidget):
    """Says below the fields who has set those that bear a lock, and where; hidden while none does."""

    def __init__(self) -> None:
        super().__init__()
        self._sign, self._words = Sign(), label("")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def tell(self, held: Collection[Setting]) -> None:
        """Says it of these settings."""
        places = dict.fromkeys(plain(one.where, 200) for one in held)
        self._words.setText(text("locked.where", where=" · ".join(places)))
        self.setVisible(bool(held))
        self._sign.draw()


def who(setting: Setting) -> str:
    """Who has set it, and where."""
    return text("locked.where", where=plain(setting.where, 200))
