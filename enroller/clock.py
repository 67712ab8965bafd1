"""A clock that counts while the machine sleeps, and a wait that a command ends at once."""

import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")

SLICE = 1.0
"""The longest single wait, in seconds. The system's timers stand still during sleep, so we look again this often."""


def boot() -> float:
    """Seconds of a clock that nobody can set and that counts through sleep."""
    # One statement with `elif`, so that the type checker leaves out the branches of other systems.
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)  # clock_gettime(2)
    elif sys.platform == "darwin":
        # Goes on during sleep, other than Python's monotonic() there: clock_gettime(3) of macOS.
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    else:
        return time.monotonic()  # Windows: QueryPerformanceCounter and GetTickCount64 count through sleep


def wall() -> float:
    """Seconds since the epoch, as the machine believes."""
    return time.time()


class Clock:
    """The real clock; tests bring their own."""

    def boot(self) -> float:
        """See `boot`."""
        return boot()

    def wall(self) -> float:
        """See `wall`."""
        return wall()

    def wait(self, until: float | None, inbox: "SimpleQueue[T]") -> T | None:
        """What comes into `inbox` before the boot clock reads `until` (None: however long it takes), else None."""
        from queue import Empty

        while True:
            left = SLICE if until is None else until - self.boot()
            if left <= 0:
                return None
            try:
                return inbox.get(timeout=min(left, SLICE))
            except Empty:
                continue
