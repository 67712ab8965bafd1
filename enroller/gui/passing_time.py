"""How long it can last, or has lasted, and when the service is asked again. Changes every second, and paints little."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from enroller.gui.page import GRID, button
from enroller.gui.parts import StillLabel, beside
from enroller.gui.words import Words
from enroller.model import Approval, Enrollment, State
from enroller.resources import text
from enroller.steps import Happening, Now, Snapshot
from enroller.text import duration, local_time

SECOND = 1000
"""Milliseconds between two looks at the clock while somebody can see the countdown."""

CLOCK_IS_RIGHT = 120.0
"""Seconds by which this device's clock may differ from the service's before its times of day would mislead."""


class Clock(Protocol):
    """What counts through sleep, and what the machine believes; `clock.Clock` is the real one."""

    def boot(self) -> float: ...

    def wall(self) -> float: ...


class PassingTime(QWidget):
    """Three lines and a button that does not wait for the next check. The timer runs only while they can be seen.

    `over`: the request has come to its end while nobody asks the service, since something is asked here.
    """

    over = Signal()

    def __init__(self, clock: Clock, check_now: Callable[[], None]) -> None:
        super().__init__()
        self._clock = clock
        self._followed: tuple[Snapshot, Words] | None = None
        self._is_over = False
        self._ticker = QTimer(self)
        self._ticker.setInterval(SECOND)
        self._ticker.timeout.connect(self._tick)
        self._whole = StillLabel()
        font = self._whole.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self._whole.setFont(font)
        self._off = StillLabel()
        self._off.hide()
        self._next = StillLabel()
        self._check = button(text("approval.check_now"))
        self._check.clicked.connect(check_now)
        room = self._check.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # nothing moves when there is nothing to check
        self._check.setSizePolicy(room)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self._whole)
        column.addWidget(self._off)
        column.addWidget(beside(self._next, self._check))

    def begin(self, words: str = "") -> None:
        """Nothing is known yet but what `words` say."""
        self.stop()
        self._whole.say("")
        self._off.hide()
        self._next.say(words)
        self._check.hide()
        self.show()

    def say(self, words: str) -> None:
        """Something else is happening than waiting."""
        self._next.say(words)
        self._check.hide()

    def follow(self, snapshot: Snapshot, words: Words) -> None:
        """Counts down what a snapshot tells, until the next one."""
        ends = snapshot.deadline is not None and snapshot.enrollment.state is State.AWAITING_APPROVAL
        self._followed = (snapshot, words) if ends or is_asked(snapshot) else None
        self._is_over = False
        if snapshot.happening is Happening.RETRYING and not is_asked(snapshot):
            self.say("")  # it waits for somebody, not for a time
        self._tick()
        self._run()

    def stop(self) -> None:
        """Nothing is waited for any more."""
        self._followed = None
        self._ticker.stop()

    def watch(self, window: QWidget) -> None:
        """Where that window is minimized, nobody looks, and no timer runs."""
        window.installEventFilter(self)

    def showEvent(self, event: QShowEvent) -> None:
        """The countdown goes on."""
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: no timer."""
        super().hideEvent(event)
        self._ticker.stop()

    def eventFilter(self, _watched: object, event: QEvent) -> bool:
        """The window was minimized or comes back."""
        if event.type() == QEvent.Type.WindowStateChange:
            self._run()
        return False

    def _run(self) -> None:
        minimized = self.window().windowState() & Qt.WindowState.WindowMinimized
        if self._followed is None or not self.isVisible() or minimized:
            self._ticker.stop()
        elif not self._ticker.isActive():
            self._tick()
            self._ticker.start()

    def _tick(self) -> None:
        if self._followed is not None:
            self._paint(*self._followed, Now(self._clock.boot(), self._clock.wall()))

    def _paint(self, snapshot: Snapshot, words: Words, now: Now) -> None:
        """Brings all lines up to date; texts change only where the words do, so nothing is painted for nothing."""
        self._check.setVisible(is_asked(snapshot))
        enrollment = snapshot.enrollment
        waiting = enrollment.state is State.AWAITING_APPROVAL
        off = clock_off(snapshot, now)
        whole = how_long(snapshot, Now(now.boot, now.wall - off), words, by_the_clock=abs(off) <= CLOCK_IS_RIGHT)
        if whole:
            self._whole.say(whole)
        if abs(off) > CLOCK_IS_RIGHT:
            way = "approval.clock_ahead" if off > 0 else "approval.clock_behind"
            self._off.say(words(way, off=roughly(60 * round(abs(off) / 60))))
        self._off.setVisible(abs(off) > CLOCK_IS_RIGHT)
        if not is_asked(snapshot):
            self._say_over(snapshot, now)
        elif waiting and _is_being_approved(enrollment) and snapshot.problem is None:
            self._next.say(text("approval.approving"))
        elif snapshot.happening is Happening.ASKING:
            self._next.say(words("approval.asking"))
        elif snapshot.next_at is not None:
            left = duration(snapshot.next_at - now.boot)
            self._next.say(words("approval.next" if waiting else "approval.next_try", left=left))

    def _say_over(self, snapshot: Snapshot, now: Now) -> None:
        """Nobody asks the service, so that nobody else tells of the end."""
        if snapshot.deadline is None or now.boot < snapshot.deadline:
            return
        self._whole.say(text("approval.over"))
        if not self._is_over:
            self._is_over = True
            self.over.emit()


def is_asked(snapshot: Snapshot) -> bool:
    """Whether the service is asked just now, or will be by itself."""
    return snapshot.next_at is not None or snapshot.happening is Happening.ASKING


def clock_off(snapshot: Snapshot, now: Now) -> float:
    """Seconds by which this device's clock is ahead of the service's, as far as its answers have told."""
    return now.wall - (snapshot.at.wall + now.boot - snapshot.at.boot)


def how_long(snapshot: Snapshot, now: Now, words: Words, *, by_the_clock: bool) -> str:
    """How long the request lasts still, or is waited for already; with times of day where the clock is right.

    `now`: by the service's clock. Empty where nobody waits for an approval yet.
    """
    progress = snapshot.enrollment.progress
    if snapshot.deadline is not None and snapshot.expires_at is not None:
        left = duration(snapshot.deadline - now.boot)
        if not by_the_clock:
            return words("approval.ends_in", left=left)
        return words("approval.ends", left=left, when=local_time(snapshot.expires_at))
    if snapshot.enrollment.state is State.AWAITING_APPROVAL and progress.requested_at is not None:
        passed = roughly(now.wall - progress.requested_at)
        if not by_the_clock:
            return words("approval.since_long", passed=passed)
        return words("approval.since", when=clock_time(progress.requested_at, now.wall), passed=passed)
    return ""


def roughly(seconds: float) -> str:
    """A length of time that has passed, without seconds from a minute on: 42 s, 12 min, 1 h 5 min."""
    minutes = int(seconds) // 60
    return f"{minutes} min" if 1 <= minutes < 60 else duration(int(seconds))


def clock_time(when: float, now: float) -> str:
    """The time of a moment in the past, with its day where that is not today."""
    day, _, time = local_time(when).rpartition(", ")
    return time if day == local_time(now).rpartition(", ")[0] else f"{day}, {time}"


def _is_being_approved(enrollment: Enrollment) -> bool:
    return enrollment.asked.approve and enrollment.progress.approval is not Approval.REJECTED
