"""Somebody in front of the window: reads what is shown, uses keys and mouse, and knows nothing of what is behind."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6 import QtGui
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from enroller.gui.wizard import EnrollWizard

W = TypeVar("W", bound=QWidget)
Key = Qt.Key

PATIENCE = 15_000
"""Milliseconds until what does not show up is a failure; a busy machine is slow, not wrong."""


class Person:
    """Drives one window.

    `questions`: the texts of the message boxes that came up. `answers`: the buttons to press in those to come, in that
    order; a box that nobody expected is closed with Escape. `files`: what to choose in file dialogs.
    """

    def __init__(self, qtbot: QtBot, window: EnrollWizard) -> None:
        self._qtbot = qtbot
        self.window = window
        self.questions: list[str] = []
        self.answers: list[str] = []
        self.files: list[Path] = []
        self._dialogs = QTimer()
        self._dialogs.timeout.connect(self._answer_dialog)
        self._dialogs.start(10)

    # Looking

    def reads(self) -> str:
        """All texts of the window that can be seen, mnemonics' marks left out, a line each."""
        return "\n".join(words for widget in self.seen(QWidget) if (words := _words(widget)))

    def sees(self, *words: str) -> bool:
        """Whether all these words are shown."""
        shown = self.reads()
        return all(each in shown for each in words)

    def waits_for(self, *words: str) -> None:
        """Returns once all these words are shown."""
        self.waits_until(lambda: self.sees(*words), " and ".join(f"“{each}”" for each in words))

    def waits_until(self, condition: Callable[[], bool], what: str) -> None:
        """Returns once `condition` holds; `what` names it for the failure's message."""
        try:
            self._qtbot.waitUntil(condition, timeout=PATIENCE)
        except Exception as error:
            raise AssertionError(f"waited in vain for {what}; shown is:\n{self.reads()}") from error

    def seen(self, kind: type[W]) -> list[W]:
        """The visible widgets of a kind."""
        return [each for each in self.window.findChildren(kind) if each.isVisible()]

    def button(self, words: str) -> QAbstractButton:
        """The visible button with these words."""
        found = [each for each in self.seen(QAbstractButton) if _words(each) == words]
        assert len(found) == 1, f"{len(found)} buttons “{words}”; shown is:\n{self.reads()}"
        return found[0]

    def can_press(self, words: str) -> bool:
        """Whether the button is there and enabled."""
        return any(_words(each) == words and each.isEnabled() for each in self.seen(QAbstractButton))

    def field(self, name: str) -> QLineEdit:
        """The visible text field with this label or accessible name."""
        return self._named(QLineEdit, name)

    def choice(self, name: str) -> QComboBox:
        """The visible drop-down list with this label or accessible name."""
        return self._named(QComboBox, name)

    @property
    def focus(self) -> QWidget:
        """Where keys go."""
        return QApplication.focusWidget() or self.window

    # Acting

    def clicks(self, words: str) -> None:
        """Presses a button with the mouse, once it can be pressed."""
        self.waits_until(lambda: self.can_press(words), f"the button “{words}”")
        target = self.button(words)
        # A wide radio button takes clicks where its circle and words are, at its beginning.
        where = QPoint(8, target.height() // 2) if isinstance(target, QRadioButton) else QPoint()
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=where)

    def double_clicks(self, words: str) -> None:
        """Clicks twice in a row, without waiting for the first click's effect."""
        target = self.button(words)
        for _ in range(2):
            QTest.mouseClick(target, Qt.MouseButton.LeftButton)

    def chooses(self, name: str, entry: str) -> None:
        """Picks an entry of a drop-down list with the arrow keys."""
        box = self.choice(name)
        wanted = box.findText(entry)
        assert wanted >= 0, f"no “{entry}” among {[box.itemText(i) for i in range(box.count())]}"
        box.setFocus()
        while (at := box.currentIndex()) != wanted:
            QTest.keyClick(box, Key.Key_Down if at < wanted else Key.Key_Up)

    def enters(self, name: str, words: str) -> None:
        """Clicks into a field and types in place of what stands there."""
        field = self.field(name)
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(10, field.height() // 2))
        self.waits_until(lambda: self.focus is field, f"the focus in “{name}”")
        QTest.keyClick(field, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(field, Key.Key_Delete)
        self.types(words)

    def types(self, words: str) -> None:
        """Types where the focus is."""
        QTest.keyClicks(self.focus, words)

    def presses(self, key: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Presses a key where the focus is."""
        QTest.keyClick(self.focus, key, modifier)

    def alt(self, letter: str) -> None:
        """Presses Alt with a letter, as the underlined letters ask for."""
        QTest.keyClick(self.focus, Key(ord(letter.upper())), Qt.KeyboardModifier.AltModifier)

    def tabs_to(self, target: QWidget) -> None:
        """Presses Tab until `target` has the focus, once the window has got it back from a dialog."""
        self.waits_until(self.window.isActiveWindow, "the window to be active")
        passed = []
        for _ in range(40):
            if self.focus is target:
                return
            self.presses(Key.Key_Tab)
            passed.append(f"{type(self.focus).__name__} “{_words(self.focus)}”")
        raise AssertionError(f"Tab never leads there, but to {passed}")

    def closes(self) -> None:
        """Uses the window's own close button."""
        self.window.close()

    def leaves(self) -> None:
        """Ends what the window does, whatever it is in the middle of."""
        self._dialogs.stop()
        self.window.deleteLater()

    # Inside

    def _named(self, kind: type[W], name: str) -> W:
        buddies = [each.buddy() for each in self.seen(QLabel) if _words(each).rstrip(":") == name]
        found = [
            each
            for each in self.seen(kind)
            if each.accessibleName().rstrip(":") == name or any(_leads_to(buddy, each) for buddy in buddies)
        ]
        assert len(found) == 1, f"{len(found)} fields “{name}”; shown is:\n{self.reads()}"
        return found[0]

    def _answer_dialog(self) -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or not dialog.isVisible() or _owner(dialog) is not self.window:
            return
        if isinstance(dialog, QMessageBox):
            self.questions.append(dialog.text())
            if self.answers:
                wanted = self.answers.pop(0)
                [button] = [each for each in dialog.buttons() if _words(each) == wanted]
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            else:
                QTest.keyClick(dialog, Key.Key_Escape)
        elif isinstance(dialog, QFileDialog):
            if self.files:
                name = dialog.findChild(QLineEdit)
                assert name is not None
                name.setText(str(self.files.pop(0)))
                QTest.keyClick(name, Key.Key_Return)
            else:
                QTest.keyClick(dialog, Key.Key_Escape)


def _owner(dialog: QWidget) -> QWidget | None:
    parent = dialog.parentWidget()
    return None if parent is None else parent.window()


def _leads_to(buddy: QWidget | None, target: QWidget) -> bool:
    """Whether focus given to a label's buddy ends up at `target`."""
    while buddy is not None and buddy.focusProxy() is not None:
        buddy = buddy.focusProxy()
    return buddy is target


def _words(widget: QWidget) -> str:
    if isinstance(widget, QLabel):
        if widget.textFormat() is not Qt.TextFormat.PlainText and QtGui.Qt.mightBeRichText(widget.text()):
            return QTextDocumentFragment.fromHtml(widget.text()).toPlainText()  # what is seen of it
        return widget.text().replace("&", "") if widget.buddy() is not None else widget.text()
    if isinstance(widget, QAbstractButton):
        return widget.text().replace("&", "")
    if isinstance(widget, QLineEdit):
        return widget.displayText()
    return widget.currentText() if isinstance(widget, QComboBox) else ""
