"""Identity: who this device is, and the API key that lets it ask."""

import uuid
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLineEdit

from enroller import form, secret_text
from enroller.errors import BadApiKey, EnrollerError, InputError
from enroller.gui.notice import Notice
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button
from enroller.gui.parts import SecretField, add_row, beside
from enroller.gui.wizard import focus_later
from enroller.model import ClientType, Secret
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class IdentityPage(Page):
    """The client id is made here and can be changed; the API key comes from the administrator."""

    after = PageId.KEY

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("identity.title"), text("identity.intro"))
        self._wizard = wizard
        self._api_key = SecretField(text("identity.api_key").replace("&", ""), from_file=self._browse)
        self._client_id = QLineEdit()
        generate = button(text("identity.generate"))
        generate.clicked.connect(lambda: self._client_id.setText(str(uuid.uuid4())))
        self._client_type = QComboBox()
        for kind in ClientType:
            self._client_type.addItem(text(f"client_type.{kind}"), kind)
        self._description = QLineEdit()
        layout = QFormLayout()
        layout.setVerticalSpacing(GRID)
        add_row(layout, text("identity.api_key"), self._api_key)
        add_row(layout, text("identity.description"), self._description)
        add_row(layout, text("identity.client_type"), self._client_type)
        add_row(layout, text("identity.client_id"), beside(self._client_id, generate))
        self._notice = Notice()
        self.body.addLayout(layout)
        self.body.addWidget(self._notice)
        self.body.addStretch(1)
        self._api_key.edit.textChanged.connect(self._changed)
        self._client_id.textChanged.connect(self._changed)

    def initializePage(self) -> None:
        """Shows the draft."""
        draft = self._wizard.draft
        self._client_id.setText(draft.client_id)
        self._description.setText(draft.description)
        self._client_type.setCurrentIndex(list(ClientType).index(draft.client_type))
        self._api_key.edit.setText(draft.api_key.reveal() if draft.api_key else "")
        self._notice.clear()
        focus_later(self._api_key)
        # The technician types now; what comes after is imported meanwhile.
        self._wizard.bridge.start(
            lambda _job, _publish: self._wizard.app.prepare(), done=lambda _: None, failed=self._notice.error
        )

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        self._notice.error(error)
        if isinstance(error, BadApiKey):
            self._api_key.edit.selectAll()  # what is typed or pasted takes its place
            focus_later(self._api_key)

    def cleanupPage(self) -> None:
        """Back: what was typed is kept."""
        self._keep()
        self._api_key.conceal()

    def isComplete(self) -> bool:
        """Both texts that are needed are there."""
        return bool(self._api_key.edit.text().strip()) and bool(self._client_id.text().strip())

    def validatePage(self) -> bool:
        """Checks the texts in place."""
        try:
            form.client_id(self._client_id.text())
            form.description(self._description.text())
            secret_text.checked(self._api_key.edit.text(), "api_key", "API key")
        except InputError as error:
            self._notice.error(error)
            fields = {"client_id": self._client_id, "description": self._description, "api_key": self._api_key.edit}
            fields[error.field or "api_key"].setFocus()
            return False
        self._keep()
        self._api_key.conceal()
        return True

    def _keep(self) -> None:
        draft = self._wizard.draft
        if draft.client_id != self._client_id.text():
            draft.client_id = self._client_id.text()
            if draft.key is not None and draft.key.key_type == "x509":
                draft.key = None  # its certificate names another device
        draft.description = self._description.text()
        draft.client_type = ClientType(self._client_type.currentData())
        typed = self._api_key.edit.text()
        draft.api_key = Secret(typed) if typed else None

    def _changed(self) -> None:
        self._notice.clear()
        self.completeChanged.emit()

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, text("identity.file_dialog"))
        if chosen:
            self._wizard.bridge.start(
                lambda _job, _publish: secret_text.from_file(chosen, "api_key", "API key"),
                done=lambda secret: self._api_key.edit.setText(secret.reveal()),
                failed=self._notice.error,
            )
