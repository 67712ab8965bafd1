"""Small parts that several pages are made of: a field for a secret, a line that changes, a row."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from enroller.gui.page import GRID, button
from enroller.gui.secret_edit import SecretEdit
from enroller.resources import text


class SecretField(QWidget):
    """A field for a secret: hidden, with Show, Paste and (where `from_file` is given) From file."""

    def __init__(self, name: str, *, from_file: Callable[[], None] | None = None, paste: bool = True) -> None:
        super().__init__()
        self.edit = SecretEdit()
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


class SecretRow(QWidget):
    """A secret that is asked for in the middle of something; `given` where Return or the button ends the typing."""

    given = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._field = SecretField("")
        self._use = button("")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._field, 1)
        row.addWidget(self._use)
        self._field.edit.returnPressed.connect(self._given)
        self._use.clicked.connect(self._given)
        self.hide()

    @property
    def name(self) -> str:
        """What is asked for."""
        return self._field.edit.accessibleName()

    def ask(self, name: str, act: str) -> None:
        """Asks for `name`; the button says `act`."""
        self._field.edit.clear()
        self._field.conceal()
        self._field.edit.setAccessibleName(name)
        self._field.edit.setPlaceholderText(name)
        self._use.setText(act)
        self.show()
        self._field.edit.setFocus()

    def done(self) -> None:
        """It was good enough to be used; nothing of it stays."""
        self.hide()
        self._field.edit.clear()

    def _given(self) -> None:
        self.given.emit(self._field.edit.text())


class LoginRow(QWidget):
    """A user name and a password that are asked for in the middle of something; `given` where they are to be used."""

    given = Signal(str, str)

    def __init__(self, name: str, password: str, act: str) -> None:
        super().__init__()
        self._name = QLineEdit()
        self._password = SecretField(password, paste=False)
        for edit, words in ((self._name, name), (self._password.edit, password)):
            edit.setAccessibleName(words)
            edit.setPlaceholderText(words)
        use = button(act)
        use.clicked.connect(self._given)
        self._name.returnPressed.connect(self._password.setFocus)
        self._password.edit.returnPressed.connect(self._given)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._name, 1)
        row.addWidget(self._password, 1)
        row.addWidget(use)
        self.hide()

    def ask(self) -> None:
        """Asks; does nothing where it is asking already, so that what is typed stays."""
        if not self.isHidden():
            return
        self._password.conceal()
        self.show()
        (self._password if self._name.text() else self._name).setFocus()

    def done(self) -> None:
        """It was used, or is not wanted any more: of the password nothing stays."""
        self.hide()
        self._password.edit.clear()

    @property
    def is_begun(self) -> bool:
        """Whether somebody is typing."""
        return not self.isHidden() and bool(self._name.text() or self._password.edit.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return means this row; the window would press its Next as well."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def _given(self) -> None:
        if self._name.text() and self._password.edit.text():
            self.given.emit(self._name.text(), self._password.edit.text())
            self.done()


class StillLabel(QWidget):
    """A text on one line that changes every second: outside the layout, so that nothing but itself is painted anew."""

    def __init__(self) -> None:
        super().__init__()
        self._label = QLabel(self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def say(self, words: str) -> None:
        """Shows `words`; does nothing where they stand there already."""
        if words != self._label.text():
            self._label.setText(words)

    def sizeHint(self) -> QSize:
        """The height of a line; the layout gives the width."""
        return QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The label fills this widget."""
        super().resizeEvent(event)
        self._label.resize(event.size())


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


def below(first: QWidget, *others: QWidget) -> QWidget:
    """A column in which `first` gets the focus."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID // 2)
    for one in (first, *others):
        column.addWidget(one)
    made.setFocusProxy(first)
    return made


def add_row(form: QFormLayout, words: str, row: QWidget) -> None:
    """A row of a form whose label belongs, for the keyboard and a screen reader, to what takes the row's focus."""
    form.addRow(words, row)
    caption = form.labelForField(row)
    while (inner := row.focusProxy()) is not None:
        row = inner
    if isinstance(caption, QLabel):
        caption.setBuddy(row)
    row.setAccessibleName(words.replace("&", "").rstrip(":"))  # a label beside the row would not be found


def clear(layout: QLayout) -> None:
    """Removes all that stands in `layout`."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
