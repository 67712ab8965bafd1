"""Service and server: the address, checked as it is typed, and asked when the technician goes on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QRadioButton, QWidget

from enroller.address import canonical, websocket
from enroller.errors import EnrollerError, InputError
from enroller.gui.job import Job
from enroller.gui.notice import Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button
from enroller.gui.parts import StillLabel, add_row, below, beside
from enroller.gui.wizard import focus_later
from enroller.model import ServiceName
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
        self._hint = StillLabel()
        self._websocket = QLineEdit()
        self._websocket.setPlaceholderText(text("server.websocket_placeholder"))
        self._websocket_hint = StillLabel()
        self._ca_file = QLineEdit()
        self._ca_file.setPlaceholderText(text("server.ca_placeholder"))
        for edit in (self._server, self._websocket, self._ca_file):
            edit.textEdited.connect(self._typed)
        browse = button(text("server.browse"))
        browse.clicked.connect(self._browse)
        self._websocket_row = below(self._websocket, self._websocket_hint)
        self._form = QFormLayout()
        self._form.setVerticalSpacing(GRID)
        self._form.addRow(text("server.service"), self._service_row())
        add_row(self._form, text("server.address"), below(self._server, self._hint))
        add_row(self._form, text("server.websocket"), self._websocket_row)
        add_row(self._form, text("server.ca_file"), beside(self._ca_file, browse))
        self._notice = Notice()
        self.body.addLayout(self._form)
        self.body.addWidget(self._notice)
        self.body.addStretch(1)

    def _service_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * GRID)
        self._services = QButtonGroup(self)
        for number, service in enumerate(ServiceName):
            choice = QRadioButton(text(f"service.{service.name.lower()}"))
            self._services.addButton(choice, number)
            layout.addWidget(choice)
        layout.addStretch(1)
        self._services.idClicked.connect(self._service_chosen)
        return row

    def initializePage(self) -> None:
        """Shows the draft; where it came back with a problem, that stays in place."""
        self._show_draft()
        focus_later(self._server)

    def cleanupPage(self) -> None:
        """Back: what was typed is in the draft already; a check that is under way would move on by itself."""
        if self._checking is not None:
            self._stop()

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        self._wizard.draft.server_checked = None
        self._notice.error(error, self._wizard.words)

    def isComplete(self) -> bool:
        """There is something to check, and no check is under way."""
        return bool(self._server.text().strip()) and self._checking is None

    def validatePage(self) -> bool:
        """Goes on only with an address that was asked; asks it where it was not."""
        draft = self._wizard.draft
        self._keep()
        entered = (draft.server, draft.ca_file)
        try:
            address = canonical(draft.server)
            if draft.websocket_url.strip():
                websocket(draft.websocket_url)
        except InputError as error:
            self._notice.error(error, self._wizard.words)
            (self._websocket if error.field == "websocket_url" else self._server).setFocus()
            return False
        if draft.server_checked == entered:
            return True
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
            self._notice.error(error, self._wizard.words)
        else:
            words, all_the_same = self._wizard.words, text("server.all_the_same")
            self._notice.error(error, words, button=all_the_same, act=partial(self._go_on, entered))

    def _go_on(self, entered: tuple[str, str]) -> None:
        self._wizard.draft.server_checked = entered
        self._wizard.next()

    def _stop(self) -> None:
        if self._checking is not None:
            self._checking.abandon()
            self._checking = None
        self._notice.clear()
        self.completeChanged.emit()

    def _service_chosen(self, number: int) -> None:
        """What is asked for differs; what was typed for the other service comes back with it."""
        self._keep()
        self._stop()
        self._wizard.choose(list(ServiceName)[number])
        self._show_draft()
        self.completeChanged.emit()

    def _show_draft(self) -> None:
        draft, words = self._wizard.draft, self._wizard.words
        self._services.button(list(ServiceName).index(draft.service)).setChecked(True)
        self._server.setPlaceholderText(words("server.placeholder"))
        self._server.setText(draft.server)
        self._websocket.setText(draft.websocket_url)
        self._form.setRowVisible(self._websocket_row, draft.service is ServiceName.PRIVICORE)
        self._ca_file.setText(draft.ca_file)
        self._hint_at_addresses()

    def _keep(self) -> None:
        draft = self._wizard.draft
        draft.server, draft.ca_file = self._server.text(), self._ca_file.text()
        draft.websocket_url = self._websocket.text()

    def _typed(self) -> None:
        self._keep()
        self._stop()
        self._hint_at_addresses()

    def _hint_at_addresses(self) -> None:
        draft = self._wizard.draft
        self._hint.say(_hint(draft.server, canonical, "server.will_ask", ""))
        without = text("server.websocket_purpose")
        self._websocket_hint.say(_hint(draft.websocket_url, websocket, "server.will_listen", without))

    def _browse(self) -> None:
        where = str(Path(self._ca_file.text()).parent) if self._ca_file.text() else str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self, text("server.ca_dialog"), where, text("server.ca_filter"))
        if chosen:
            self._ca_file.setText(chosen)
            self._typed()


def _hint(typed: str, read: Callable[[str], str], key: str, without: str) -> str:
    """What will be done with an address, or what is wrong with it; `without` one, what that means."""
    if not typed.strip():
        return without
    try:
        return text(key, server=read(typed))
    except InputError as error:
        return error.message
