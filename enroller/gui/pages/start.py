"""Start: what is on this device already, or a new enrollment."""

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget, QWizard

from enroller import errors, settings
from enroller.gui.order import PageId
from enroller.gui.page import Page, label
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.beginning import Beginning
    from enroller.gui.job import Job
    from enroller.gui.notice import Notice, Tone
    from enroller.gui.wizard import EnrollWizard
    from enroller.model import ServiceName
    from enroller.preset import Preset
    from enroller.services import Goal
    from enroller.vault import Summary


class StartPage(Page):
    """The first page: built for a quick start, so a device without enrollments pays for no list.

    `shown`: painted. `last_service`: of what was begun here last, or None.
    """

    after = PageId.SERVER
    shown = Signal()

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("start.title"), text("start.intro"))
        self._wizard = wizard
        self._was_shown = False
        self._problem: errors.EnrollerError | None = None
        self._offered: tuple[Preset, Beginning] | None = None
        self._said_of_preset: tuple[Tone, str, str] | None = None
        self._examining: Job | None = None
        self.last_service: ServiceName | None = None

    def initializePage(self) -> None:
        """Reads what is there; only public views, so it is quick and needs no key."""
        self.after = PageId.SERVER
        if self._offered is not None:
            self._ask(*self._offered)
            return
        try:
            known = self._wizard.app.vault.list() if self._wizard.app.anything_stored() else []
        except errors.EnrollerError as error:
            self._show(*self._notices(), self._notice(error))
            return
        newest = max(known, key=lambda one: one.created_at or 0, default=None)
        self.last_service = newest.service if newest is not None else None
        content = self._list(known) if known else label(text("start.need"))
        self._show(*self._notices(), content, stretch=bool(known))
        self.setButtonText(QWizard.WizardButton.NextButton, text("start.new" if known else "button.next"))

    def isComplete(self) -> bool:
        """Nothing is asked that Next would pass over, and it is known what the administrator wants."""
        return self._offered is None and settings.current().problem is None

    def examine_store(self) -> None:
        """Finds out, and says at once, whether anything could be stored here: before anybody has typed a word."""
        if self._examining is not None:
            self._examining.abandon()
        vault = self._wizard.app.vault
        self._examining = self._wizard.bridge.start(
            lambda _job, _publish: vault.probe(), done=lambda _: self._say(None), failed=self._say
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tells once that the page is on the screen."""
        super().paintEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.shown.emit()

    def _show(self, *contents: QWidget, stretch: bool = False) -> None:
        while (old := self.body.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for content in contents:
            self.body.addWidget(content, 1 if stretch and content is contents[-1] else 0)
            content.show()  # else the page would be empty for a moment
        if not stretch:
            self.body.addStretch(1)

    def _say(self, problem: errors.EnrollerError | None) -> None:
        """A problem above the rest of the page, or none any more."""
        if problem is not None or self._problem is not None:
            self._problem = problem
            self.initializePage()

    def _notices(self) -> "list[Notice]":
        """What people should know before anything else."""
        found = []
        problem = settings.current().problem
        if problem is not None:
            found.append(self._new_notice())
            found[-1].error(problem, text)
        if self._problem is not None:
            found.append(self._notice(self._problem))
        if self._said_of_preset is not None:
            found.append(self._new_notice())
            found[-1].say(*self._said_of_preset)
        return found

    def _notice(self, error: errors.EnrollerError) -> "Notice":
        from enroller.gui.notice import Act

        notice = self._new_notice()
        notice.error(error, text, Act(text("button.try_again"), self._try_again))
        return notice

    def _new_notice(self) -> "Notice":
        from enroller.gui.notice import Notice

        notice = Notice()
        notice.setParent(self)  # else what it says would be a window of its own for a moment
        return notice

    def _try_again(self) -> None:
        self.initializePage()
        self.examine_store()

    # What was handed over

    def offer(self, preset: "Preset") -> None:
        """Fills in the form with a preset of somebody's whom this device trusts; any other asks first."""
        from enroller.beginning import beginning
        from enroller.gui.notice import Tone
        from enroller.gui.preset_words import service_name

        self.forget_preset()
        with suppress(errors.BadSettings):  # which is said already, and nothing can be begun
            began = beginning(preset)
            if "service" in began.overruled:
                other = service_name(preset.asked.service)
                self._said_of_preset = Tone.NOTE, text("preset.other_service", service=other), ""
            elif preset.signer is not None:
                self._begin_with(preset, began)
            else:
                self._offered = preset, began
        self._show_again()

    def complain(self, error: errors.EnrollerError) -> None:
        """What was handed over cannot be used."""
        from enroller.gui.notice import Tone

        self.forget_preset()
        self._said_of_preset = Tone.BAD, error.message, error.advice
        self._show_again()

    def forget_preset(self) -> None:
        """Nothing is asked or said of a preset any more: the form is another one."""
        self._offered = self._said_of_preset = None

    def _ask(self, preset: "Preset", began: "Beginning") -> None:
        from enroller.gui.preset_question import PresetQuestion

        question = PresetQuestion(preset, began.overruled)
        question.answered.connect(self._answered)
        self.retitle(text("preset.title"), text("preset.intro"))
        self._show(question)

    def _answered(self, wanted: bool) -> None:
        if self._offered is None:
            return
        preset, began = self._offered
        self.forget_preset()
        if wanted:
            self._begin_with(preset, began)
        self._show_again()
        onward = self._wizard.button(QWizard.WizardButton.NextButton)
        QTimer.singleShot(0, onward, onward.setFocus)

    def _begin_with(self, preset: "Preset", began: "Beginning") -> None:
        from enroller.gui.notice import Tone
        from enroller.gui.prefill import Prefill
        from enroller.gui.preset_words import listed

        self._wizard.begin_with(Prefill(began.asked, sealed=preset if preset.sealed_api_key is not None else None))
        said = text("preset.used") if preset.signer is None else text("preset.trusted", signer=preset.signer)
        left_out = text("preset.left_out", names=listed(preset, began.overruled)) if began.overruled else ""
        self._said_of_preset = Tone.NOTE if preset.signer is None else Tone.GOOD, said, left_out

    def _show_again(self) -> None:
        self.retitle(text("start.title"), text("start.intro"))
        if self._wizard.currentId() == PageId.START:
            self.initializePage()
        self.completeChanged.emit()

    def _list(self, known: "list[Summary]") -> QWidget:
        from PySide6.QtWidgets import QPushButton

        from enroller import machine
        from enroller.gui.pages.stored import StoredList
        from enroller.model import State

        here = machine.evidence()
        copied = {one.id for one in known if machine.is_another(one.machine, here)}
        rows = StoredList(known, copied, self._go_on, self._remove)
        first = rows.findChild(QPushButton)
        if first is not None and any(one.state is not State.ENROLLED for one in known):
            # What waits is what the technician has come back for.
            QTimer.singleShot(0, first, first.setFocus)
        return rows

    def _go_on(self, one: "Summary", goal: "Goal") -> None:
        from enroller.model import Protection

        self._wizard.make(PageId.APPROVAL)
        if self._wizard.approval is not None:
            self._wizard.approval.open(one, goal, needs_passphrase=one.protection is Protection.PASSPHRASE)
            self.after = PageId.APPROVAL
            self._wizard.next()

    def _remove(self, one: "Summary") -> None:
        """Forgets what has come to nothing, once somebody has confirmed it."""
        from enroller.gui.asking import confirmed
        from enroller.text import plain

        if one.state is None:
            question = text("remove.unreadable", id=one.id)
        else:
            who = plain(one.description or one.identity, 100)
            question = text("remove.question", server=plain(one.server.removeprefix("https://"), 100), who=who)
        if not confirmed(self._wizard, question, yes=text("remove.yes"), no=text("remove.no")):
            return
        vault = self._wizard.app.vault
        self._wizard.bridge.start(lambda _job, _publish: vault.remove(one.id), done=self._removed, failed=self._say)

    def _removed(self, notes: tuple[str, ...]) -> None:
        self._problem = errors.StorageError(" ".join(notes), advice=text("remove.note")) if notes else None
        self.initializePage()
