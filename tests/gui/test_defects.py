"""What is no error of ours: a sentence in the window, a line in the log, and no traceback to anybody."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from enroller.app import App
from enroller.gui import start
from enroller.gui.prefill import Prefill
from enroller.gui.wizard import EnrollWizard
from enroller.steps import Snapshot
from tests.gui.stories import Open, goes_to

SECRET = "sk-very-secret"


@pytest.fixture
def window(data_dir: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[EnrollWizard]:
    """A window as the program opens it."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back at the end
    window = start.open_wizard(App(data_dir), None)
    yield window
    window.deleteLater()


def test_one_in_the_window_is_said_once_in_a_sentence(
    window: EnrollWizard, qtbot: QtBot, data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    def read_and_close() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            said.append(box.text())
            box.accept()

    def broken() -> None:
        raise KeyError(SECRET)

    reader = QTimer()
    reader.timeout.connect(read_and_close)
    reader.start(10)
    for _ in range(2):
        QTimer.singleShot(0, window, broken)
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    log = data_dir / "logs" / "enroller.log"
    qtbot.waitUntil(lambda: log.exists() and log.read_text().count("KeyError") == 2, timeout=10_000)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=10_000)
    [words] = said
    assert words.startswith("Something in Enroller is broken: KeyError in test_defects.py, line ")
    assert "Please report it" in words
    for where in (words, log.read_text(), *capfd.readouterr()):
        assert "Traceback" not in where
        assert SECRET not in where


def test_one_in_the_engine_is_said_where_the_work_was_asked_for(
    open_window: Open, filled: Prefill, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[BaseException] = []
    person = open_window(filled)
    monkeypatch.setattr(person.window.bridge, "_defect", seen.append)

    def broken(self: App, *_: object, **__: object) -> Snapshot:
        raise KeyError(SECRET)

    goes_to(person, "Review and submit")
    monkeypatch.setattr(App, "run", broken)
    person.clicks("Submit")
    person.waits_for("KeyError in test_defects.py", "This is a defect of Enroller's")
    assert not person.sees(SECRET)
    assert len(seen) == 1
    assert person.can_press("Back")
