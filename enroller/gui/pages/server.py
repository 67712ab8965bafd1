"""Service and server: the address, checked as it is typed, and asked when the technician goes on."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QFormLayout, QLineEdit

from enroller.address import canonical
from enroller.errors import EnrollerError, InputError
from enroller.gui.job import Job
from enroller.gui.notice import Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button, label
from enroller.gui.parts import StillLabel, add_row, below, beside
from enroller.gui.wizard import focus_later
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class ServerPage(Page):
    """Asks for nothing secret: the connection is proved before any secret is typed."""

    after = PageId.IDENTITY

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("server.title"), text("server.intro"))
        self._wizard = wizard
        self._checking: Job | None = None
        self._server = QLineEdit()
        self._server.setPlaceholderText(text("server.placeholder"))
        self._server.textEdited.connect(self._typed)
        self._hint = StillLabel()
        self._ca_file = QLineEdit()
        self._ca_file.setPlaceholderText(text("server.ca_placeholder"))
        self._ca_file.textEdited.connect(self._typed)
        browse = button(text("server.browse"))
        browse.clicked.connect(self._browse)
        form = QFormLayout()
        form.setVerticalSpacing(GRID)
        form.addRow(text("server.service"), label(text("server.safeq")))
        add_row(form, text("server.address"), below(self._server, self._hint))
        add_row(form, text("server.ca_file"), beside(self._ca_file, browse))
        self._notice = Notice()
        self.body.addLayout(form)
        self.body.addWidget(self._notice)
        self.body.addStretch(1)

    def initializePage(self) -> None:
        """Shows the draft; where it came back with a problem, that stays in place."""
        self._server.setText(self._wizard.draft.server)
        self._ca_file.setText(self._wizard.draft.ca_file)
        self._hint_at_address()
        focus_later(self._server)

    def cleanupPage(self) -> None:
        """Back: what was typed is in the draft already; a check that is under way would move on by itself."""
        if self._checking is not None:
            self._stop()

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        self._wizard.draft.server_checked = None
        self._notice.error(error)

    def isComplete(self) -> bool:
        """There is something to check, and no check is under way."""
        return bool(self._server.text().strip()) and self._checking is None

    def validatePage(self) -> bool:
        """Goes on only with an address that was asked; asks it where it was not."""
        draft = self._wizard.draft
        entered = (self._server.text(), self._ca_file.text())
        draft.server, draft.ca_file = entered
        if draft.server_checked == entered:
            return True
        try:
            address = canonical(draft.server)
        except InputError as error:
            self._notice.error(error)
            self._server.setFocus()
            return False
        self._notice.say(Tone.BUSY, text("server.checking", server=address), button=text("server.stop"), act=self._stop)
        ca_file = draft.ca_file.strip() or None
        app, service = self._wizard.app, draft.service
        self._checking = self._wizard.bridge.start(
            lambda _job, _publish: app.probe(service, address, ca_file),
            done=lambda _: self._checked(entered),
            failed=partial(self._failed, entered),
        )
        self.completeChanged.emit()
        return False

    def _checked(self, entered: tuple[str, str]) -> None:
        self._checking = None
        self._wizard.draft.server_checked = entered
        self._notice.say(Tone.GOOD, text("server.good"))
        self.completeChanged.emit()
        if self._wizard.currentId() == PageId.SERVER:
            self._wizard.next()

    def _failed(self, entered: tuple[str, str], error: EnrollerError) -> None:
        self._checking = None
        self.completeChanged.emit()
        if isinstance(error, InputError):
            self._notice.error(error)
        else:
            self._notice.error(error, button=text("server.all_the_same"), act=partial(self._go_on, entered))

    def _go_on(self, entered: tuple[str, str]) -> None:
        self._wizard.draft.server_checked = entered
        self._wizard.next()

    def _stop(self) -> None:
        if self._checking is not None:
            self._checking.abandon()
            self._checking = None
        self._notice.clear()
        self.completeChanged.emit()

    def _typed(self) -> None:
        self._wizard.draft.server, self._wizard.draft.ca_file = self._server.text(), self._ca_file.text()
        self._stop()
        self._hint_at_address()

    def _hint_at_address(self) -> None:
        typed = self._server.text()
        try:
            self._hint.say(text("server.will_ask", server=canonical(typed)) if typed.strip() else "")
        except InputError as error:
            self._hint.say(error.message)

    def _browse(self) -> None:
        where = str(Path(self._ca_file.text()).parent) if self._ca_file.text() else str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self, text("server.ca_dialog"), where, text("server.ca_filter"))
        if chosen:
            self._ca_file.setText(chosen)
            self._typed()
