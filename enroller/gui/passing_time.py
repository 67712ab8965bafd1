"""How long it can last, or has lasted, and when the service is asked again. Changes every second, and paints little."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from enroller.gui.page import GRID, button
from enroller.gui.parts import StillLabel, beside
from enroller.gui.words import Words
from enroller.model import Approval, Enrollment, State
from enroller.resources import text
from enroller.steps import Happening, Now, Snapshot
from enroller.text import duration, local_time


class PassingTime(QWidget):
    """Two lines and a button that does not wait for the next check."""

    def __init__(self, check_now: Callable[[], None]) -> None:
        super().__init__()
        self._whole = StillLabel()
        font = self._whole.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self._whole.setFont(font)
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
        column.addWidget(beside(self._next, self._check))

    def begin(self, words: str = "") -> None:
        """Nothing is known yet but what `words` say."""
        self._whole.say("")
        self._next.say(words)
        self._check.hide()
        self.show()

    def say(self, words: str) -> None:
        """Something else is happening than waiting."""
        self._next.say(words)
        self._check.hide()

    def tick(self, snapshot: Snapshot, now: Now, words: Words) -> None:
        """Brings both lines up to date; texts change only where the words do, so nothing is painted for nothing."""
        self._check.show()
        enrollment = snapshot.enrollment
        waiting = enrollment.state is State.AWAITING_APPROVAL
        if snapshot.deadline is not None and snapshot.expires_at is not None:
            left = duration(snapshot.deadline - now.boot)
            self._whole.say(words("approval.ends", left=left, when=local_time(snapshot.expires_at)))
        elif waiting and enrollment.progress.requested_at is not None:
            since = enrollment.progress.requested_at
            passed = roughly(now.wall - since)
            self._whole.say(words("approval.since", when=clock_time(since, now.wall), passed=passed))
        if waiting and _is_being_approved(enrollment) and snapshot.problem is None:
            self._next.say(text("approval.approving"))
        elif snapshot.happening is Happening.ASKING:
            self._next.say(words("approval.asking"))
        elif snapshot.next_at is not None:
            left = duration(snapshot.next_at - now.boot)
            self._next.say(words("approval.next" if waiting else "approval.next_try", left=left))


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
