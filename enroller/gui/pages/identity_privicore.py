"""Who this device is to Privicore: a name, and an account to sign in with."""

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from enroller import form
from enroller.gui.draft import CREDENTIAL_KINDS, Draft
from enroller.gui.page import GRID
from enroller.gui.pages.identity_form import Browse, IdentityForm
from enroller.gui.parts import add_row
from enroller.gui.words import Words
from enroller.model import CredentialKind, ServiceName

_KINDS = CREDENTIAL_KINDS[ServiceName.PRIVICORE]


class PrivicoreForm(IdentityForm):
    """The account's password, or a token that somebody has made with it."""

    def __init__(self, words: Words, browse: Browse) -> None:
        super().__init__(words, browse)
        self._device_name = self._line("device_name")
        self._device_name.setPlaceholderText(form.host_name())
        self._description = self._line("description")
        self._description.setPlaceholderText(words("identity.description_hint"))
        self._username = self._line("username")
        add_row(self.rows, words("identity.device_name"), self._device_name)
        add_row(self.rows, words("identity.description"), self._with_lock("description", self._description))
        self.rows.addRow(words("identity.sign_in"), self._choices_row())
        add_row(self.rows, words("identity.username"), self._username)
        for kind in _KINDS:
            name = words(f"identity.{kind}")
            add_row(self.rows, name, self._secret(kind, name))
        self.rows.addRow(self.locks.line)
        self._choices.idClicked.connect(self._chosen)

    def _choices_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * GRID)
        self._choices = QButtonGroup(self)
        for number, kind in enumerate(_KINDS):
            choice = QRadioButton(self.words(f"identity.by_{kind}"))
            self._choices.addButton(choice, number)
            layout.addWidget(choice)
        layout.addStretch(1)
        return row

    @property
    def kind(self) -> CredentialKind:
        return _KINDS[self._choices.checkedId()]

    @property
    def begins_at(self) -> QWidget:
        return self._device_name

    def fill(self, draft: Draft) -> None:
        super().fill(draft)
        self._device_name.setText(draft.device_name)
        self._description.setText(draft.description)
        self._username.setText(draft.username)
        self._choices.button(_KINDS.index(draft.kind)).setChecked(True)
        self._show_kind()

    def keep(self, draft: Draft) -> None:
        super().keep(draft)
        draft.device_name = self._device_name.text()
        draft.description = self._description.text()
        draft.username = self._username.text()

    def check(self) -> None:
        form.device_name(self._device_name.text())
        form.description(self._description.text())
        if self.kind is CredentialKind.PASSWORD:
            form.username(self._username.text())
        super().check()

    def is_complete(self) -> bool:
        named = self.kind is CredentialKind.TOKEN or bool(self._username.text().strip())
        return super().is_complete() and named

    def _chosen(self) -> None:
        self.conceal()
        self._show_kind()
        self.changed.emit()

    def _show_kind(self) -> None:
        """Only the fields of the chosen way are there."""
        self.rows.setRowVisible(self._username, self.kind is CredentialKind.PASSWORD)
        for kind in _KINDS:
            self.rows.setRowVisible(self.secrets[kind], kind is self.kind)
