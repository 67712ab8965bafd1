"""Who this device is to SAFEQ Cloud: a client id that is made here, and an API key from the administrator."""

import uuid

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from enroller import form
from enroller.gui.draft import Draft
from enroller.gui.locked import LockableList
from enroller.gui.page import GRID, button
from enroller.gui.pages.identity_form import Browse, IdentityForm
from enroller.gui.parts import SecretField, add_row, beside
from enroller.gui.words import Words
from enroller.model import ClientType, CredentialKind, KeyType
from enroller.secret_text import checked

_FROM_PRESET, _TYPED = 0, 1


class SafeqForm(IdentityForm):
    """The client id can be changed. Where a preset holds the API key, its passphrase is asked for instead."""

    def __init__(self, words: Words, browse: Browse) -> None:
        super().__init__(words, browse)
        self._api_key = self._secret(CredentialKind.API_KEY, words("identity.api_key"))
        self._passphrase = SecretField(words("identity.preset_passphrase").replace("&", ""), paste=False)
        self._passphrase.edit.textChanged.connect(self.changed)
        self.fields["passphrase"] = self._passphrase.edit
        self._description = self._line("description")
        self._client_type = LockableList()
        for kind in ClientType:
            self._client_type.addItem(words(f"client_type.{kind}"), kind)
        self._client_id = self._line("client_id")
        generate = button(words("identity.generate"))
        generate.clicked.connect(lambda: self._client_id.setText(str(uuid.uuid4())))
        self._source_row = self._build_source_row()
        self.rows.addRow(words("identity.api_key_from"), self._source_row)
        add_row(self.rows, words("identity.preset_passphrase"), self._passphrase)
        add_row(self.rows, words("identity.api_key"), self._api_key)
        add_row(self.rows, words("identity.description"), self._with_lock("description", self._description))
        add_row(self.rows, words("identity.client_type"), self._with_lock("client_type", self._client_type))
        add_row(self.rows, words("identity.client_id"), beside(self._client_id, generate))
        self.rows.addRow(self.locks.line)

    def _build_source_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * GRID)
        self._source = QButtonGroup(self)
        for number, name in ((_FROM_PRESET, "preset"), (_TYPED, "typed")):
            choice = QRadioButton(self.words(f"identity.from_{name}"))
            self._source.addButton(choice, number)
            layout.addWidget(choice)
        layout.addStretch(1)
        self._source.button(_TYPED).setChecked(True)
        self._source.idClicked.connect(self._source_chosen)
        return row

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind.API_KEY

    @property
    def begins_at(self) -> QWidget:
        return self._passphrase if self.takes_from_preset else self._api_key

    @property
    def takes_from_preset(self) -> bool:
        return self._source.checkedId() == _FROM_PRESET

    def fill(self, draft: Draft) -> None:
        super().fill(draft)
        self._client_id.setText(draft.client_id)
        self._description.setText(draft.description)
        self._client_type.setCurrentIndex(list(ClientType).index(draft.client_type))
        self._passphrase.edit.setText(draft.preset_passphrase)
        self._source.button(_FROM_PRESET if draft.takes_from_preset else _TYPED).setChecked(True)
        self.rows.setRowVisible(self._source_row, draft.offers_preset)
        self._show_source()

    def keep(self, draft: Draft) -> None:
        super().keep(draft)
        if draft.client_id != self._client_id.text():
            draft.client_id = self._client_id.text()
            if draft.key is not None and draft.key.key_type is KeyType.X509:
                draft.key = None  # its certificate names another device
        draft.description = self._description.text()
        draft.client_type = ClientType(self._client_type.currentData())
        if draft.offers_preset:
            draft.types_api_key = not self.takes_from_preset
        if draft.preset_passphrase != self._passphrase.edit.text():
            draft.preset_passphrase, draft.unsealed = self._passphrase.edit.text(), None

    def check(self) -> None:
        form.client_id(self._client_id.text())
        form.description(self._description.text())
        if self.takes_from_preset:
            checked(self._passphrase.edit.text(), "passphrase", "passphrase")
        else:
            super().check()

    def is_complete(self) -> bool:
        given = bool(self._passphrase.edit.text()) if self.takes_from_preset else super().is_complete()
        return given and bool(self._client_id.text().strip())

    def conceal(self) -> None:
        super().conceal()
        self._passphrase.conceal()

    def type_it_instead(self) -> None:
        """As if somebody had chosen to type the API key."""
        self._source.button(_TYPED).click()

    def _source_chosen(self) -> None:
        self.conceal()
        self._show_source()
        self.changed.emit()
        self.begins_at.setFocus()

    def _show_source(self) -> None:
        """Only the field of the chosen way is there."""
        self.rows.setRowVisible(self._passphrase, self.takes_from_preset)
        self.rows.setRowVisible(self._api_key, not self.takes_from_preset)
