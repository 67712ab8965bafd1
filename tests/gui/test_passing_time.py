"""The words for time that has passed."""

import datetime as dt

import pytest

from enroller.gui.passing_time import clock_time, roughly

NOON = dt.datetime(2026, 11, 22, 12, 0).timestamp()
DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (2 * DAY + 3700, "2 d 1 h"),
    ],
)
def test_from_a_minute_on_seconds_do_not_matter(seconds: float, said: str) -> None:
    assert roughly(seconds) == said


def test_a_moment_of_today_is_told_by_the_clock_and_an_earlier_one_with_its_day() -> None:
    assert clock_time(NOON - 3600, NOON) == "11:00"
    assert clock_time(NOON - DAY, NOON) == "21 November 2026, 12:00"
