"""Identity: who this device is, and what lets it ask."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from enroller import secret_text
from enroller.errors import CredentialRefused, EnrollerError, InputError
from enroller.gui.job import Job
from enroller.gui.notice import Act, Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import Page
from enroller.gui.pages.identity_form import NAMES, IdentityForm
from enroller.gui.parts import SecretField
from enroller.gui.wizard import focus_later
from enroller.model import Credential, CredentialKind, Secret, ServiceName
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.draft import Draft
    from enroller.gui.wizard import EnrollWizard


class IdentityPage(Page):
    """Holds a form for each service, made when it is wanted; one of them is shown."""

    after = PageId.KEY

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("identity.title"))
        self._wizard = wizard
        self._forms: dict[ServiceName, IdentityForm] = {}
        self._shown: Draft | None = None
        self._opening: Job | None = None
        self._notice = Notice()
        self.body.addWidget(self._notice)
        self.body.addStretch(1)

    def initializePage(self) -> None:
        """Shows the draft."""
        draft, words = self._wizard.draft, self._wizard.words
        self.retitle(words("identity.title"), words("identity.intro"))
        self._shown = draft
        if draft.service not in self._forms:
            self._add(draft.service)
        for service, form in self._forms.items():
            form.setVisible(service is draft.service)
        self.form.fill(draft)
        self._notice.clear()
        focus_later(self.form.begins_at)
        # The technician types now; what comes after is imported meanwhile.
        self._wizard.bridge.start(
            lambda _job, _publish: self._wizard.app.prepare(draft.service),
            done=lambda _: None,
            failed=self._say,
        )

    @property
    def form(self) -> IdentityForm:
        """The fields; there are some once the page was shown."""
        if self._shown is None:
            raise ValueError("the page was not shown yet")
        return self._forms[self._shown.service]

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        if not isinstance(error, CredentialRefused):
            self._say(error)
        elif self.form.takes_from_preset:
            # What is in the preset stays what it is.
            self._notice.error(error, self._wizard.words, Act(text("identity.type_it"), self.form.type_it_instead))
            self._notice.offer()
        else:
            self._say(error)
            field = self.form.secrets[self.form.kind]
            field.edit.selectAll()  # what is typed or pasted takes its place
            focus_later(field)

    def cleanupPage(self) -> None:
        """Back: what was typed is kept; what is being opened would move on by itself."""
        self._stop()
        self._keep()

    def isComplete(self) -> bool:
        """All texts that are needed are there, and nothing is being opened."""
        return self._shown is not None and self._opening is None and self.form.is_complete()

    def validatePage(self) -> bool:
        """Checks the texts in place."""
        try:
            self.form.check()
        except InputError as error:
            self._say(error)
            self.form.fields[error.field or self.form.kind.value].setFocus()
            return False
        self._keep()
        if self._shown is not None and self._shown.takes_from_preset and self._shown.unsealed is None:
            self._open(self._shown)
            return False
        return True

    # An API key inside a preset

    def _open(self, draft: "Draft") -> None:
        """By its passphrase, which takes half a second; then it goes on by itself."""
        from enroller.preset import seal

        preset, passphrase = draft.sealed, Secret(draft.preset_passphrase)
        if preset is None:
            return
        self._notice.say(Tone.BUSY, text("identity.opening"))
        self._opening = self._wizard.bridge.start(
            lambda _job, _publish: seal.opened(preset, passphrase), done=self._opened, failed=self._not_opened
        )
        self.completeChanged.emit()

    def _opened(self, credential: Credential) -> None:
        self._opening = None
        if self._shown is not None:
            self._shown.unsealed = credential
        self._notice.clear()
        self.completeChanged.emit()
        self._wizard.next()

    def _not_opened(self, error: EnrollerError) -> None:
        self._opening = None
        self.completeChanged.emit()
        self._say(error)
        field = self.form.fields["passphrase"]
        focus_later(field)

    def _stop(self) -> None:
        if self._opening is not None:
            self._opening.abandon()
            self._opening = None
            self._notice.clear()

    def _add(self, service: ServiceName) -> None:
        form: IdentityForm
        if service is ServiceName.PRIVICORE:
            from enroller.gui.pages.identity_privicore import PrivicoreForm

            form = PrivicoreForm(self._wizard.words, self._browse)
        else:
            from enroller.gui.pages.identity_safeq import SafeqForm

            form = SafeqForm(self._wizard.words, self._browse)
        form.changed.connect(self._changed)
        self.body.insertWidget(0, form)
        self._forms[service] = form

    def _keep(self) -> None:
        if self._shown is not None:
            self.form.keep(self._shown)
            self.form.conceal()

    def _changed(self) -> None:
        self._stop()
        self._notice.clear()
        self.completeChanged.emit()

    def _say(self, error: EnrollerError) -> None:
        self._notice.error(error, self._wizard.words)

    def _browse(self, field: SecretField, kind: CredentialKind) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self._wizard.words("identity.file_dialog"))
        if chosen:
            self._wizard.bridge.start(
                lambda _job, _publish: secret_text.from_file(chosen, kind.value, NAMES[kind]),
                done=lambda secret: field.edit.setText(secret.reveal()),
                failed=self._say,
            )
