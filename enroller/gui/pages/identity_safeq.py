"""Who this device is to SAFEQ Cloud: a client id that is made here, and an API key from the administrator."""

import uuid

from PySide6.QtWidgets import QComboBox, QWidget

from enroller import form
from enroller.gui.draft import Draft
from enroller.gui.page import button
from enroller.gui.pages.identity_form import Browse, IdentityForm
from enroller.gui.parts import add_row, beside
from enroller.gui.words import Words
from enroller.model import ClientType, CredentialKind, KeyType


class SafeqForm(IdentityForm):
    """The client id can be changed."""

    def __init__(self, words: Words, browse: Browse) -> None:
        super().__init__(words, browse)
        self._api_key = self._secret(CredentialKind.API_KEY, words("identity.api_key"))
        self._description = self._line("description")
        self._client_type = QComboBox()
        for kind in ClientType:
            self._client_type.addItem(words(f"client_type.{kind}"), kind)
        self._client_id = self._line("client_id")
        generate = button(words("identity.generate"))
        generate.clicked.connect(lambda: self._client_id.setText(str(uuid.uuid4())))
        add_row(self.rows, words("identity.api_key"), self._api_key)
        add_row(self.rows, words("identity.description"), self._description)
        add_row(self.rows, words("identity.client_type"), self._client_type)
        add_row(self.rows, words("identity.client_id"), beside(self._client_id, generate))

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind.API_KEY

    @property
    def begins_at(self) -> QWidget:
        return self._api_key

    def fill(self, draft: Draft) -> None:
        super().fill(draft)
        self._client_id.setText(draft.client_id)
        self._description.setText(draft.description)
        self._client_type.setCurrentIndex(list(ClientType).index(draft.client_type))

    def keep(self, draft: Draft) -> None:
        super().keep(draft)
        if draft.client_id != self._client_id.text():
            draft.client_id = self._client_id.text()
            if draft.key is not None and draft.key.key_type is KeyType.X509:
                draft.key = None  # its certificate names another device
        draft.description = self._description.text()
        draft.client_type = ClientType(self._client_type.currentData())

    def check(self) -> None:
        form.client_id(self._client_id.text())
        form.description(self._description.text())
        super().check()

    def is_complete(self) -> bool:
        return super().is_complete() and bool(self._client_id.text().strip())
