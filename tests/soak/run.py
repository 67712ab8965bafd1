"""Kills commands at every place where they touch the disk or the network, then feeds the engine hostile answers.

Each kill is followed by what a technician would type; in the end the device must be enrolled once, with one key and no
secret in the open. Some kills are power cuts, which take what is not durable with them (`17p`), and some meet the
command that goes on as well (`17+5`).
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

from tests.soak import plan
from tests.soak.case import Case, Outcome
from tests.soak.commands import ROOT
from tests.soak.scenarios import SCENARIOS
from tests.soak.workers import Workers

ANSWERS = 100_000
"""Hostile answers of the fuzz run."""

WORKERS = 4
"""More than many machines have cores: one case in fifty waits for the service for 20 seconds."""

PROGRESS = 60.0
"""Seconds between two lines that tell how far it is."""


def main() -> int:
    """Returns the exit status: 0 where everything was survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, metavar="N", help="so many (all places)")
    parser.add_argument("--seed", type=int, default=1, help="of the double kills (1)")
    parser.add_argument("--only", nargs="+", type=_case, metavar="SCENARIO:PLACE", help="these cases alone")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"cases at a time ({WORKERS})")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--kills-only", action="store_true")
    part.add_argument("--fuzz-only", action="store_true")
    options = parser.parse_args()
    failed = False
    if not options.fuzz_only:
        with Workers(options.workers) as workers:
            failed = _kill(workers, options.only, options.kills, options.seed)
    if not options.kills_only and options.only is None:
        fuzz = [sys.executable, "-m", "tests.fuzz.run", "--answers", str(ANSWERS)]
        failed = subprocess.run(fuzz, cwd=ROOT, check=False).returncode != 0 or failed
    return int(failed)


def _case(text: str) -> Case:
    try:
        return Case.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _kill(workers: Workers, only: Sequence[Case] | None, kills: int | None, seed: int) -> bool:
    """Tries the cases and says what became of them; returns whether anything was not survived."""
    begun = time.monotonic()
    if only is not None:
        outcomes = list(workers.attempt(only))
        for outcome in outcomes:
            _tell(outcome)
        return any(outcome.amiss for outcome in outcomes)
    places = workers.points(list(SCENARIOS))
    total = sum(map(len, places.values()))
    cases = plan.cases(places, kills, seed)
    print(f"{total} places to die at in {len(places)} scenarios; {len(cases)} cases", flush=True)
    outcomes = list(_watched(workers.attempt(cases), len(cases), begun))
    for name, found in places.items():
        _sum_up(f"{name:<20} {len(found):4} places", [one for one in outcomes if one.case.scenario == name])
    _sum_up(f"{'in all':<20} {total:4} places", outcomes)
    print(f"{time.monotonic() - begun:.0f} s", flush=True)
    return any(outcome.amiss for outcome in outcomes)


def _watched(outcomes: Iterable[Outcome], count: int, begun: float) -> Iterable[Outcome]:
    """The same; failures are told as they come, and now and then how far it is."""
    told = begun
    for done, outcome in enumerate(outcomes, 1):
        if outcome.amiss:
            _tell(outcome)
        if time.monotonic() - told > PROGRESS:
            told = time.monotonic()
            print(f"  {done} of {count} cases, {told - begun:.0f} s", flush=True)
        yield outcome


def _sum_up(what: str, outcomes: Sequence[Outcome]) -> None:
    kills = sum(len(one.died) for one in outcomes)
    lost = [one for one in outcomes if one.amiss]
    survived = kills - sum(len(one.died) for one in lost)
    print(f"{what} {kills:5} kills {survived:5} survived" + (f"   {len(lost)} CASES FAILED" if lost else ""))


def _tell(outcome: Outcome) -> None:
    where = ", then ".join(f"“{name}”" for name in outcome.died) or "nowhere: it ended before"
    print(f"{outcome.case} died at {where}: {'survived' if not outcome.amiss else 'NOT SURVIVED'}")
    for sentence in outcome.amiss:
        print(f"  {sentence}")
    if outcome.amiss:
        print(f"  again: python3 installer/dev.py soak --only {outcome.case}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
