"""The state machine: an event and the time go in, the next action comes out.

Every test here also checks the first rule (`fakes.Talk`): nothing is sent from a state that the vault does not know.
"""

import pytest

from enroller import errors
from enroller.model import Response, Secret, State, Ticket
from enroller.steps import (
    Answered,
    CheckNow,
    Due,
    End,
    Failed,
    GiveUp,
    Goal,
    Happening,
    Leave,
    NewApiKey,
    Proceed,
    SaveFailed,
    Send,
    Started,
    Step,
    Wait,
)
from tests.fakes import (
    BOOT,
    DAY,
    LIFE,
    PENDING,
    WALL,
    Talk,
    an_enrollment,
    enrolled,
    form,
    granted,
    is_signed,
    oauth_error,
    registered,
    waiting,
)

NO_CONNECTION = errors.ConnectionFailed("refused")
CUT_OFF = errors.ConnectionLost("reset")
BUSY = Response(503, {"content-type": "text/plain"}, b"Service Unavailable")
LOGIN = Response(200, {"content-type": "text/html"}, b"<html>Sign in</html>")


def ended(step: Step) -> errors.EnrollerError | None:
    assert isinstance(step.action, End)
    return step.action.error


def until(step: Step) -> float:
    assert isinstance(step.action, Wait)
    assert step.action.until is not None
    return step.action.until - step.snapshot.at.boot


def sent(step: Step) -> tuple[str, dict[str, str], bool]:
    """The endpoint, the parameters, and whether it is signed."""
    assert isinstance(step.action, Send)
    request = step.action.request
    return request.url.rpartition("/")[2], form(request), is_signed(request)


def submitted(**asked: object) -> Talk:
    talk = Talk(an_enrollment(**asked))
    talk.on(Started())
    return talk


def polling(**changes: object) -> Talk:
    """A session with a poll under way."""
    talk = Talk(waiting(**changes))
    talk.on(Started())
    return talk


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
        assert isinstance(ended(talk.on(Answered(PENDING))), errors.Expired)

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


class TestTrouble:
    """No answer, a busy service, a login page: the wait goes on."""

    @pytest.mark.parametrize(
        "event",
        [
            Failed(NO_CONNECTION),
            Failed(CUT_OFF),
            Failed(errors.TimedOut("slow")),
            Failed(errors.NameNotFound("no such name")),
            Failed(errors.NoNetwork("no network")),
            Failed(errors.ProxyLogin("407")),
            Failed(errors.CertificateNotYetValid("clock?")),
            Failed(errors.UntrustedIssuer("who?")),
            Failed(errors.TooLarge("300 KiB")),
            Answered(BUSY),
            Answered(LOGIN),
            Answered(Response(302, {"location": "https://sign-in.hotel.example/"}, b"")),
            Answered(Response(408)),
            Answered(Response(429)),
            Answered(Response(511, {}, b"sign in")),
            Answered(Response(500, {"content-type": "application/json"}, b'{"error":"invalid_client"}')),
            Answered(Response(200, {"content-type": "application/json"}, b'{"access_tok')),
            Answered(Response(200, {"content-type": "application/json"}, b"")),
            Answered(Response(400, {"content-type": "application/json"}, b'{"error":"authorization_pen')),
        ],
        ids=lambda event: type(getattr(event, "error", event)).__name__,
    )
    def test_the_ticket_survives_and_it_is_asked_again_at_twice_the_interval(self, event: Failed | Answered) -> None:
        talk = polling()
        step = talk.on(event)
        assert (step.snapshot.happening, talk.state) == (Happening.RETRYING, State.AWAITING_APPROVAL)
        assert step.snapshot.problem is not None
        assert 10 < until(step) <= 11
        talk.on(Due(), after=until(step))
        assert talk.on(Answered(granted())).snapshot.happening is Happening.APPROVED

    def test_back_off_doubles_to_a_minute_and_an_answer_resets_it(self) -> None:
        talk = polling()
        waits = []
        for _ in range(5):
            step = talk.on(Answered(BUSY))
            waits.append(round(until(step) / 1.02))
            talk.on(Due(), after=until(step))
        assert waits == [10, 20, 40, 60, 60]
        assert 5 < until(talk.on(Answered(PENDING))) <= 5.5

    @pytest.mark.parametrize(
        "headers",
        [
            {"retry-after": "90"},
            {"retry-after": "Fri, 15 Jan 2027 08:01:30 GMT", "date": "Fri, 15 Jan 2027 08:00:00 GMT"},
        ],
    )
    def test_retry_after_in_both_forms_is_obeyed_and_shown(self, headers: dict[str, str]) -> None:
        step = polling().on(Answered(Response(429, headers, b"")))
        assert 90 < until(step) <= 99
        assert step.snapshot.next_at == BOOT + until(step)

    def test_retry_after_is_clamped_to_the_end(self) -> None:
        step = polling().on(Answered(Response(429, {"retry-after": str(int(100 * DAY))}, b"")))
        assert step.snapshot.next_at == step.snapshot.deadline == BOOT + LIFE

    def test_the_request_ends_by_its_deadline_even_if_nobody_answers(self) -> None:
        talk = polling()
        step = talk.on(Failed(NO_CONNECTION))
        questions = 0
        while isinstance(step.action, Wait):
            questions += 1
            talk.on(Due(), after=until(step))
            step = talk.on(Failed(NO_CONNECTION))
        assert isinstance(ended(step), errors.Expired)
        assert talk.boot < BOOT + LIFE + 300
        assert questions > LIFE / 67


class TestFirstStep:
    """Nothing has reached the service yet, so a wrong address or a broken network ends at once."""

    @pytest.mark.parametrize("error", [NO_CONNECTION, errors.NameNotFound("?"), errors.UntrustedIssuer("?")])
    def test_it_fails_at_once_and_everything_is_kept(self, error: errors.Unreachable) -> None:
        talk = submitted()
        assert ended(talk.on(Failed(error))) is error
        assert talk.stored.state is State.KEY_READY

    def test_a_login_page_as_well(self) -> None:
        assert isinstance(ended(submitted().on(Answered(LOGIN))), errors.LoginPage)

    def test_a_busy_service_is_asked_again(self) -> None:
        talk = submitted()
        step = talk.on(Answered(BUSY))
        assert (step.snapshot.happening, talk.state) == (Happening.RETRYING, State.SUBMITTING)
        assert sent(talk.on(Due(), after=until(step)))[0] == "register"


class TestLostAnswerToASubmit:
    @pytest.mark.parametrize("event", [Failed(CUT_OFF), Failed(errors.TimedOut("slow")), Answered(Response(200))])
    def test_the_outcome_is_unknown_and_asked_again_with_the_same_key(self, event: Failed | Answered) -> None:
        talk = submitted()
        first = sent(Talk(an_enrollment()).on(Started()))
        step = talk.on(event)
        assert (step.save, talk.state) == (True, State.OUTCOME_UNKNOWN)
        again = sent(talk.on(Due(), after=until(step)))
        assert (talk.state, again) == (State.SUBMITTING, first)

    def test_then_a_refused_connection_is_no_first_step_any_more(self) -> None:
        talk = submitted()
        step = talk.on(Failed(CUT_OFF))
        talk.on(Due(), after=until(step))
        assert talk.on(Failed(NO_CONNECTION)).snapshot.happening is Happening.RETRYING

    @pytest.mark.parametrize("state", [State.SUBMITTING, State.OUTCOME_UNKNOWN])
    @pytest.mark.parametrize("signed", [True, False])
    def test_after_a_kill_it_is_repeated_as_it_was(self, state: State, signed: bool) -> None:
        talk = Talk(an_enrollment(state=state, signed=signed, approved=signed, nonce="old"))
        endpoint, fields, is_signed_again = sent(talk.on(Started()))
        assert (endpoint, is_signed_again) == ("register", signed)
        assert fields["public_key"] == an_enrollment().key.public_key
        assert talk.on(Failed(NO_CONNECTION)).snapshot.happening is Happening.RETRYING


class TestLostApproval:
    """A 200 whose body is lost may have used the code up."""

    @pytest.mark.parametrize("event", [Failed(CUT_OFF), Failed(errors.TooLarge("300 KiB")), Answered(Response(200))])
    def test_it_is_registered_again_signed_with_the_same_key(self, event: Failed | Answered) -> None:
        talk = polling()
        step = talk.on(event)
        talk.on(Due(), after=until(step))
        step = talk.on(Answered(oauth_error("invalid_grant")))
        endpoint, fields, signed = sent(step)
        assert (endpoint, signed, fields["public_key"]) == ("register", True, an_enrollment().key.public_key)
        assert not step.snapshot.new_approval
        step = talk.on(Answered(registered()))
        assert until(step) == 0
        talk.on(Due())
        assert talk.on(Answered(granted())).snapshot.happening is Happening.APPROVED

    def test_where_that_signature_is_refused_once_unsigned_and_said(self) -> None:
        talk = polling()
        step = talk.on(Failed(CUT_OFF))
        talk.on(Due(), after=until(step))
        talk.on(Answered(oauth_error("invalid_grant")))
        step = talk.on(Answered(oauth_error("invalid_request")))
        assert sent(step)[0::2] == ("register", False)
        assert step.snapshot.new_approval
        refused_again = talk.on(Answered(oauth_error("invalid_request")))
        assert isinstance(ended(refused_again), errors.Refused)
        assert talk.stored.state is State.FAILED

    def test_a_lost_signed_registration_is_repeated_signed(self) -> None:
        talk = polling()
        step = talk.on(Failed(CUT_OFF))
        talk.on(Due(), after=until(step))
        talk.on(Answered(oauth_error("invalid_grant")))
        step = talk.on(Failed(CUT_OFF))
        assert talk.state is State.OUTCOME_UNKNOWN
        assert sent(talk.on(Due(), after=until(step)))[0::2] == ("register", True)

    def test_a_kill_during_a_poll_counts_as_a_lost_answer(self) -> None:
        talk = polling()
        assert sent(talk.on(Answered(oauth_error("invalid_grant"))))[0::2] == ("register", True)

    def test_a_pending_answer_proves_that_nothing_was_lost(self) -> None:
        talk = polling()
        step = talk.on(Answered(PENDING))
        talk.on(Due(), after=until(step))
        assert isinstance(ended(talk.on(Answered(oauth_error("invalid_grant")))), errors.CodeUsedUp)
        assert talk.stored.state is State.FAILED


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


class TestApiKey:
    def test_wrong_while_waiting_it_ends_and_keeps_the_enrollment(self) -> None:
        talk = polling()
        assert isinstance(ended(talk.on(Answered(oauth_error("invalid_client", 401)))), errors.BadApiKey)
        assert (talk.stored.state, talk.stored.ticket) == (State.AWAITING_APPROVAL, waiting().ticket)

    def test_with_somebody_there_it_waits_for_the_new_one_and_stores_it(self) -> None:
        talk = Talk(waiting(), patient=True)
        talk.on(Started())
        step = talk.on(Answered(oauth_error("invalid_client", 401)))
        assert (step.snapshot.happening, step.action) == (Happening.API_KEY_WANTED, Wait(None))
        endpoint, fields, _ = sent(talk.on(NewApiKey(Secret("rotated"))))
        assert (endpoint, fields["client_secret"]) == ("token", "rotated")
        assert talk.stored.api_key == Secret("rotated")

    @pytest.mark.parametrize("patient", [True, False])
    def test_wrong_at_the_first_submit_it_ends_with_the_form_kept(self, patient: bool) -> None:
        talk = Talk(an_enrollment(), patient=patient)
        talk.on(Started())
        assert isinstance(ended(talk.on(Answered(oauth_error("invalid_client", 401)))), errors.BadApiKey)
        assert talk.stored.state is State.KEY_READY

    def test_wrong_at_a_signed_registration_it_costs_no_approval(self) -> None:
        talk = Talk(enrolled(), goal=Goal.RENEW, patient=True)
        talk.on(Started())
        talk.on(Answered(oauth_error("invalid_client", 401)))
        assert sent(talk.on(NewApiKey(Secret("rotated"))))[0::2] == ("register", True)

    def test_wrong_at_a_refresh_the_device_stays_enrolled(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        assert isinstance(ended(talk.on(Answered(oauth_error("invalid_client", 401)))), errors.BadApiKey)
        assert (talk.stored.state, talk.stored.grant) == (State.ENROLLED, enrolled().grant)


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
        assert until(talk.on(CheckNow(), after=1)) == pytest.approx(4)

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


class TestSaveFailed:
    full = errors.DiskFull("no space")

    def test_before_the_submit_it_ends_and_nothing_was_sent(self) -> None:
        talk = Talk(an_enrollment())
        talk.session.on(Started(), talk.on(Started()).snapshot.at)
        assert ended(talk.on(SaveFailed(self.full))) is self.full

    def test_after_the_approval_the_credentials_stay_in_memory_until_there_is_room(self) -> None:
        talk = Talk(waiting(), patient=True)
        talk.on(Started())
        talk.on(Answered(granted()))
        talk.on(Due())
        step = talk.on(SaveFailed(self.full))
        assert (step.snapshot.happening, step.action, talk.state) == (Happening.SAVE_FAILED, Wait(None), State.SAVING)
        assert talk.session.enrollment.grant is not None
        step = talk.on(CheckNow())
        assert (step.save, step.action, talk.state) == (True, End(), State.ENROLLED)

    def test_with_nobody_there_it_ends(self) -> None:
        talk = polling()
        talk.on(Answered(granted()))
        talk.on(Due())
        assert ended(talk.on(SaveFailed(self.full))) is self.full

    def test_a_ticket_that_cannot_be_saved_is_tried_again_on_request(self) -> None:
        talk = Talk(an_enrollment(), patient=True)
        talk.on(Started())
        talk.on(Answered(registered()))
        assert talk.on(SaveFailed(self.full)).action == Wait(None)
        assert talk.on(CheckNow()).save
