"""What every service adapter promises, whatever its wire looks like. An adapter's test inherits `ServiceContract`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enroller import errors, services
from enroller.model import Enrollment, Grant, Request, Response, Secret, State
from enroller.services import Call, Goal, Learned, NotYet, Registered, Service, next_call
from tests.fakes import WALL, answer

texts = st.text(max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
_NAMES = ("device_code", "state", "expires_in", "interval", "access_token", "refresh_token", "token_type", "error",
          "error_description", "authorizationToken", "expiresAt", "commandId", "command_status", "body", "publicKey",
          "deviceIdentifier", "deviceName", "status", "approved", "device-identifier", "client-id", "client-secret",
          "rabbit-user", "rabbit-pass", "rabbit-host", "rabbit-port", "message")  # fmt: skip
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


# Each adapter's class runs the same function, and each run has examples of its own.
inherited = settings(suppress_health_check=[HealthCheck.differing_executors])

Case = tuple[Response, type[errors.EnrollerError]]

STRANGERS: list[Case] = [
    (Response(200, {"content-type": "text/html"}, b"<html>"), errors.LoginPage),
    (Response(200, {}, b"  <!doctype html>"), errors.LoginPage),
    (Response(200, {}, b"\xef\xbb\xbf<html>"), errors.LoginPage),
    (Response(403, {"content-type": "text/html; charset=utf-8"}, b"Forbidden"), errors.LoginPage),
    (Response(511, {"content-type": "text/plain"}, b"sign in"), errors.LoginPage),
    (Response(302, {"location": "https://stranger.example/x"}, b""), errors.Redirected),
    (Response(302, {"location": "http://["}, b""), errors.Redirected),
    (Response(302, {"location": "//\u2100.example"}, b""), errors.Redirected),
    (Response(307, {}, b""), errors.Redirected),
    (Response(304, {}, b""), errors.Redirected),
    (Response(407, {}, b""), errors.ProxyLogin),
    (Response(503, {"content-type": "text/html"}, b"<html>"), errors.Busy),
    (Response(500, {"content-type": "application/json"}, b'{"error":"access_denied"}'), errors.Busy),
    (Response(429, {}, b""), errors.Busy),
    (Response(408, {}, b""), errors.Busy),
    (Response(200, {"content-type": "application/json"}, b'{"a":'), errors.ConnectionLost),
    (Response(200, {"content-type": "application/octet-stream"}, b"\x00\x01"), errors.ProtocolError),
    (Response(101, {}, b""), errors.ProtocolError),
]
"""Whoever answers in the place of any service, and what is no answer at all."""

SHAPELESS: list[Case] = [
    (Response(200, {"content-type": "application/json"}, b""), errors.ConnectionLost),
    (Response(400, {"content-type": "application/json"}, b'{"error":"access_d'), errors.ConnectionLost),
    (Response(200, {"content-type": "application/json"}, b"[]"), errors.ProtocolError),
    (Response(200, {"content-type": "application/json"}, b"{}"), errors.ProtocolError),
    (Response(200, {"content-type": "application/json"}, b'"text"'), errors.ProtocolError),
    (Response(404, {"content-type": "text/plain"}, b"nope"), errors.ProtocolError),
    (Response(400, {"content-type": "application/json"}, b"{}"), errors.ProtocolError),
    (Response(400, {"content-type": "application/json"}, b'{"error": 7}'), errors.ProtocolError),
]
"""What is no answer of a service that always answers with an object."""


def row(service: Service, goal: Goal, name: str) -> Call:
    """The row of that name."""
    return next(call for call in service.tables[goal] if call.name == name)


class ServiceContract:
    """`service` is the adapter. `situations`: for each row an enrollment whose turn it is; `good`: its best answer.

    `probed`: the answer to the probe. `secrets`: what is secret in the situations. `strangers`: what else is no answer.
    """

    service: Service
    situations: ClassVar[Mapping[tuple[Goal, str], Enrollment]]
    good: ClassVar[Mapping[str, Response]]
    probed: Response
    secrets: Sequence[str]
    strangers: Sequence[Case] = ()

    def rows(self) -> list[tuple[Call, Enrollment]]:
        return [(row(self.service, goal, name), asks) for (goal, name), asks in self.situations.items()]

    def requests(self) -> list[Request]:
        return [call.build(call.prepare(asks, WALL)) for call, asks in self.rows()]

    def test_it_is_found_by_its_name(self) -> None:
        assert type(services.find(self.service.name)) is type(self.service)
        assert self.service.title
        assert self.service.key_types

    # Whose turn it is

    def test_every_row_has_its_turn(self) -> None:
        for goal, table in self.service.tables.items():
            for call in table:
                assert next_call(table, self.situations[goal, call.name], WALL) is call, call.name

    def test_a_good_answer_brings_the_next_row_or_the_end(self) -> None:
        for (goal, name), asks in self.situations.items():
            call = row(self.service, goal, name)
            got = call.parse(call.prepare(asks, WALL), self.good[name], WALL)
            if isinstance(got, Learned):
                assert next_call(self.service.tables[goal], got.enrollment, WALL) is not call, name

    def test_an_enrollment_is_reached_by_good_answers_alone(self) -> None:
        table = self.service.tables[Goal.ENROLL]
        known = next(iter(self.situations.values()))
        for _ in range(50):
            call = next_call(table, known, WALL)
            assert call is not None
            got = call.parse(call.prepare(known, WALL), self.good[call.name], WALL)
            if isinstance(got, Grant):
                return
            assert isinstance(got, Learned | Registered | NotYet), call.name
            known = got.enrollment or known
            if isinstance(got, Registered):
                known = replace(known, state=State.AWAITING_APPROVAL, ticket=got.ticket)
        pytest.fail("no end was reached")

    def test_a_new_credential_is_what_the_next_requests_carry(self) -> None:
        for call, asks in self.rows():
            if asks.credential is not None and asks.authorization is None and asks.grant is None:
                new = replace(asks.credential, secret=Secret("a-new-secret"))
                assert b"a-new-secret" in _everything(call.build(self.service.accept(asks, new)))

    # What is asked

    def test_everything_is_asked_of_the_server_that_was_given(self) -> None:
        for request in self.requests():
            assert request.url.startswith("https://acme.example:7400/")
        assert self.service.build_probe("https://acme.example").url.startswith("https://acme.example/")

    def test_no_secret_is_in_an_address_or_shown_by_accident(self) -> None:
        for request in self.requests():
            assert not any(secret in request.url for secret in self.secrets)
            assert not any(secret in repr(request) for secret in self.secrets)
        for _, asks in self.rows():
            assert not any(secret in repr(asks) for secret in self.secrets)

    def test_the_private_key_never_leaves(self) -> None:
        for call, asks in self.rows():
            assert asks.key.private_key.reveal().encode() not in _everything(call.build(asks))

    def test_the_same_question_twice_is_the_same_request(self) -> None:
        assert self.requests() == self.requests()

    def test_the_probe_carries_nothing_of_the_device(self) -> None:
        request = self.service.build_probe("https://acme.example")
        assert request.body == b""

    # What is answered

    def test_the_probe_knows_its_service(self) -> None:
        self.service.parse_probe("https://acme.example", self.probed)
        with pytest.raises(errors.EnrollerError):
            self.service.parse_probe("https://acme.example", Response(200, {"content-type": "text/html"}, b"<html>"))
        with pytest.raises(errors.EnrollerError):
            self.service.parse_probe(
                "https://acme.example", Response(404, {"content-type": "text/plain"}, b"not found")
            )

    def test_whoever_answers_in_its_place_is_recognised(self) -> None:
        for said, kind in [*STRANGERS, *self.strangers]:
            for call, asks in self.rows():
                try:
                    found: object = call.parse(asks, said, WALL)
                except errors.EnrollerError as error:
                    found = error
                # A call that an enrollment can do without goes on where the service's answer is of no use.
                dispensable = isinstance(found, Learned) and not issubclass(kind, errors.Unreachable)
                assert dispensable or type(found) is kind, (call.name, said.status, said.body)

    def test_a_strangers_page_is_never_repeated(self) -> None:
        for call, asks in self.rows():
            with pytest.raises(errors.LoginPage) as found:
                call.parse(asks, Response(200, {"content-type": "text/html"}, b"<h1>Welcome to room 217"), WALL)
            assert "acme.example" in found.value.message
            assert "217" not in found.value.message

    @inherited
    @given(said=responses)
    def test_any_answer_at_all_is_a_result_or_an_error_of_ours(self, said: Response) -> None:
        for call, asks in self.rows():
            try:
                got = call.parse(asks, said, WALL)
            except errors.EnrollerError as error:
                got = Learned(asks, error)
            if isinstance(got, Learned) and got.error is not None:
                assert got.error.message.isprintable()
                assert len(got.error.message) < 1000
                assert not any(secret in got.error.message for secret in self.secrets)
        try:
            self.service.parse_probe("https://acme.example", said)
        except errors.EnrollerError:
            return

    @inherited
    @given(said=st.builds(answer, likely_members))
    def test_what_is_taken_makes_sense(self, said: Response) -> None:
        for call, asks in self.rows():
            try:
                got = call.parse(asks, said, WALL)
            except errors.EnrollerError:
                continue
            if isinstance(got, Registered):
                assert got.ticket.device_code
                assert got.ticket.expires_at is None or WALL < got.ticket.expires_at < 2 * WALL + 4e9
            if isinstance(got, Grant):
                assert got.access_token
                assert got.refresh_token is None or got.refresh_token
                assert got.expires_at > WALL

    @inherited
    @given(message=st.binary(max_size=60) | likely_members.map(lambda value: json.dumps(value).encode()))
    def test_a_pushed_message_that_is_not_ours_means_nothing(self, message: bytes) -> None:
        for _, asks in self.rows():
            assert self.service.parse_push(asks, message, WALL) is None

    # What is advised

    def test_where_nobody_answers_the_advice_names_another_port(self) -> None:
        assert "acme.example:" in self.service.no_answer_advice("https://acme.example")


def _everything(request: Request) -> bytes:
    return repr((request.url, dict(request.headers))).encode() + request.body
