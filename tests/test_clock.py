"""The real clock. What it shows during sleep cannot be tested here; that it waits and is woken can."""

import sys
import threading
import time
from queue import SimpleQueue

import pytest

from enroller import clock
from enroller.clock import Clock


def test_the_boot_clock_counts_through_sleep_where_the_system_has_such_a_clock() -> None:
    if sys.platform != "linux":
        pytest.skip("the clocks of other systems have other names")
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= clock.boot() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_nobody_can_set_the_boot_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.boot()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert clock.wall() == 0.0
    assert before <= clock.boot() < before + 60


def test_a_wait_ends_when_its_time_has_come() -> None:
    real = Clock()
    until = real.boot() + 0.02
    assert real.wait(until, SimpleQueue()) is None
    assert real.boot() >= until


def test_a_moment_that_has_passed_is_no_wait() -> None:
    assert Clock().wait(0.0, SimpleQueue()) is None


def test_a_command_ends_a_wait_without_end_at_once() -> None:
    inbox: SimpleQueue[str] = SimpleQueue()
    threading.Timer(0.02, inbox.put, ("now",)).start()
    assert Clock().wait(None, inbox) == "now"


def test_a_wait_looks_at_the_clock_again_after_a_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's timers stand still during sleep, so one long wait would end too late."""
    real, woken = Clock(), iter([0.0, 0.0, 1e6])
    monkeypatch.setattr(clock, "SLICE", 0.01)
    monkeypatch.setattr(real, "boot", lambda: next(woken))
    assert real.wait(3600.0, SimpleQueue()) is None
    assert next(woken, None) is None
