"""A machine that sleeps, as far as one can be had without lying down: the process stands still, and goes on later."""

import signal
import time
from pathlib import Path

import pytest

from enroller.sandbox.server import Sandbox
from tests.integration.conftest import Cli, approve_pending, enroll_with

ASLEEP = 6.5
"""Seconds: longer than the interval, and shorter than the back-off after a failure."""


@pytest.fixture
def patient(cli: Cli, sandbox: Sandbox, api_key_file: Path) -> tuple[str, ...]:
    """An enrollment that asks every 6 seconds."""
    arguments = list(enroll_with(sandbox, api_key_file))
    arguments[arguments.index("--poll-interval") + 1] = "6"
    return tuple(arguments)


def test_a_machine_that_wakes_asks_within_two_seconds(cli: Cli, patient: tuple[str, ...], sandbox: Sandbox) -> None:
    """It has fallen into a back-off of twelve seconds and more; when it wakes, the interval is long over."""
    running = cli.start(*patient)
    running.until("pending")
    sandbox.world.inject("server_error", 1, "token")
    assert running.until("retrying")["next_poll_in"] > ASLEEP + 4
    running.interrupt(signal.SIGSTOP)
    time.sleep(ASLEEP)  # what is tested
    approve_pending(sandbox)
    woken = time.monotonic()
    running.interrupt(signal.SIGCONT)
    running.until("approved")
    assert time.monotonic() - woken < 2
    assert running.end().status == 0
