"""The wizard: which page follows which, and the one enrollment that is under way."""

import sys
from collections.abc import Callable
from functools import cached_property, partial
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
    from enroller.gui.work import News, Outcome, Stored, Submission
    from enroller.model import ServiceName
    from enroller.steps import Command, Snapshot
    from enroller.vault import Summary

    Work = Callable[[Job, Callable[[News], None]], Outcome]


PAINTED = 100
"""Milliseconds after which a page that is shown has been painted; what comes in between would hold that up."""

OTHERS_PATIENCE = 3.0
"""Seconds that another process may take for a step of its own before we say that it has the enrollment in use."""


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
        self.notes: tuple[str, ...] = ()
        self._job: Job | None = None
        self._leaving: set[Job] = set()
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
        from enroller import settings
        from enroller.gui.draft import blank, from_prefill

        if self._prefill is not None:
            return from_prefill(self._prefill)
        return blank(None if "service" in settings.current().given else self.start_page.last_service)

    def choose(self, service: "ServiceName") -> None:
        """Puts the form for another service in the place of this one, which comes back as it was left."""
        from enroller import settings
        from enroller.gui.draft import blank

        if service is self.draft.service or settings.current().is_locked("service"):
            return
        before = self._set_aside[self.draft.service] = self.draft
        self.draft = self._set_aside.get(service) or blank(service)
        self.draft.proxy_login = before.proxy_login  # the way is the same

    @property
    def words(self) -> "Words":
        """The texts for the form's service."""
        from enroller.gui.words import words

        return words(self.draft.service)

    # A later start for the same data folder

    @property
    def is_busy(self) -> bool:
        """Whether something is under way, or typed, that nobody wants to lose to a preset."""
        return self.currentId() > PageId.START or self.running or ("draft" in self.__dict__ and self._is_typed())

    def begin_with(self, prefill: "Prefill") -> None:
        """Begins the form anew, with `prefill`."""
        self._prefill = prefill
        self._set_aside.clear()
        self.__dict__.pop("draft", None)

    def come_forward(self, activation: str) -> None:
        """In front of other windows and with the focus; `activation` is what the desktop has given for that, or ""."""
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QGuiApplication
        from PySide6.QtWidgets import QApplication

        if activation and QGuiApplication.platformName().startswith("wayland"):
            import os

            os.environ["XDG_ACTIVATION_TOKEN"] = activation  # where Qt looks for it there
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        front = QApplication.activeModalWidget() or self
        front.raise_()
        front.activateWindow()

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
            self._leaving.add(self._job)
            self._job.abandon(partial(self._settled, self._job))
            self._job = None

    @property
    def patience(self) -> float:
        """Seconds to wait for an enrollment that is in use; longer where we may have it in use ourselves still."""
        from enroller.gui.work import PATIENCE

        return PATIENCE if self._leaving else OTHERS_PATIENCE

    def _settled(self, job: Job) -> None:
        """The list of what is stored may have been shown before the last word was written."""
        self._leaving.discard(job)
        if self.currentId() == PageId.START:
            self.start_page.initializePage()

    def _run(self, work: "Work") -> None:
        self.snapshot = self.outcome = None
        self.notes = ()
        self._job = self.bridge.start(work, news=self._heard, done=self._done, failed=self._failed)

    def _heard(self, news: "News") -> None:
        from enroller.gui.work import Repaired

        if isinstance(news, Repaired):
            self.notes = news.notes
            return
        self.snapshot = news
        self.news.emit(news)

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
        self.start_page.forget_preset()
        self.restart()  # the pages put what they hold into the old form
        self.draft = self.draft.another()
        self._set_aside.clear()
        self.outcome = self.snapshot = None
        focus_later(self.button(QWizard.WizardButton.NextButton))

    def enroll_anew(self, copied: "Summary") -> None:
        """The form for this device with the server of an enrollment that belongs to another one.

        That one's entry here goes when the new one is stored.
        """
        from enroller.gui.draft import for_a_copy

        self.start_page.forget_preset()
        self.restart()  # the pages put what they hold into the old form
        self.draft = for_a_copy(copied)
        self._set_aside.clear()
        self.outcome = self.snapshot = None
        if self.start_page.isComplete():
            self.next()

    def _moved(self, page: int) -> None:
        if page == PageId.START:
            self.start_page.initializePage()  # what is stored may have changed meanwhile
        elif 0 < page < PageId.DONE:
            # While this page is read, the next one is made, so that Next is instant.
            QTimer.singleShot(PAINTED, self, lambda: self.make(PageId(page + 1)))
        if page >= 0:
            self.allow_closing(True)
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
        if self.closing_loses:
            self.stay_open()
            return False
        page = self.currentId()
        filling = PageId.SERVER <= page <= PageId.REVIEW and not self.running and self.draft.begun is None
        if not filling or not self._is_typed():
            return True
        from enroller.gui.asking import confirmed

        return confirmed(self, text("leave.question"), yes=text("leave.close"), no=text("leave.stay"))

    @property
    def closing_loses(self) -> bool:
        """Whether credentials are in memory alone."""
        from enroller.gui.turn import closing_loses

        return self.running and closing_loses(self.snapshot)

    def stay_open(self) -> None:
        """Shows and says why the window is not closed."""
        self.go_to(PageId.APPROVAL)
        if self.approval is not None:
            self.approval.refuse_closing()

    def allow_closing(self, allowed: bool) -> None:
        """Whether the page can be left, be it by the button that continues later or by Back."""
        later = self.button(QWizard.WizardButton.CancelButton)
        if allowed == later.isEnabled():
            return
        later.setEnabled(allowed)
        if allowed:
            self.currentPage().completeChanged.emit()  # Qt finds out whether there is a way back
        else:
            self.button(QWizard.WizardButton.BackButton).setEnabled(False)

    def _is_typed(self) -> bool:
        """Whether something stands in a form that would have to be typed again."""
        from enroller import settings

        managed = settings.current().given.get("server")
        stood_there = ("", managed.value if managed is not None else "")
        forms = (self.draft, *self._set_aside.values())
        return any(form.server not in stood_there or form.secrets or form.preset_passphrase for form in forms)


def focus_later(widget: QWidget) -> None:
    """Focus for a widget of a page that is just being shown: the wizard sets its own focus after `initializePage`."""
    QTimer.singleShot(0, widget, widget.setFocus)
