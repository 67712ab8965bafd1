"""The state machine when something goes wrong; see `test_session.py` for when all goes well."""

import pytest

from enroller import errors
from enroller.model import Login, Response, Secret, State
from enroller.services import Goal
from enroller.steps import (
    Answered,
    CannotStore,
    CheckNow,
    Due,
    End,
    Failed,
    Happening,
    NewCredential,
    NewVia,
    SaveFailed,
    Send,
    Started,
    Wait,
)
from tests.fakes import (
    BOOT,
    DAY,
    LIFE,
    PENDING,
    Talk,
    an_enrollment,
    api_key,
    enrolled,
    granted,
    oauth_error,
    registered,
    waiting,
)
from tests.session_steps import BUSY, CUT_OFF, LOGIN, NO_CONNECTION, ended, polling, sent, submitted, until


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


class TestApiKey:
    def test_wrong_while_waiting_it_ends_and_keeps_the_enrollment(self) -> None:
        talk = polling()
        assert isinstance(ended(talk.on(Answered(oauth_error("invalid_client", 401)))), errors.BadApiKey)
        assert (talk.stored.state, talk.stored.ticket) == (State.AWAITING_APPROVAL, waiting().ticket)

    def test_with_somebody_there_it_waits_for_the_new_one_and_stores_it(self) -> None:
        talk = Talk(waiting(), patient=True)
        talk.on(Started())
        step = talk.on(Answered(oauth_error("invalid_client", 401)))
        assert (step.snapshot.happening, step.action) == (Happening.CREDENTIAL_WANTED, Wait(None))
        endpoint, fields, _ = sent(talk.on(NewCredential(api_key("rotated"))))
        assert (endpoint, fields["client_secret"]) == ("token", "rotated")
        assert talk.stored.credential == api_key("rotated")

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
        assert sent(talk.on(NewCredential(api_key("rotated"))))[0::2] == ("register", True)

    def test_wrong_at_a_refresh_the_device_stays_enrolled(self) -> None:
        talk = Talk(enrolled(), goal=Goal.REFRESH)
        talk.on(Started())
        assert isinstance(ended(talk.on(Answered(oauth_error("invalid_client", 401)))), errors.BadApiKey)
        assert (talk.stored.state, talk.stored.grant) == (State.ENROLLED, enrolled().grant)


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


class TestWhatCannotBeStoredIsNotAsked:
    """A grant comes once, so the room for it is proved first."""

    FULL = errors.DiskFull("There is no space left.")

    def test_whoever_has_just_begun_is_told_at_once_and_nothing_is_lost(self) -> None:
        talk = polling()
        step = talk.on(CannotStore(self.FULL))
        assert ended(step) is self.FULL
        assert not step.save
        assert talk.state is State.AWAITING_APPROVAL

    def test_whoever_waits_goes_on_waiting(self) -> None:
        talk = polling()
        talk.on(Answered(PENDING))
        talk.on(Due(), after=5.1)
        step = talk.on(CannotStore(self.FULL))
        assert (step.snapshot.happening, step.snapshot.problem) == (Happening.RETRYING, self.FULL)
        assert 5 <= until(step) <= 5.5

    def test_in_the_window_somebody_may_mend_it(self) -> None:
        talk = Talk(waiting(), patient=True)
        talk.on(Started())
        assert isinstance(talk.on(CannotStore(self.FULL)).action, Wait)

    @pytest.mark.parametrize("goal", [Goal.REFRESH, Goal.RENEW])
    def test_a_device_that_is_enrolled_stays_so(self, goal: Goal) -> None:
        talk = Talk(enrolled(), goal=goal)
        talk.on(Started())
        before = talk.session.enrollment
        assert ended(talk.on(CannotStore(self.FULL))) is self.FULL
        assert talk.session.enrollment.grant == before.grant


class TestAProxysPassword:
    REFUSED = errors.ProxyLogin("The proxy does not accept the user name and password.")
    LOGIN = Login("kim", Secret("an-old-password"))

    def test_one_that_is_refused_is_not_sent_again_and_again(self) -> None:
        talk = polling(proxy_login=self.LOGIN)
        assert ended(talk.on(Failed(self.REFUSED))) is self.REFUSED
        assert talk.stored.state is State.AWAITING_APPROVAL, "and costs no approval"

    def test_in_the_window_another_is_waited_for(self) -> None:
        talk = Talk(waiting(proxy_login=self.LOGIN), patient=True)
        talk.on(Started())
        assert talk.on(Failed(self.REFUSED)).action == Wait(None)
        talk.on(NewVia(proxy_login=Login("kim", Secret("the-new-one"))), after=6)
        assert isinstance(talk.on(Due()).action, Send)

    def test_a_proxy_that_wants_one_and_was_given_none_may_be_another_network_later(self) -> None:
        assert until(polling().on(Failed(self.REFUSED))) > 5
