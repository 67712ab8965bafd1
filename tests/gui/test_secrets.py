"""What leaves the window besides what is meant to: the clipboard, X11's primary selection, titles and properties."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QClipboard, QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from enroller.gui.parts import SecretField
from enroller.gui.prefill import Prefill
from enroller.sandbox.server import Sandbox
from tests.conftest import API_KEY, PASSWORD, required_program
from tests.gui.person import Person
from tests.gui.stories import Open, goes_to, newest
from tests.secrets.canaries import Canaries

SECRET = "kanari secret/+ä text"
Key, Control, Shift = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Mode = QClipboard.Mode

on_x11 = pytest.mark.skipif(sys.platform != "linux", reason="X11's selections and properties")


def asked_from_outside(qtbot: QtBot, selection: str) -> str:
    """What another program gets of a selection ("clipboard" or "primary"), over the X server."""
    ask = [required_program("xclip"), "-o", "-selection", selection]
    with subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as asking:
        qtbot.waitUntil(lambda: asking.poll() is not None, timeout=10_000)  # we are the ones who answer
        return asking.communicate()[0]


@pytest.fixture
def field(qtbot: QtBot) -> SecretField:
    """A secret that is shown, in a window that has the keyboard."""
    field = SecretField("API key")
    qtbot.addWidget(field)
    field.resize(600, 40)
    field.show()
    qtbot.waitActive(field, timeout=10_000).__enter__()
    field.edit.setText(SECRET)
    field.edit.setFocus()
    [show] = [each for each in field.findChildren(type(field._show)) if each.isCheckable()]
    show.click()
    assert field.edit.displayText() == SECRET
    for mode in (Mode.Clipboard, Mode.Selection):
        QGuiApplication.clipboard().setText("before", mode)
    return field


def by_key(key: Qt.Key, modifier: Qt.KeyboardModifier, *, selected: bool = True) -> Callable[[QLineEdit], None]:
    """Presses a key with all of it selected, or none."""

    def act(edit: QLineEdit) -> None:
        if selected:
            edit.selectAll()
        else:
            edit.setCursorPosition(0)
        QTest.keyClick(edit, key, modifier)

    return act


def by_dragging(edit: QLineEdit) -> None:
    """Selects with the mouse."""
    middle = edit.height() // 2
    QTest.mousePress(edit, Qt.MouseButton.LeftButton, pos=QPoint(3, middle))
    QTest.mouseMove(edit, QPoint(edit.width() // 2, middle))
    QTest.mouseRelease(edit, Qt.MouseButton.LeftButton, pos=QPoint(edit.width() // 2, middle))


def by_double_clicking(edit: QLineEdit) -> None:
    """Selects a word."""
    QTest.mouseDClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(8, edit.height() // 2))


def by_the_menu(edit: QLineEdit) -> None:
    """Triggers all that the context menu offers."""
    edit.selectAll()
    QTest.mouseClick(edit, Qt.MouseButton.RightButton)
    edit.event(_context_menu(edit))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    for action in menu.actions():
        if action.isEnabled() and "aste" not in action.text():
            action.trigger()
            edit.selectAll()
    menu.close()


def _context_menu(edit: QLineEdit) -> QContextMenuEvent:
    middle = edit.rect().center()
    return QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, edit.mapToGlobal(middle))


WAYS = {
    "Ctrl+C": by_key(Key.Key_C, Control),
    "Ctrl+Insert": by_key(Key.Key_Insert, Control),
    "Ctrl+X": by_key(Key.Key_X, Control),
    "Shift+Delete": by_key(Key.Key_Delete, Shift),
    "Ctrl+K": by_key(Key.Key_K, Control, selected=False),  # cuts to the end, on X11
    "Ctrl+A": by_key(Key.Key_A, Control, selected=False),
    "Shift+End": by_key(Key.Key_End, Shift, selected=False),
    "drag": by_dragging,
    "double click": by_double_clicking,
    "menu": by_the_menu,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_that_is_shown_cannot_be_taken(way: str, field: SecretField) -> None:
    WAYS[way](field.edit)
    for mode in (Mode.Clipboard, Mode.Selection):
        held = QGuiApplication.clipboard().text(mode)
        assert held in ("before", ""), mode


def test_it_can_still_be_shown_typed_and_pasted(field: SecretField) -> None:
    QGuiApplication.clipboard().setText("pasted")
    QTest.keyClick(field.edit, Key.Key_A, Control)
    QTest.keyClick(field.edit, Key.Key_V, Control)
    QTest.keyClicks(field.edit, " and typed")
    assert field.edit.displayText() == "pasted and typed"
    field.conceal()
    assert "pasted" not in field.edit.displayText()
    assert field.edit.echoMode() is QLineEdit.EchoMode.Password


@pytest.fixture
def canaries() -> Canaries:
    found = Canaries()
    found.add("the API key", API_KEY)
    found.add("the password", PASSWORD)
    return found


def copies_all(person: Person, qtbot: QtBot, canaries: Canaries) -> int:
    """Presses each Copy on the page; returns how many there are. None gives a secret."""
    buttons = [each for each in person.seen(QAbstractButton) if "opy" in each.text() and each.isEnabled()]
    for each in buttons:
        QGuiApplication.clipboard().clear()
        each.click()
        held = asked_from_outside(qtbot, "clipboard")
        assert held
        assert canaries.found_in(held.encode()) == []
    return len(buttons)


def selects_all(person: Person, qtbot: QtBot, canaries: Canaries) -> None:
    """Selects every text of the page that can be selected."""
    for each in person.seen(QLabel):
        if each.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            each.setSelection(0, len(each.text()))
            QTest.keyClick(each, Key.Key_C, Control)
            for selection in ("clipboard", "primary"):
                assert canaries.found_in(asked_from_outside(qtbot, selection).encode()) == []


def learns(person: Person, canaries: Canaries) -> None:
    """Notes the secrets of the enrollment that the window is at work on."""
    snapshot = person.window.snapshot
    assert snapshot is not None
    canaries.add_all_of(snapshot.enrollment)


@on_x11
def test_nothing_secret_is_offered_from_the_form_to_the_end(
    open_window: Open, filled: Prefill, sandbox: Sandbox, qtbot: QtBot, canaries: Canaries
) -> None:
    person = open_window(filled)
    goes_to(person, "Identity of this device")
    for title in ("Identity of this device", "Key of this device", "Review and submit"):
        person.waits_for(title)
        if person.can_press("Show"):
            person.clicks("Show")
        nothing_is_announced(person, canaries)
        selects_all(person, qtbot, canaries)
        person.clicks("Submit" if person.can_press("Submit") else "Next")
    person.waits_for("Waiting for approval", "Not approved yet")
    learns(person, canaries)
    assert copies_all(person, qtbot, canaries) == 1
    nothing_is_announced(person, canaries)
    sandbox.world.approve(newest(sandbox))
    person.waits_for("is enrolled")
    learns(person, canaries)
    assert {"key.private_key", "grant.access_token"} <= canaries.names
    assert copies_all(person, qtbot, canaries) >= 1
    selects_all(person, qtbot, canaries)
    nothing_is_announced(person, canaries)


def nothing_is_announced(person: Person, canaries: Canaries) -> None:
    """Window titles and all other properties, which every program on the display can read."""
    window = str(int(person.window.winId()))
    told = subprocess.run([required_program("xprop"), "-id", window], capture_output=True, check=True).stdout
    assert b"WM_NAME" in told
    assert canaries.found_in(told) == []


def _is_gone(widget: QWidget) -> bool:
    return not widget.isVisible()


@on_x11
def test_a_secret_is_hidden_again_whenever_its_page_is_left(open_window: Open, filled: Prefill) -> None:
    person = open_window(filled)
    goes_to(person, "Identity of this device")
    for leave in ("Next", "Back"):
        person.clicks("Show")
        assert person.field("API key").displayText() == API_KEY
        secret = person.field("API key")
        person.clicks(leave)
        person.waits_until(partial(_is_gone, secret), "another page")
        assert API_KEY not in secret.displayText()
        person.clicks("Back" if leave == "Next" else "Next")
        person.waits_for("Identity of this device")
