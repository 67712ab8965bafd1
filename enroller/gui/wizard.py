"""The wizard: which page follows which, and the one enrollment that is under way."""

import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget, QWizard, QWizardPage

from enroller import errors
from enroller.app import App
from enroller.gui.bridge import Bridge
from enroller.gui.job import Job
from enroller.gui.order import PageId
from enroller.gui.pages.start import StartPage
from enroller.gui.stepper import Stepper
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.draft import Draft
    from enroller.gui.pages.approval import ApprovalPage
    from enroller.gui.prefill import Prefill
    from enroller.gui.words import Words
    from enroller.gui.work import Outcome, Stored, Submission
    from enroller.model import ServiceName
    from enroller.steps import Command, Snapshot

    Work = Callable[[Job, Callable[[Snapshot], None]], Outcome]


class EnrollWizard(QWizard):
    """Seven pages over one `Draft`. Signals tell pages of the enrollment under way: `news` and `ended`."""

    news = Signal(object)
    ended = Signal(object)

    def __init__(self, app: App, bridge: Bridge, prefill: "Prefill | None" = None) -> None:
        super().__init__()
        self.app = app
        self.bridge = bridge
        self._prefill = prefill
        self.outcome: Outcome | None = None
        self.snapshot: Snapshot | None = None
        self._job: Job | None = None
        self._set_aside: dict[ServiceName, Draft] = {}
        self.approval: ApprovalPage | None = None
        self.setWindowTitle(text("window.title"))
        self.setWizardStyle(QWizard.WizardStyle.ClassicStyle)
        self.setOption(QWizard.WizardOption.NoBackButtonOnStartPage)
        self.setOption(QWizard.WizardOption.NoBackButtonOnLastPage)
        self.setOption(QWizard.WizardOption.NoCancelButtonOnLastPage)
        if sys.platform in ("win32", "darwin"):
            # There a dialog has no such button by itself; elsewhere the window manager decides.
            from PySide6.QtCore import Qt

            self.setWindowFlag(Qt.WindowType.WindowMinimizeButtonHint)
        self._stepper = Stepper([text(f"stepper.{page.name.lower()}") for page in PageId])
        self.setSideWidget(self._stepper)
        for which, words in (
            ("Next", "next"),
            ("Back", "back"),
            ("Commit", "commit"),
            ("Finish", "finish"),
            ("Cancel", "close"),
        ):
            self.setButtonText(getattr(QWizard.WizardButton, f"{which}Button"), text(f"button.{words}"))
        self.start_page = StartPage(self)
        self.setPage(PageId.START, self.start_page)
        self.currentIdChanged.connect(self._moved)
        # One size for all pages: nothing jumps, and it fits a 1366x768 screen at 150 % with its title bar.
        self.resize(840, 468)

    def validateCurrentPage(self) -> bool:
        """Makes the next page when it is wanted: the first one is shown sooner, and less memory is held."""
        if not super().validateCurrentPage():
            return False
        if self.nextId() >= 0:
            self.make(PageId(self.nextId()))
        return True

    def make(self, page: PageId) -> QWizardPage:
        """The page with that id, made where there is none yet."""
        if page not in self.pageIds():
            self.setPage(page, self._build(page))
        return self.page(page)

    def _build(self, page: PageId) -> QWizardPage:
        match page:
            case PageId.SERVER:
                from enroller.gui.pages.server import ServerPage

                return ServerPage(self)
            case PageId.IDENTITY:
                from enroller.gui.pages.identity import IdentityPage

                return IdentityPage(self)
            case PageId.KEY:
                from enroller.gui.pages.key import KeyPage

                return KeyPage(self)
            case PageId.REVIEW:
                from enroller.gui.pages.review import ReviewPage

                return ReviewPage(self)
            case PageId.APPROVAL:
                from enroller.gui.pages.approval import ApprovalPage

                self.approval = ApprovalPage(self)
                return self.approval
            case PageId.DONE:
                from enroller.gui.pages.done import DonePage

                return DonePage(self)
            case PageId.START:
                return self.start_page

    @cached_property
    def draft(self) -> "Draft":
        """What was entered so far; the first page needs none of it."""
        from enroller.gui.draft import blank, from_prefill
        from enroller.model import ServiceName

        if self._prefill is not None:
            return from_prefill(self._prefill)
        return blank(self.start_page.last_service or ServiceName.SAFEQ_CLOUD)

    def choose(self, service: "ServiceName") -> None:
        """Puts the form for another service in the place of this one, which comes back as it was left."""
        from enroller.gui.draft import blank

        if service is self.draft.service:
            return
        self._set_aside[self.draft.service] = self.draft
        self.draft = self._set_aside.get(service) or blank(service)

    @property
    def words(self) -> "Words":
        """The texts for the form's service."""
        from enroller.gui.words import words

        return words(self.draft.service)

    # The enrollment under way

    @property
    def running(self) -> bool:
        """Whether the engine is at work on an enrollment."""
        return self._job is not None

    def submit(self, new: "Submission") -> None:
        """Begins a new enrollment."""
        from enroller.gui import work

        self._run(lambda job, publish: work.submit(self.app, new, job, publish))

    def go_on(self, stored: "Stored") -> None:
        """Goes on with a stored enrollment."""
        from enroller.gui import work

        self._run(lambda job, publish: work.go_on(self.app, stored, job, publish))

    def tell(self, command: "Command") -> None:
        """Sends a command to the enrollment under way."""
        if self._job is not None:
            self._job.inbox.put(command)

    def abandon(self, command: "Command") -> None:
        """Ends the waiting at once for the window; what the service still answers is recorded behind it."""
        if self._job is not None:
            self.tell(command)
            self._job.abandon(self._settled)
            self._job = None

    def _settled(self) -> None:
        """The list of what is stored may have been shown before the last word was written."""
        if self.currentId() == PageId.START:
            self.start_page.initializePage()

    def _run(self, work: "Work") -> None:
        self.snapshot = self.outcome = None
        self._job = self.bridge.start(work, news=self._heard, done=self._done, failed=self._failed)

    def _heard(self, snapshot: "Snapshot") -> None:
        self.snapshot = snapshot
        self.news.emit(snapshot)

    def _done(self, outcome: "Outcome") -> None:
        self._job = None
        self.outcome = outcome
        if outcome.error is None:
            self.go_to(PageId.DONE)
        self.ended.emit(outcome.error)

    def _failed(self, error: errors.EnrollerError) -> None:
        self._job = None
        self.ended.emit(error)

    # Moving

    def go_to(self, page: PageId) -> None:
        """Moves back or on to a page."""
        while page in self.visitedIds() and self.currentId() != page:
            before = self.currentId()
            self.back()
            if self.currentId() == before:
                return
        while self.currentId() != page:
            before = self.currentId()
            self.next()
            if self.currentId() == before:
                return

    def begin_again(self) -> None:
        """A new enrollment after this one."""
        self.restart()  # the pages put what they hold into the old form
        self.draft = self.draft.another()
        self._set_aside.clear()
        self.outcome = self.snapshot = None
        focus_later(self.button(QWizard.WizardButton.NextButton))

    def _moved(self, page: int) -> None:
        if page == PageId.START:
            self.start_page.initializePage()  # what is stored may have changed meanwhile
        elif 0 < page < PageId.DONE:
            # While this page is read, the next one is made, so that Next is instant.
            QTimer.singleShot(0, self, lambda: self.make(PageId(page + 1)))
        if page >= 0:
            self._stepper.go_to(page)
            self.name_closing(later=page == PageId.APPROVAL)

    def name_closing(self, *, later: bool) -> None:
        """What closing the window means just now: to continue later, or no more than that."""
        words = text("button.later" if later else "button.close")
        self.setButtonText(QWizard.WizardButton.CancelButton, words)

    # Closing

    def reject(self) -> None:
        """Escape, the close button and Close. While a request waits there is nothing to ask: it is kept."""
        from enroller.steps import Leave

        if not self._may_close():
            return
        self.abandon(Leave(errors.Interrupted("The window was closed.")))
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window's own close button is the same as Escape."""
        event.ignore()
        self.reject()

    def _may_close(self) -> bool:
        from enroller.steps import Happening

        snapshot = self.snapshot
        if self.running and snapshot is not None and snapshot.happening in (Happening.SAVE_FAILED, Happening.APPROVED):
            # The credentials are in memory alone: closing would lose them.
            self.go_to(PageId.APPROVAL)
            self.news.emit(snapshot)
            return False
        page = self.currentId()
        filling = PageId.SERVER <= page <= PageId.REVIEW and not self.running and self.draft.begun is None
        typed = filling and any(form.server or form.secrets for form in (self.draft, *self._set_aside.values()))
        if not typed:
            return True
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(QMessageBox.Icon.Question, text("window.title"), text("leave.question"), parent=self)
        stay = box.addButton(text("leave.stay"), QMessageBox.ButtonRole.RejectRole)
        box.addButton(text("leave.close"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.exec()
        return box.clickedButton() is not stay


def focus_later(widget: QWidget) -> None:
    """Focus for a widget of a page that is just being shown: the wizard sets its own focus after `initializePage`."""
    QTimer.singleShot(0, widget, widget.setFocus)
