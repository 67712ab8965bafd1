"""The real clock. What it shows during sleep cannot be tested here; that it waits, and is woken, can."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from queue import SimpleQueue
from typing import TypeVar

import pytest

from enroller import clock, network
from enroller.clock import Clock

T = TypeVar("T")

WOKEN = "woken"
NOWHERE: tuple[str, ...] = ()
HOME = ("192.168.1.17",)
OFFICE = ("10.1.2.3", "fd00::3")
ENOUGH = 300
"""Readings of a clock after which a wait should have come to its end."""


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


def test_the_start_of_the_machine_has_an_id_that_stays() -> None:
    if sys.platform != "linux":
        pytest.skip("other systems do not tell")
    found = Clock().boot_id()
    assert found is not None
    assert len(found) == 36
    assert found == clock.boot_id()


class TestWaiting:
    def test_ends_when_its_time_has_come(self) -> None:
        real = Clock()
        until = real.boot() + 0.02
        assert real.wait(until, SimpleQueue(), WOKEN) is None
        assert real.boot() >= until

    def test_a_moment_that_has_passed_is_no_wait(self) -> None:
        assert Clock().wait(0.0, SimpleQueue(), WOKEN) is None

    def test_a_command_ends_a_wait_without_end_at_once(self) -> None:
        inbox: SimpleQueue[str] = SimpleQueue()
        threading.Timer(0.02, inbox.put, ("now",)).start()
        assert Clock().wait(None, inbox, WOKEN) == "now"


class TestWaking:
    """Each slice of a wait is a look at both clocks and at the network; here it takes no time."""

    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "SLICE", 0.001)

    @pytest.fixture
    def wait(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str | None]:
        """Waits an hour by clocks, and in networks, that a test tells for each look; the last stays."""

        def run(
            boots: list[float], walls: list[float] | None = None, networks: list[tuple[str, ...]] | None = None
        ) -> str | None:
            real = Clock()
            booted = told(boots)
            read: list[float] = []

            def boot() -> float:
                read.append(booted())
                return read[-1]

            monkeypatch.setattr(real, "boot", boot)
            # Through a sleep both clocks go on; a wall clock of its own is one that somebody sets.
            monkeypatch.setattr(real, "wall", told(walls) if walls else lambda: 1e9 + read[-1])
            monkeypatch.setattr(network, "local_addresses", told(networks or [HOME]))
            return real.wait(3600.0, SimpleQueue(), WOKEN)

        return run

    def test_after_a_sleep_past_the_end_the_wait_is_over(self, wait: Callable[..., str | None]) -> None:
        """The system's timers stand still during sleep, so one long wait would end too late."""
        assert wait([0.0, 1e6]) is None

    def test_after_a_sleep_before_the_end_it_is_woken(self, wait: Callable[..., str | None]) -> None:
        assert wait([0.0, 600.0]) == WOKEN

    @pytest.mark.parametrize("by", [-86_400.0, -3600.0, 3600.0, 86_400.0])
    def test_a_clock_that_was_set_wakes_it(self, by: float, wait: Callable[..., str | None]) -> None:
        assert wait([0.0], [1e9, 1e9 + by]) == WOKEN

    @pytest.mark.parametrize("networks", [[NOWHERE, NOWHERE, HOME], [HOME, NOWHERE, HOME], [HOME, OFFICE]])
    def test_a_network_that_comes_back_wakes_it(
        self, networks: list[tuple[str, ...]], wait: Callable[..., str | None]
    ) -> None:
        assert wait([0.0], networks=networks) == WOKEN

    def test_a_network_that_goes_away_does_not(self, wait: Callable[..., str | None]) -> None:
        assert wait([*[0.0] * 6, 4000.0], networks=[HOME, NOWHERE]) is None

    def test_a_busy_machine_is_not_taken_for_a_sleeping_one(self, wait: Callable[..., str | None]) -> None:
        late = [number * 1.9 for number in range(10)]
        assert wait([*late, 4000.0]) is None


def told(readings: Sequence[T]) -> Callable[[], T]:
    """Reads these one after the other, and then the last one; fails where nobody stops reading."""
    each: Iterator[T] = chain(readings, repeat(readings[-1], ENOUGH))

    def read() -> T:
        for reading in each:
            return reading
        pytest.fail("it waits for ever")

    return read
