"""Where the secrets of an enrollment are kept: somebody's own choice, with what it means."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from enroller import secret_text
from enroller.errors import EnrollerError, InputError, KeyStoreAbsent
from enroller.gui.notice import Act, Notice, Tone, advice
from enroller.gui.page import GRID, label
from enroller.gui.parts import SecretField
from enroller.model import Protection, Secret
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.draft import Draft
    from enroller.gui.locked import Locks
    from enroller.gui.wizard import EnrollWizard

SHORTEST_PASSPHRASE = 8
"""Characters; NIST SP 800-63B, section 3.1.1.2 wants at least eight of a password."""


class Choice(QRadioButton):
    """A radio button that knows whether the arrow keys walk through its group just now."""

    walking = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys choose as they walk, and whoever walks has not arrived."""
        Choice.walking = True
        super().keyPressEvent(event)
        Choice.walking = False


class ProtectionChoice(QWidget):
    """Three radio buttons and a passphrase, typed twice. What they mean is said in `notice`. `changed`: by anybody.

    `locks`: those of the page, which knows what is locked.
    """

    changed = Signal()

    def __init__(self, wizard: "EnrollWizard", notice: Notice, locks: "Locks") -> None:
        super().__init__()
        self._wizard = wizard
        self._notice = notice
        self._locks = locks
        self._intro = label("")
        self._choices = QButtonGroup(self)
        self._lock = locks.on("protect", self)
        self._rows: dict[Protection, QHBoxLayout] = {}
        self._no_store = False
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GRID)
        rows.addWidget(self._intro)
        for number, protection in enumerate(Protection):
            name = text(f"protection.{protection}")
            choice = Choice(text("key.recommended", name=name) if protection is Protection.KEYRING else name)
            self._choices.addButton(choice, number)
            self._rows[protection] = row = QHBoxLayout()
            row.setSpacing(GRID)
            row.addWidget(choice)
            if protection is Protection.FILE:
                row.addWidget(locks.on("plain_file", choice))
            row.addStretch(1)
            rows.addLayout(row)
            if protection is Protection.PASSPHRASE:
                rows.addWidget(self._passphrase_row())
        self._choices.idClicked.connect(self._was_chosen)

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
            edit.textEdited.connect(self._edited)
        return self._passphrase_box

    def fill(self, draft: "Draft", intro: str) -> None:
        """Shows a draft. `intro` says what is kept."""
        self._intro.setText(intro)
        self._rows[draft.protection].insertWidget(1, self._lock)
        for number, each in enumerate(Protection):
            self._choices.button(number).setChecked(each is draft.protection)
            self._choices.button(number).setEnabled(self._may_be(each))
        for edit, typed in zip((self._passphrase.edit, self._repeat), draft.passphrases, strict=True):
            edit.setText(typed)
        self._passphrase_box.setVisible(draft.protection is Protection.PASSPHRASE)

    def _may_be(self, protection: Protection) -> bool:
        """Whether the administrator leaves that choice."""
        if "protect" in self._locks:
            return protection is self._wizard.draft.protection
        return protection is not Protection.FILE or "plain_file" not in self._locks

    def _was_chosen(self) -> None:
        self.ask()
        if self._chosen() is Protection.PASSPHRASE and not Choice.walking:
            self.focus_passphrase()

    def ask(self) -> None:
        """Says what the choice means, and asks for the key store where that is it."""
        chosen = self._wizard.draft.protection = self._chosen()
        self._passphrase_box.setVisible(chosen is Protection.PASSPHRASE)
        self._notice.clear()
        self._no_store = False
        if chosen is Protection.KEYRING:
            self._notice.say(Tone.BUSY, text("key.store_asked"))
            vault = self._wizard.app.vault
            self._wizard.bridge.start(
                lambda _job, _publish: vault.probe_key_store(),
                done=self._while_chosen(lambda name: self._notice.say(Tone.GOOD, text("key.store_found", name=name))),
                failed=self._while_chosen(self._store_missing),
            )
        elif chosen is Protection.FILE:
            self._notice.say(Tone.NOTE, text("key.file_note"))
        else:
            self._notice.say(Tone.NOTE, text("key.passphrase_note"))
        self.changed.emit()

    def is_complete(self) -> bool:
        """A passphrase is there where one is wanted, and the key store where that is to keep the keys."""
        if self._chosen() is Protection.KEYRING:
            return not self._no_store
        return self._chosen() is not Protection.PASSPHRASE or bool(self._passphrase.edit.text() and self._repeat.text())

    def passphrase(self) -> Secret | None:
        """The new passphrase, where one is wanted. Raises InputError where it is too short or was not repeated."""
        if self._chosen() is not Protection.PASSPHRASE:
            return None
        typed = self._passphrase.edit.text()
        passphrase = secret_text.checked(typed, "passphrase", text("key.passphrase"))
        if len(typed) < SHORTEST_PASSPHRASE:
            raise InputError(text("key.too_short", least=SHORTEST_PASSPHRASE), advice=text("key.too_short_advice"))
        if typed != self._repeat.text():
            raise InputError(text("key.differ"), advice=text("key.differ_advice"))
        return passphrase

    def conceal(self) -> None:
        """Hides the passphrase again."""
        self._passphrase.conceal()

    def focus_passphrase(self) -> None:
        """To where a bad one is mended."""
        self._passphrase.edit.setFocus()

    def _chosen(self) -> Protection:
        return list(Protection)[self._choices.checkedId()]

    def _edited(self) -> None:
        self._wizard.draft.passphrases = (self._passphrase.edit.text(), self._repeat.text())
        self._notice.say(Tone.NOTE, text("key.passphrase_note"))
        self.changed.emit()

    def _while_chosen(self, act: Callable[..., None]) -> Callable[..., None]:
        """`act`, unless another choice was made before the key store answered."""

        def answered(what: object) -> None:
            if self._chosen() is Protection.KEYRING:
                act(what)

        return answered

    def _store_missing(self, error: EnrollerError) -> None:
        to_do = advice(error, self._wizard.words)
        if "protect" in self._locks:  # there is nothing else to choose
            to_do = text("key.store_wanted")
        elif "plain_file" in self._locks and isinstance(error, KeyStoreAbsent):
            to_do = text("key.passphrase_left")
        self._notice.say(Tone.BAD, error.message, to_do, Act(text("button.try_again"), self.ask))
        self._no_store = True
        self.changed.emit()
