"""Done: where the credentials are, until when the token is valid, and what comes next."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QWizard

from enroller.gui.notice import Notice, Tone
from enroller.gui.page import GRID, Page, button, label
from enroller.gui.parts import beside
from enroller.gui.wizard import focus_later
from enroller.resources import text
from enroller.text import local_time

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
        self._command = self._value(mono=True)
        copy, show, another = (button(text(f"done.{name}")) for name in ("copy", "show", "another"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._command.text()))
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._where.text())))
        another.clicked.connect(wizard.begin_again)
        self._notice = Notice()
        form = QFormLayout()
        form.setVerticalSpacing(2 * GRID)
        form.setHorizontalSpacing(2 * GRID)
        form.addRow(text("done.where"), beside(self._where, show))
        form.addRow(text("done.until"), self._until)
        form.addRow(text("done.programs"), beside(self._command, copy))
        self.body.addWidget(self._notice)
        self.body.addLayout(form)
        self.body.addSpacing(GRID)
        self.body.addWidget(label(text("done.next")))
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
        self._where.setText(str(outcome.path))
        self._command.setText(self._wizard.app.command_line("token", enrollment.id))
        if enrollment.grant is not None:
            self._until.setText(text("done.until_value", when=local_time(enrollment.grant.expires_at)))
        good = text("done.good", server=enrollment.asked.server, client_id=enrollment.asked.client_id)
        focus_later(self._wizard.button(QWizard.WizardButton.FinishButton))
        self._notice.say(Tone.NOTE if outcome.notes else Tone.GOOD, good, "\n".join(outcome.notes))

    def cleanupPage(self) -> None:
        """Nothing to undo."""

    def _value(self, *, mono: bool = False) -> QLabel:
        made = label("", mono=mono)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return made
