"""Done: where the credentials are, until when the token is valid, and what comes next."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QWidget, QWizard

from enroller.app import App
from enroller.gui.notice import Notice, Tone
from enroller.gui.page import GRID, Page, button, label
from enroller.gui.parts import beside
from enroller.gui.passing_time import CLOCK_IS_RIGHT, clock_off
from enroller.gui.wizard import focus_later
from enroller.gui.words import Words, words
from enroller.resources import text
from enroller.steps import Now
from enroller.text import duration, local_time

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class DonePage(Page):
    """The last page."""

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("done.title"), text("done.intro"))
        self._wizard = wizard
        self.setFinalPage(True)
        self._where = self._value()
        self._until = self._value()
        self._token = self._value(mono=True)
        self._configuration = self._value(mono=True)
        self._kept_key = self._value(mono=True)
        self._next = label("")
        show, another = (button(text(f"done.{name}")) for name in ("show", "another"))
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._where.text())))
        another.clicked.connect(wizard.begin_again)
        self._notice = Notice()
        self._form = QFormLayout()
        self._form.setVerticalSpacing(GRID)
        self._form.setHorizontalSpacing(2 * GRID)
        self._configuration_row = self._command_row(self._configuration, "done.copy_configuration")
        self._form.addRow(text("done.where"), beside(self._where, show))
        self._form.addRow(text("done.until"), self._until)
        self._form.addRow(text("done.programs"), self._command_row(self._token, "done.copy"))
        self._form.addRow(text("done.configuration"), self._configuration_row)
        self._form.addRow(text("done.kept_key"), self._kept_key)
        self.body.addWidget(self._notice)
        self.body.addLayout(self._form)
        self.body.addSpacing(GRID)
        self.body.addWidget(self._next)
        self.body.addStretch(1)
        last = QHBoxLayout()
        last.addWidget(another)
        last.addStretch(1)
        self.body.addLayout(last)

    def initializePage(self) -> None:
        """Shows what was stored."""
        outcome = self._wizard.outcome
        if outcome is None:
            return
        enrollment = outcome.enrollment
        asked, grant, kept_key = enrollment.asked, enrollment.grant, enrollment.progress.kept_key
        said, command_line = words(asked.service), self._command_line(outcome.path)
        self._where.setText(str(outcome.path))
        self._token.setText(command_line("token", enrollment.id))
        self._configuration.setText(command_line("configuration", enrollment.id))
        self._kept_key.setText(kept_key or "")
        configured = grant is not None and grant.configuration is not None
        self._form.setRowVisible(self._configuration_row, configured)
        self._form.setRowVisible(self._kept_key, kept_key is not None)
        if grant is not None:
            self._until.setText(self._until_when(grant.expires_at, said))
        by_password = configured and bool(asked.username)
        self._next.setText(said("done.next_by_password" if by_password else "done.next"))
        good = said("done.good", server=asked.server, device=asked.identity)
        focus_later(self._wizard.button(QWizard.WizardButton.FinishButton))
        notes = list(outcome.notes)
        if self._is_elsewhere(outcome.path):
            notes.append(text("done.elsewhere"))
        self._notice.say(Tone.NOTE if notes else Tone.GOOD, good, "\n".join(notes))

    def cleanupPage(self) -> None:
        """Nothing to undo."""

    def _is_elsewhere(self, path: Path) -> bool:
        """Whether an enrollment's folder is in another data folder than this window's: that one took no more."""
        return _data_dir(path) != self._wizard.app.data_dir

    def _command_line(self, path: Path) -> Callable[..., str]:
        """Makes commands for the data folder in which the enrollment is."""
        return App(_data_dir(path)).command_line if self._is_elsewhere(path) else self._wizard.app.command_line

    def _until_when(self, ends: float, said: Words) -> str:
        """Until what time of day; where this device's clock is wrong, for how long."""
        snapshot, clock = self._wizard.snapshot, self._wizard.app.clock
        off = clock_off(snapshot, Now(clock.boot(), clock.wall())) if snapshot is not None else 0.0
        if abs(off) <= CLOCK_IS_RIGHT:
            return said("done.until_value", when=local_time(ends))
        return said("done.for_value", left=duration(ends - (clock.wall() - off)))

    def _command_row(self, command: QLabel, name: str) -> QWidget:
        copy = button(text(name))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(command.text()))
        return beside(command, copy)

    def _value(self, *, mono: bool = False) -> QLabel:
        made = label("", mono=mono)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return made


def _data_dir(path: Path) -> Path:
    """Where `path`, an enrollment's folder (DIR/enrollments/ID), is kept."""
    return path.parents[1]
