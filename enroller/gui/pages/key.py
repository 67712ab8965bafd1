"""Key: generate it, show its fingerprint, and choose where the secrets are kept, and why."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QStyle,
    QWidget,
)

from enroller import keys, settings
from enroller.beginning import locks
from enroller.errors import EnrollerError, InputError
from enroller.gui.job import Job
from enroller.gui.locked import LockableList, Locks
from enroller.gui.notice import Notice, Tone
from enroller.gui.order import PageId
from enroller.gui.page import GRID, Page, button, label
from enroller.gui.parts import below, beside
from enroller.gui.protection import ProtectionChoice
from enroller.model import KEY_TYPES, RSA_BITS, KeyPair, KeyType, ServiceName
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard

_WITH_LENGTH = (KeyType.RSA, KeyType.X509)


class KeyPage(Page):
    """The key is made here, on the engine's thread; leaving the page back and forth keeps it."""

    after = PageId.REVIEW

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("key.title"), text("key.intro"))
        self._wizard = wizard
        self._making: Job | None = None
        self._going_on = False
        self._build_key_rows()
        self._replace = QCheckBox(text("key.replace"))
        self._replace.clicked.connect(self._replacing)
        means = label(text("key.replace_means"))
        style, metric = self.style(), QStyle.PixelMetric
        box = style.pixelMetric(metric.PM_IndicatorWidth) + style.pixelMetric(metric.PM_CheckBoxLabelSpacing)
        means.setContentsMargins(box, 0, 0, 0)  # under the words that it belongs to
        self._replace_box = below(self._replace, means)
        self._notice = Notice()
        self._protection = ProtectionChoice(wizard, self._notice, self._locks)
        self._protection.changed.connect(self.completeChanged)
        self.body.addWidget(self._replace_box)
        self.body.addSpacing(GRID)
        self.body.addWidget(self._protection)
        self.body.addWidget(self._locks.line)
        self.body.addWidget(self._notice)
        self.body.addStretch(1)

    def _build_key_rows(self) -> None:
        self._locks = Locks()
        self._key_type = LockableList()
        self._only_type = QLabel()
        self._kinds = QStackedWidget()
        for one in (self._key_type, self._only_type):
            self._kinds.addWidget(one)
        self._type_caption = QLabel(text("key.type"))
        self._type_caption.setBuddy(self._key_type)
        self._bits = LockableList()
        self._bits.setAccessibleName(text("key.bits"))
        for bits in RSA_BITS:
            self._bits.addItem(text("key.n_bits", bits=bits), bits)
        self._again = button(text("key.again"))
        self._again.clicked.connect(self._generate)
        self._key_type.activated.connect(self._kind_changed)
        self._bits.activated.connect(self._kind_changed)
        self._fingerprint = label("", mono=True)
        self._fingerprint.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._fingerprint.setAccessibleName(text("key.fingerprint"))
        self._state = QStackedWidget()
        self._state.addWidget(self._fingerprint)
        self._state.addWidget(self._progress_row())
        form = QFormLayout()
        form.setVerticalSpacing(GRID)
        type_lock, bits_lock = self._locks.on("key_type", self._key_type), self._locks.on("rsa_bits", self._bits)
        form.addRow(self._type_caption, beside(self._kinds, type_lock, self._bits, bits_lock, self._again))
        form.addRow(text("key.fingerprint") + ":", self._state)
        self.body.addLayout(form)

    def _progress_row(self) -> QWidget:
        progress = QWidget()
        row = QHBoxLayout(progress)
        row.setContentsMargins(0, 0, 0, 0)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setAccessibleName(text("key.generating"))
        cancel = button(text("key.cancel"))
        cancel.clicked.connect(self._cancelled)
        row.addWidget(label(text("key.generating")))
        row.addWidget(bar, 1)
        row.addWidget(cancel)
        return progress

    def initializePage(self) -> None:
        """Shows the draft, asks for the key store, and makes a key where there is none."""
        draft, words = self._wizard.draft, self._wizard.words
        self._go_on()
        self._offer(KEY_TYPES[draft.service])
        self._bits.setCurrentIndex(RSA_BITS.index(draft.rsa_bits))
        self._replace_box.setVisible(draft.service is ServiceName.PRIVICORE)
        self._replace.setChecked(draft.replace_profile_key)
        self._protection.fill(draft, words(f"key.where_{draft.kind}"))
        self._notice.clear()
        self._show_kind()
        if draft.key is not None:
            self._show(draft.key)
        else:
            self._generate()
        if not self._going_on:
            self._protection.ask()

    def showEvent(self, event: QShowEvent) -> None:
        """Coming back to this page, it may be decided by then."""
        super().showEvent(event)
        if event.spontaneous():
            return  # the window was minimized
        self._go_on()
        if self._going_on:
            self._notice.say(Tone.NOTE, text("key.going_on"))

    def complain(self, error: EnrollerError) -> None:
        """A problem that is to be mended here."""
        self._notice.error(error, self._wizard.words)

    def cleanupPage(self) -> None:
        """Back: the key and the choices are in the draft already."""
        self._stop()
        self._protection.conceal()

    def isComplete(self) -> bool:
        """There is a key, and a passphrase where one is wanted."""
        made = self._wizard.draft.key is not None and self._making is None
        return made and (self._going_on or self._protection.is_complete())

    def validatePage(self) -> bool:
        """Checks the passphrase in place."""
        if self._going_on:
            return True
        try:
            self._wizard.draft.passphrase = self._protection.passphrase()
        except InputError as error:
            self._notice.error(error, self._wizard.words)
            self._protection.focus_passphrase()
            return False
        self._protection.conceal()
        return True

    def _go_on(self) -> None:
        """Where the service may have a device of this name already, all of this page is decided."""
        draft = self._wizard.draft
        begun = draft.going_on()
        self._going_on = begun is not None
        if begun is not None:
            draft.key = begun.key
            draft.replace_profile_key = begun.asked.replace_profile_key
            draft.protection, draft.passphrase = begun.asked.protection, begun.unlock.passphrase
        for part in (self._replace, self._protection):
            part.setEnabled(begun is None)
        self._tell_locks()
        self._again.setEnabled(begun is None and self._making is None)

    def _tell_locks(self) -> None:
        """What the administrator has decided; a length only where the key has one."""
        draft = self._wizard.draft
        held = locks(draft.service)
        if draft.key_type not in _WITH_LENGTH:
            held.pop("rsa_bits", None)
        may_be_plain = settings.current()["plain_file"]
        if not may_be_plain.value and "protect" not in held:
            held["plain_file"] = may_be_plain
        self._locks.tell(held)
        for name, choice in (("key_type", self._key_type), ("rsa_bits", self._bits)):
            choice.setEnabled(not self._going_on and name not in self._locks)

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
        self._notice.error(error, self._wizard.words)

    def _cancelled(self) -> None:
        self._stop()
        self._again.setFocus()

    def _show(self, key: KeyPair) -> None:
        self._fingerprint.setText(f"{key.fingerprint}\n{keys.spoken(key.fingerprint)}   {text('key.by_voice')}")
        self._state.setCurrentIndex(0)
        self._again.setEnabled(not self._going_on)
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

    def _offer(self, kinds: tuple[KeyType, ...]) -> None:
        """A list of the kinds that the service takes, or the name of the one that it takes."""
        names = [text(f"key_type.{kind}") for kind in kinds]
        self._key_type.clear()
        for kind, name in zip(kinds, names, strict=True):
            self._key_type.addItem(text("key.recommended", name=name) if kind is kinds[0] else name, kind)
        self._key_type.setCurrentIndex(kinds.index(self._wizard.draft.key_type))
        said = self._wizard.words("key.type")  # a list can be reached by Alt and a letter
        self._type_caption.setText(said)
        self._key_type.setAccessibleName(said.replace("&", "").rstrip(":"))
        self._only_type.setText(names[0])
        self._kinds.setCurrentWidget(self._key_type if len(kinds) > 1 else self._only_type)

    def _kind_changed(self) -> None:
        draft = self._wizard.draft
        chosen = (KeyType(self._key_type.currentData()), int(self._bits.currentData()))
        if chosen == (draft.key_type, draft.rsa_bits) and draft.key is not None:
            return
        draft.key_type, draft.rsa_bits = chosen
        self._show_kind()
        self._generate()

    def _show_kind(self) -> None:
        self._tell_locks()
        self._bits.setVisible(self._wizard.draft.key_type in _WITH_LENGTH)

    def _replacing(self, wanted: bool) -> None:
        self._wizard.draft.replace_profile_key = wanted
