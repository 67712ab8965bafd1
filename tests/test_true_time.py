"""What time it is: the machine's clock may be wrong, and be set, and the machine may be started anew."""

from hypothesis import given
from hypothesis import strategies as st

from enroller import true_time
from enroller.model import Anchor
from enroller.true_time import TrueTime
from tests.fakes import BOOT, BOOT_ID, DAY, WALL

KNOWN = Anchor(BOOT_ID, BOOT, WALL, WALL + DAY)
"""The machine's clock was a day behind."""


class TestBeginning:
    def test_the_machines_word_is_all_there_is_at_first(self) -> None:
        assert true_time.begin(None, BOOT_ID, BOOT, WALL).at(BOOT + 5) == WALL + 5

    @given(st.floats(-400 * DAY, 400 * DAY))
    def test_while_the_machine_runs_it_does_not_matter_how_its_clock_is_set(self, by: float) -> None:
        assert true_time.begin(KNOWN, BOOT_ID, BOOT + 60, WALL + 60 + by).at(BOOT + 60) == WALL + DAY + 60

    def test_after_a_new_start_the_clock_is_taken_to_be_as_wrong_as_it_was(self) -> None:
        assert true_time.begin(KNOWN, "another-start", 20.0, WALL + 3600).at(20.0) == WALL + DAY + 3600

    def test_after_a_new_start_time_has_not_run_backwards(self) -> None:
        """The battery of the clock is empty, and it is 2018 again."""
        assert true_time.begin(KNOWN, "another-start", 20.0, WALL - 3000 * DAY).at(20.0) == KNOWN.true

    def test_a_machine_that_was_set_back_to_an_earlier_state_is_a_new_start(self) -> None:
        """A snapshot of a virtual machine: the same start, and its boot clock reads less than we have seen."""
        assert true_time.begin(KNOWN, BOOT_ID, BOOT - 500, WALL + 3600).at(BOOT - 500) == WALL + DAY + 3600

    def test_systems_that_do_not_tell_their_starts_apart_go_by_the_clock(self) -> None:
        unknown = Anchor(None, BOOT, WALL, WALL)
        assert true_time.begin(unknown, None, BOOT + 60, WALL + 3600).at(BOOT + 60) == WALL + 3600


class TestAnswers:
    def test_a_date_that_fits_changes_nothing(self) -> None:
        time = TrueTime(1000.4)
        assert time.corrected(1010.0, asked_at=9.5, answered_at=10.2) == time

    def test_a_date_that_does_not_fit_corrects_it_to_a_second(self) -> None:
        time = TrueTime(1000.0).corrected(5000.0, asked_at=10.0, answered_at=10.2)
        assert abs(time.at(10.1) - 5000.0) <= 1.0

    @given(
        true=st.floats(0, 4e9),
        wrong=st.floats(-4e8, 4e8),
        there=st.floats(0, 30),
        back=st.floats(0, 30),
    )
    def test_what_it_says_is_as_true_as_the_answer_was_quick(
        self, true: float, wrong: float, there: float, back: float
    ) -> None:
        date = float(int(true + there))
        time = TrueTime(true + wrong).corrected(date, asked_at=0.0, answered_at=there + back)
        assert abs(time.at(0.0) - true) <= 1.0 + there + back + 1e-6

    @given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
    def test_one_answer_after_the_other_settles(self, within: list[float]) -> None:
        """Dates are cut to whole seconds; the countdown must not dance with them."""
        time, offsets = TrueTime(0.0), []
        for number, fraction in enumerate(within):
            boot = number * 5.0 + fraction
            time = time.corrected(float(int(7e5 + boot)), asked_at=boot, answered_at=boot)
            offsets.append(time.offset)
        assert max(offsets) - min(offsets) <= 1.0
        assert all(abs(offset - 7e5) <= 1.0 for offset in offsets)


class TestTheLatestThatItMayBe:
    def test_a_clock_that_was_set_back_makes_it_no_earlier(self) -> None:
        assert true_time.latest(KNOWN, BOOT_ID, BOOT + 60, WALL - 900 * DAY) == WALL + DAY + 60

    def test_nor_does_a_boot_clock_that_stood_still(self) -> None:
        """A virtual machine that was stopped for an hour, and whose clock was put right afterwards."""
        assert true_time.latest(KNOWN, BOOT_ID, BOOT + 60, WALL + 3660) == WALL + DAY + 3660

    def test_after_a_new_start_the_clock_may_be_wrong_as_before_or_right_now(self) -> None:
        ahead = Anchor(BOOT_ID, BOOT, WALL + DAY, WALL)
        assert true_time.latest(ahead, "another-start", 20.0, WALL + DAY + 60) == WALL + DAY + 60
        assert true_time.latest(KNOWN, "another-start", 20.0, WALL + 60) == WALL + DAY + 60
