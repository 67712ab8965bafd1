"""Approval: what is happening, how long it can last, and what the approver needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from enroller import secret_text
from enroller.errors import (
    CommandRejected,
    Denied,
    EnrollerError,
    Expired,
    InputError,
    OtherMachine,
    ServiceError,
    WrongPassphrase,
)
from enroller.gui.card import ApproversCard
from enroller.gui.notice import Act, Notice, Tone, advice
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button
from enroller.gui.parts import SecretRow
from enroller.gui.passing_time import PassingTime
from enroller.gui.trouble import Trouble
from enroller.gui.turn import can_approve, closing_loses, credential_kind, is_technicians, unsaved_title
from enroller.gui.words import words
from enroller.gui.work import CaFile, Stored
from enroller.model import (
    Approval,
    Asked,
    Credential,
    Enrollment,
    Login,
    ProfileKey,
    Secret,
    ServiceName,
    State,
)
from enroller.resources import text
from enroller.services import Goal
from enroller.steps import (
    Approve,
    CheckNow,
    GiveUp,
    Happening,
    NewCredential,
    NewVia,
    SaveElsewhere,
    Snapshot,
)
from enroller.vault import Summary, Unlock

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard

GIVING_UP_LOSES_NOTHING = frozenset(
    {Happening.REGISTERED, Happening.ASKING, Happening.PENDING, Happening.RETRYING, Happening.CREDENTIAL_WANTED}
)
"""Afterwards the credentials are there, and there is nothing to give up."""


class ApprovalPage(Page):
    """Paints the last snapshot, and asks for what is wanted, in place."""

    after = PageId.DONE

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("approval.title"), text("approval.intro"))
        self._wizard = wizard
        self._words = wizard.words
        self._resumed: tuple[str, Goal] | None = None
        self._known: Summary | None = None
        self._passphrase: Secret | None = None
        self._via: NewVia | None = None
        self._same_machine = False
        self._rejection: CommandRejected | None = None
        self._titled = ""
        self._build()
        wizard.news.connect(self._heard)
        wizard.ended.connect(self._ended)

    def _build(self) -> None:
        self._time = PassingTime(self._wizard.app.clock, lambda: self._wizard.tell(CheckNow()))
        self._time.watch(self._wizard)
        self._time.over.connect(self._over)
        self._repaired = Notice()
        self._trouble = Trouble(self._wizard)
        self._trouble.trusted.connect(self._trusted)
        self._trouble.login_given.connect(self._login_given)
        self._secret = SecretRow()
        self._secret.given.connect(self._secret_given)
        self._card = ApproversCard()
        self._trouble.comparing.connect(self._card.make_room)
        self._give_up = button(text("approval.give_up"))
        self._give_up.clicked.connect(self._given_up)
        self._approve = button(text("approval.approve"))
        self._approve.clicked.connect(self._approved_here)
        last = QHBoxLayout()
        last.setSpacing(GRID)
        last.addWidget(self._give_up)
        last.addWidget(self._approve)
        last.addStretch(1)
        for part in (self._time, self._trouble, self._secret, self._repaired, self._card):
            self.body.addWidget(part)
        self.body.addStretch(1)
        self.body.addLayout(last)

    def open(self, one: Summary, goal: Goal, *, needs_passphrase: bool) -> None:
        """Goes on with a stored enrollment once the page is shown."""
        self._forget()
        self._resumed, self._known = (one.id, goal), one
        self._words = words(one.service or ServiceName.SAFEQ_CLOUD)
        self._needs_passphrase = needs_passphrase

    def initializePage(self) -> None:
        """Nothing is known yet, or the snapshot that brought us here."""
        self._secret.hide()
        self._card.begin()
        self._give_up.hide()
        self._approve.hide()
        if self._resumed is None:
            self._forget()
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
        self._forget()
        self._time.stop()

    def _forget(self) -> None:
        """What was said of one enrollment is nothing for the next."""
        self._resumed = self._known = self._passphrase = self._via = None
        self._same_machine = False

    def isComplete(self) -> bool:
        """Next comes by itself."""
        return self._wizard.outcome is not None and self._wizard.outcome.error is None

    def _begin(self) -> None:
        """As if nothing had happened yet."""
        self._rejection = None
        self._trouble.clear()
        self._repaired.clear()
        self._time.begin()
        self._entitle("renew_" if self._is_renewal() else "")
        self._wizard.name_closing(later=True)

    def _entitle(self, which: str, *, technicians: bool = False) -> None:
        """`technicians`: nobody else can do anything before the technician has answered what is asked below."""
        self._titled = which
        intro = self._words("approval.your_turn" if technicians else f"approval.{which}intro")
        self.retitle(self._words(f"approval.{which}title"), intro)

    def _is_renewal(self) -> bool:
        return self._resumed is not None and self._resumed[1] is Goal.RENEW

    def _finish(self, title: str) -> None:
        """Nothing is waited for any more."""
        self._time.stop()
        self._trouble.clear()
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
        self._say_what_was_repaired()
        self._wizard.allow_closing(not closing_loses(snapshot))
        self._time.setVisible(enrollment.state is not State.SAVING or happening is not Happening.SAVE_FAILED)
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
                self._say_unsaved(enrollment, snapshot.problem)
            case Happening.SUBMITTING:
                key = "approval.registering" if enrollment.signed else "approval.submitting"
                self._time.say(text(key))
            case Happening.APPROVED:
                self._time.say(self._words("approval.approved"))
                self._trouble.clear()
            case _:
                pass
        self._time.follow(snapshot, self._words)

    def _entitle_for(self, snapshot: Snapshot) -> None:
        """The service may not have the request yet, or may want another approval for what was to be renewed."""
        enrollment, which = snapshot.enrollment, self._titled
        if enrollment.state in (State.SUBMITTING, State.OUTCOME_UNKNOWN) and not enrollment.signed:
            which = "submit_"
        elif enrollment.state is State.AWAITING_APPROVAL and (snapshot.new_approval or not self._is_renewal()):
            which = ""
        self._entitle(which, technicians=is_technicians(snapshot))

    def _say_waiting(self, snapshot: Snapshot) -> None:
        progress = snapshot.enrollment.progress
        if self._rejection is not None and progress.approval is Approval.REJECTED:
            self._trouble.error(self._rejection, self._words)  # until it is asked for once more
        elif snapshot.new_approval:
            self._trouble.say(Tone.NOTE, text("approval.new_approval"))
        elif progress.profile_key is ProfileKey.KEPT:
            self._trouble.say(Tone.NOTE, text("approval.key_kept"))
        else:
            self._trouble.calm()

    def _say_retrying(self, problem: EnrollerError) -> None:
        self._trouble.error(problem, self._words, tone=Tone.BUSY, more=text("approval.still_waiting"))

    def _say_unsaved(self, enrollment: Enrollment, problem: EnrollerError) -> None:
        """Nothing is waited for but room for what is in memory alone."""
        title = text(unsaved_title(enrollment, renewal=self._is_renewal()))
        self.retitle(title, text("approval.unsaved_intro"))
        if enrollment.state is State.SAVING:
            self._card.dismiss()
        self._time.say("")
        again = Act(text("button.try_again"), lambda: self._wizard.tell(CheckNow()))
        elsewhere = Act(text("approval.elsewhere"), self._save_elsewhere)
        self._trouble.error(problem, self._words, again, elsewhere)
        self._trouble.notice.offer()

    def refuse_closing(self) -> None:
        """Says why the window stays."""
        snapshot = self._wizard.snapshot
        if snapshot is not None and snapshot.problem is not None and snapshot.happening is Happening.SAVE_FAILED:
            self._say_unsaved(snapshot.enrollment, snapshot.problem)
            self.retitle(self.accessibleName(), text("approval.stays_open"))

    def _say_what_was_repaired(self) -> None:
        notes = self._wizard.notes
        if notes:
            self._repaired.say(Tone.NOTE, "\n".join(notes))

    def _over(self) -> None:
        """The request has ended while something is asked for: what was said of its approval is true no more."""
        snapshot = self._wizard.snapshot
        if snapshot is not None and snapshot.happening is Happening.CREDENTIAL_WANTED and snapshot.problem is not None:
            self._trouble.say(Tone.BAD, snapshot.problem.message, text("approval.over_advice"))

    def _ended(self, error: EnrollerError | None) -> None:
        if self._wizard.currentId() != PageId.APPROVAL or error is None:
            return
        self._wizard.allow_closing(True)
        self._say_what_was_repaired()
        if isinstance(error, WrongPassphrase):
            self._ask_passphrase(error)
            return
        self._finish(error.title)
        if isinstance(error, OtherMachine) and self._known is not None:
            as_new, keep = Act(text("approval.as_new"), self._as_new), Act(text("approval.same"), self._keep)
            self._trouble.error(error, self._words, as_new, keep)
            return  # neither is what most would choose, so the focus is nobody's
        if self._again_id() is None:
            # Nothing is stored, so that nothing can be gone on with; what was entered is still in the form.
            to_start = Act(text("approval.to_start"), self._wizard.restart)
            self._trouble.say(Tone.BAD, error.message, advice(error, self._words), to_start)
        else:
            decided = isinstance(error, Denied | Expired | ServiceError)
            again = Act(text("approval.again" if decided else "button.try_again"), self._again)
            self._trouble.error(error, self._words, again)
        if isinstance(error, Denied):
            self._card.dismiss()
        self._trouble.notice.offer()

    # What the technician does

    def _given_up(self) -> None:
        self._wizard.abandon(GiveUp())
        self._resumed = None
        self._card.dismiss()
        self._finish(text("approval.given_up_title"))
        to_start = Act(text("approval.to_start"), self._wizard.restart)
        self._trouble.say(Tone.NOTE, self._words("approval.given_up"), "", to_start)

    def _approved_here(self) -> None:
        self._rejection = None
        self._approve.hide()
        self._wizard.tell(Approve())

    def _ask_credential(self, asked: Asked, problem: EnrollerError) -> None:
        kind = credential_kind(asked)
        self._time.say("")
        self._trouble.say(Tone.BAD, problem.message, self._words(f"approval.{kind}_advice"))
        self._secret.ask(self._words(f"approval.{kind}", username=asked.username), text("approval.use"))

    def _ask_passphrase(self, error: EnrollerError | None) -> None:
        self._time.hide()
        self._entitle(self._titled, technicians=True)
        if error is not None:
            self._trouble.error(error, self._words)
        else:
            self._trouble.say(Tone.NOTE, text("approval.passphrase_wanted"))
        self._secret.ask(text("key.passphrase"), text("approval.unlock"))

    def _secret_given(self, typed: str) -> None:
        try:
            secret = secret_text.checked(typed, "secret", self._secret.name)
        except InputError as error:
            self._trouble.notice.error(error, self._words)
            return
        # Else the focus would go to Back, and the window would press that with this very Return.
        self.setFocus()
        self._secret.done()
        self._trouble.notice.clear()
        snapshot = self._wizard.snapshot
        if self._wizard.running and snapshot is not None:
            kind = credential_kind(snapshot.enrollment.asked)
            self._wizard.tell(NewCredential(Credential(kind, secret)))
        else:
            self._passphrase = secret
            self._go_on()

    def _save_elsewhere(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, text("approval.save_dialog"), str(Path.home()))
        if chosen:
            self._trouble.say(Tone.BUSY, text("approval.saving", folder=chosen))
            self._wizard.tell(SaveElsewhere(Path(chosen)))

    def _trusted(self, found: CaFile) -> None:
        self._connect(NewVia(ca_file=found.path, ca_pem=found.pem))

    def _login_given(self, login: Login) -> None:
        self._connect(NewVia(proxy_login=login))

    def _connect(self, via: NewVia) -> None:
        """From now on by that: at once where a request waits, or once more where it has ended."""
        self.setFocus()
        if self._wizard.running:
            self._wizard.tell(via)
        else:
            self._via = via
            self._again()

    def _keep(self) -> None:
        self._same_machine = True
        self._again()

    def _as_new(self) -> None:
        if self._known is not None:
            self._wizard.enroll_anew(self._known)

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
        self._entitle(self._titled)
        self._time.begin(text("approval.opening"))
        unlock, wait = Unlock(self._passphrase), self._wizard.patience
        self._wizard.go_on(Stored(*self._resumed, unlock, self._via, self._same_machine, wait))
