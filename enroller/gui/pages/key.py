"""Key: generate it, show its fingerprint, and choose where the secrets are kept, and why."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QStackedWidget,
    QWidget,
)

from enroller import keys, secret_text
from enroller.errors import EnrollerError, InputError
from enroller.gui.job import Job
from enroller.gui.notice import Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button, label
from enroller.gui.parts import SecretField, add_row, beside
from enroller.model import RSA_BITS, KeyPair, KeyType, Protection, Secret
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.draft import Draft
    from enroller.gui.wizard import EnrollWizard

SHORTEST_PASSPHRASE = 8
"""Characters; NIST SP 800-63B, section 3.1.1.2 wants at least eight of a password."""


class KeyPage(Page):
    """The key is made here, on the engine's thread; leaving the page back and forth keeps it."""

    after = PageId.REVIEW

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("key.title"), text("key.intro"))
        self._wizard = wizard
        self._making: Job | None = None
        self._form: Draft | None = None
        self._key_type = QComboBox()
        for kind in KeyType:
            name = text(f"key_type.{kind}")
            self._key_type.addItem(text("key.recommended", name=name) if kind is KeyType.ED25519 else name, kind)
        self._bits = QComboBox()
        self._bits.setAccessibleName(text("key.bits"))
        for bits in RSA_BITS:
            self._bits.addItem(text("key.n_bits", bits=bits), bits)
        self._again = button(text("key.again"))
        self._again.clicked.connect(self._generate)
        self._build_key_rows()
        self._build_protection_rows()
        self._notice = Notice()
        self.body.addWidget(self._notice)
        self.body.addStretch(1)
        self._key_type.activated.connect(self._kind_changed)
        self._bits.activated.connect(self._kind_changed)

    def _build_key_rows(self) -> None:
        self._fingerprint = label("", mono=True)
        self._fingerprint.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._fingerprint.setAccessibleName(text("key.fingerprint"))
        progress = QWidget()
        row = QHBoxLayout(progress)
        row.setContentsMargins(0, 0, 0, 0)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setAccessibleName(text("key.generating"))
        self._cancel = button(text("key.cancel"))
        self._cancel.clicked.connect(self._cancelled)
        row.addWidget(label(text("key.generating")))
        row.addWidget(bar, 1)
        row.addWidget(self._cancel)
        self._state = QStackedWidget()
        self._state.addWidget(self._fingerprint)
        self._state.addWidget(progress)
        form = QFormLayout()
        form.setVerticalSpacing(GRID)
        add_row(form, text("key.type"), beside(self._key_type, self._bits, self._again))
        form.addRow(text("key.fingerprint") + ":", self._state)
        self.body.addLayout(form)

    def _build_protection_rows(self) -> None:
        self.body.addSpacing(GRID)
        self.body.addWidget(label(text("key.where")))
        self._choices = QButtonGroup(self)
        for number, protection in enumerate(Protection):
            name = text(f"protection.{protection}")
            choice = QRadioButton(text("key.recommended", name=name) if protection is Protection.KEYRING else name)
            self._choices.addButton(choice, number)
            self.body.addWidget(choice)
            if protection is Protection.PASSPHRASE:
                self.body.addWidget(self._passphrase_row())
        self._choices.idClicked.connect(self._protection_changed)

    def _passphrase_row(self) -> QWidget:
        self._passphrase = SecretField(text("key.passphrase"), paste=False)
        self._passphrase.edit.setPlaceholderText(text("key.passphrase"))
        self._repeat = QLineEdit()
        self._repeat.setEchoMode(QLineEdit.EchoMode.Password)
        self._repeat.setPlaceholderText(text("key.repeat"))
        self._repeat.setAccessibleName(text("key.repeat"))
        self._passphrase_box = QWidget()
        row = QHBoxLayout(self._passphrase_box)
        row.setContentsMargins(3 * GRID, 0, 0, 0)
        row.addWidget(self._passphrase, 1)
        row.addWidget(self._repeat, 1)
        for edit in (self._passphrase.edit, self._repeat):
            edit.textEdited.connect(self._passphrase_edited)
        return self._passphrase_box

    def initializePage(self) -> None:
        """Shows the draft, asks for the key store, and makes a key where there is none."""
        draft = self._wizard.draft
        self._key_type.setCurrentIndex(list(KeyType).index(draft.key_type))
        self._bits.setCurrentIndex(RSA_BITS.index(draft.rsa_bits))
        self._choices.button(list(Protection).index(draft.protection)).setChecked(True)
        if self._form is not draft:
            self._form = draft  # another enrollment has another passphrase; this one's stays as typed
            self._passphrase.edit.clear()
            self._repeat.clear()
        self._notice.clear()
        self._show_kind()
        if draft.key is not None:
            self._show(draft.key)
        else:
            self._generate()
        self._protection_changed()

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        self._notice.error(error)

    def cleanupPage(self) -> None:
        """Back: the key and the choices are in the draft already."""
        self._stop()
        self._passphrase.conceal()

    def isComplete(self) -> bool:
        """There is a key, and a passphrase where one is wanted."""
        if self._wizard.draft.key is None or self._making is not None:
            return False
        return self._protection() is not Protection.PASSPHRASE or bool(
            self._passphrase.edit.text() and self._repeat.text()
        )

    def validatePage(self) -> bool:
        """Checks the passphrase in place."""
        self._wizard.draft.passphrase = None
        if self._protection() is Protection.PASSPHRASE:
            try:
                self._wizard.draft.passphrase = _chosen(self._passphrase.edit.text(), self._repeat.text())
            except InputError as error:
                self._notice.error(error)
                self._passphrase.edit.setFocus()
                return False
        self._passphrase.conceal()
        return True

    # The key

    def _generate(self) -> None:
        self._stop()
        draft = self._wizard.draft
        draft.key = None
        now = self._wizard.app.clock.wall()
        kind, bits, device = draft.key_type, draft.rsa_bits, draft.client_id.strip()
        self._state.setCurrentIndex(1)
        self._making = self._wizard.bridge.start(
            lambda _job, _publish: keys.generate(kind, rsa_bits=bits, device=device, now=now),
            done=self._made,
            failed=self._not_made,
        )
        self._again.setEnabled(False)
        self.completeChanged.emit()

    def _made(self, key: KeyPair) -> None:
        self._making = None
        self._wizard.draft.key = key
        self._show(key)
        self.completeChanged.emit()

    def _not_made(self, error: EnrollerError) -> None:
        self._stop()
        self._notice.error(error)

    def _cancelled(self) -> None:
        self._stop()
        self._again.setFocus()

    def _show(self, key: KeyPair) -> None:
        self._fingerprint.setText(f"{key.fingerprint}\n{keys.spoken(key.fingerprint)}   {text('key.by_voice')}")
        self._state.setCurrentIndex(0)
        self._again.setEnabled(True)
        self._again.setText(text("key.again"))

    def _stop(self) -> None:
        if self._making is None:
            return
        self._making.abandon()
        self._making = None
        self._fingerprint.setText(text("key.none"))
        self._state.setCurrentIndex(0)
        self._again.setText(text("key.generate"))
        self._again.setEnabled(True)
        self.completeChanged.emit()

    def _kind_changed(self) -> None:
        draft = self._wizard.draft
        chosen = (KeyType(self._key_type.currentData()), int(self._bits.currentData()))
        if chosen == (draft.key_type, draft.rsa_bits) and draft.key is not None:
            return
        draft.key_type, draft.rsa_bits = chosen
        self._show_kind()
        self._generate()

    def _show_kind(self) -> None:
        self._bits.setVisible(self._wizard.draft.key_type is not KeyType.ED25519)

    # Where the secrets are kept

    def _protection(self) -> Protection:
        return list(Protection)[self._choices.checkedId()]

    def _protection_changed(self) -> None:
        chosen = self._wizard.draft.protection = self._protection()
        self._passphrase_box.setVisible(chosen is Protection.PASSPHRASE)
        self._notice.clear()
        if chosen is Protection.KEYRING:
            self._notice.say(Tone.BUSY, text("key.store_asked"))
            self._wizard.bridge.start(
                lambda _job, _publish: self._wizard.app.vault.probe_key_store(),
                done=self._key_store_found,
                failed=self._key_store_missing,
            )
        elif chosen is Protection.FILE:
            self._notice.say(Tone.NOTE, text("key.file_note"))
        else:
            self._notice.say(Tone.NOTE, text("key.passphrase_note"))
        self.completeChanged.emit()

    def _passphrase_edited(self) -> None:
        self._notice.say(Tone.NOTE, text("key.passphrase_note"))
        self.completeChanged.emit()

    def _key_store_found(self, name: str) -> None:
        if self._protection() is Protection.KEYRING:
            self._notice.say(Tone.GOOD, text("key.store_found", name=name))

    def _key_store_missing(self, error: EnrollerError) -> None:
        if self._protection() is Protection.KEYRING:
            self._notice.error(error, button=text("button.try_again"), act=self._protection_changed)


def _chosen(typed: str, repeated: str) -> Secret:
    """A new passphrase. Raises InputError where it is too short or was not repeated."""
    passphrase = secret_text.checked(typed, "passphrase", text("key.passphrase"))
    if len(typed) < SHORTEST_PASSPHRASE:
        raise InputError(text("key.too_short", least=SHORTEST_PASSPHRASE), advice=text("key.too_short_advice"))
    if typed != repeated:
        raise InputError(text("key.differ"), advice=text("key.differ_advice"))
    return passphrase
