"""Texts for people."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller.text import duration, local_time, plain, rfc3339


class TestPlain:
    @pytest.mark.parametrize(
        ("given_", "shown"),
        [
            ("Laptop 17", "Laptop 17"),
            ("  two\r\nlines\t ", "two lines"),
            ("\x1b[31mred\x1b[0m", "[31mred [0m"),
            ("evil\u202egnp.exe", "evil gnp.exe"),
            ("zero\u200bwidth\ufeff", "zero width"),
            ("blank\u3164letter\U000e0101", "blank letter"),
            ("a\u2028b\u2029c", "a b c"),
            ("\ud800", ""),
            ("\ue000private", "private"),
            ("Größe 北京 🙂", "Größe 北京 🙂"),
            ("", ""),
        ],
    )
    def test_what_a_stranger_sent_is_harmless(self, given_: str, shown: str) -> None:
        assert plain(given_) == shown

    def test_it_is_cut_with_a_sign_of_it(self) -> None:
        assert plain("x" * 400, 10) == "x" * 9 + "…"
        assert plain("x" * 10, 10) == "x" * 10

    @given(st.text(), st.integers(1, 40))
    def test_always_one_short_line_without_anything_invisible(self, text: str, limit: int) -> None:
        shown = plain(text, limit)
        assert len(shown) <= limit
        assert shown == shown.strip()
        assert not any(unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp") for c in shown)
        assert plain(shown, limit) == shown

    def test_a_megabyte_costs_no_more_than_a_line(self) -> None:
        assert len(plain("\n" * 1_000_000 + "x")) == 0


class TestTimes:
    def test_rfc_3339(self) -> None:
        assert rfc3339(0) == "1970-01-01T00:00:00Z"
        assert rfc3339(1_800_000_000.9) == "2027-01-15T08:00:00Z"
        assert rfc3339(None) is None

    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
    def test_a_time_that_no_calendar_has_is_the_first_or_the_last(
        self, zone: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert (rfc3339(-1e300), rfc3339(1e300)) == ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
        assert "9999" in local_time(1e300)
        assert "1970" in local_time(-1e300)
        monkeypatch.undo()
        time.tzset()

    @pytest.mark.parametrize(
        ("seconds", "shown"),
        [
            (-5, "0 s"),
            (0.4, "0 s"),
            (4, "4 s"),
            (59.6, "1 min 0 s"),
            (3599, "59 min 59 s"),
            (3600, "1 h 0 min"),
            (259_199, "2 d 23 h"),
            (259_200, "3 d 0 h"),
        ],
    )
    def test_two_largest_units(self, seconds: float, shown: str) -> None:
        assert duration(seconds) == shown
