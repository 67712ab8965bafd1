"""Which cases a run takes, of all there are. Pure: the same every time."""

import random
from collections.abc import Mapping, Sequence

from tests.soak.case import Case

Places = Mapping[str, Sequence[str]]
"""The names of the places that each scenario has, in their order."""

ANSWERED = "received"
"""The name of a place where the service has done something, and what the device knows of it is not stored yet."""


def each_once(places: Places) -> list[Case]:
    """A kill at every place."""
    return [Case(name, (number,)) for name, found in places.items() for number in range(1, len(found) + 1)]


def spread(places: Places, kills: int) -> list[Case]:
    """So many kills, evenly over all places."""
    cases = each_once(places)
    return [cases[number * len(cases) // kills] for number in range(min(kills, len(cases)))]


def doubles(places: Places, count: int, seed: int) -> list[Case]:
    """So many cases in which the command that goes on is killed as well, each at a place by chance."""
    chance = random.Random(seed)
    cases = each_once(places)
    found = []
    for _ in range(count):
        first = chance.choice(cases)
        found.append(Case(first.scenario, (*first.places, chance.randint(1, len(places[first.scenario])))))
    return found


def power_cuts(places: Places) -> list[Case]:
    """A power cut at every answer and at the end: what the service was asked for must be durable by then.

    In between, a kill leaves more, and less is what an earlier one leaves.
    """
    found = []
    for name, names in places.items():
        answers = [number for number, place in enumerate(names, 1) if place == ANSWERED]
        found += [Case(name, (number,), power=True) for number in (*answers, len(names))]
    return found


def cases(places: Places, kills: int | None, seed: int) -> list[Case]:
    """What a run takes that was asked for `kills`, power cuts included; for all of them where that is None."""
    singles = each_once(places)
    if kills is None:
        return [*singles, *power_cuts(places), *doubles(places, len(singles) // 10, seed)]
    if kills <= len(singles):
        return spread(places, kills)
    cuts = power_cuts(places)[: kills - len(singles)]
    more = kills - len(singles) - len(cuts)
    return [*singles, *cuts, *doubles(places, (more + 1) // 2, seed)]
