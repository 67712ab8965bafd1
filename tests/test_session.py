"""The state machine: an event and the time go in, the next action comes out.

Every test here also checks the first rule (`fakes.Talk`): nothing is sent from a state that the vault does not know.
"""

import pytest

from enroller import errors
from enroller.model import Response, Secret, State, Ticket
from enroller.services import Goal
from enroller.steps import (
    Answered,
    CheckNow,
    Due,
    End,
    Failed,
    GiveUp,
    Happening,
    Leave,
    Proceed,
    Send,
    Started,
    Wait,
)
from tests.fakes import (
    DAY,
    LIFE,
    PENDING,
    WALL,
    Talk,
    an_enrollment,
    enrolled,
    granted,
    oauth_error,
    registered,
    waiting,
)
from tests.session_steps import CUT_OFF, NO_CONNECTION, ended, polling, sent, submitted, until


class TestFromTheFirstByteToTheLast:
    def test_the_whole_way(self) -> None:
        talk = Talk(an_enrollment())
        step = talk.on(Started())
        assert (step.snapshot.happening, talk.state, step.save) == (Happening.SUBMITTING, State.SUBMITTING, True)
        step = talk.on(Answered(registered(state="nonce-1")))
        assert (step.snapshot.happening, talk.state, step.save) == (
            Happening.REGISTERED,
            State.AWAITING_APPROVAL,
            True,
        )
        step = talk.on(Due(), after=until(step))
        assert step.snapshot.happening is Happening.ASKING
        step = talk.on(Answered(PENDING))
        assert (step.snapshot.happening, step.save) == (Happening.PENDING, False)
        talk.on(Due(), after=until(step))
        step = talk.on(Answered(granted()))
        assert (step.action, talk.state) == (Proceed(), State.SAVING)
        step = talk.on(Due())
        assert (step.action, talk.state, step.save) == (End(), State.ENROLLED, True)
        assert step.snapshot.happening is Happening.SAVED

    def test_a_first_registration_is_not_signed_and_carries_a_nonce(self) -> None:
        endpoint, fields, signed = sent(Talk(an_enrollment()).on(Started()))
        assert (endpoint, fields["state"], signed) == ("register", "nonce-1", False)

    def test_what_is_kept_at_the_end(self) -> None:
        talk = polling()
        talk.on(Answered(granted()), after=1)
        talk.on(Due())
        done = talk.stored
        assert done.grant is not None
        assert (done.grant.access_token, done.grant.refresh_token) == (Secret("access-1"), Secret("refresh-1"))
        assert done.grant.expires_at == WALL + 1 + 3600
        assert (done.ticket, done.nonce, done.approved, done.failure) == (None, None, True, None)

    def test_an_enrollment_that_is_done_asks_nothing(self) -> None:
        assert Talk(enrolled()).on(Started()).action == End()


class TestNonce:
    def test_a_wrong_one_is_refused(self) -> None:
        step = submitted().on(Answered(registered(state="somebody-else's")))
        assert isinstance(ended(step), errors.ForgedState)
        assert step.snapshot.enrollment.state is State.FAILED

    def test_an_absent_one_is_accepted_and_told(self) -> None:
        step = submitted().on(Answered(registered()))
        assert step.snapshot.happening is Happening.REGISTERED
        assert not step.snapshot.state_echoed

    def test_each_submit_has_its_own(self) -> None:
        talk = submitted()
        talk.on(Failed(CUT_OFF))
        first = talk.session.enrollment.nonce
        talk = Talk(talk.stored)
        talk.session._nonce = lambda: "another"
        assert sent(talk.on(Started()))[1]["state"] == "another" != first


class TestNormalPolling:
    def test_one_interval_passes_before_the_first_poll(self) -> None:
        assert 5 < until(submitted().on(Answered(registered()))) <= 5.5

    @pytest.mark.parametrize("interval", [8, "8"])
    def test_the_services_interval_is_obeyed_also_as_a_text(self, interval: object) -> None:
        assert 8 < until(submitted().on(Answered(registered(interval=interval)))) <= 8.8

    @pytest.mark.parametrize("interval", [None, "soon", -1, 0, True, [], 1e400])
    def test_nonsense_counts_as_none(self, interval: object) -> None:
        assert 5 < until(submitted().on(Answered(registered(interval=interval)))) <= 5.5

    def test_an_interval_that_was_asked_for_never_undercuts_the_services(self) -> None:
        from dataclasses import replace

        asked = replace(an_enrollment().asked, poll_interval=2.0)
        assert 2 < until(submitted(asked=asked).on(Answered(registered()))) <= 2.2
        assert 8 < until(submitted(asked=asked).on(Answered(registered(interval=8)))) <= 8.8

    def test_the_interval_is_remembered(self) -> None:
        talk = submitted()
        talk.on(Answered(registered(interval=8)))
        assert talk.stored.interval == 8.0


class TestSlowDown:
    def test_five_seconds_more_for_good_also_after_a_restart(self) -> None:
        talk = polling()
        assert until(talk.on(Answered(oauth_error("slow_down")))) > 10
        talk.on(Due(), after=11)
        assert until(talk.on(Answered(PENDING))) > 10
        again = Talk(talk.stored)
        again.on(Started())
        assert until(again.on(Answered(PENDING))) > 10

    @pytest.mark.parametrize("status", [400, 429, 503])
    def test_ten_of_them_never_end_the_wait(self, status: int) -> None:
        talk = polling()
        for times in range(1, 11):
            step = talk.on(Answered(oauth_error("slow_down", status)))
            assert until(step) > 5 + 5 * times
            talk.on(Due(), after=until(step))

    def test_the_servers_larger_value_counts(self) -> None:
        assert until(polling().on(Answered(oauth_error("slow_down", interval=45)))) > 45

    def test_at_the_registration_it_is_a_busy_service(self) -> None:
        step = submitted().on(Answered(oauth_error("slow_down")))
        assert step.snapshot.happening is Happening.RETRYING


class TestClocks:
    @pytest.mark.parametrize("jump", [DAY, -DAY, 400 * DAY])
    def test_a_wall_clock_that_is_moved_changes_nothing(self, jump: float) -> None:
        talk = polling()
        before = talk.on(Answered(PENDING)).snapshot
        talk.wall += jump
        step = talk.on(Due(), after=6)
        assert isinstance(step.action, Send)
        after = talk.on(Answered(PENDING)).snapshot
        assert after.deadline == before.deadline
        assert after.next_at is not None
        assert before.next_at is not None
        assert 5 < after.next_at - after.at.boot <= 5.5

    def test_sleep_past_the_end_asks_once_more_and_then_it_is_expired(self) -> None:
        talk = polling()
        step = talk.on(Answered(PENDING))
        step = talk.on(Due(), after=LIFE + DAY)
        assert isinstance(step.action, Send)
        step = talk.on(Answered(PENDING))
        step = talk.on(Due(), after=until(step)) if isinstance(step.action, Wait) else step
        step = talk.on(Answered(PENDING)) if isinstance(step.action, Send) else step
        assert isinstance(ended(step), errors.Expired)
        assert talk.stored.state is State.EXPIRED

    def test_an_approval_that_came_during_the_sleep_still_counts(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        talk.on(Due(), after=LIFE + DAY)
        assert talk.on(Answered(granted())).snapshot.happening is Happening.APPROVED

    def test_sleep_that_ends_in_time_is_followed_by_one_poll(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        assert isinstance(talk.on(Due(), after=DAY).action, Send)
        assert 5 < until(talk.on(Answered(PENDING))) <= 5.5

    def test_started_again_after_the_end_one_last_question(self) -> None:
        talk = Talk(waiting(ticket=Ticket(Secret("the-code"), WALL - DAY)))
        assert sent(talk.on(Started()))[0] == "token"
        error = ended(talk.on(Answered(PENDING)))
        assert isinstance(error, errors.Expired)
        assert "asleep" in error.message

    def test_a_machine_that_wakes_without_a_network_gets_two_minutes_for_its_last_question(self) -> None:
        talk = Talk(waiting(ticket=Ticket(Secret("the-code"), WALL - DAY)))
        step = talk.on(Started())
        talk.on(Failed(errors.NoNetwork("no network")))
        talk.on(Due(), after=30)
        assert talk.on(Answered(granted())).snapshot.happening is Happening.APPROVED
        talk = Talk(waiting(ticket=Ticket(Secret("the-code"), WALL - DAY)))
        step = talk.on(Started())
        for _ in range(20):
            step = talk.on(Failed(errors.NoNetwork("no network")))
            if isinstance(step.action, End):
                break
            talk.on(Due(), after=until(step))
        assert isinstance(ended(step), errors.Expired)


class TestVerdicts:
    @pytest.mark.parametrize(
        ("code", "error", "state"),
        [
            ("access_denied", errors.Denied, State.DENIED),
            ("expired_token", errors.Expired, State.EXPIRED),
            ("invalid_request", errors.Refused, State.FAILED),
            ("something_new", errors.Refused, State.FAILED),
        ],
    )
    def test_each_ends_the_attempt_in_a_state_of_its_own(
        self, code: str, error: type[errors.EnrollerError], state: State
    ) -> None:
        talk = polling()
        found = ended(talk.on(Answered(oauth_error(code))))
        assert type(found) is error
        assert (talk.stored.state, talk.stored.failure) == (state, error.code)

    def test_an_oauth_error_counts_with_status_200_as_well(self) -> None:
        assert polling().on(Answered(oauth_error("authorization_pending", 200))).snapshot.happening is Happening.PENDING
        assert isinstance(ended(polling().on(Answered(oauth_error("access_denied", 200)))), errors.Denied)

    def test_an_answer_that_breaks_the_protocol_ends_it(self) -> None:
        talk = polling()
        assert isinstance(ended(talk.on(Answered(granted(expires_in="soon")))), errors.ProtocolError)
        assert talk.stored.ticket is not None

    def test_denied_stays_denied_until_somebody_starts_anew(self) -> None:
        assert isinstance(ended(Talk(waiting(state=State.DENIED)).on(Started())), errors.Denied)

    def test_expired_starts_again_with_the_same_key(self) -> None:
        endpoint, fields, signed = sent(Talk(waiting(state=State.EXPIRED)).on(Started()))
        assert (endpoint, signed, fields["public_key"]) == ("register", False, an_enrollment().key.public_key)

    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
    def test_a_ticket_that_is_left_is_asked_for_once_more(self, state: State) -> None:
        talk = Talk(waiting(state=state, failure="refused"))
        assert sent(talk.on(Started()))[0] == "token"
        assert (talk.stored.state, talk.stored.failure) == (State.AWAITING_APPROVAL, None)


class TestRefreshAndRenew:
    def test_the_new_pair_takes_the_place_of_the_old_before_anything_else(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        endpoint, fields, signed = sent(talk.on(Started()))
        assert (endpoint, fields["grant_type"], fields["refresh_token"], signed) == (
            "token",
            "refresh_token",
            "refresh-1",
            True,
        )
        talk.on(Answered(granted(2)))
        talk.on(Due())
        assert talk.stored.grant is not None
        assert talk.stored.grant.refresh_token == Secret("refresh-2")

    def test_without_a_new_refresh_token_the_old_one_stands(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        talk.on(Answered(granted(2, refresh_token=None)))
        talk.on(Due())
        assert talk.stored.grant is not None
        assert talk.stored.grant.refresh_token == Secret("refresh-1")

    @pytest.mark.parametrize("code", ["invalid_grant", "access_denied", "expired_token", "invalid_request"])
    def test_refused_it_registers_again_signed_by_itself(self, code: str) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        assert sent(talk.on(Answered(oauth_error(code))))[0::2] == ("register", True)
        assert talk.stored.grant is not None

    def test_no_answer_leaves_everything_as_it_was(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        assert ended(talk.on(Failed(NO_CONNECTION))) is NO_CONNECTION
        assert (talk.stored.state, talk.stored.grant) == (State.ENROLLED, enrolled().grant)

    def test_a_lost_answer_is_asked_for_again_and_then_registered_again(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        step = talk.on(Failed(CUT_OFF))
        assert talk.state is State.ENROLLED
        assert sent(talk.on(Due(), after=until(step)))[1]["grant_type"] == "refresh_token"
        assert sent(talk.on(Answered(oauth_error("invalid_grant"))))[0::2] == ("register", True)

    def test_nonsense_leaves_everything_as_it_was(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        assert isinstance(ended(talk.on(Answered(granted(token_type="mac")))), errors.ProtocolError)
        assert talk.stored.grant == enrolled().grant

    def test_slow_down_is_a_busy_service_and_no_refusal(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        assert talk.on(Answered(oauth_error("slow_down"))).snapshot.happening is Happening.RETRYING

    def test_without_a_refresh_token_it_registers_again(self) -> None:
        from dataclasses import replace

        grant = enrolled().grant
        assert grant is not None
        talk = Talk(enrolled(grant=replace(grant, refresh_token=None)), goal=Goal.REFRESH)
        assert sent(talk.on(Started()))[0::2] == ("register", True)

    def test_renew_registers_signed_and_gets_its_tokens_without_a_wait(self) -> None:
        talk = Talk(enrolled(), goal=Goal.RENEW)
        assert sent(talk.on(Started()))[0::2] == ("register", True)
        assert until(talk.on(Answered(registered()))) == 0
        assert sent(talk.on(Due()))[0] == "token"
        talk.on(Answered(granted(2)))
        talk.on(Due())
        assert (talk.stored.state, talk.stored.signed) == (State.ENROLLED, False)

    def test_a_failed_renewal_leaves_the_device_enrolled(self) -> None:
        talk = Talk(enrolled(), goal=Goal.RENEW)
        talk.on(Started())
        talk.on(Failed(NO_CONNECTION))
        assert (talk.stored.state, talk.stored.grant) == (State.ENROLLED, enrolled().grant)


class TestCommands:
    def test_check_now_asks_at_once_where_the_interval_allows_it(self) -> None:
        talk = polling()
        talk.on(Answered(Response(429, {"retry-after": "300"}, b"")))
        assert until(talk.on(CheckNow(), after=60)) == 0

    def test_check_now_never_undercuts_the_interval(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        assert 4 < until(talk.on(CheckNow(), after=1)) <= 4.11

    def test_giving_up_ends_it_and_keeps_the_key(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        assert isinstance(ended(talk.on(GiveUp())), errors.Interrupted)
        assert (talk.stored.state, talk.stored.key) == (State.CANCELLED, an_enrollment().key)

    def test_leaving_changes_nothing(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        before, going = talk.stored, errors.StillWaiting("later")
        step = talk.on(Leave(going))
        assert (ended(step), step.save, talk.session.enrollment) == (going, False, before)

    def test_a_renewal_that_is_given_up_leaves_the_device_enrolled(self) -> None:
        talk = Talk(enrolled(), goal=Goal.RENEW)
        talk.on(Started())
        talk.on(Answered(registered()))
        talk.on(GiveUp())
        assert talk.stored.state is State.ENROLLED

    def test_what_is_granted_late_is_recorded(self) -> None:
        """The loop hands the command over after the answer; the answer was a grant, so there is nothing to give up."""
        talk = polling()
        talk.on(Answered(granted()))
        talk.on(Due())
        assert talk.stored.state is State.ENROLLED
