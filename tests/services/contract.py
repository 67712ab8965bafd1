"""What every service adapter promises, whatever its wire looks like. An adapter's test inherits `ServiceContract`."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller import errors, services
from enroller.model import ClientType, Grant, KeyType, Request, Response, Secret
from enroller.services import NotYet, Registered, Service
from tests.fakes import WALL, an_enrollment, answer, enrolled, waiting

SECRETS = ("the-api-key", "the-code", "access-1", "refresh-1")

texts = st.text(max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
_NAMES = ("device_code", "state", "expires_in", "interval", "access_token", "refresh_token", "token_type", "error",
          "error_description")  # fmt: skip
likely_members = st.dictionaries(st.sampled_from(_NAMES), json_values)
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    likely_members.map(lambda value: json.dumps(value).encode()),
    likely_members.map(lambda value: json.dumps(value).encode()[:-3]),
    st.integers(1, 2000).map(lambda depth: b"[" * depth),
    st.just(b'{"expires_in": 1' + b"0" * 5000 + b"}"),
)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)
header_names = st.sampled_from(["content-type", "location", "retry-after", "date", "www-authenticate"])
responses = st.builds(Response, st.integers(100, 599), st.dictionaries(header_names, header_values, max_size=3), bodies)


class ServiceContract:
    """`service` is the adapter; the others are answers as its service gives them."""

    service: Service
    registered: Response
    pending: Response
    slow_down: Response
    granted: Response
    probed: Response

    # What is asked

    def requests(self) -> list[Request]:
        return [
            self.service.build_register(an_enrollment(nonce="a-nonce")),
            self.service.build_register(an_enrollment(nonce="a-nonce", signed=True)),
            self.service.build_poll(waiting()),
            self.service.build_refresh(enrolled()),
        ]

    def test_it_is_found_by_its_name(self) -> None:
        assert type(services.find(self.service.name)) is type(self.service)
        assert self.service.title

    def test_everything_is_asked_of_the_server_that_was_given(self) -> None:
        for request in self.requests():
            assert request.url.startswith("https://acme.example:7400/")
        assert self.service.build_probe("https://acme.example").url.startswith("https://acme.example/")

    def test_no_secret_is_in_an_address_or_shown_by_accident(self) -> None:
        for request in self.requests():
            assert not any(secret in request.url for secret in SECRETS)
            assert not any(secret in repr(request) for secret in SECRETS)

    def test_the_same_question_twice_is_the_same_request(self) -> None:
        assert self.requests() == self.requests()

    def test_building_changes_nothing(self) -> None:
        enrollment = waiting()
        self.service.build_poll(enrollment)
        assert enrollment == waiting()

    def test_a_first_registration_is_not_signed_and_a_second_is(self) -> None:
        first, second = self.requests()[:2]
        assert first.body == second.body
        assert second.headers.keys() - first.headers.keys()

    @pytest.mark.parametrize("client_type", ClientType)
    def test_every_client_type_and_every_text_can_be_asked_for(self, client_type: ClientType) -> None:
        asked = replace(an_enrollment().asked, client_type=client_type, client_id="Büro & 7", description="+%=?")
        assert self.service.build_register(an_enrollment(asked=asked)).body.isascii()

    def test_the_probe_carries_nothing_of_the_device(self) -> None:
        request = self.service.build_probe("https://acme.example")
        assert request.body == b""

    def test_without_a_ticket_or_a_token_there_is_nothing_to_ask(self) -> None:
        with pytest.raises(ValueError, match="nothing to poll"):
            self.service.build_poll(an_enrollment())
        with pytest.raises(ValueError, match="nothing to refresh"):
            self.service.build_refresh(an_enrollment())

    # What is answered

    def parsers(self) -> list[Any]:
        return [
            lambda said: self.service.parse_register(an_enrollment(nonce="a-nonce"), said, WALL),
            lambda said: self.service.parse_poll(waiting(), said, WALL),
            lambda said: self.service.parse_refresh(enrolled(), said, WALL),
        ]

    def test_a_registration(self) -> None:
        got = self.service.parse_register(an_enrollment(nonce=None), self.registered, WALL)
        assert isinstance(got, Registered)
        assert got.ticket.device_code
        assert got.ticket.expires_at is None or got.ticket.expires_at > WALL

    def test_not_yet(self) -> None:
        assert self.service.parse_poll(waiting(), self.pending, WALL) == NotYet()
        slower = self.service.parse_poll(waiting(), self.slow_down, WALL)
        assert isinstance(slower, NotYet)
        assert slower.slow_down

    def test_credentials(self) -> None:
        for got in (
            self.service.parse_poll(waiting(), self.granted, WALL),
            self.service.parse_refresh(enrolled(), self.granted, WALL),
        ):
            assert isinstance(got, Grant)
            assert isinstance(got.access_token, Secret)
            assert got.issued_at == WALL < got.expires_at

    def test_the_probe_knows_its_service(self) -> None:
        self.service.parse_probe("https://acme.example", self.probed)
        with pytest.raises(errors.EnrollerError):
            self.service.parse_probe("https://acme.example", Response(200, {"content-type": "text/html"}, b"<html>"))
        with pytest.raises(errors.EnrollerError):
            self.service.parse_probe(
                "https://acme.example", Response(404, {"content-type": "text/plain"}, b"not found")
            )

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (Response(200, {"content-type": "text/html"}, b"<html>"), errors.LoginPage),
            (Response(200, {}, b"  <!doctype html>"), errors.LoginPage),
            (Response(403, {"content-type": "text/html; charset=utf-8"}, b"Forbidden"), errors.LoginPage),
            (Response(511, {"content-type": "text/plain"}, b"sign in"), errors.LoginPage),
            (Response(302, {"location": "https://stranger.example/x"}, b""), errors.Redirected),
            (Response(307, {}, b""), errors.Redirected),
            (Response(304, {}, b""), errors.Redirected),
            (Response(407, {}, b""), errors.ProxyLogin),
            (Response(503, {"content-type": "text/html"}, b"<html>"), errors.Busy),
            (Response(500, {"content-type": "application/json"}, b'{"error":"access_denied"}'), errors.Busy),
            (Response(429, {}, b""), errors.Busy),
            (Response(408, {}, b""), errors.Busy),
            (Response(200, {"content-type": "application/json"}, b""), errors.ConnectionLost),
            (Response(200, {"content-type": "application/json"}, b'{"a":'), errors.ConnectionLost),
            (Response(400, {"content-type": "application/json"}, b'{"error":"access_d'), errors.ConnectionLost),
            (Response(200, {"content-type": "application/json"}, b"[]"), errors.ProtocolError),
            (Response(200, {"content-type": "application/json"}, b"{}"), errors.ProtocolError),
            (Response(200, {"content-type": "application/json"}, b'"text"'), errors.ProtocolError),
            (Response(200, {"content-type": "application/octet-stream"}, b"\x00\x01"), errors.ProtocolError),
            (Response(404, {"content-type": "text/plain"}, b"nope"), errors.ProtocolError),
            (Response(400, {"content-type": "application/json"}, b"{}"), errors.ProtocolError),
            (Response(400, {"content-type": "application/json"}, b'{"error": 7}'), errors.ProtocolError),
            (Response(101, {}, b""), errors.ProtocolError),
        ],
        ids=lambda value: f"{value.status}-{value.body[:8]!r}" if isinstance(value, Response) else None,
    )
    def test_whoever_answers_in_its_place_is_recognised(self, said: Response, kind: type[errors.EnrollerError]) -> None:
        for parse in self.parsers():
            with pytest.raises(errors.EnrollerError) as found:
                parse(said)
            assert type(found.value) is kind

    def test_a_strangers_page_is_never_repeated(self) -> None:
        for parse in self.parsers():
            with pytest.raises(errors.LoginPage) as found:
                parse(Response(200, {"content-type": "text/html"}, b"<h1>Welcome to room 217"))
            assert "acme.example" in found.value.message
            assert "217" not in found.value.message

    @given(said=responses)
    def test_any_answer_at_all_is_a_result_or_an_error_of_ours(self, said: Response) -> None:
        for parse in self.parsers():
            try:
                got = parse(said)
            except errors.EnrollerError as error:
                got = error
            if isinstance(got, errors.EnrollerError):
                assert got.message.isprintable()
                assert len(got.message) < 1000
            else:
                assert isinstance(got, Registered | Grant | NotYet)
        try:
            self.service.parse_probe("https://acme.example", said)
        except errors.EnrollerError:
            return

    @given(members=likely_members)
    def test_what_is_taken_makes_sense(self, members: dict[str, object]) -> None:
        said = answer(members)
        try:
            ticket = self.service.parse_register(an_enrollment(), said, WALL).ticket
            assert ticket.device_code
            assert ticket.expires_at is None or WALL < ticket.expires_at < 2 * WALL + 4e9
        except errors.EnrollerError:
            pass
        try:
            grant = self.service.parse_refresh(enrolled(), said, WALL)
            assert grant.access_token
            assert grant.refresh_token is None or grant.refresh_token
            assert grant.expires_at > WALL
        except errors.EnrollerError:
            pass

    # What is advised

    def test_where_nobody_answers_the_advice_names_another_port(self) -> None:
        assert "acme.example:" in self.service.no_answer_advice("https://acme.example")

    @pytest.mark.parametrize("key_type", KeyType)
    def test_the_signature_covers_the_exact_body(self, key_type: KeyType) -> None:
        from enroller import keys

        pair = keys.generate(key_type, rsa_bits=2048, device="laptop-17", now=WALL)
        self.check_signature(self.service.build_register(an_enrollment(key=pair, signed=True)), pair)

    def check_signature(self, request: Request, pair: Any) -> None:
        """Adapters say where the signature is."""
        raise NotImplementedError
