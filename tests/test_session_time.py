"""The session's time: clocks that are set, leap or stand still, and a machine that wakes up."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller import errors
from enroller.model import Login, Response, Secret, State
from enroller.steps import Answered, Due, End, Failed, Happening, NewVia, Send, Started, Step, Wait, Woken
from tests.fakes import DAY, LIFE, PENDING, WALL, Talk, answer, oauth_error, registered, waiting
from tests.session_steps import BUSY, LOGIN, NO_CONNECTION, polling, until

moved = st.floats(-30 * DAY, 30 * DAY)


def dated(response: Response, when: float) -> Response:
    """The same answer with the service's `Date`."""
    return Response(response.status, {**response.headers, "date": formatdate(when, usegmt=True)}, response.body)


def left(talk: Talk) -> float:
    """What the countdown says."""
    assert talk.session._last is not None
    return left_of(talk.session._last)


def left_of(step: Step) -> float:
    assert step.snapshot.deadline is not None
    return step.snapshot.deadline - step.snapshot.at.boot


class TestAClockThatIsSet:
    @given(moved)
    def test_the_countdown_does_not_notice(self, by: float) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        before = left(talk)
        talk.wall += by
        step = talk.on(Due(), after=5)
        talk.on(Answered(PENDING))
        assert isinstance(step.action, Send), "and nobody is asked more often, or the wait ended"
        assert left(talk) == pytest.approx(before - 5)

    @given(moved)
    def test_nor_does_the_next_run_while_the_machine_runs(self, by: float) -> None:
        talk = polling()
        talk.on(Answered(dated(PENDING, talk.wall)))
        talk.on(Answered(oauth_error("slow_down")))  # which is saved, as is the time
        again = Talk(talk.stored)
        again.boot, again.wall = talk.boot + 60, talk.wall + 60 + by
        again.on(Started())
        again.on(Answered(PENDING))
        assert abs(left(again) - (LIFE - 60)) < 2

    @pytest.mark.parametrize("by", [-DAY, -3600.0, 3600.0, DAY])
    def test_the_end_is_the_services_own_whatever_this_clock_says(self, by: float) -> None:
        """Three days from the registration on: by a clock that is wrong, and is set right after a new start."""
        talk = Talk(waiting(ticket=None, state=waiting().state.SUBMITTING))
        talk.wall = WALL + by
        talk.on(Started())
        talk.on(Answered(dated(registered(), WALL)))
        again = Talk(talk.stored)
        again.session._boot_id, again.boot, again.wall = "another-start", 30.0, WALL + 60
        again.on(Started())
        again.on(Answered(dated(PENDING, WALL + 60)))
        assert abs(left(again) - (LIFE - 60)) < 2

    def test_a_leap_of_the_boot_clock_itself_is_mended_by_the_next_answer(self) -> None:
        """A virtual machine that was stopped: its boot clock stood still for an hour, and nothing here can tell."""
        talk = polling()
        talk.on(Answered(dated(PENDING, WALL)))
        talk.on(Due(), after=5)
        talk.on(Answered(dated(PENDING, WALL + 3605)))
        assert abs(left(talk) - (LIFE - 3605)) < 2

    def test_what_was_learned_is_saved_at_once_where_a_later_run_would_be_far_off(self) -> None:
        talk = polling()
        assert not talk.on(Answered(dated(PENDING, talk.wall))).save
        talk.on(Due(), after=5)
        assert talk.on(Answered(dated(PENDING, talk.wall + DAY))).save
        assert talk.stored.anchor is not None
        assert talk.stored.anchor.true == pytest.approx(talk.wall + DAY, abs=1)

    @pytest.mark.parametrize("nonsense", ["", "yesterday", "Thu, 99 Foo 2026 25:61:61 GMT", "0", "\0"])
    def test_a_date_that_is_none_changes_nothing(self, nonsense: str) -> None:
        talk = polling()
        talk.on(Answered(answer({"error": "authorization_pending"}, 400, date=nonsense)))
        assert left(talk) == pytest.approx(LIFE)

    @pytest.mark.parametrize("stranger", [LOGIN, BUSY, Response(302, {"location": "https://hotel.example/"}, b"")])
    def test_a_strangers_clock_ends_nothing(self, stranger: Response) -> None:
        talk = polling()
        step = talk.on(Answered(PENDING))
        before = left_of(step)
        for _ in range(5):
            talk.on(Due(), after=200)
            step = talk.on(Answered(dated(stranger, WALL + 3650 * DAY)))
            assert step.snapshot.problem is not None
        assert left_of(step) == pytest.approx(before - 1000)
        assert talk.state is State.AWAITING_APPROVAL


class TestWaking:
    def test_one_check_at_once_if_the_interval_allows(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        talk.on(Due(), after=5.1)
        talk.on(Failed(NO_CONNECTION))
        assert until(talk.on(Failed(NO_CONNECTION))) > 19, "asleep in a long back-off"
        step = talk.on(Woken(), after=15)
        assert step.action == Wait(talk.boot)
        assert isinstance(talk.on(Due()).action, Send)

    def test_not_before_the_interval_is_over(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        talk.on(Due(), after=5.1)
        talk.on(Failed(NO_CONNECTION))
        assert 4 < until(talk.on(Woken(), after=1)) <= 4.11

    def test_one_only(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        planned = talk.session._last
        for _ in range(3):
            step = talk.on(Woken(), after=0.1)
            assert planned is not None
            assert step.action == planned.action
            assert not step.news, "nothing has happened that anybody needs to hear of"

    def test_a_service_that_asked_us_to_stay_away_is_obeyed(self) -> None:
        talk = polling()
        step = talk.on(Answered(Response(BUSY.status, {**BUSY.headers, "retry-after": "600"}, BUSY.body)))
        assert talk.on(Woken(), after=30).action == step.action

    def test_past_the_end_one_last_question(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        assert isinstance(talk.on(Due(), after=LIFE + 3600).action, Send)
        step = talk.on(Answered(PENDING))
        assert isinstance(step.action, End)
        assert isinstance(step.action.error, errors.Expired)
        assert "asleep" in step.action.error.message

    def test_while_a_new_api_key_is_wanted_nothing_is_asked(self) -> None:
        talk = Talk(waiting(), patient=True)
        talk.on(Started())
        talk.on(Answered(oauth_error("invalid_client", 401)))
        assert talk.on(Woken(), after=3600).action == Wait(None)


class TestANewWay:
    def test_other_certificates_are_kept_and_tried(self) -> None:
        talk = polling()
        talk.on(Failed(errors.UntrustedIssuer("re-signed")))
        step = talk.on(NewVia(ca_file="/roots/acme.pem", ca_pem="PEM"), after=10)
        assert step.save
        assert (talk.stored.ca_pem, talk.stored.asked.ca_file) == ("PEM", "/roots/acme.pem")
        action = talk.on(Due()).action
        assert isinstance(action, Send)
        assert action.via.ca_pem == "PEM"

    def test_a_login_for_the_proxy_leaves_the_certificates_as_they_are(self) -> None:
        talk = polling(ca_pem="PEM")
        talk.on(Failed(errors.ProxyLogin("wants a login")))
        login = Login("kim", Secret("the-proxy-password"))
        talk.on(NewVia(proxy_login=login), after=10)
        assert (talk.stored.via.ca_pem, talk.stored.via.proxy_login) == ("PEM", login)


def test_a_wait_that_is_woken_says_no_more_than_it_must() -> None:
    talk = polling()
    talk.on(Answered(PENDING))
    talk.on(Due(), after=5.1)
    talk.on(Failed(NO_CONNECTION))
    step = talk.on(Woken(), after=6)
    assert step.snapshot.happening is Happening.PENDING
    assert step.snapshot.problem is None
