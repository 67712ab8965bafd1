"""Approval: what is happening, how long it can last, and what the approver needs."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout

from enroller import secret_text
from enroller.errors import CommandRejected, Denied, EnrollerError, Expired, InputError, ServiceError, WrongPassphrase
from enroller.gui.card import ApproversCard
from enroller.gui.notice import Notice, Tone, advice
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button
from enroller.gui.parts import SecretRow
from enroller.gui.passing_time import PassingTime
from enroller.gui.words import words
from enroller.gui.work import Stored
from enroller.model import (
    Approval,
    Asked,
    Credential,
    CredentialKind,
    Enrollment,
    ProfileKey,
    Secret,
    ServiceName,
    State,
)
from enroller.resources import text
from enroller.services import Goal
from enroller.steps import Approve, CheckNow, GiveUp, Happening, NewCredential, Now, Snapshot
from enroller.vault import Summary, Unlock

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard

SECOND = 1000
"""Milliseconds between two looks at the clock while somebody can see the countdown."""

GIVING_UP_LOSES_NOTHING = frozenset(
    {Happening.REGISTERED, Happening.ASKING, Happening.PENDING, Happening.RETRYING, Happening.CREDENTIAL_WANTED}
)
"""Afterwards the credentials are there, and there is nothing to give up."""


class ApprovalPage(Page):
    """Paints the last snapshot. Its one timer runs only while the page can be seen."""

    after = PageId.DONE

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("approval.title"), text("approval.intro"))
        self._wizard = wizard
        self._words = wizard.words
        self._resumed: tuple[str, Goal] | None = None
        self._passphrase: Secret | None = None
        self._rejection: CommandRejected | None = None
        self._over = False
        self._ticker = QTimer(self)
        self._ticker.setInterval(SECOND)
        self._ticker.timeout.connect(self._tick)
        self._build()
        wizard.news.connect(self._heard)
        wizard.ended.connect(self._ended)
        wizard.installEventFilter(self)

    def _build(self) -> None:
        self._time = PassingTime(lambda: self._wizard.tell(CheckNow()))
        self._notice = Notice()
        self._secret = SecretRow()
        self._secret.given.connect(self._secret_given)
        self._card = ApproversCard()
        self._give_up = button(text("approval.give_up"))
        self._give_up.clicked.connect(self._given_up)
        self._approve = button(text("approval.approve"))
        self._approve.clicked.connect(self._approved_here)
        last = QHBoxLayout()
        last.setSpacing(GRID)
        last.addWidget(self._give_up)
        last.addWidget(self._approve)
        last.addStretch(1)
        for part in (self._time, self._notice, self._secret, self._card):
            self.body.addWidget(part)
        self.body.addStretch(1)
        self.body.addLayout(last)

    def open(self, one: Summary, goal: Goal, *, needs_passphrase: bool) -> None:
        """Goes on with a stored enrollment once the page is shown."""
        self._resumed = (one.id, goal)
        self._words = words(one.service or ServiceName.SAFEQ_CLOUD)
        self._needs_passphrase = needs_passphrase

    def initializePage(self) -> None:
        """Nothing is known yet, or the snapshot that brought us here."""
        self._secret.hide()
        self._card.begin()
        self._give_up.hide()
        self._approve.hide()
        if self._resumed is None:
            self._words = self._wizard.words
            self._passphrase = self._wizard.draft.passphrase
        self._begin()
        if self._resumed is not None:
            if self._needs_passphrase:
                self._ask_passphrase(None)
            else:
                self._go_on()
        elif self._wizard.snapshot is not None:
            self._heard(self._wizard.snapshot)

    def cleanupPage(self) -> None:
        """Back to the start: the request is kept, and the waiting ends here."""
        from enroller.errors import Interrupted
        from enroller.steps import Leave

        self._wizard.abandon(Leave(Interrupted("Left by the technician.")))
        self._resumed = self._passphrase = None
        self._ticker.stop()

    def isComplete(self) -> bool:
        """Next comes by itself."""
        return self._wizard.outcome is not None and self._wizard.outcome.error is None

    def _begin(self) -> None:
        """As if nothing had happened yet."""
        self._over = False
        self._rejection = None
        self._notice.clear()
        self._time.begin()
        self._entitle("renew_" if self._is_renewal() else "")
        self._wizard.name_closing(later=True)

    def _entitle(self, which: str) -> None:
        self.retitle(self._words(f"approval.{which}title"), self._words(f"approval.{which}intro"))

    def _is_renewal(self) -> bool:
        return self._resumed is not None and self._resumed[1] is Goal.RENEW

    def _finish(self, title: str) -> None:
        """Nothing is waited for any more."""
        self._over = True
        self._ticker.stop()
        for part in (self._time, self._give_up, self._approve, self._secret):
            part.hide()
        self.retitle(title)
        self._wizard.name_closing(later=False)

    # What is happening

    def _heard(self, snapshot: Snapshot) -> None:
        if self._wizard.currentId() != PageId.APPROVAL:
            return
        enrollment, happening = snapshot.enrollment, snapshot.happening
        self._entitle_for(snapshot)
        self._card.tell(enrollment, self._words)
        self._give_up.setVisible(happening in GIVING_UP_LOSES_NOTHING)
        wanted = happening is Happening.CREDENTIAL_WANTED
        self._approve.setVisible(happening in GIVING_UP_LOSES_NOTHING and not wanted and can_approve(enrollment))
        if not wanted:
            self._secret.hide()
        match happening:
            case Happening.REGISTERED | Happening.PENDING:
                self._say_waiting(snapshot)
            case Happening.RETRYING if isinstance(snapshot.problem, CommandRejected):
                self._rejection = snapshot.problem
                self._say_waiting(snapshot)
            case Happening.RETRYING if snapshot.problem is not None:
                self._say_retrying(snapshot.problem)
            case Happening.CREDENTIAL_WANTED if snapshot.problem is not None:
                self._ask_credential(enrollment.asked, snapshot.problem)
            case Happening.SAVE_FAILED if snapshot.problem is not None:
                again = text("button.try_again")
                self._notice.error(
                    snapshot.problem, self._words, button=again, act=lambda: self._wizard.tell(CheckNow())
                )
                self._time.say(text("approval.not_saved"))
            case Happening.SUBMITTING:
                key = "approval.registering" if enrollment.signed else "approval.submitting"
                self._time.say(text(key))
            case Happening.APPROVED:
                self._time.say(self._words("approval.approved"))
                self._notice.clear()
            case _:
                pass
        self._tick()
        self._run_ticker()

    def _entitle_for(self, snapshot: Snapshot) -> None:
        """The service may not have the request yet, or may want another approval for what was to be renewed."""
        enrollment = snapshot.enrollment
        if enrollment.state in (State.SUBMITTING, State.OUTCOME_UNKNOWN) and not enrollment.signed:
            self._entitle("submit_")
        elif enrollment.state is State.AWAITING_APPROVAL and (snapshot.new_approval or not self._is_renewal()):
            self._entitle("")

    def _say_waiting(self, snapshot: Snapshot) -> None:
        progress = snapshot.enrollment.progress
        if self._rejection is not None and progress.approval is Approval.REJECTED:
            self._notice.error(self._rejection, self._words)  # until it is asked for once more
        elif snapshot.new_approval:
            self._notice.say(Tone.NOTE, text("approval.new_approval"))
        elif progress.profile_key is ProfileKey.KEPT:
            self._notice.say(Tone.NOTE, text("approval.key_kept"))
        else:
            self._notice.clear()

    def _say_retrying(self, problem: EnrollerError) -> None:
        still_waiting = text("approval.still_waiting")
        self._notice.say(Tone.BUSY, f"{problem.message} {still_waiting}", advice(problem, self._words))

    def _ended(self, error: EnrollerError | None) -> None:
        if self._wizard.currentId() != PageId.APPROVAL or error is None:
            return
        if isinstance(error, WrongPassphrase):
            self._ask_passphrase(error)
            return
        self._finish(error.title)
        if self._again_id() is None:
            # Nothing is stored, so that nothing can be gone on with; what was entered is still in the form.
            to_start = text("approval.to_start")
            self._notice.error(error, self._words, button=to_start, act=self._wizard.restart)
        else:
            decided = isinstance(error, Denied | Expired | ServiceError)
            again = text("approval.again" if decided else "button.try_again")
            self._notice.error(error, self._words, button=again, act=self._again)
        self._card.setVisible(self._card.isVisible() and not isinstance(error, Denied))
        self._notice.offer()

    # Time

    def _tick(self) -> None:
        snapshot = self._wizard.snapshot
        if snapshot is None or self._over:
            return
        if snapshot.next_at is not None or snapshot.happening is Happening.ASKING:
            clock = self._wizard.app.clock
            self._time.tick(snapshot, Now(clock.boot(), clock.wall()), self._words)

    def _run_ticker(self) -> None:
        window = self._wizard.windowState()
        seen = self.isVisible() and not window & Qt.WindowState.WindowMinimized
        if seen and self._wizard.running and not self._over:
            if not self._ticker.isActive():
                self._tick()
                self._ticker.start()
        else:
            self._ticker.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """The countdown goes on."""
        super().showEvent(event)
        self._run_ticker()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: no timer."""
        super().hideEvent(event)
        self._ticker.stop()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """The window was minimized or comes back."""
        if event.type() == QEvent.Type.WindowStateChange:
            self._run_ticker()
        return False

    # What the technician does

    def _given_up(self) -> None:
        self._wizard.abandon(GiveUp())
        self._resumed = None
        self._card.hide()
        self._finish(text("approval.given_up_title"))
        to_start = text("approval.to_start")
        self._notice.say(Tone.NOTE, self._words("approval.given_up"), button=to_start, act=self._wizard.restart)

    def _approved_here(self) -> None:
        self._rejection = None
        self._approve.hide()
        self._wizard.tell(Approve())

    def _ask_credential(self, asked: Asked, problem: EnrollerError) -> None:
        kind = credential_kind(asked)
        self._time.say("")
        self._notice.say(Tone.BAD, problem.message, self._words(f"approval.{kind}_advice"))
        self._secret.ask(self._words(f"approval.{kind}", username=asked.username), text("approval.use"))

    def _ask_passphrase(self, error: EnrollerError | None) -> None:
        self._time.hide()
        if error is not None:
            self._notice.error(error, self._words)
        else:
            self._notice.say(Tone.NOTE, text("approval.passphrase_wanted"))
        self._secret.ask(text("key.passphrase"), text("approval.unlock"))

    def _secret_given(self, typed: str) -> None:
        try:
            secret = secret_text.checked(typed, "secret", self._secret.name)
        except InputError as error:
            self._notice.error(error, self._words)
            return
        # Else the focus would go to Back, and the window would press that with this very Return.
        self.setFocus()
        self._secret.done()
        self._notice.clear()
        snapshot = self._wizard.snapshot
        if self._wizard.running and snapshot is not None:
            kind = credential_kind(snapshot.enrollment.asked)
            self._wizard.tell(NewCredential(Credential(kind, secret)))
        else:
            self._passphrase = secret
            self._go_on()

    def _again_id(self) -> str | None:
        if self._resumed is not None:
            return self._resumed[0]
        outcome = self._wizard.outcome
        return outcome.enrollment.id if outcome is not None and outcome.kept else None

    def _again(self) -> None:
        """The same key and the same device once more."""
        enrollment_id = self._again_id()
        if enrollment_id is not None:
            goal = self._resumed[1] if self._resumed is not None else Goal.ENROLL
            self._resumed = (enrollment_id, goal)
            self.setFocus()  # else the button that goes away would hand it on to the one that closes the window
            self._begin()
            self._go_on()

    def _go_on(self) -> None:
        if self._resumed is None:
            return
        self._time.begin(text("approval.opening"))
        self._wizard.go_on(Stored(*self._resumed, Unlock(self._passphrase)))


def can_approve(enrollment: Enrollment) -> bool:
    """Whether approving with the technician's own account is on offer: not where it is asked for already."""
    tried = enrollment.asked.approve and enrollment.progress.approval is not Approval.REJECTED
    waits = enrollment.state is State.AWAITING_APPROVAL and enrollment.progress.device_identifier is not None
    return enrollment.asked.service is ServiceName.PRIVICORE and waits and not tried


def credential_kind(asked: Asked) -> CredentialKind:
    """What the service asks for where it does not accept what it got any more."""
    if asked.service is ServiceName.SAFEQ_CLOUD:
        return CredentialKind.API_KEY
    return CredentialKind.PASSWORD if asked.username else CredentialKind.TOKEN
