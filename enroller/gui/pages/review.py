"""Review and submit: everything but the secrets, and the last moment to change it."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWizard

from enroller.errors import AlreadyEnrolled, CredentialRefused, EnrollerError
from enroller.gui.mending import page_for
from enroller.gui.notice import Act, Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, label
from enroller.gui.parts import clear
from enroller.gui.wizard import focus_later
from enroller.gui.work import Submission
from enroller.model import Asked, KeyType, ServiceName, State
from enroller.resources import text
from enroller.steps import Happening, Snapshot
from enroller.vault import Unlock

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard
    from enroller.model import Enrollment


class ReviewPage(Page):
    """The commit page: once the service has taken the request, there is no way back."""

    after = PageId.APPROVAL

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("review.title"), text("review.intro"))
        self._wizard = wizard
        self._submitting = False
        self._taken = False
        self._sent: Submission | None = None
        self._stuck: Enrollment | None = None
        self.setCommitPage(True)
        self.setButtonText(QWizard.WizardButton.CommitButton, text("button.commit"))
        self._form = QFormLayout()
        self._form.setVerticalSpacing(GRID // 2)
        self._form.setHorizontalSpacing(2 * GRID)
        self._notice = Notice()
        self.body.addLayout(self._form)
        self.body.addWidget(self._notice)
        self.body.addStretch(1)
        wizard.news.connect(self._heard)
        wizard.ended.connect(self._ended)

    def initializePage(self) -> None:
        """Shows the draft."""
        self._submitting = self._taken = False
        self._notice.clear()
        draft, words = self._wizard.draft, self._wizard.words
        draft.replaces = draft.to_replace()  # what else was confirmed was so for another form than this one may be now
        self.retitle(words("review.title"), words("review.intro"))
        clear(self._form)
        asked = draft.asked()
        self._row("review.service", self._wizard.app.title(asked.service))
        self._row("review.server", asked.server)
        if asked.service is ServiceName.PRIVICORE:
            self._add_privicore_rows(asked)
        else:
            self._row("review.client_id", asked.client_id)
            self._row("review.description", asked.description)
            self._row("review.client_type", text(f"client_type.{asked.client_type}"))
        self._row(f"review.{draft.kind}", text("review.hidden"))
        kind = text(f"key_type.{asked.key_type}")
        with_length = asked.key_type in (KeyType.RSA, KeyType.X509)
        self._row("review.key_type", kind + (", " + text("key.n_bits", bits=asked.rsa_bits) if with_length else ""))
        if draft.key is not None:
            self._row("review.fingerprint", draft.key.fingerprint, mono=True)
        if asked.service is ServiceName.PRIVICORE:
            self._row(
                "review.profile_key", text("review.replace_key" if asked.replace_profile_key else "review.keep_key")
            )
        self._row("review.protection", text(f"protection.{asked.protection}").replace("&", ""))
        if asked.ca_file:
            self._row("review.ca_file", asked.ca_file)
        focus_later(self._wizard.button(QWizard.WizardButton.CommitButton))

    def _add_privicore_rows(self, asked: Asked) -> None:
        self._row("review.device_name", asked.device_name)
        if asked.description:
            self._row("review.description", asked.description)
        self._row("review.account", asked.username or text("review.by_token"))
        if asked.websocket_url:
            self._row("review.websocket", asked.websocket_url)

    def isComplete(self) -> bool:
        """Not while it is being submitted: a second click submits nothing."""
        return not self._submitting

    def validatePage(self) -> bool:
        """Submits, and goes on when the service has taken the request."""
        if self._taken:
            return True
        if not self._submitting:
            self._submit()
        return False

    def _submit(self) -> None:
        draft = self._wizard.draft
        if draft.key is None or draft.credential is None:
            return
        self._submitting = True
        self.completeChanged.emit()
        self._say_submitting()
        self._wizard.button(QWizard.WizardButton.BackButton).setEnabled(False)
        begun = draft.going_on()
        self._sent = Submission(
            draft.asked(),
            draft.key,
            draft.credential,
            Unlock(draft.passphrase),
            proxy_login=draft.proxy_login,
            ca_pem=draft.ca_pem,
            replaces=draft.replaces or draft.copy_of,
            goes_on_with=begun.goes_on_with if begun is not None else None,
        )
        self._wizard.submit(self._sent)

    def _say_submitting(self) -> None:
        self._stuck = None
        self._notice.say(Tone.BUSY, text("review.submitting", server=self._wizard.draft.asked().server))

    def _heard(self, snapshot: Snapshot) -> None:
        if self._wizard.currentId() != PageId.REVIEW:
            return
        enrollment = snapshot.enrollment
        match snapshot.happening:
            case Happening.RETRYING if snapshot.problem is not None:
                self._stuck = enrollment
                self._notice.say(Tone.BUSY, snapshot.problem.message, text("review.retrying"))
            case Happening.ASKING if self._stuck is not None and self._stuck.progress != enrollment.progress:
                self._say_submitting()  # it takes several calls, and the one that was stuck is done
            case Happening.REGISTERED | Happening.CREDENTIAL_WANTED | Happening.SAVE_FAILED:
                # It is waited for from here on, or somebody is asked for something; that page can do both.
                self._taken = True
                self._wizard.next()

    def _ended(self, error: EnrollerError | None) -> None:
        if self._wizard.currentId() != PageId.REVIEW or error is None:
            return
        self._submitting = False
        self.completeChanged.emit()
        self._wizard.button(QWizard.WizardButton.BackButton).setEnabled(True)
        self._remember()
        words = self._wizard.words
        if isinstance(error, AlreadyEnrolled):
            self._notice.error(error, words, Act(text("review.replace"), self._replace))
            return
        page = page_for(error, self._wizard.draft.service)
        if page is None:
            self._notice.error(error, words)
        else:
            change = text(f"review.change_{page.name.lower()}")
            self._notice.error(error, words, Act(change, partial(self._change, page, error)))
            if isinstance(error, CredentialRefused):
                self._notice.offer()  # to submit the same once more would not help

    def _remember(self) -> None:
        """What is stored all the same is gone on with by the next submission."""
        outcome = self._wizard.outcome
        if outcome is None or self._sent is None:
            return
        begun = replace(self._sent, goes_on_with=outcome.enrollment.id)
        self._wizard.draft.begun = begun if outcome.kept else None

    def _change(self, page: PageId, error: EnrollerError) -> None:
        """Back to where it can be mended, with the problem in place."""
        self._wizard.go_to(page)
        target = self._wizard.page(page)
        complain = getattr(target, "complain", None)
        if complain is not None:
            complain(error)

    def _replace(self) -> None:
        draft = self._wizard.draft
        asked = draft.asked()
        for known in self._wizard.app.at(asked.service, asked.server, asked.identity):
            if known.state is State.ENROLLED:
                draft.replaces = known.id
        self._submit()

    def _row(self, name: str, value: str, *, mono: bool = False) -> None:
        words = label(value, mono=mono)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._form.addRow(QLabel(self._wizard.words(name)), words)
