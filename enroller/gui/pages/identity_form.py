"""What the identity's page asks for differs by service; this is what its forms have in common."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from enroller.beginning import locks
from enroller.gui.draft import Draft
from enroller.gui.locked import Locks
from enroller.gui.page import GRID
from enroller.gui.parts import SecretField, beside
from enroller.gui.words import Words
from enroller.model import CredentialKind, Secret

Browse = Callable[[SecretField, CredentialKind], None]
"""Lets the technician choose the file that holds a secret."""

NAMES = {CredentialKind.API_KEY: "API key", CredentialKind.PASSWORD: "password", CredentialKind.TOKEN: "token"}
"""What each kind of secret is called in a sentence."""


class IdentityForm(QWidget):
    """The fields for one service, by the names that an InputError has for them. `changed`: something was typed.

    `kind` and `begins_at` are each form's own (Qt's metaclass and that of `abc` cannot be combined).
    """

    changed = Signal()

    def __init__(self, words: Words, browse: Browse) -> None:
        super().__init__()
        self.words = words
        self._browse = browse
        self.secrets: dict[CredentialKind, SecretField] = {}
        self.fields: dict[str, QWidget] = {}
        self.locks = Locks()
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setVerticalSpacing(GRID)

    @property
    def kind(self) -> CredentialKind:
        """The kind of secret that is given."""
        raise NotImplementedError

    @property
    def begins_at(self) -> QWidget:
        """The field that gets the focus first."""
        raise NotImplementedError

    @property
    def takes_from_preset(self) -> bool:
        """Whether the secret comes out of a preset, by a passphrase."""
        return False

    def type_it_instead(self) -> None:
        """The secret is typed, although a preset has one."""

    def fill(self, draft: Draft) -> None:
        """Shows a draft."""
        for kind, field in self.secrets.items():
            secret = draft.secrets.get(kind)
            field.edit.setText(secret.reveal() if secret else "")
        self.locks.tell(locks(draft.service))

    def keep(self, draft: Draft) -> None:
        """Puts what stands here into a draft, as typed."""
        draft.kind = self.kind
        draft.secrets = {kind: Secret(typed) for kind, field in self.secrets.items() if (typed := field.edit.text())}

    def check(self) -> None:
        """Raises InputError, which names the field, for what cannot be used."""
        from enroller.secret_text import checked

        checked(self.secrets[self.kind].edit.text(), self.kind.value, NAMES[self.kind])

    def is_complete(self) -> bool:
        """Whether there is something in every field that needs it."""
        return bool(self.secrets[self.kind].edit.text().strip())

    def conceal(self) -> None:
        """Hides the secrets again."""
        for field in self.secrets.values():
            field.conceal()

    def _secret(self, kind: CredentialKind, name: str) -> SecretField:
        field = SecretField(name.replace("&", ""), from_file=lambda: self._browse(self.secrets[kind], kind))
        field.edit.textChanged.connect(self.changed)
        self.secrets[kind] = field
        self.fields[kind.value] = field.edit
        return field

    def _line(self, name: str) -> QLineEdit:
        edit = QLineEdit()
        edit.textChanged.connect(self.changed)
        self.fields[name] = edit
        return edit

    def _with_lock(self, name: str, field: QWidget) -> QWidget:
        """A field that a setting may decide, with its lock."""
        return beside(field, self.locks.on(name, field))
