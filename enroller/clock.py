"""A clock that counts while the machine sleeps, and a wait that ends at once when there is news."""

import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")
U = TypeVar("U")

SLICE = 1.0
"""The longest single wait, in seconds. The system's timers stand still during sleep, so we look again this often."""

STIRRED = 2.0
"""Seconds that a slice may take longer, or by which the two clocks may part within it, before we call it a sleep or a
clock that was set."""


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


def boot_id() -> str | None:
    """Which start of the machine the boot clock counts from; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - random(4)
            return file.read(36)
    except OSError:
        return None


class Clock:
    """The real clock; tests bring their own."""

    def boot(self) -> float:
        """See `boot`."""
        return boot()

    def wall(self) -> float:
        """See `wall`."""
        return wall()

    def boot_id(self) -> str | None:
        """See `boot_id`."""
        return boot_id()

    def wait(self, until: float | None, inbox: "SimpleQueue[T]", woken: U) -> T | U | None:
        """What comes into `inbox` before the boot clock reads `until` (None: however long it takes), else None.

        `woken` comes where the machine has slept meanwhile, its clock was set, or it is in another network.
        """
        from queue import Empty

        from enroller.network import local_addresses

        now, addresses = self.boot(), local_addresses()
        drift = self.wall() - now
        while until is None or now < until:
            try:
                return inbox.get(timeout=SLICE if until is None else min(until - now, SLICE))
            except Empty:
                pass
            earlier = now, drift, addresses
            now, addresses = self.boot(), local_addresses()
            drift = self.wall() - now
            slept, was_set = now - earlier[0] > SLICE + STIRRED, abs(drift - earlier[1]) > STIRRED
            elsewhere = addresses not in ((), earlier[2])
            if (slept or was_set or elsewhere) and (until is None or now < until):
                return woken
        return None
