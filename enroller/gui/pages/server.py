"""Service and server: the address, checked as it is typed, and asked when the technician goes on."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QFormLayout, QHBoxLayout, QLineEdit, QRadioButton, QWidget, QWizard

from enroller.address import canonical, websocket
from enroller.beginning import locks
from enroller.errors import EnrollerError, InputError
from enroller.gui.checks import CheckList
from enroller.gui.job import Job
from enroller.gui.locked import Locks
from enroller.gui.notice import Act, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button
from enroller.gui.parts import StillLabel, add_row, below, beside
from enroller.gui.trouble import Trouble
from enroller.gui.wizard import focus_later
from enroller.gui.work import CaFile, look
from enroller.model import Login, ServiceName, State
from enroller.preflight import Check, Target, Verdict
from enroller.resources import text
from enroller.settings.names import DIRECT, SYSTEM
from enroller.text import plain

if TYPE_CHECKING:
    from enroller.app import App
    from enroller.gui.wizard import EnrollWizard
    from enroller.vault import Summary


class ServerPage(Page):
    """Asks for nothing secret: the connection is proved before any secret is typed."""

    after = PageId.IDENTITY

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("server.title"), text("server.intro"))
        self._wizard = wizard
        self._checking: Job | None = None
        self._failed_with: EnrollerError | None = None
        self._is_asking = False
        self._server = QLineEdit()
        self._hint = StillLabel()
        self._websocket = QLineEdit()
        self._websocket.setPlaceholderText(text("server.websocket_placeholder"))
        self._websocket_hint = StillLabel()
        self._ca_file = QLineEdit()
        self._ca_file.setPlaceholderText(text("server.ca_placeholder"))
        for edit in (self._server, self._websocket, self._ca_file):
            edit.textEdited.connect(self._typed)
        self._build_form()
        self._trouble = Trouble(wizard)
        self._trouble.trusted.connect(self._trusted)
        self._trouble.login_given.connect(self._login_given)
        self._checks = CheckList()
        self._trouble.comparing.connect(self._checks.setHidden)
        self._trouble.comparing.connect(self.completeChanged)
        self.body.addLayout(self._form)
        self.body.addWidget(self._locks.line)
        self.body.addWidget(self._trouble)
        self.body.addWidget(self._checks)
        self.body.addStretch(1)

    def _build_form(self) -> None:
        self._locks = Locks()
        self._browse_button = button(text("server.browse"))
        self._browse_button.clicked.connect(self._browse)
        self._websocket_row = below(self._websocket, self._websocket_hint)
        self._proxy = QLineEdit()
        server = below(beside(self._server, self._locks.on("server", self._server)), self._hint)
        ca_file = beside(self._ca_file, self._locks.on("ca_file", self._ca_file), self._browse_button)
        self._proxy_row = beside(self._proxy, self._locks.on("proxy", self._proxy))
        self._form = QFormLayout()
        self._form.setVerticalSpacing(GRID)
        self._form.addRow(text("server.service"), self._service_row())
        add_row(self._form, text("server.address"), server)
        add_row(self._form, text("server.websocket"), self._websocket_row)
        add_row(self._form, text("server.ca_file"), ca_file)
        add_row(self._form, text("server.proxy"), self._proxy_row)

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
        layout.addWidget(self._locks.on("service", row))
        layout.addStretch(1)
        self._services.idClicked.connect(self._service_chosen)
        return row

    def initializePage(self) -> None:
        """Shows the draft; where it came back with a problem, that stays in place."""
        self._show_draft()
        # Where the address is decided, what is left to do is to go on.
        focus_later(self._wizard.button(QWizard.WizardButton.NextButton) if "server" in self._locks else self._server)

    def cleanupPage(self) -> None:
        """Back: what was typed is in the draft already; a check that is under way would move on by itself."""
        if self._checking is not None or self._is_asking:
            self._stop()

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        self._wizard.draft.server_checked = None
        self._checks.begin()
        self._trouble.clear()
        self._say(error)

    def isComplete(self) -> bool:
        """There is something to check, no check is under way, and nothing is asked that Next would pass over."""
        asked = self._trouble.is_comparing or self._is_asking
        return bool(self._server.text().strip()) and self._checking is None and not asked

    def validatePage(self) -> bool:
        """Goes on only with an address that was asked; asks it where it was not."""
        draft = self._wizard.draft
        self._keep()
        try:
            address = canonical(draft.server)
            if draft.websocket_url.strip():
                websocket(draft.websocket_url)
        except InputError as error:
            self._say(error)
            (self._websocket if error.field == "websocket_url" else self._server).setFocus()
            return False
        if draft.server_checked == self._entered():
            return not self._asks_about_the_one_that_is_there(address)
        self._look(address)
        return False

    def _entered(self) -> tuple[str, str]:
        return self._wizard.draft.server, self._wizard.draft.ca_file

    # The way to the service

    def _look(self, address: str) -> None:
        draft, app = self._wizard.draft, self._wizard.app
        target, ca_file = Target(draft.service, address, draft.ca_pem, draft.proxy_login), draft.ca_file.strip() or None
        self._checks.begin()
        self._trouble.clear()
        stop = Act(text("server.stop"), self._stop)
        self._trouble.say(Tone.BUSY, text("server.checking", server=address), "", stop)
        self._checking = self._wizard.bridge.start(
            lambda _job, publish: look(app, target, ca_file, publish),
            news=self._checks.add,
            done=self._looked,
            failed=self._could_not_look,
        )
        self.completeChanged.emit()

    def _looked(self, checks: list[Check]) -> None:
        self._checking = None
        failed = next((one for one in checks if one.verdict is Verdict.FAILED), None)
        noted = [one for one in checks if one.verdict is Verdict.NOTED]
        if failed is None:
            self._wizard.draft.server_checked = self._entered()
        self.completeChanged.emit()
        if failed is not None:
            self._say(failed.error or EnrollerError(failed.found))
        elif noted:
            # It works, and somebody should have read this before going on.
            self._trouble.say(Tone.NOTE, text("server.noted"), "\n".join(one.found for one in noted))
            focus_later(self._wizard.button(QWizard.WizardButton.NextButton))
        else:
            self._trouble.say(Tone.GOOD, text("server.good"))
            if self._wizard.currentId() == PageId.SERVER:
                self._wizard.next()

    def _could_not_look(self, error: EnrollerError) -> None:
        self._checking = None
        self.completeChanged.emit()
        self._say(error)

    def _say(self, error: EnrollerError) -> None:
        """A problem and what can be done: something typed can only be typed anew."""
        self._failed_with = error
        all_the_same = Act(text("server.all_the_same"), self._go_on)
        self._trouble.error(error, self._wizard.words, *(() if isinstance(error, InputError) else (all_the_same,)))

    def _go_on(self) -> None:
        self._wizard.draft.server_checked = self._entered()
        self._wizard.next()

    def _stop(self) -> None:
        if self._checking is not None:
            self._checking.abandon()
            self._checking = None
        self._failed_with = None
        self._stop_asking()
        self._checks.begin()
        self._trouble.clear()
        self.completeChanged.emit()

    # What is there already

    def _asks_about_the_one_that_is_there(self, address: str) -> bool:
        """Asks what becomes of an enrollment with this server, where there is one and nobody has said it yet."""
        draft = self._wizard.draft
        there = enrolled_at(self._wizard.app, draft.service, address)
        if there is None or draft.begun is not None or (draft.beside is not None and draft.beside[0] == address):
            return False
        self._is_asking = True
        self._checks.hide()
        who = plain(there.shown_as or there.identity, 100)
        self._trouble.say(
            Tone.NOTE,
            text("server.enrolled", who=who),
            text("server.enrolled_advice"),
            Act(text("server.keep"), self._wizard.restart),
            Act(text("server.replace"), partial(self._settle, address, there.id)),
            Act(text("server.second"), partial(self._settle, address, None)),
        )
        self.completeChanged.emit()
        self._trouble.notice.offer()
        return True

    def _settle(self, address: str, replaces: str | None) -> None:
        self._wizard.draft.beside = (address, replaces)
        self._stop_asking()
        self._trouble.clear()
        self.completeChanged.emit()
        self._wizard.next()

    def _stop_asking(self) -> None:
        self._is_asking = False
        self._checks.show()

    # What mends it

    def _trusted(self, found: CaFile) -> None:
        """The file is the CA file from now on; where that was what was wrong, the connection is checked once more."""
        again = self._failed_with is not None and bool(self._server.text().strip())
        self._wizard.draft.trusted = found
        self._ca_file.setText(found.path)
        self._typed()
        if again:
            self._wizard.next()

    def _login_given(self, login: Login) -> None:
        self._wizard.draft.proxy_login = login
        self._wizard.draft.server_checked = None
        self._wizard.next()

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
        self._show_locks()
        self._hint_at_addresses()

    def _show_locks(self) -> None:
        """What the administrator has decided; the proxy is shown only where it is that."""
        service, held = self._wizard.draft.service, locks(self._wizard.draft.service)
        self._locks.tell(held)
        self.retitle(text("server.title"), text("server.intro_locked" if "server" in held else "server.intro"))
        for number, each in enumerate(ServiceName):
            self._services.button(number).setEnabled(each is service or "service" not in held)
        self._browse_button.setVisible("ca_file" not in held)
        self._form.setRowVisible(self._proxy_row, "proxy" in held)
        if "proxy" in held:
            self._proxy.setText(_proxy_in_words(str(held["proxy"].value)))

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
        self._trouble.choose(self._ca_file.text())


def _proxy_in_words(proxy: str) -> str:
    """The setting's value for people."""
    return text(f"server.proxy_{proxy}") if proxy in (DIRECT, SYSTEM) else proxy


def enrolled_at(app: "App", service: ServiceName, address: str) -> "Summary | None":
    """The newest enrollment with that server by which this very device is enrolled; None where there is none."""
    from enroller import machine

    try:
        known = [one for one in app.at(service, address, None) if one.state is State.ENROLLED]
    except EnrollerError:
        return None  # what is wrong with the store is said where something is to be stored
    here = machine.evidence() if known else ()
    own = [one for one in known if not machine.is_another(one.machine, here)]
    return max(own, key=lambda one: one.created_at or 0, default=None)


def _hint(typed: str, read: Callable[[str], str], key: str, without: str) -> str:
    """What will be done with an address, or what is wrong with it; `without` one, what that means."""
    if not typed.strip():
        return without
    try:
        return text(key, server=read(typed))
    except InputError as error:
        return error.message
