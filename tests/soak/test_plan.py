"""Which cases a run takes."""

import pytest

from tests.soak import plan
from tests.soak.case import Case

PLACES = {
    "safeq-enroll": ["write"] * 60 + ["received"] * 2 + ["write"] * 58,
    "safeq-token": ["write"] * 40,
    "privicore-enroll": ["write"] * 340,
}


def test_by_default_each_place_is_taken_once_and_a_tenth_as_many_doubly() -> None:
    cases = plan.cases(PLACES, None, seed=1)
    assert cases[:500] == plan.each_once(PLACES)
    assert len([case for case in cases if len(case.places) == 2]) == 50


def test_the_power_is_cut_at_each_answer_and_at_the_end() -> None:
    cuts = [str(case) for case in plan.cases(PLACES, None, seed=1) if case.power]
    assert cuts == [
        "safeq-enroll:61p",
        "safeq-enroll:62p",
        "safeq-enroll:120p",
        "safeq-token:40p",
        "privicore-enroll:340p",
    ]


def test_fewer_kills_are_spread_evenly_over_all_of_them() -> None:
    cases = plan.cases(PLACES, 50, seed=1)
    assert len(set(cases)) == 50
    assert [sum(case.scenario == name for case in cases) for name in PLACES] == [12, 4, 34]


def test_more_kills_are_power_cuts_and_double_ones() -> None:
    cases = plan.cases(PLACES, 700, seed=1)
    assert sum(len(case.places) for case in cases) in (700, 701)


def test_the_same_seed_makes_the_same_double_kills() -> None:
    assert plan.doubles(PLACES, 20, 3) == plan.doubles(PLACES, 20, 3)
    assert plan.doubles(PLACES, 20, 3) != plan.doubles(PLACES, 20, 4)


@pytest.mark.parametrize(
    "case", [Case("safeq-enroll", (17,)), Case("privicore-token", (3, 12, 1)), Case("safeq-renew", (9,), power=True)]
)
def test_a_case_is_read_as_it_is_written(case: Case) -> None:
    assert Case.parse(str(case)) == case


@pytest.mark.parametrize(
    "text", ["", "safeq-enroll", "safeq-enroll:", "nothing:3", "safeq-enroll:3+", "safeq-enroll:3q"]
)
def test_what_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is none"):
        Case.parse(text)
