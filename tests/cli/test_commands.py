"""The decisions inside the commands: which enrollment is meant, and whether a token is fresh."""

import pytest

from enroller.cli.commands import _fresh
from enroller.cli.select import select
from enroller.errors import InputError
from enroller.model import Grant, Secret, State
from enroller.vault import Summary
from tests.fakes import WALL, an_enrollment, enrolled

WAITING = Summary("aaaa", state=State.AWAITING_APPROVAL, client_id="laptop-17", server="https://acme.example")
DONE = Summary("bbbb", state=State.ENROLLED, client_id="laptop-18", server="https://acme.example")
BROKEN = Summary("cccc", problem="It is damaged.")


class TestWhichOneIsMeant:
    def test_the_one_that_is_named_whatever_its_state(self) -> None:
        assert select([WAITING, DONE], "bbbb", lambda _: False, "show") is DONE

    def test_the_only_one_that_is_eligible(self) -> None:
        assert select([WAITING, DONE, BROKEN], None, lambda x: x.state is State.ENROLLED, "renew") is DONE

    def test_several_are_listed(self) -> None:
        with pytest.raises(InputError, match="several") as unclear:
            select([WAITING, DONE], None, lambda _: True, "show")
        assert "aaaa" in unclear.value.advice
        assert "bbbb" in unclear.value.advice

    def test_none_lists_what_there_is(self) -> None:
        with pytest.raises(InputError, match="no enrollment to renew") as unclear:
            select([WAITING], None, lambda x: x.state is State.ENROLLED, "renew")
        assert "aaaa  awaiting_approval  laptop-17" in unclear.value.advice

    def test_one_that_cannot_be_read_is_not_passed_over_in_silence(self) -> None:
        """Opening it repairs it, or says what is wrong."""
        assert select([WAITING, BROKEN], None, lambda x: x.state is State.ENROLLED, "renew") is BROKEN
        assert select([DONE, BROKEN], None, lambda x: x.state is State.ENROLLED, "renew") is DONE

    def test_where_there_is_nothing_the_advice_is_how_to_begin(self) -> None:
        with pytest.raises(InputError) as unclear:
            select([], None, lambda _: True, "show")
        assert "enroller enroll" in unclear.value.advice

    def test_a_name_that_is_unknown_is_repeated_harmlessly(self) -> None:
        with pytest.raises(InputError) as unclear:
            select([DONE], "no\x1b[2J", lambda _: True, "show")
        assert unclear.value.message.isprintable()


class TestFresh:
    """A token is refreshed when less than a minute, or a tenth of its life, is left."""

    @pytest.mark.parametrize(
        ("life", "left", "fresh"),
        [
            (3600, 3600, True),
            (3600, 61, True),
            (3600, 60, False),
            (3600, 0, False),
            (3600, -10, False),
            (100, 11, True),
            (100, 10, False),
            (1, 0.2, True),
        ],
    )
    def test_how_much_must_be_left(self, life: float, left: float, fresh: bool) -> None:
        grant = Grant(Secret("a"), None, issued_at=WALL, expires_at=WALL + life)
        assert _fresh(enrolled(grant=grant), WALL + life - left) is fresh

    def test_a_clock_that_went_back_behind_the_issue_tells_nothing(self) -> None:
        assert not _fresh(enrolled(), WALL - 1)

    def test_without_a_token_there_is_none(self) -> None:
        assert not _fresh(an_enrollment(), WALL)
