"""A device whose clock is wrong: what is counted down is true, and no time of day misleads."""

import pytest

from enroller.clock import Clock
from enroller.gui.prefill import Prefill
from enroller.sandbox.server import Sandbox
from tests.gui.person import Person
from tests.gui.stories import Open, newest, submits, with_asked

DAY = 86_400.0


@pytest.fixture(params=[DAY, -DAY], ids=["a day ahead", "a day behind"])
def off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds by which the clock of this device is ahead."""
    off: float = request.param
    real = Clock.wall
    monkeypatch.setattr(Clock, "wall", lambda clock: real(clock) + off)
    return off


def test_the_countdown_is_the_services_and_the_clock_is_said_to_be_wrong(
    off: float, open_window: Open, filled: Prefill
) -> None:
    person = open_window(filled)
    submits(person)
    said = "ahead of" if off > 0 else "behind"
    person.waits_for("The request ends in 2 d 23 h", f"This device's clock is 1 d 0 h {said} the service's")
    assert not person.sees("The request ends in 2 d 23 h ("), "a time of day by which clock?"


def test_the_token_is_valid_for_so_long(off: float, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
    person = open_window(filled)
    submits(person)
    sandbox.world.approve(newest(sandbox))
    person.waits_for("This device is enrolled", "valid for ", ", then refreshed by itself")


@pytest.mark.usefixtures("off")
def test_privicore_waits_for_so_long(open_window: Open, filled_privicore: Prefill) -> None:
    person = open_window(with_asked(filled_privicore))
    submits(person)
    person.waits_for("Waiting for ", " s", "the service's, so no time of day is shown")
    assert not person.sees("Waiting since")


def test_a_clock_that_is_right_shows_the_time_of_the_end(open_window: Open, filled: Prefill) -> None:
    person: Person = open_window(filled)
    submits(person)
    assert person.sees("The request ends in ", "20")
    assert not person.sees("This device's clock")
