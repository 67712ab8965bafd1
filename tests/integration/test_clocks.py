"""Clocks that are set, and machines whose boot clock leaps: for real, for one process at a time."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enroller.sandbox.server import Sandbox
from enroller.text import from_rfc3339
from tests.integration.conftest import Cli, Running, approve_pending, enroll_with
from tests.vault.conftest import unavailable

DAY = 86_400.0
HONEST = 2.0
"""Seconds by which a countdown may be wrong."""

SetClock = Callable[[float], None]


@pytest.fixture
def set_clock(cli: Cli, tmp_path: Path) -> Iterator[SetClock]:
    """Sets the wall clock of the command, also while it runs, by so many seconds. The boot clock stays."""
    found = subprocess.run(["faketime", "now", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        unavailable("not installed: faketime")
    setting = tmp_path / "clock"
    library = found.stdout.strip().replace("libfaketime.so", "libfaketimeMT.so")  # for programs with threads
    options = {"FAKETIME_TIMESTAMP_FILE": str(setting), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    cli.through = ("env", f"LD_PRELOAD={library}", *(f"{name}={value}" for name, value in options.items()))

    def by(seconds: float) -> None:
        spare = setting.with_suffix(".new")
        spare.write_text(f"{seconds:+.0f}")
        spare.replace(setting)

    by(0)
    yield by
    cli.through = ()


@pytest.fixture
def begun(cli: Cli, sandbox: Sandbox, api_key_file: Path) -> Callable[[], Running]:
    """Begins an enrollment that asks every half second."""
    arguments = list(enroll_with(sandbox, api_key_file))
    arguments[arguments.index("--poll-interval") + 1] = "0.5"
    return lambda: cli.start(*arguments)


def true_left(sandbox: Sandbox) -> float:
    """Seconds until the only request ends, by the service's own clock."""
    (request,) = sandbox.world.requests()
    return request.expires_at - time.time()


@pytest.mark.parametrize("by", [DAY, -DAY + 3600, 3600.0, -3600.0])
def test_a_clock_that_is_set_while_we_wait_is_not_noticed(
    by: float, begun: Callable[[], Running], set_clock: SetClock, sandbox: Sandbox
) -> None:
    """By a day, or by the hour of daylight saving."""
    running = begun()
    running.until("pending")
    asked = sandbox.world.counts()["token"]
    set_clock(by)
    for _ in range(3):
        assert running.until("pending")["expires_in"] == pytest.approx(true_left(sandbox), abs=HONEST)
    assert sandbox.world.counts()["token"] - asked <= 4, "no burst"
    approve_pending(sandbox)
    assert running.end().status == 0


@pytest.mark.parametrize("settings", [(0.0, DAY), (DAY, 0.0), (-DAY + 3600, 0.0)])
def test_a_clock_that_is_set_between_two_runs_is_not_noticed(
    settings: tuple[float, float], cli: Cli, begun: Callable[[], Running], set_clock: SetClock, sandbox: Sandbox
) -> None:
    """It was right and is wrong now, or it was wrong and somebody has set it right."""
    before, after = settings
    set_clock(before)
    running = begun()
    running.until("registered")
    running.until("pending")
    running.interrupt()
    left = running.end().event("left_pending")
    assert from_rfc3339(str(left["expires_at"])) == pytest.approx(sandbox.world.requests()[0].expires_at, abs=HONEST)
    set_clock(after)
    resumed = cli.start("resume", "--json")
    assert resumed.until("pending")["expires_in"] == pytest.approx(true_left(sandbox), abs=HONEST)
    approve_pending(sandbox)
    assert resumed.end().status == 0


def test_a_token_that_is_over_is_not_given_out_because_the_clock_was_set_back(
    enrolled: Cli, set_clock: SetClock, sandbox: Sandbox
) -> None:
    """Half an hour less than the token's life: by the clock alone it would look fresh for so long after its end."""
    assert enrolled.run("token").status == 0
    set_clock(-1800)
    before = sandbox.world.counts()["refresh"]
    enrolled.through = (*through_time(3600 - 30), *enrolled.through)
    assert enrolled.run("token").status == 0
    assert sandbox.world.counts()["refresh"] == before + 1


class TestABootClockThatLeaps:
    """As that of a virtual machine that was set back to a snapshot, or stood still while the world went on."""

    @pytest.mark.parametrize("by", [3600.0, DAY])
    def test_the_first_answer_puts_it_right(
        self, by: float, cli: Cli, begun: Callable[[], Running], sandbox: Sandbox
    ) -> None:
        running = begun()
        running.until("pending")
        running.kill()
        running.end()
        cli.through = through_time(by)
        resumed = cli.start("resume", "--json")
        assert resumed.until("pending")["expires_in"] == pytest.approx(true_left(sandbox), abs=HONEST)
        approve_pending(sandbox)
        assert resumed.end().status == 0


def through_time(by: float) -> tuple[str, ...]:
    """Starts a command with a boot clock that is so many seconds ahead: time_namespaces(7)."""
    command = ("unshare", "--time", "--boottime", str(int(by)), "--fork", "--kill-child")
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        if os.geteuid() == 0 and os.environ.get("CI"):
            pytest.fail(f"no time namespace: {tried.stderr.decode()}")
        pytest.skip("a time namespace is root's to make")
    return command
