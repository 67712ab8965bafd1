"""A kill anywhere costs nothing: a spread over all places where a command touches the disk or the network.

`dev.py soak` takes them all; tests/soak tells how. What stands here is what CI has the time for.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from enroller.vault import files
from tests.soak import plan
from tests.soak.case import Bench, Case, Outcome
from tests.soak.commands import Commands
from tests.soak.scenarios import SCENARIOS
from tests.soak.services import Services
from tests.soak.workers import Workers

KILLS = 60

Places = dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers() as workers:
        yield workers


@pytest.fixture(scope="module")
def places(workers: Workers) -> Places:
    """The names of the places that each scenario has."""
    return workers.points(list(SCENARIOS))


@pytest.fixture(scope="module")
def outcomes(workers: Workers, places: Places) -> dict[str, list[Outcome]]:
    """What became of the kills, by scenario."""
    found = defaultdict(list)
    for outcome in workers.attempt(plan.spread(places, KILLS)):
        found[outcome.case.scenario].append(outcome)
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kill_anywhere_is_survived(scenario: str, outcomes: dict[str, list[Outcome]]) -> None:
    assert outcomes[scenario], "no kill of this one"
    assert {f"{one.case} at {one.died}": one.amiss for one in outcomes[scenario] if one.amiss} == {}


def test_nearly_all_of_them_died(outcomes: dict[str, list[Outcome]]) -> None:
    """A run that polls once less has fewer places than the one that counted them."""
    assert sum(len(one.died) for found in outcomes.values() for one in found) > KILLS * 0.9


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_places_are_found_where_the_disk_and_the_network_are_touched(scenario: str, places: Places) -> None:
    found = set(places[scenario])
    assert {"connect", "send", "sent", "received"} <= found
    record = files.staged(Path(files.SEALED)).name
    assert {f"open {record}", f"write {record}", f"fsync {record}", f"rename {files.SEALED}"} <= found
    assert {f"rename {files.VIEW}", f"rename {files.SEALED}.1", "write enroller.log"} <= found


def test_a_command_that_does_not_go_on_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness can fail: nobody goes on here, and somebody wrote a secret where it does not belong."""
    from dataclasses import replace

    lazy = replace(SCENARIOS["safeq-enroll"], again=lambda _: ("list", "--verbose"))
    monkeypatch.setitem(SCENARIOS, "safeq-enroll", lazy)
    with Services() as services, Commands(tmp_path / "home") as commands:
        bench = Bench(services, commands, tmp_path)
        middle = len(bench.points("safeq-enroll")) // 2
        outcome = bench.attempt(Case("safeq-enroll", (middle,)))
    assert len(outcome.died) == 1
    assert any(sentence.startswith("stored are") for sentence in outcome.amiss)
    assert any(sentence.startswith("a program gets no good token") for sentence in outcome.amiss)
