"""Approval: what is happening, how long it can last, and what the approver needs."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from enroller import keys, secret_text
from enroller.errors import Denied, EnrollerError, Expired, InputError, ServiceError, WrongPassphrase
from enroller.gui.notice import Notice, Tone, advice
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button, label
from enroller.gui.parts import SecretField, StillLabel, below, beside
from enroller.gui.work import Stored
from enroller.model import Secret
from enroller.resources import text
from enroller.steps import CheckNow, GiveUp, Goal, Happening, NewApiKey, Snapshot
from enroller.text import duration, local_time
from enroller.vault import Unlock

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard

SECOND = 1000
"""Milliseconds between two looks at the clock while somebody can see the countdown."""

GIVING_UP_LOSES_NOTHING = frozenset(
    {Happening.REGISTERED, Happening.ASKING, Happening.PENDING, Happening.RETRYING, Happening.API_KEY_WANTED}
)
"""Afterwards the credentials are there, and there is nothing to give up."""


class ApprovalPage(Page):
    """Paints the last snapshot. Its one timer runs only while the page can be seen."""

    after = PageId.DONE

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("approval.title"), text("approval.intro"))
        self._wizard = wizard
        self._resumed: tuple[str, Goal] | None = None
        self._over = False
        self._ticker = QTimer(self)
        self._ticker.setInterval(SECOND)
        self._ticker.timeout.connect(self._tick)
        self._build()
        wizard.news.connect(self._heard)
        wizard.ended.connect(self._ended)
        wizard.installEventFilter(self)

    def _build(self) -> None:
        self._ends = StillLabel()
        font = self._ends.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self._ends.setFont(font)
        self._next = StillLabel()
        self._check = button(text("approval.check_now"))
        self._check.clicked.connect(lambda: self._wizard.tell(CheckNow()))
        self._notice = Notice()
        self._secret = SecretField("")
        self._secret.edit.returnPressed.connect(self._secret_given)
        self._use = button("")
        self._use.clicked.connect(self._secret_given)
        self._secret_row = beside(self._secret, self._use)
        self._secret_row.hide()
        self._time = below(self._ends, beside(self._next, self._check))
        room = self._check.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # nothing moves when there is nothing to check
        self._check.setSizePolicy(room)
        self.body.addWidget(self._time)
        self.body.addWidget(self._notice)
        self.body.addWidget(self._secret_row)
        self._give_up = button(text("approval.give_up"))
        self._give_up.clicked.connect(self._given_up)
        self.body.addWidget(self._approvers_card())
        self.body.addStretch(1)
        self.body.addWidget(self._give_up, 0, Qt.AlignmentFlag.AlignLeft)

    def _approvers_card(self) -> QWidget:
        self._card = QFrame()
        self._card.setFrameShape(QFrame.Shape.StyledPanel)
        self._card_text = label("")
        self._card_text.setTextFormat(Qt.TextFormat.PlainText)
        self._card_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = label(text("approval.card_title"))
        bold = head.font()
        bold.setBold(True)
        head.setFont(bold)
        self._copy = button(text("approval.copy"))
        self._copy.clicked.connect(self._copy_card)
        inside = QVBoxLayout(self._card)
        inside.setSpacing(GRID // 2)
        inside.addWidget(head)
        inside.addWidget(self._card_text)
        inside.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        return self._card

    def open(self, enrollment_id: str, goal: Goal, *, needs_passphrase: bool) -> None:
        """Goes on with a stored enrollment once the page is shown."""
        self._resumed = (enrollment_id, goal)
        self._needs_passphrase = needs_passphrase

    def initializePage(self) -> None:
        """Nothing is known yet, or the snapshot that brought us here."""
        self._secret_row.hide()
        self._card.hide()
        self._give_up.hide()
        self._copy.setText(text("approval.copy"))
        self._begin()
        if self._resumed is not None:
            if self._needs_passphrase:
                self._ask_passphrase(None)
            else:
                self._go_on(Unlock())
        elif self._wizard.snapshot is not None:
            self._heard(self._wizard.snapshot)

    def cleanupPage(self) -> None:
        """Back to the start: the request is kept, and the waiting ends here."""
        from enroller.errors import Interrupted
        from enroller.steps import Leave

        self._wizard.abandon(Leave(Interrupted("Left by the technician.")))
        self._resumed = None
        self._ticker.stop()

    def isComplete(self) -> bool:
        """Next comes by itself."""
        return self._wizard.outcome is not None and self._wizard.outcome.error is None

    def _begin(self) -> None:
        """As if nothing had happened yet."""
        self._over = False
        self._notice.clear()
        self._ends.say("")
        self._next.say("")
        self._time.show()
        self._check.hide()
        if self._resumed is not None and self._resumed[1] is Goal.RENEW:
            self.retitle(text("approval.renew_title"), text("approval.renew_intro"))
        else:
            self.retitle(text("approval.title"), text("approval.intro"))
        self._wizard.name_closing(later=True)

    def _finish(self, title: str) -> None:
        """Nothing is waited for any more."""
        self._over = True
        self._ticker.stop()
        self._time.hide()
        self._give_up.hide()
        self._secret_row.hide()
        self.retitle(title)
        self._wizard.name_closing(later=False)

    # What is happening

    def _heard(self, snapshot: Snapshot) -> None:
        if self._wizard.currentId() != PageId.APPROVAL:
            return
        enrollment = snapshot.enrollment
        self._card_text.setText(card(snapshot))
        self._card.setVisible(not enrollment.signed)
        self._give_up.setVisible(snapshot.happening in GIVING_UP_LOSES_NOTHING)
        self._secret_row.setVisible(snapshot.happening is Happening.API_KEY_WANTED)
        waits = snapshot.next_at is not None or snapshot.happening is Happening.ASKING
        self._check.setVisible(waits)
        match snapshot.happening:
            case Happening.REGISTERED | Happening.PENDING if snapshot.new_approval:
                self.retitle(text("approval.title"), text("approval.intro"))
                self._notice.say(Tone.NOTE, text("approval.new_approval"))
            case Happening.REGISTERED | Happening.PENDING:
                self._notice.clear()
            case Happening.RETRYING if snapshot.problem is not None:
                self._say_retrying(snapshot.problem)
            case Happening.API_KEY_WANTED if snapshot.problem is not None:
                self._ask_api_key(snapshot.problem)
            case Happening.SAVE_FAILED if snapshot.problem is not None:
                self._notice.error(
                    snapshot.problem, button=text("button.try_again"), act=lambda: self._wizard.tell(CheckNow())
                )
                self._next.say(text("approval.not_saved"))
            case Happening.SUBMITTING:
                self._next.say(text("approval.registering"))
            case Happening.APPROVED:
                self._next.say(text("approval.approved"))
                self._notice.clear()
            case _:
                pass
        if waits:
            self._tick()
        self._run_ticker()

    def _say_retrying(self, problem: EnrollerError) -> None:
        self._notice.say(Tone.BUSY, f"{problem.message} {text('approval.still_waiting')}", advice(problem))

    def _ended(self, error: EnrollerError | None) -> None:
        if self._wizard.currentId() != PageId.APPROVAL or error is None:
            return
        if isinstance(error, WrongPassphrase):
            self._ask_passphrase(error)
            return
        self._finish(error.title)
        if self._again_id() is None:
            self._notice.error(error)
        else:
            decided = isinstance(error, Denied | Expired | ServiceError)
            words = text("approval.again" if decided else "button.try_again")
            self._notice.error(error, button=words, act=self._again)

    # Time

    def _tick(self) -> None:
        """Texts change only where the words do, so that nothing is painted for nothing."""
        snapshot = self._wizard.snapshot
        if snapshot is None or self._over:
            return
        now = self._wizard.app.clock.boot()
        if snapshot.deadline is not None and snapshot.expires_at is not None:
            left = snapshot.deadline - now
            self._ends.say(text("approval.ends", left=duration(left), when=local_time(snapshot.expires_at)))
        if snapshot.happening is Happening.ASKING:
            self._next.say(text("approval.asking"))
        elif snapshot.next_at is not None:
            self._next.say(text("approval.next", left=duration(snapshot.next_at - now)))

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

    def _copy_card(self) -> None:
        QGuiApplication.clipboard().setText(self._card_text.text())
        self._copy.setText(text("approval.copied"))

    def _given_up(self) -> None:
        self._wizard.abandon(GiveUp())
        self._resumed = None
        self._card.hide()
        self._finish(text("approval.given_up_title"))
        self._notice.say(
            Tone.NOTE, text("approval.given_up"), button=text("approval.to_start"), act=self._wizard.restart
        )

    def _ask_api_key(self, problem: EnrollerError) -> None:
        self._next.say("")
        self._notice.say(Tone.BAD, problem.message, text("approval.api_key_advice"))
        self._prepare_secret("approval.api_key", "approval.use")

    def _ask_passphrase(self, error: EnrollerError | None) -> None:
        self._time.hide()
        if error is not None:
            self._notice.error(error)
        else:
            self._notice.say(Tone.NOTE, text("approval.passphrase_wanted"))
        self._prepare_secret("key.passphrase", "approval.unlock")

    def _prepare_secret(self, name: str, act: str) -> None:
        self._secret.edit.clear()
        self._secret.conceal()
        self._secret.edit.setAccessibleName(text(name))
        self._secret.edit.setPlaceholderText(text(name))
        self._use.setText(text(act))
        self._secret_row.show()
        self._secret.edit.setFocus()

    def _secret_given(self) -> None:
        name = self._secret.edit.accessibleName()
        try:
            secret = secret_text.checked(self._secret.edit.text(), "secret", name)
        except InputError as error:
            self._notice.error(error)
            return
        # Else the focus would go to Back, and the window would press that with this very Return.
        self.setFocus()
        self._secret_row.hide()
        self._secret.edit.clear()
        self._notice.clear()
        if self._wizard.running:
            self._wizard.tell(NewApiKey(secret))
        else:
            self._unlock(secret)

    def _unlock(self, passphrase: Secret) -> None:
        self._wizard.draft.passphrase = passphrase
        self._go_on(Unlock(passphrase))

    def _again_id(self) -> str | None:
        if self._resumed is not None:
            return self._resumed[0]
        return self._wizard.outcome.enrollment.id if self._wizard.outcome is not None else None

    def _again(self) -> None:
        """The same key and client id once more."""
        enrollment_id = self._again_id()
        if enrollment_id is not None:
            goal = self._resumed[1] if self._resumed is not None else Goal.ENROLL
            self._resumed = (enrollment_id, goal)
            self._begin()
            self._go_on(Unlock(self._wizard.draft.passphrase))

    def _go_on(self, unlock: Unlock) -> None:
        if self._resumed is None:
            return
        self._time.show()
        self._next.say(text("approval.opening"))
        self._wizard.go_on(Stored(*self._resumed, unlock))


def card(snapshot: Snapshot) -> str:
    """What the approver needs to recognise this device; no secret is in it."""
    enrollment = snapshot.enrollment
    asked = enrollment.asked
    return text(
        "approval.card",
        description=asked.description,
        client_id=asked.client_id,
        server=asked.server,
        fingerprint=enrollment.key.fingerprint,
        spoken=keys.spoken(enrollment.key.fingerprint),
    )
