"""When to ask next."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller import polling
from enroller.polling import Schedule
from tests.fakes import DAY

NOW = 1_000.0
moments = st.floats(0, 1e6)
jitters = st.floats(0, 1)


def plan(**changes: float | None) -> Schedule:
    return polling.begin(
        NOW,
        **{"interval": 5.0, "deadline": NOW + 3 * DAY, "jitter": 0.0, **changes},  # type: ignore[arg-type]
    )


class TestInterval:
    def test_one_interval_and_a_little_passes_before_the_first_poll(self) -> None:
        assert plan().next_at == pytest.approx(NOW + 5.1)

    def test_without_an_interval_it_is_five_seconds(self) -> None:
        assert plan(interval=None).interval == 5.0

    @given(jitters)
    def test_jitter_only_adds_and_never_more_than_a_tenth(self, jitter: float) -> None:
        assert NOW + 5.0 < plan(jitter=jitter).next_at <= NOW + 5.5

    def test_a_pending_answer_asks_again_after_the_interval(self) -> None:
        assert polling.pending(plan(), NOW + 7, 0.0).next_at == pytest.approx(NOW + 12.1)


class TestSlowDown:
    def test_five_seconds_more_for_good(self) -> None:
        slower = polling.slow_down(plan(), NOW, 0.0)
        assert slower.interval == 10.0
        assert polling.pending(slower, NOW, 0.0).next_at >= NOW + 10

    def test_twice_is_ten_seconds_more(self) -> None:
        assert polling.slow_down(polling.slow_down(plan(), NOW, 0.0), NOW, 0.0).interval == 15.0

    @pytest.mark.parametrize(("named", "then"), [(30.0, 30.0), (7.0, 10.0), (None, 10.0)])
    def test_the_servers_own_interval_counts_where_it_is_larger(self, named: float | None, then: float) -> None:
        assert polling.slow_down(plan(), NOW, 0.0, named).interval == then


class TestTrouble:
    def test_back_off_begins_at_twice_the_interval_and_doubles_to_a_minute(self) -> None:
        delays, current = [], plan()
        for _ in range(6):
            current = polling.trouble(current, NOW, 0.0)
            delays.append(round((current.next_at - NOW) / 1.02))
        assert delays == [10, 20, 40, 60, 60, 60]

    def test_an_interval_beyond_a_minute_is_never_undercut(self) -> None:
        assert polling.trouble(plan(interval=90.0), NOW, 0.0).next_at >= NOW + 90

    def test_an_answer_resets_the_back_off(self) -> None:
        calm = polling.pending(polling.trouble(plan(), NOW, 0.0), NOW, 0.0)
        assert polling.trouble(calm, NOW, 0.0).next_at == pytest.approx(NOW + 10.2)

    @pytest.mark.parametrize(("retry_after", "delay"), [(120.0, 120.0), (0.0, 5.0), (7.0, 7.0)])
    def test_retry_after_is_obeyed_but_never_below_the_interval(self, retry_after: float, delay: float) -> None:
        assert polling.trouble(plan(), NOW, 0.0, retry_after).next_at == pytest.approx(NOW + delay * 1.02)

    def test_retry_after_is_clamped_to_the_deadline(self) -> None:
        assert polling.trouble(plan(deadline=NOW + 60), NOW, 0.0, 3600.0).next_at == NOW + 60

    def test_an_end_that_is_years_away_bounds_no_retry_after(self) -> None:
        far = plan(deadline=NOW + 36_500 * DAY)
        assert polling.trouble(far, NOW, 0.0, 3650 * DAY).next_at == pytest.approx(NOW + 7 * DAY, rel=0.02)

    @given(st.integers(0, 5000), jitters)
    def test_days_of_failures_stay_below_the_cap(self, failures: int, jitter: float) -> None:
        after = polling.trouble(Schedule(5.0, NOW, failures=failures), NOW, jitter)
        assert after.next_at - NOW <= 66


class TestDeadline:
    def test_a_question_that_would_come_after_the_end_is_asked_at_the_end(self) -> None:
        assert plan(deadline=NOW + 3).next_at == NOW + 3

    def test_it_is_over_once_a_question_at_the_end_is_answered(self) -> None:
        assert not polling.over(plan(deadline=NOW + 3), NOW + 2.9, answered=True)
        assert polling.over(polling.pending(plan(deadline=NOW + 3), NOW + 3, 0.0), NOW + 3, answered=True)

    def test_after_a_restart_past_the_end_the_last_question_is_asked_now(self) -> None:
        assert polling.at_once(NOW + DAY, interval=5.0, deadline=NOW + 60).next_at == NOW + DAY

    @pytest.mark.parametrize("waking", [NOW + 60, NOW + 600, NOW + DAY])
    def test_a_last_question_without_an_answer_is_repeated_for_two_minutes(self, waking: float) -> None:
        """However long the machine has slept: its network needs a while."""
        last = polling.trouble(plan(deadline=NOW + 60), waking, 0.0)
        assert last.next_at > waking
        assert not polling.over(last, waking + 119, answered=False)
        again = polling.trouble(last, waking + 60, 0.0)
        assert polling.over(again, waking + polling.LAST_QUESTION_GRACE, answered=False)

    def test_for_an_answer_to_the_last_question_no_retry_after_is_obeyed_beyond_that(self) -> None:
        busy = polling.trouble(plan(deadline=NOW + 60), NOW + 60, 0.0, 7 * DAY)
        assert NOW + 60 < busy.next_at <= NOW + 60 + 1.1 * polling.LAST_QUESTION_GRACE
        slow = polling.trouble(plan(interval=300.0, deadline=NOW + 60), NOW + 60, 0.0, 7 * DAY)
        assert slow.next_at >= NOW + 60 + 300, "slow_down holds to the end"

    def test_an_end_that_turns_out_to_be_later_gives_the_last_question_back(self) -> None:
        overdue = polling.trouble(plan(deadline=NOW), NOW, 0.0)
        later = polling.trouble(replace(overdue, deadline=NOW + DAY), NOW + 600, 0.0)
        assert not polling.over(later, NOW + 600, answered=False)

    def test_trouble_before_the_end_never_ends_it(self) -> None:
        assert not polling.over(polling.trouble(plan(deadline=NOW + 3), NOW, 0.0), NOW + DAY, answered=False)

    def test_without_an_end_it_is_never_over(self) -> None:
        endless = plan(deadline=None)
        assert endless.remaining(NOW + 1000 * DAY) is None
        assert not polling.over(endless, NOW + 1000 * DAY, answered=True)

    @given(moments)
    def test_what_remains_is_never_negative(self, later: float) -> None:
        left = plan(deadline=NOW + 60).remaining(NOW + later)
        assert left == pytest.approx(max(0.0, 60 - later))


class TestHurry:
    def test_at_once_where_the_rule_allows_it_already(self) -> None:
        backed_off = polling.trouble(plan(), NOW, 0.0, 300.0)
        assert polling.hurry(backed_off, NOW + 20, NOW, 5.0).next_at == NOW + 20

    def test_not_before_the_rule_allows_it(self) -> None:
        backed_off = polling.trouble(plan(), NOW, 0.0, 300.0)
        assert NOW + 5 < polling.hurry(backed_off, NOW + 1, NOW, 5.0).next_at <= NOW + 5.5

    def test_never_later_than_planned(self) -> None:
        assert polling.hurry(plan(), NOW, NOW, 100.0).next_at == plan().next_at


def test_without_an_end_of_the_wait_no_header_silences_it_for_days() -> None:
    endless = Schedule(5.0, NOW)
    assert polling.trouble(endless, NOW, 0.0, 86_400.0).next_at <= NOW + polling.LONGEST_ABSENCE * 1.1
    assert polling.trouble(endless, NOW, 0.0, 600.0).next_at >= NOW + 600


@given(st.sampled_from(["pending", "slow_down", "trouble"]), jitters, st.floats(1, 300), st.floats(1, 1e5))
def test_no_next_question_comes_sooner_than_the_interval_but_at_the_very_end(
    kind: str, jitter: float, interval: float, life: float
) -> None:
    before = Schedule(interval, NOW, NOW + life)
    after = getattr(polling, kind)(before, NOW, jitter)
    assert after.next_at >= min(NOW + interval, NOW + life)
