"""What is on this device already: a row for each enrollment, with what can be done next."""

from collections.abc import Callable, Container

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from enroller.clock import wall
from enroller.errors import TooNew
from enroller.gui.page import GRID, button, label
from enroller.gui.passing_time import clock_time
from enroller.gui.words import Words, words
from enroller.model import State
from enroller.resources import text
from enroller.services import Goal
from enroller.text import duration, local_time, plain
from enroller.vault import Summary

GoOn = Callable[[Summary, Goal], None]
Remove = Callable[[Summary], None]

OVER = frozenset({State.CANCELLED, State.DENIED, State.EXPIRED, State.FAILED})
"""What has come to nothing, and may be forgotten here."""


HOUR = 3600.0
"""Seconds; of less than that, the end is told by the clock: what stands here is not counted down."""


class StoredList(QScrollArea):
    """What waits comes first: it is what the technician has most likely come back for. `copied`: ids of another's."""

    def __init__(self, known: list[Summary], copied: Container[str], go_on: GoOn, remove: Remove) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GRID)
        for one in sorted(known, key=lambda x: (x.state is State.ENROLLED, -(x.created_at or 0))):
            rows.addWidget(_row(one, one.id in copied, go_on, remove))
        rows.addStretch(1)
        self.setWidget(inside)


def _row(one: Summary, is_copied: bool, go_on: GoOn, remove: Remove) -> QWidget:
    frame = QFrame()
    frame.setFrameShape(QFrame.Shape.StyledPanel)
    row = QHBoxLayout(frame)
    lines = QVBoxLayout()
    lines.setSpacing(2)
    name = label(plain(one.server.removeprefix("https://"), 100) or one.id)
    font = name.font()
    font.setBold(True)
    name.setFont(font)
    state = label(_what_is_wrong(one) if one.problem else _in_words(one, is_copied))
    for said in (name, state):
        said.setTextFormat(Qt.TextFormat.PlainText)
        lines.addWidget(said)
    row.addLayout(lines, 1)
    if one.state is not None:
        goal = Goal.RENEW if one.state is State.ENROLLED else Goal.ENROLL
        row.addWidget(_button(text(f"start.{_verb(one.state)}"), one, lambda: go_on(one, goal)))
        if one.state in OVER and not one.approved:
            row.addWidget(_button(text("start.remove"), one, lambda: remove(one)))
    elif not one.is_newer:
        row.addWidget(_button(text("start.remove"), one, lambda: remove(one)))
    return frame


def _button(words: str, one: Summary, act: Callable[[], None]) -> QPushButton:
    made = button(words)
    made.setAccessibleName(plain(f"{words}: {one.server or one.id}, {one.identity}".removesuffix(", ")))
    made.setAutoDefault(True)  # Return presses it while it has the focus
    made.clicked.connect(act)
    return made


def _verb(state: State) -> str:
    if state is State.ENROLLED:
        return "renew"
    return "again" if state in (State.EXPIRED, State.DENIED, State.FAILED) else "resume"


def _what_is_wrong(one: Summary) -> str:
    said = plain(one.problem or "")
    return f"{said}\n{TooNew.advice}" if one.is_newer else said


def _in_words(one: Summary, is_copied: bool) -> str:
    said_by = words(one.service) if one.service else text
    who = dict.fromkeys(filter(None, (plain(one.description, 100), plain(one.identity, 100))))
    said = [text("state.copied")] if is_copied else _how_it_stands(one, said_by)
    return f"{' '.join(said)}\n{' · '.join(who)}"


def _how_it_stands(one: Summary, words: Words) -> list[str]:
    said = [words(f"state.{one.state}")]
    if one.state is State.AWAITING_APPROVAL and one.approval_expires_at is not None:
        said.append(when_it_ends(one.approval_expires_at, wall()))
    elif one.state is State.ENROLLED and one.token_expires_at is not None:
        over = one.token_expires_at <= wall()
        said.append(words("state.token_over" if over else "state.token_until", when=local_time(one.token_expires_at)))
    return said


def when_it_ends(end: float, now: float) -> str:
    """A sentence that stays true while nobody counts: in how long, or from an hour before the end on, when."""
    left = end - now
    if left > HOUR:
        return text("state.ends_in", left=duration(left))
    return text("state.ends_at" if left > 0 else "state.ended_at", when=clock_time(end, now))
