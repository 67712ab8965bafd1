"""SAFEQ Cloud: the contract of every adapter, the published example, and what is particular to this service."""

import base64
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qsl

import pytest

from enroller import errors, keys
from enroller.model import Asked, ClientType, Enrollment, Grant, KeyType, Response, Secret, State, Ticket
from enroller.services import Goal, NotYet, Outcome, Registered
from enroller.services.safeq_cloud import SafeqCloud
from enroller.text import from_rfc3339
from tests.fakes import (
    PENDING,
    WALL,
    an_enrollment,
    answer,
    api_key,
    enrolled,
    form,
    granted,
    oauth_error,
    registered,
    vector,
    vector_key,
    waiting,
)
from tests.services.contract import SHAPELESS, ServiceContract, row

SIGNATURE = "HCP-Request-Signature"


REGISTER = row(SafeqCloud(), Goal.ENROLL, "register")
POLL = row(SafeqCloud(), Goal.ENROLL, "poll")
REFRESH = row(SafeqCloud(), Goal.REFRESH, "refresh")


def register(enrollment: Enrollment, said: Response, now: float) -> Registered:
    """What a registration's answer means."""
    got = REGISTER.parse(enrollment, said, now)
    assert isinstance(got, Registered)
    return got


def grant(got: Outcome) -> Grant:
    """What was granted."""
    assert isinstance(got, Grant)
    return got


class TestContract(ServiceContract):
    service = SafeqCloud()
    situations: ClassVar = {
        (Goal.ENROLL, "register"): an_enrollment(nonce="a-nonce"),
        (Goal.ENROLL, "poll"): waiting(),
        (Goal.REFRESH, "refresh"): enrolled(),
    }
    good: ClassVar = {"register": registered(), "poll": granted(), "refresh": granted()}
    probed = oauth_error("invalid_request")
    secrets = ("the-api-key", "the-code", "access-1", "refresh-1")
    strangers = SHAPELESS


class TestRequests:
    def test_a_first_registration_is_not_signed_and_a_second_is(self) -> None:
        first = REGISTER.build(an_enrollment(nonce="a-nonce"))
        second = REGISTER.build(an_enrollment(nonce="a-nonce", signed=True))
        assert first.body == second.body
        assert second.headers.keys() - first.headers.keys() == {SIGNATURE}

    @pytest.mark.parametrize("client_type", ClientType)
    def test_every_client_type_and_every_text_can_be_asked_for(self, client_type: ClientType) -> None:
        asked = replace(an_enrollment().asked, client_type=client_type, client_id="Büro & 7", description="+%=?")
        assert REGISTER.build(an_enrollment(asked=asked)).body.isascii()

    @pytest.mark.parametrize("key_type", SafeqCloud().key_types)
    def test_the_signature_covers_the_exact_body(self, key_type: KeyType) -> None:
        pair = keys.generate(key_type, rsa_bits=2048, device="laptop-17", now=WALL)
        request = REGISTER.build(an_enrollment(key=pair, signed=True))
        signature = base64.b64decode(request.headers[SIGNATURE], validate=True)
        assert keys.verify(pair.key_type, base64.b64decode(pair.public_key), request.body, signature)

    def test_without_a_ticket_or_a_token_there_is_nothing_to_ask(self) -> None:
        with pytest.raises(ValueError, match="nothing to poll"):
            POLL.build(an_enrollment())
        with pytest.raises(ValueError, match="nothing to refresh"):
            REFRESH.build(an_enrollment())

    def test_no_outcome_is_pushed(self) -> None:
        assert SafeqCloud().channel(waiting()) is None
        assert SafeqCloud().parse_push(waiting(), b"{}", WALL) is None

    def test_a_refused_api_key_can_only_be_replaced(self) -> None:
        assert SafeqCloud().sign_out(waiting()) is None

    def test_without_an_api_key_one_is_asked_for(self) -> None:
        with pytest.raises(errors.BadApiKey):
            REGISTER.build(an_enrollment(credential=None))


class TestAnswers:
    def test_a_registration(self) -> None:
        got = REGISTER.parse(an_enrollment(nonce=None), registered(), WALL)
        assert isinstance(got, Registered)
        assert got.ticket.device_code
        assert got.ticket.expires_at is not None

    def test_not_yet(self) -> None:
        assert POLL.parse(waiting(), PENDING, WALL) == NotYet()
        slower = POLL.parse(waiting(), oauth_error("slow_down"), WALL)
        assert isinstance(slower, NotYet)
        assert slower.slow_down

    def test_credentials(self) -> None:
        for got in (POLL.parse(waiting(), granted(), WALL), REFRESH.parse(enrolled(), granted(), WALL)):
            assert isinstance(got, Grant)
            assert isinstance(got.access_token, Secret)
            assert got.issued_at == WALL < got.expires_at


class TestPublishedExample:
    """docs.ysoft.cloud, page "Request example": byte for byte."""

    def published(self, **changes: object) -> Enrollment:
        asked = Asked(
            server="https://acme.example:7400",
            client_id="0966a26c-a5fc-4276-9c6b-587d02aceb91",
            client_type=ClientType.PRINTER,
            description="",
        )
        return an_enrollment(asked=asked, key=vector_key(), credential=api_key("mykey"), nonce=None, **changes)

    def test_the_registration(self) -> None:
        request = REGISTER.build(self.published())
        assert request.body.decode() == vector()["register_body"]
        assert (request.method, request.url) == ("POST", "https://acme.example:7400/oauth/v1/register")
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert SIGNATURE not in request.headers

    def test_its_answer(self) -> None:
        got = register(self.published(), answer(vector()["register_response"]), WALL)
        assert got.ticket == Ticket(Secret("wVgzOcLwemGJPfY_d01E3PA8H3k"), WALL + 259_200)
        assert not got.state_echoed

    def test_the_poll_and_its_signature(self) -> None:
        ticket = Ticket(Secret(vector()["register_response"]["device_code"]), WALL + 259_200)
        request = POLL.build(self.published(state=State.AWAITING_APPROVAL, ticket=ticket))
        assert request.body.decode() == vector()["token_body"]
        assert request.headers[SIGNATURE] == vector()["token_signature_base64"]
        assert request.url == "https://acme.example:7400/oauth/v1/token"

    @pytest.mark.parametrize("status", [200, 400, 401, 403])
    def test_the_published_answer_means_not_yet_whatever_its_status(self, status: int) -> None:
        assert POLL.parse(waiting(), answer(vector()["token_response"], status), WALL) == NotYet()


class TestRegister:
    def test_all_parameters(self) -> None:
        request = REGISTER.build(an_enrollment(nonce="a-nonce"))
        assert parse_qsl(request.body.decode(), strict_parsing=True) == [
            ("client_id", "laptop-17"),
            ("client_secret", "the-api-key"),
            ("client_type", "desktop_client"),
            ("client_description", "Laptop 17"),
            ("public_key", vector()["public_key_base64"]),
            ("key_type", "ed25519"),
            ("response_type", "device_code"),
            ("state", "a-nonce"),
        ]

    def test_texts_survive_the_encoding(self) -> None:
        asked = replace(an_enrollment().asked, client_id="a b&c=d+e%", description="Größe 北京 🙂 \"'<>")
        fields = form(REGISTER.build(an_enrollment(asked=asked, credential=api_key("k+/=& %"))))
        assert (fields["client_id"], fields["client_description"]) == (asked.client_id, asked.description)
        assert fields["client_secret"] == "k+/=& %"

    @pytest.mark.parametrize("life", [259_200, "259200", 1.5, 1])
    def test_the_codes_life_counts_from_now(self, life: float | str) -> None:
        got = register(an_enrollment(), registered(expires_in=life), WALL)
        assert got.ticket.expires_at == WALL + float(life)

    @pytest.mark.parametrize(
        "life", [None, "", "soon", 0, -1, True, [], {}, "nan", "inf", float("nan"), 1e300, 10**400, "9" * 31]
    )
    def test_a_life_that_is_no_number_breaks_the_protocol(self, life: object) -> None:
        with pytest.raises(errors.ProtocolError, match="expires_in"):
            register(an_enrollment(), registered(expires_in=life), WALL)

    @pytest.mark.parametrize("code", [None, "", 7, [], {}])
    def test_a_code_that_is_no_text_breaks_the_protocol(self, code: object) -> None:
        with pytest.raises(errors.ProtocolError, match="device_code"):
            register(an_enrollment(), registered(device_code=code), WALL)

    @pytest.mark.parametrize("state", ["b-nonce", "", None, 7, ["a-nonce"]])
    def test_a_nonce_that_is_not_ours_is_refused(self, state: object) -> None:
        with pytest.raises(errors.ForgedState):
            register(an_enrollment(nonce="a-nonce"), registered(state=state), WALL)

    def test_our_nonce_is_taken(self) -> None:
        assert register(an_enrollment(nonce="n"), registered(state="n"), WALL).state_echoed


class TestToken:
    def test_the_refresh_carries_the_token_the_api_key_and_a_signature(self) -> None:
        request = REFRESH.build(enrolled())
        assert request.body == (
            b"client_id=laptop-17&client_secret=the-api-key&grant_type=refresh_token&refresh_token=refresh-1"
        )
        assert SIGNATURE in request.headers

    @pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
    def test_the_tokens_type_has_no_case(self, kind: str) -> None:
        assert grant(REFRESH.parse(enrolled(), granted(token_type=kind), WALL)).access_token

    @pytest.mark.parametrize("kind", ["mac", "", None, 7])
    def test_a_token_of_another_type_is_not_used(self, kind: object) -> None:
        with pytest.raises(errors.ProtocolError):
            REFRESH.parse(enrolled(), granted(token_type=kind), WALL)

    @pytest.mark.parametrize(
        "said", [granted(access_token=None), granted(access_token=7), granted(refresh_token=["x"])]
    )
    def test_tokens_that_are_no_texts_break_the_protocol(self, said: Response) -> None:
        with pytest.raises(errors.ProtocolError):
            REFRESH.parse(enrolled(), said, WALL)

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("access_denied", errors.Denied),
            ("expired_token", errors.Expired),
            ("invalid_client", errors.BadApiKey),
            ("invalid_grant", errors.CodeUsedUp),
            ("invalid_request", errors.Refused),
            ("unheard_of", errors.Refused),
        ],
    )
    @pytest.mark.parametrize("status", [200, 400, 401, 403])
    def test_error_codes(self, code: str, kind: type[errors.EnrollerError], status: int) -> None:
        with pytest.raises(errors.EnrollerError) as found:
            POLL.parse(waiting(), oauth_error(code, status), WALL)
        assert type(found.value) is kind

    def test_what_the_service_says_is_repeated_harmlessly(self) -> None:
        with pytest.raises(errors.Refused) as found:
            POLL.parse(waiting(), oauth_error("x\x1b[2J", error_description="no\u202e\n" * 500), WALL)
        assert found.value.message.isprintable()
        assert len(found.value.message) < 500

    @pytest.mark.parametrize(
        ("said", "interval"),
        [
            (oauth_error("slow_down"), None),
            (oauth_error("slow_down", interval=30), 30.0),
            (oauth_error("slow_down", interval="30"), 30.0),
            (answer({"error": "slow_down"}, 429, **{"retry-after": "40"}), 40.0),
            (answer({"error": "slow_down"}, 429, **{"retry-after": "999999"}), 3600.0),
            (oauth_error("slow_down", interval=1e9), 3600.0),
            (oauth_error("slow_down", interval=1e-9), 1.0),
            (oauth_error("slow_down", interval="never"), None),
        ],
    )
    def test_slow_down(self, said: Response, interval: float | None) -> None:
        assert POLL.parse(waiting(), said, WALL) == NotYet(slow_down=True, interval=interval)

    def test_a_service_that_repeats_the_request_in_its_error_shows_no_secret(self) -> None:
        enrollment = an_enrollment(credential=api_key("top secret/key"))
        body = REGISTER.build(enrollment).body.decode()
        said = oauth_error("invalid_request", error_description=f"you sent top secret/key in {body}")
        with pytest.raises(errors.Refused) as refused:
            register(enrollment, said, WALL)
        assert "you sent … in client_id=" in refused.value.message
        assert not any(form in refused.value.message for form in ("top secret/key", "top+secret%2Fkey"))

    @pytest.mark.parametrize("token", ["a\x1b[31mb", "a\nb", "a\0b", "ä", "\u202e", " a", "a ", "a" * 16_385])
    def test_a_token_with_characters_that_no_token_has_breaks_the_protocol(self, token: str) -> None:
        said = answer({"access_token": token, "expires_in": 3600})
        with pytest.raises(errors.ProtocolError, match="access_token"):
            REFRESH.parse(enrolled(), said, WALL)

    def test_an_api_key_that_is_part_of_an_error_code_hides_no_error(self) -> None:
        asks = waiting(credential=api_key("denied"))
        with pytest.raises(errors.Denied):
            POLL.parse(asks, oauth_error("access_denied"), WALL)


class TestBusy:
    DATE = "Fri, 15 Jan 2027 08:00:00 GMT"

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"retry-after": "120"}, 120.0),
            ({"retry-after": "0"}, 0.0),
            ({"retry-after": "Fri, 15 Jan 2027 08:02:00 GMT", "date": DATE}, 120.0),
            ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT", "date": DATE}, 0.0),
            ({"retry-after": "Friday, 15-Jan-27 08:02:00 GMT", "date": DATE}, 120.0),
            ({"retry-after": "soon", "date": DATE}, None),
            ({"retry-after": "-5"}, None),
            ({"retry-after": "1" * 500}, 111_111_111.0),
            ({"retry-after": "٣"}, None),
        ],
    )
    def test_retry_after_in_both_forms(self, headers: dict[str, str], seconds: float | None) -> None:
        with pytest.raises(errors.Busy) as busy:
            POLL.parse(waiting(), Response(503, headers, b""), WALL)
        assert (busy.value.status, busy.value.retry_after) == (503, seconds)

    def test_a_date_without_the_services_own_counts_from_the_time_of_the_session(self) -> None:
        with pytest.raises(errors.Busy) as busy:
            POLL.parse(waiting(), Response(503, {"retry-after": "Fri, 15 Jan 2027 08:02:00 GMT"}, b""), WALL)
        eight = from_rfc3339("2027-01-15T08:00:00Z")
        assert [busy.value.stay_away(eight + late) for late in (0.0, 90.0, 300.0)] == [120.0, 30.0, 0.0]


def test_the_advice_names_the_gateways_port() -> None:
    assert "acme.example:7400" in SafeqCloud().no_answer_advice("https://acme.example")


class TestProbe:
    """Whether it is a SAFEQ Cloud service at all, asked before anything secret is typed."""

    @pytest.mark.parametrize(
        ("error", "status"), [("invalid_request", 400), ("invalid_client", 401), ("Bad Request", 400)]
    )
    def test_who_knows_the_path_is_one(self, error: str, status: int) -> None:
        SafeqCloud().parse_probe("https://acme.example", oauth_error(error, status))

    def test_who_does_not_know_it_is_none_however_politely_it_says_so(self) -> None:
        with pytest.raises(errors.ProtocolError):
            SafeqCloud().parse_probe("https://acme.example", oauth_error("Not Found", 404))
