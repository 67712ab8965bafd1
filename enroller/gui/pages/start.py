"""Start: what is on this device already, or a new enrollment."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWizard

from enroller import errors
from enroller.gui.order import PageId
from enroller.gui.parts import GRID, Notice, Page, button, clear, label
from enroller.model import Protection, State
from enroller.resources import text
from enroller.steps import Goal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QHBoxLayout, QWidget

    from enroller.gui.wizard import EnrollWizard
    from enroller.vault import Summary


class StartPage(Page):
    """The first page: it is built for a quick start, so a device without enrollments pays for no list."""

    shown = Signal()

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(text("start.title"), text("start.intro"))
        self._wizard = wizard
        self._next = PageId.SERVER
        self._was_shown = False
        self._notice = Notice()
        self.body.addWidget(self._notice)
        from PySide6.QtWidgets import QVBoxLayout

        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID)
        self.body.addLayout(self._rows)
        self._need = label(text("start.need"))
        self.body.addWidget(self._need)
        self.body.addStretch(1)

    def initializePage(self) -> None:
        """Reads what is there; only public views, so it is quick and needs no key."""
        self._next = PageId.SERVER
        self._notice.clear()
        clear(self._rows)
        try:
            known = self._wizard.app.vault.list()
        except errors.EnrollerError as error:
            self._notice.error(error)
            known = []
        self._need.setVisible(not known)
        if known:
            self._list(known)
        self.setButtonText(QWizard.WizardButton.NextButton, text("start.new" if known else "button.next"))

    def nextId(self) -> int:
        """A new enrollment begins with the server; an old one goes on where the waiting is."""
        return self._next

    def validatePage(self) -> bool:
        """The other pages may be asked for before they exist."""
        self._wizard.add_other_pages()
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tells once that the page is on the screen."""
        super().paintEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.shown.emit()

    def _list(self, known: "list[Summary]") -> None:
        from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GRID)
        # What waits comes first: it is what the technician has most likely come back for.
        for one in sorted(known, key=lambda x: (x.state is State.ENROLLED, -(x.created_at or 0))):
            rows.addWidget(self._row(one))
        rows.addStretch(1)
        area.setWidget(inside)
        self._rows.addWidget(area, 1)

    def _row(self, one: "Summary") -> "QWidget":
        from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

        frame = QFrame()
        frame.setFrameShape(QFrame.Shape.StyledPanel)
        row = QHBoxLayout(frame)
        words = QVBoxLayout()
        words.setSpacing(2)
        name = label(f"{one.server.removeprefix('https://')}" if one.server else one.id)
        font = name.font()
        font.setBold(True)
        name.setFont(font)
        name.setTextFormat(Qt.TextFormat.PlainText)
        state = label(one.problem or _state_in_words(one))
        state.setTextFormat(Qt.TextFormat.PlainText)
        words.addWidget(name)
        words.addWidget(state)
        row.addLayout(words, 1)
        if one.state is not None:
            self._add_buttons(row, one)
        return frame

    def _add_buttons(self, row: "QHBoxLayout", one: "Summary") -> None:
        goal = Goal.RENEW if one.state is State.ENROLLED else Goal.ENROLL
        words = "start.renew" if goal is Goal.RENEW else "start.resume"
        if one.state in (State.EXPIRED, State.DENIED, State.FAILED):
            words = "start.again"
        act = button(text(words))
        act.setAccessibleName(f"{text(words)}: {one.server}, {one.client_id}")
        act.clicked.connect(lambda: self._go_on(one, goal))
        row.addWidget(act)

    def _go_on(self, one: "Summary", goal: Goal) -> None:
        self._wizard.add_other_pages()
        if self._wizard.approval is not None:
            self._wizard.approval.open(one.id, goal, needs_passphrase=one.protection is Protection.PASSPHRASE)
        self._next = PageId.APPROVAL
        self._wizard.next()


def _state_in_words(one: "Summary") -> str:
    from enroller.text import duration, local_time

    words = text(f"state.{one.state}") if one.state else ""
    ends = one.token_expires_at if one.state is State.ENROLLED else one.approval_expires_at
    if ends is not None and one.state in (State.ENROLLED, State.AWAITING_APPROVAL):
        from enroller.clock import wall

        left = ends - wall()
        if one.state is State.AWAITING_APPROVAL and left > 0:
            words += " " + text("state.ends_in", left=duration(left))
        elif one.state is State.ENROLLED:
            words += " " + text("state.token_until" if left > 0 else "state.token_over", when=local_time(ends))
    return f"{words}\n{one.description} · {one.client_id}" if one.description else f"{words}\n{one.client_id}"
