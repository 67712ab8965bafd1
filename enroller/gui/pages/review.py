"""Review and submit: everything but the secrets, and the last moment to change it."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWizard

from enroller.errors import AlreadyEnrolled, EnrollerError
from enroller.gui.notice import Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, label
from enroller.gui.parts import clear
from enroller.gui.wizard import focus_later
from enroller.gui.work import Submission
from enroller.model import KeyType, State
from enroller.resources import text
from enroller.steps import Happening, Snapshot
from enroller.vault import Unlock

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class ReviewPage(Page):
    """The commit page: once the service has taken the request, there is no way back."""

    after = PageId.APPROVAL

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("review.title"), text("review.intro"))
        self._wizard = wizard
        self._submitting = False
        self._registered = False
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
        self._submitting = self._registered = False
        self._notice.clear()
        clear(self._form)
        draft = self._wizard.draft
        draft.replaces = None  # confirmed for another form than this one may be now
        asked = draft.asked()
        self._row("review.server", asked.server)
        self._row("review.client_id", asked.client_id)
        self._row("review.description", asked.description)
        self._row("review.client_type", text(f"client_type.{asked.client_type}"))
        self._row("review.api_key", text("review.api_key_hidden"))
        kind = text(f"key_type.{asked.key_type}")
        bits = "" if asked.key_type is KeyType.ED25519 else ", " + text("key.n_bits", bits=asked.rsa_bits)
        self._row("review.key_type", kind + bits)
        if draft.key is not None:
            self._row("review.fingerprint", draft.key.fingerprint, mono=True)
        self._row("review.protection", text(f"protection.{asked.protection}").replace("&", ""))
        if asked.ca_file:
            self._row("review.ca_file", asked.ca_file)
        focus_later(self._wizard.button(QWizard.WizardButton.CommitButton))

    def isComplete(self) -> bool:
        """Not while it is being submitted: a second click submits nothing."""
        return not self._submitting

    def validatePage(self) -> bool:
        """Submits, and goes on when the service has taken the request."""
        if self._registered:
            return True
        if not self._submitting:
            self._submit()
        return False

    def _submit(self) -> None:
        draft = self._wizard.draft
        if draft.key is None or draft.api_key is None:
            return
        self._submitting = True
        self.completeChanged.emit()
        self._notice.say(Tone.BUSY, text("review.submitting", server=draft.asked().server))
        self._wizard.button(QWizard.WizardButton.BackButton).setEnabled(False)
        self._wizard.submit(
            Submission(draft.asked(), draft.key, draft.api_key, Unlock(draft.passphrase), replaces=draft.replaces)
        )

    def _heard(self, snapshot: Snapshot) -> None:
        if self._wizard.currentId() != PageId.REVIEW:
            return
        if snapshot.happening is Happening.RETRYING and snapshot.problem is not None:
            self._notice.say(Tone.BUSY, snapshot.problem.message, text("review.retrying"))
        elif snapshot.happening is Happening.REGISTERED:
            self._registered = True
            self._wizard.next()

    def _ended(self, error: EnrollerError | None) -> None:
        if self._wizard.currentId() != PageId.REVIEW or error is None:
            return
        self._submitting = False
        self.completeChanged.emit()
        self._wizard.button(QWizard.WizardButton.BackButton).setEnabled(True)
        if isinstance(error, AlreadyEnrolled):
            self._notice.error(error, button=text("review.replace"), act=self._replace)
            return
        page = self._wizard.mend(error)
        if page is None:
            self._notice.error(error)
        else:
            words = text(f"review.change_{page.name.lower()}")
            self._notice.error(error, button=words, act=partial(self._change, page, error))

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
        for known in self._wizard.app.at(asked.service, asked.server, asked.client_id):
            if known.state is State.ENROLLED:
                draft.replaces = known.id
        self._submit()

    def _row(self, name: str, value: str, *, mono: bool = False) -> None:
        words = label(value, mono=mono)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._form.addRow(QLabel(text(name)), words)
