"""Privicore: the contract of every adapter, every shape of the wire, and what follows from each answer."""

import json
import time
from dataclasses import replace
from email.utils import formatdate
from typing import ClassVar

import pytest

from enroller import errors, keys
from enroller.model import (
    Approval,
    Authorization,
    CommandKind,
    CommandUnderWay,
    Enrollment,
    Grant,
    KeyType,
    ProfileKey,
    Progress,
    Response,
    Secret,
    Ticket,
)
from enroller.services import Call, Goal, Learned, NotYet, Outcome, Registered, Removed, next_call
from enroller.services.privicore import Privicore, commands, registration
from enroller.text import rfc3339
from tests.fakes import WALL, answer, form
from tests.privicore_fakes import (
    APPROVED,
    CONFIGURATION,
    DAY,
    DEVICE,
    HAS_KEY,
    IDENTIFIED,
    NAME,
    REQUESTED,
    SIGNED_IN,
    TOKEN,
    approving,
    asked,
    commanded,
    enrolled,
    key_pair,
    on_the_way,
    signed_out,
    vectors,
    waiting,
)
from tests.services.contract import ServiceContract, row

SERVICE = Privicore()
END = "2027-01-16T08:00:00+00:00"
TAKEN = answer("command-1", 202)
ABSENT = Response(404, {"content-type": "application/json"}, b"{}")


def call(name: str, goal: Goal = Goal.ENROLL) -> Call:
    return row(SERVICE, goal, name)


def learned(got: Outcome) -> Enrollment:
    """What is known after an answer that lets us go on at once."""
    assert isinstance(got, Learned)
    assert got.error is None
    return got.enrollment


def record(**changes: object) -> dict[str, object]:
    return {"deviceIdentifier": DEVICE, "deviceName": NAME, "type": "desktop", "status": "pending"} | changes


def next_name(enrollment: Enrollment, goal: Goal = Goal.ENROLL, now: float = WALL) -> str:
    found = next_call(SERVICE.tables[goal], enrollment, now)
    assert found is not None
    return found.name


class TestContract(ServiceContract):
    service = SERVICE
    situations: ClassVar = {
        (Goal.ENROLL, "authenticate"): signed_out(),
        (Goal.ENROLL, "expiry"): signed_out(credential=TOKEN),
        (Goal.ENROLL, "keep-alive"): on_the_way(
            credential=TOKEN, authorization=replace(SIGNED_IN, issued_at=WALL - DAY, expires_at=WALL + 60)
        ),
        (Goal.ENROLL, "outcome"): on_the_way(commanded(CommandKind.REGISTER_KEY)),
        (Goal.ENROLL, "profile-key"): on_the_way(),
        (Goal.ENROLL, "register_key"): on_the_way(Progress(profile_key=ProfileKey.WANTED)),
        (Goal.ENROLL, "find"): on_the_way(replace(HAS_KEY, namesakes=(), requested_at=WALL)),
        (Goal.ENROLL, "namesakes"): on_the_way(HAS_KEY),
        (Goal.ENROLL, "request_identifier"): on_the_way(replace(HAS_KEY, namesakes=())),
        (Goal.ENROLL, "retrieve"): on_the_way(REQUESTED),
        (Goal.ENROLL, "name"): waiting(APPROVED, asked=asked(description="Büro 7")),
        (Goal.ENROLL, "configuration"): waiting(APPROVED),
        (Goal.ENROLL, "approve"): approving(),
        (Goal.ENROLL, "poll"): waiting(),
        (Goal.REFRESH, "expiry"): enrolled(credential=TOKEN),
        (Goal.REFRESH, "authenticate"): enrolled(credential=signed_out().credential),
        (Goal.REFRESH, "reauthorize"): enrolled(),
        (Goal.RENEW, "expiry"): enrolled(credential=TOKEN),
        (Goal.RENEW, "authenticate"): enrolled(credential=signed_out().credential),
        (Goal.RENEW, "reauthorize"): enrolled(),
        (Goal.RENEW, "configuration"): enrolled(authorization=SIGNED_IN),
        (Goal.REMOVE, "expiry"): enrolled(credential=TOKEN),
        (Goal.REMOVE, "authenticate"): enrolled(credential=signed_out().credential),
        (Goal.REMOVE, "outcome"): enrolled(progress=commanded(CommandKind.REMOVE, device_identifier=DEVICE)),
        (Goal.REMOVE, "gone"): enrolled(progress=replace(APPROVED, rejection="No such device")),
        (Goal.REMOVE, "remove"): enrolled(),
    }
    good: ClassVar = {
        "authenticate": answer({"authorizationToken": "the-token", "expiresAt": END}),
        "expiry": answer({"expiresAt": END}),
        "keep-alive": answer({"authorizationToken": "the-new-token", "expiresAt": END}),
        "reauthorize": answer({"authorizationToken": "the-new-token", "expiresAt": END}),
        "outcome": answer("succeeded"),
        "profile-key": ABSENT,
        "register_key": TAKEN,
        "find": answer([record()]),
        "namesakes": answer([]),
        "request_identifier": TAKEN,
        "retrieve": answer({"deviceIdentifier": DEVICE}),
        "name": TAKEN,
        "configuration": answer(CONFIGURATION),
        "approve": TAKEN,
        "poll": answer([record(status="approved")]),
        "gone": answer([]),
        "remove": TAKEN,
    }
    probed = answer({"status": "UP"})
    secrets = ("the-password", "the-pasted-token", "the-token", "the-client-secret", "the-rabbit-pass")


class TestSignIn:
    def test_by_user_name_and_password(self) -> None:
        request = call("authenticate").build(signed_out())
        assert (request.method, request.url) == ("POST", "https://acme.example:7400/profile/authenticate")
        assert form(request) == {"username": "kim", "password": "the-password"}
        assert "X-DPT-AUTHORIZATION" not in request.headers
        said = answer({"authorizationToken": "t", "expiresAt": "2027-01-16T10:00:00+02:00"})
        got = learned(call("authenticate").parse(signed_out(), said, WALL))
        assert got.authorization == Authorization(Secret("t"), WALL, WALL + DAY)

    def test_a_pasted_token_is_asked_how_long_it_lives(self) -> None:
        request = call("expiry").build(signed_out(credential=TOKEN))
        assert request.url.endswith("/profile/authorization-token/expiry")
        assert (request.headers["X-DPT-AUTHORIZATION"], request.body) == ("the-pasted-token", b"")
        got = learned(call("expiry").parse(signed_out(credential=TOKEN), answer({"expiresAt": END}), WALL))
        assert got.authorization is not None
        assert (got.authorization.token, got.authorization.issued_at) == (Secret("the-pasted-token"), WALL)

    def test_whatever_is_asked_then_carries_the_token(self) -> None:
        assert call("profile-key").build(on_the_way()).headers["X-DPT-AUTHORIZATION"] == "the-token"

    def test_a_wrong_password_says_whose(self) -> None:
        with pytest.raises(errors.SignInNeeded, match="kim"):
            call("authenticate").parse(signed_out(), answer({"message": "Unauthorized"}, 401), WALL)

    def test_the_advice_names_the_way_in_that_there_is(self) -> None:
        for asks, ways in ((waiting(), True), (waiting(asked=asked(username=""), credential=TOKEN), False)):
            with pytest.raises(errors.SignInNeeded) as found:
                call("poll").parse(asks, Response(401), WALL)
            assert ("--password-file" in found.value.advice) is ways
            assert "--token-file" in found.value.advice

    def test_a_token_that_has_ended_is_signed_in_for_again_with_the_password(self) -> None:
        with pytest.raises(errors.SignInNeeded):
            call("poll").parse(waiting(), Response(401), WALL)
        again = SERVICE.sign_out(waiting())
        assert again is not None
        assert next_name(again) == "authenticate"

    def test_with_a_pasted_token_a_new_one_is_needed(self) -> None:
        assert SERVICE.sign_out(waiting(credential=TOKEN)) is None

    def test_a_refused_password_is_not_tried_again(self) -> None:
        assert SERVICE.sign_out(signed_out()) is None

    @pytest.mark.parametrize("end", [None, "", "soon", 7, "2027-01-16T08:00:00", "9999999-01-01"])
    def test_an_end_that_is_no_time_breaks_the_protocol(self, end: object) -> None:
        with pytest.raises(errors.ProtocolError, match="expiresAt"):
            call("expiry").parse(signed_out(credential=TOKEN), answer({"expiresAt": end}), WALL)

    def test_a_token_that_is_over_already_is_no_token(self) -> None:
        with pytest.raises(errors.SignInNeeded, match="clock"):
            call("expiry").parse(signed_out(credential=TOKEN), answer({"expiresAt": "2020-01-01T00:00:00Z"}), WALL)

    def test_a_token_without_a_password_is_kept_alive_in_its_last_quarter(self) -> None:
        asks = waiting(credential=TOKEN)
        assert next_name(asks, now=WALL + DAY * 0.74) == "poll"
        assert next_name(asks, now=WALL + DAY * 0.76) == "keep-alive"
        assert next_name(waiting(), now=WALL + DAY * 0.76) == "poll"  # the password gets a new one
        assert form(call("keep-alive").build(asks)) == {"ttl": "86400"}

    def test_where_it_cannot_be_renewed_it_is_used_to_its_end(self) -> None:
        asks = waiting(credential=TOKEN)
        got = learned(call("keep-alive").parse(asks, answer({"message": "no"}, 422), WALL))
        assert next_name(got, now=WALL + DAY * 0.76) == "poll"

    def test_a_renewal_that_names_no_token_renews_the_one_there_is(self) -> None:
        got = learned(call("keep-alive").parse(waiting(credential=TOKEN), answer({"expiresAt": END}), WALL))
        assert got.authorization is not None
        assert got.authorization.token == SIGNED_IN.token

    def test_a_token_that_is_gone_in_a_moment_is_not_kept_alive(self) -> None:
        for life, first in ((59.0, "profile-key"), (61.0, "keep-alive")):
            known = Authorization(Secret("t"), WALL, WALL + life)
            asks = on_the_way(credential=TOKEN, authorization=known)
            assert next_name(asks, now=WALL + life * 0.9) == first, "else that would be all that is ever asked"

    def test_a_user_name_from_a_stranger_is_shown_harmlessly(self) -> None:
        asks = signed_out(asked=asked(username="kim\u202e\x1b[2J"))
        with pytest.raises(errors.SignInNeeded) as found:
            call("authenticate").parse(asks, Response(401), WALL)
        assert (found.value.message + found.value.advice).isprintable()


class TestProfileKey:
    """Registering replaces the key that the account has, and other devices may depend on it."""

    @pytest.mark.parametrize("said", [ABSENT, Response(200), Response(204), answer(None), answer({"publicKey": None}),
                                      answer({"publicKey": ""}), answer({}), answer("")])  # fmt: skip
    def test_where_there_is_none_ours_is_registered(self, said: Response) -> None:
        assert next_name(learned(call("profile-key").parse(on_the_way(), said, WALL))) == "register_key"

    @pytest.mark.parametrize("shape", [lambda key: {"publicKey": key}, lambda key: key], ids=["object", "text"])
    def test_another_one_is_kept(self, shape: object) -> None:
        assert callable(shape)
        other = key_pair(1)
        got = learned(call("profile-key").parse(on_the_way(), answer(shape(other.public_key)), WALL))
        assert (got.progress.profile_key, got.progress.kept_key) == (ProfileKey.KEPT, other.fingerprint)
        assert next_name(got) == "namesakes"

    def test_another_one_is_replaced_by_explicit_choice_alone(self) -> None:
        asks = on_the_way(asked=asked(replace_profile_key=True))
        got = learned(call("profile-key").parse(asks, answer({"publicKey": key_pair(1).public_key}), WALL))
        assert next_name(got) == "register_key"

    @pytest.mark.parametrize(
        "said",
        [{"error": "temporarily unavailable"}, {"public_key": "3142"}, {"data": {"publicKey": "3142"}}, False, 0, [],
         {"publicKey": False}, {"publicKey": 0}, {"publicKey": []}, {"unexpected": [1]}],
    )  # fmt: skip
    def test_an_answer_that_does_not_tell_is_no_leave_to_replace_it(self, said: object) -> None:
        with pytest.raises((errors.ProtocolError, errors.Refused)):
            call("profile-key").parse(on_the_way(), answer(said), WALL)

    def test_a_damaged_one_can_be_replaced_knowingly(self) -> None:
        asks = on_the_way(asked=asked(replace_profile_key=True))
        got = learned(call("profile-key").parse(asks, answer({"publicKey": "00" * 100}), WALL))
        assert next_name(got) == "register_key"

    def test_ours_is_there_already(self) -> None:
        got = learned(call("profile-key").parse(on_the_way(), answer({"publicKey": key_pair().public_key}), WALL))
        assert got.progress.profile_key is ProfileKey.REGISTERED

    @pytest.mark.parametrize("wrong", ["0" * 200, "zz" * 100, "31420500", key_pair(1).public_key[:-2] + "00", 7])
    def test_a_key_with_a_wrong_hash_is_refused(self, wrong: object) -> None:
        with pytest.raises(errors.ProtocolError, match="hash"):
            call("profile-key").parse(on_the_way(), answer({"publicKey": wrong}), WALL)

    @pytest.mark.parametrize("number", range(3))
    def test_it_is_sent_as_independent_implementations_write_it(self, number: int) -> None:
        request = call("register_key").build(on_the_way(key=key_pair(number)))
        assert form(request) == {"publicKey": vectors()[number]["signed_public_key"]}
        assert (
            keys.open_signed_public_key(vectors()[number]["signed_public_key"]).hex() == vectors()[number]["public_key"]
        )

    def test_after_a_lost_answer_the_account_is_asked_again_what_it_has(self) -> None:
        asks = on_the_way(Progress(profile_key=ProfileKey.WANTED))
        assert next_name(call("register_key").prepare(asks, WALL)) == "profile-key"


class TestCommands:
    """202 says only that the command was taken."""

    @pytest.mark.parametrize(
        "said",
        [
            answer("command-1", 202),
            answer(["command-1"], 202),
            answer({"commandId": "command-1"}, 202),
            Response(202, {"x-dpt-cab-id": "command-1"}),
            Response(202, {"x-dpt-cab-id": "command-1", "content-type": "text/html; charset=UTF-8"}),
            answer("command-1", 200),
        ],
        ids=["text", "array", "object", "header", "header-html", "200"],
    )
    def test_its_id_in_every_shape(self, said: Response) -> None:
        got = call("request_identifier").parse(on_the_way(HAS_KEY), said, WALL)
        assert isinstance(got, NotYet)
        assert got.working_since == WALL
        assert got.enrollment is not None
        assert got.enrollment.progress.command == CommandUnderWay("command-1", CommandKind.REQUEST_IDENTIFIER, WALL)

    @pytest.mark.parametrize(
        "said",
        [Response(202), answer({}, 202), answer([], 202), answer(["a", "b"], 202), answer({"commandId": 1.5}, 202),
         answer("", 202), answer("a b", 202), answer({"commandId": None}, 202), answer("x" * 201, 202)],
    )  # fmt: skip
    def test_no_id_anywhere_breaks_the_protocol(self, said: Response) -> None:
        with pytest.raises(errors.ProtocolError):
            call("request_identifier").parse(on_the_way(HAS_KEY), said, WALL)

    @pytest.mark.parametrize(
        "said", ["started", ["started"], {"command_status": 1}, {"command_status": 1, "body": None}, "STARTED"]
    )
    def test_in_flight(self, said: object) -> None:
        asks = on_the_way(commanded(CommandKind.REGISTER_KEY))
        assert call("outcome").parse(asks, answer(said), WALL) == NotYet(working_since=WALL)

    @pytest.mark.parametrize("said", ["succeeded", ["succeeded"], {"command_status": 2, "body": "anything"}])
    def test_succeeded(self, said: object) -> None:
        got = learned(call("outcome").parse(on_the_way(commanded(CommandKind.REGISTER_KEY)), answer(said), WALL))
        assert (got.progress.profile_key, got.progress.command) == (ProfileKey.REGISTERED, None)

    @pytest.mark.parametrize(
        ("said", "reason"),
        [("rejected", "no reason"), (["rejected"], "no reason"), ({"command_status": 3, "body": "Not yours."}, "Not "),
         ({"command_status": 3, "body": {"why": "x"}}, "why")],
    )  # fmt: skip
    def test_rejected(self, said: object, reason: str) -> None:
        got = call("outcome").parse(on_the_way(commanded(CommandKind.REGISTER_KEY)), answer(said), WALL)
        assert isinstance(got, Learned)
        assert isinstance(got.error, errors.CommandRejected)
        assert reason in got.error.message
        assert got.enrollment.progress.command is None

    def test_a_reason_that_repeats_the_request_shows_no_secret(self) -> None:
        said = answer({"command_status": 3, "body": "not for the-token, nor for the%2Dtoken\u202e"})
        got = call("outcome").parse(on_the_way(commanded(CommandKind.REGISTER_KEY)), said, WALL)
        assert isinstance(got, Learned)
        assert got.error is not None
        assert "not for …, nor" in got.error.message
        assert got.error.message.isprintable()

    def test_a_refusal_that_repeats_an_earlier_request_shows_no_secret(self) -> None:
        asks = enrolled(authorization=replace(SIGNED_IN, token=Secret("a-newer-token")))
        with pytest.raises(errors.Refused, match="neither … nor …"):
            call("configuration", Goal.RENEW).parse(asks, answer("neither the-token nor a-newer-token", 400), WALL)

    def test_a_reason_too_deep_to_be_written_is_none(self) -> None:
        asks = on_the_way(commanded(CommandKind.REGISTER_KEY))
        for depth in range(800, 1000):
            body = b'{"command_status": 3, "body": ' + b"[" * depth + b"]" * depth + b"}"
            try:
                got = call("outcome").parse(asks, Response(200, {}, body), WALL)
            except errors.ProtocolError:  # too deep to be read
                continue
            assert isinstance(got, Learned)

    @pytest.mark.parametrize(
        "said",
        ["done", [], ["started", "succeeded"], {"command_status": 4}, {"command_status": "2"},
         {"command_status": True}, {}, 2, None],
    )  # fmt: skip
    def test_any_other_answer_breaks_the_protocol(self, said: object) -> None:
        with pytest.raises(errors.ProtocolError):
            call("outcome").parse(on_the_way(commanded(CommandKind.REGISTER_KEY)), answer(said), WALL)

    @pytest.mark.parametrize("status", [404, 405])
    def test_asked_by_get_and_where_that_is_unknown_by_post(self, status: int) -> None:
        asks = on_the_way(commanded(CommandKind.REGISTER_KEY))
        first = call("outcome").build(asks)
        assert (first.method, first.url) == ("GET", "https://acme.example:7400/request-status/command-1")
        got = learned(call("outcome").parse(asks, Response(status), WALL))
        second = call("outcome").build(got)
        assert (second.method, second.body) == ("POST", b"{}")
        assert second.headers["Content-Type"] == "application/json"

    def test_an_id_cannot_become_another_address(self) -> None:
        command = CommandUnderWay("../profile?x#y", CommandKind.REGISTER_KEY, WALL)
        request = call("outcome").build(on_the_way(Progress(command=command)))
        assert request.url.endswith("/request-status/..%2Fprofile%3Fx%23y")
        command = replace(command, id="..")
        assert call("outcome").build(on_the_way(Progress(command=command))).url.endswith("/request-status/%2E%2E")

    def test_a_status_that_is_not_known_yet_is_waited_for_a_while(self) -> None:
        asks = on_the_way(replace(commanded(CommandKind.REGISTER_KEY), status_by_post=True))
        got = call("outcome").parse(asks, Response(404), WALL + commands.SETTLING - 1)
        assert isinstance(got, NotYet)
        assert got.enrollment is not None
        assert not got.enrollment.progress.status_by_post  # both forms are tried in turn

    def test_a_command_that_the_service_has_forgotten_is_looked_after_again(self) -> None:
        known = replace(
            commanded(CommandKind.REQUEST_IDENTIFIER), profile_key=ProfileKey.REGISTERED, namesakes=(),
            requested_at=WALL, request_id="command-1", status_by_post=True,
        )  # fmt: skip
        got = learned(call("outcome").parse(on_the_way(known), Response(404), WALL + commands.SETTLING))
        assert next_name(got) == "find"

    def test_a_refusal_is_told_in_the_services_words(self) -> None:
        said = answer({"message": "Invalid", "errors": {"deviceName": ["too long"]}}, 422)
        with pytest.raises(errors.Refused, match=r"deviceName.*too long"):
            call("request_identifier").parse(on_the_way(HAS_KEY), said, WALL)

    def test_a_refusal_never_repeats_our_secrets(self) -> None:
        said = answer({"message": "wrong password: the-password"}, 422)
        with pytest.raises(errors.Refused) as found:
            call("authenticate").parse(signed_out(), said, WALL)
        assert "the-password" not in found.value.message


class TestPush:
    def message(self, **changes: object) -> bytes:
        data = {"type": "X-DPT-CAB-ID", "id": "command-1", "command_status": 2, "body": ""} | changes
        return json.dumps({"data": data}).encode()

    ASKS = on_the_way(commanded(CommandKind.REGISTER_KEY))

    def test_the_outcome_of_our_command(self) -> None:
        got = SERVICE.parse_push(self.ASKS, self.message(), WALL)
        assert isinstance(got, Learned)
        assert got.enrollment.progress.profile_key is ProfileKey.REGISTERED

    def test_a_rejection(self) -> None:
        got = SERVICE.parse_push(self.ASKS, self.message(command_status=3, body="No"), WALL)
        assert isinstance(got, Learned)
        assert isinstance(got.error, errors.CommandRejected)

    @pytest.mark.parametrize(
        "changes", [{"command_status": 1}, {"id": "another"}, {"type": "X-OTHER"}, {"command_status": 9}, {"id": 7}]
    )
    def test_in_flight_foreign_and_odd_messages_mean_nothing(self, changes: dict[str, object]) -> None:
        assert SERVICE.parse_push(self.ASKS, self.message(**changes), WALL) is None

    def test_a_late_or_repeated_one_means_nothing(self) -> None:
        assert SERVICE.parse_push(on_the_way(HAS_KEY), self.message(), WALL) is None

    def test_it_is_joined_with_the_token_where_there_is_a_channel(self) -> None:
        assert SERVICE.channel(on_the_way()) is None
        assert SERVICE.channel(on_the_way(asked=asked(websocket_url="wss://cab.example"))) == Secret("the-token")


class TestDevice:
    def test_the_request_names_the_device(self) -> None:
        asks = on_the_way(asked=asked(device_name="Büro & 7"))
        assert form(call("request_identifier").build(asks)) == {"deviceName": "Büro & 7"}

    @pytest.mark.parametrize("said", [{"deviceIdentifier": DEVICE}, DEVICE])
    def test_the_identifier_in_both_shapes(self, said: object) -> None:
        got = call("retrieve").parse(on_the_way(REQUESTED), answer(said), WALL)
        assert isinstance(got, Registered)
        assert got.ticket == Ticket(Secret(DEVICE), None)
        assert got.enrollment is not None
        assert got.enrollment.progress.device_identifier == DEVICE

    @pytest.mark.parametrize("said", [{}, {"deviceIdentifier": ""}, [], {"deviceIdentifier": {}}, True])
    def test_no_identifier_breaks_the_protocol(self, said: object) -> None:
        with pytest.raises(errors.ProtocolError):
            call("retrieve").parse(on_the_way(REQUESTED), answer(said), WALL)

    def test_a_rejected_request_can_be_made_again(self) -> None:
        asks = on_the_way(
            replace(REQUESTED, command=CommandUnderWay("command-1", CommandKind.REQUEST_IDENTIFIER, WALL))
        )
        got = call("outcome").parse(asks, answer("rejected"), WALL)
        assert isinstance(got, Learned)
        assert next_name(got.enrollment) == "namesakes"


class TestLostRequest:
    """The answer to the request was lost: is there a device, and which?"""

    LOST = on_the_way(replace(HAS_KEY, namesakes=("old-one",), requested_at=WALL))

    def test_it_is_known_before_the_request_is_sent(self) -> None:
        asks = on_the_way(replace(HAS_KEY, namesakes=()))
        assert next_name(call("request_identifier").prepare(asks, WALL)) == "find"

    def test_a_new_device_of_our_name_is_ours(self) -> None:
        others = [record(deviceIdentifier="old-one"), record(deviceIdentifier="x", deviceName="Other")]
        got = call("find").parse(self.LOST, answer([*others, record()]), WALL)
        assert isinstance(got, Registered)
        assert got.ticket.device_code == Secret(DEVICE)

    def test_until_it_appears_nothing_is_asked_for_a_second_time(self) -> None:
        got = call("find").parse(self.LOST, answer([record(deviceIdentifier="old-one")]), WALL + commands.SETTLING - 1)
        assert got == NotYet(working_since=WALL)

    def test_then_it_was_never_made(self) -> None:
        got = learned(call("find").parse(self.LOST, answer([]), WALL + commands.SETTLING))
        assert next_name(got) == "namesakes"

    def test_a_service_that_lists_no_device_is_not_made_to_make_one_after_the_other(self) -> None:
        asks = replace(self.LOST, progress=replace(self.LOST.progress, requests=registration.MOST_REQUESTS - 1))
        got = call("find").parse(asks, answer([]), WALL + commands.SETTLING)
        assert isinstance(got, Learned)
        assert isinstance(got.error, errors.ProtocolError)
        assert next_name(got.enrollment) == "namesakes", "somebody may try again, knowingly"

    def test_a_clock_that_went_back_does_not_make_us_wait_for_days(self) -> None:
        assert next_name(learned(call("find").parse(self.LOST, answer([]), WALL - DAY))) == "namesakes"

    def test_two_that_could_be_ours_are_never_guessed_from(self) -> None:
        with pytest.raises(errors.ProtocolError, match="2 new devices"):
            call("find").parse(self.LOST, answer([record(), record(deviceIdentifier="another")]), WALL)

    @pytest.mark.parametrize("shift", [0.0, 3600.0, -86_400.0], ids=["", "ahead", "behind"])
    @pytest.mark.parametrize(("after", "ours"), [(0, True), (4, True), (-60, False), (60, False), (3600, False)])
    def test_the_time_of_its_making_tells_it_from_another_machines(self, after: int, ours: bool, shift: float) -> None:
        """Whatever the service's clock says, which the answer tells."""
        made = record(createdAt=rfc3339(WALL + after + shift), status="approved")
        said = answer([made], date=formatdate(WALL + 7200 + shift, usegmt=True))
        got = call("find").parse(self.LOST, said, WALL + 7200)
        assert isinstance(got, Registered) is ours
        if not ours:
            assert next_name(learned(got)) == "namesakes"

    @pytest.mark.parametrize(("status", "later"), [("approved", 1.0), ("pending", registration.TRACEABLE)])
    def test_where_no_time_is_told_neither_an_approved_nor_a_late_one_is_taken(self, status: str, later: float) -> None:
        with pytest.raises(errors.ProtocolError, match="may not be ours"):
            call("find").parse(self.LOST, answer([record(status=status)]), WALL + later)

    def test_nor_is_one_without_a_name(self) -> None:
        with pytest.raises(errors.ProtocolError, match="names"):
            call("find").parse(self.LOST, answer([{"id": "new", "approved": False}]), WALL)

    def test_devices_of_the_same_name_that_were_there_before_are_remembered(self) -> None:
        said = answer([record(), record(deviceIdentifier="x", deviceName="Other")])
        assert learned(call("namesakes").parse(on_the_way(HAS_KEY), said, WALL)).progress.namesakes == (DEVICE,)

    def test_thousands_of_devices_are_gone_through_in_a_moment(self) -> None:
        many = [str(number) for number in range(25_000)]
        asks = on_the_way(replace(HAS_KEY, namesakes=tuple(many), requested_at=WALL))
        begun = time.process_time()
        call("find").parse(asks, answer([{"id": one} for one in many]), WALL)
        assert time.process_time() - begun < 2.0


class TestApproval:
    @pytest.mark.parametrize("name", ["deviceIdentifier", "deviceId", "id"])
    @pytest.mark.parametrize(
        ("state", "row_"),
        [({"status": "approved"}, "configuration"), ({"state": "active"}, "configuration"),
         ({"status": "Approved"}, "configuration"), ({"approved": True}, "configuration"),
         ({"isApproved": True}, "configuration")],
    )  # fmt: skip
    def test_approved_in_every_shape(self, name: str, state: dict[str, object], row_: str) -> None:
        got = learned(call("poll").parse(waiting(), answer([{name: DEVICE, **state}]), WALL))
        assert next_name(got) == row_

    @pytest.mark.parametrize(
        "state", [{"status": "pending"}, {"state": "pending"}, {"approved": False}, {"isApproved": False}]
    )
    def test_not_yet_in_every_shape(self, state: dict[str, object]) -> None:
        got = call("poll").parse(waiting(), answer([{"id": DEVICE, **state}]), WALL)
        assert isinstance(got, NotYet)
        assert got.enrollment is not None
        assert got.enrollment.progress.listed

    @pytest.mark.parametrize(
        "said",
        [{}, "approved", [7], [{"id": DEVICE}], [{"status": "approved"}], [{"id": DEVICE, "status": "sleeping"}],
         [{"id": DEVICE, "approved": "yes"}], [{"id": {}, "approved": True}]],
    )  # fmt: skip
    def test_an_unknown_shape_breaks_the_protocol(self, said: object) -> None:
        with pytest.raises(errors.ProtocolError):
            call("poll").parse(waiting(), answer(said), WALL)

    def test_rejected(self) -> None:
        with pytest.raises(errors.Denied, match="rejected this device"):
            call("poll").parse(waiting(), answer([record(status="rejected")]), WALL)

    def test_listed_and_gone(self) -> None:
        with pytest.raises(errors.Denied, match="not listed any more"):
            call("poll").parse(waiting(replace(IDENTIFIED, listed=True)), answer([]), WALL)

    def test_not_listed_yet(self) -> None:
        assert call("poll").parse(waiting(), answer([record(deviceIdentifier="another")]), WALL) == NotYet()

    def test_gone_before_we_looked_for_the_first_time(self) -> None:
        with pytest.raises(errors.Denied, match="not listed any more"):
            call("poll").parse(waiting(), answer([]), WALL + commands.SETTLING)

    def test_another_device_may_be_as_odd_as_it_likes(self) -> None:
        others = [{"id": "another", "status": "sleeping"}, {"id": "third"}]
        got = learned(call("poll").parse(waiting(), answer([*others, record(status="approved")]), WALL))
        assert next_name(got) == "configuration"
        assert learned(call("namesakes").parse(on_the_way(HAS_KEY), answer(others), WALL)).progress.namesakes == (
            "another", "third",
        )  # fmt: skip

    def test_with_this_account_by_explicit_choice_alone(self) -> None:
        assert next_name(waiting()) == "poll"
        assert next_name(approving()) == "approve"
        assert form(call("approve").build(approving())) == {"deviceIdentifier": DEVICE}

    def test_it_is_asked_for_once(self) -> None:
        assert next_name(call("approve").prepare(approving(), WALL)) == "poll"
        assert next_name(approving(Approval.TAKEN)) == "poll"

    def test_after_a_lost_answer_the_list_decides_whether_it_is_asked_for_again(self) -> None:
        got = learned(call("poll").parse(approving(Approval.ASKED), answer([record()]), WALL))
        assert next_name(got) == "approve"
        got = learned(call("poll").parse(approving(Approval.ASKED), answer([record(status="approved")]), WALL))
        assert next_name(got) == "configuration"

    def test_one_that_comes_to_no_end_does_not_hide_that_of_others(self) -> None:
        asks = approving(Approval.ASKED, command=CommandUnderWay("command-1", CommandKind.APPROVE, WALL))
        assert isinstance(call("outcome").parse(asks, answer("started"), WALL + commands.STUCK - 1), NotYet)
        got = learned(call("outcome").parse(asks, answer("started"), WALL + commands.STUCK))
        assert next_name(got) == "poll"

    def test_its_rejection_is_told_unless_somebody_else_has_approved(self) -> None:
        asks = approving(command=CommandUnderWay("command-1", CommandKind.APPROVE, WALL))
        got = learned(call("outcome").parse(asks, answer({"command_status": 3, "body": "No key"}), WALL))
        assert next_name(got) == "poll"
        told = call("poll").parse(got, answer([record()]), WALL)
        assert isinstance(told, Learned)
        assert isinstance(told.error, errors.CommandRejected)
        assert "No key" in told.error.message
        assert next_name(told.enrollment) == "poll"  # and it is told once
        assert next_name(learned(call("poll").parse(got, answer([record(status="approved")]), WALL))) == "configuration"


class TestConfiguration:
    def test_it_is_kept_as_the_service_gives_it(self) -> None:
        got = call("configuration").parse(waiting(APPROVED), answer(CONFIGURATION), WALL)
        assert isinstance(got, Grant)
        assert got.configuration is not None
        assert json.loads(got.configuration.reveal()) == CONFIGURATION
        assert (got.access_token, got.client_id, got.expires_at) == (Secret("the-token"), "oauth-client", WALL + DAY)

    @pytest.mark.parametrize("status", [404, 405])
    def test_where_it_cannot_be_retrieved_it_is_downloaded(self, status: int) -> None:
        first = call("configuration").build(waiting(APPROVED))
        assert (first.method, first.url) == (
            "GET", "https://acme.example:7400/device/retrieve-device-configuration/device-4711"
        )  # fmt: skip
        got = learned(call("configuration").parse(waiting(APPROVED), Response(status), WALL))
        second = call("configuration").build(got)
        assert second.url.endswith("/device/download-device-configuration")
        assert form(second) == {"deviceIdentifier": DEVICE}
        with pytest.raises(errors.ProtocolError):
            call("configuration").parse(got, Response(status), WALL)

    @pytest.mark.parametrize("missing", CONFIGURATION)
    def test_what_lacks_something_breaks_the_protocol(self, missing: str) -> None:
        said = {name: value for name, value in CONFIGURATION.items() if name != missing}
        with pytest.raises(errors.ProtocolError, match=missing):
            call("configuration").parse(waiting(APPROVED), answer(said), WALL)

    @pytest.mark.parametrize("port", ["5671", 5671])
    def test_the_port_is_a_number(self, port: object) -> None:
        got = call("configuration").parse(waiting(APPROVED), answer(CONFIGURATION | {"rabbit-port": port}), WALL)
        assert isinstance(got, Grant)
        assert got.configuration is not None
        assert json.loads(got.configuration.reveal())["rabbit-port"] == 5671

    @pytest.mark.parametrize("port", [0, 65_536, -1, "", "x", None, True, 5671.5, "99999999999"])
    def test_nonsense_is_no_port(self, port: object) -> None:
        with pytest.raises(errors.ProtocolError, match="rabbit-port"):
            call("configuration").parse(waiting(APPROVED), answer(CONFIGURATION | {"rabbit-port": port}), WALL)

    def test_that_of_another_device_is_refused(self) -> None:
        said = answer(CONFIGURATION | {"device-identifier": "another"})
        with pytest.raises(errors.ProtocolError, match="another device"):
            call("configuration").parse(waiting(APPROVED), said, WALL)

    def test_a_description_is_sent_before_it_and_costs_nothing_where_it_is_refused(self) -> None:
        asks = waiting(APPROVED, asked=asked(description="Büro 7"))
        assert form(call("name").build(asks)) == {"deviceIdentifier": DEVICE, "name": "Büro 7"}
        assert next_name(learned(call("name").parse(asks, answer({"message": "no"}, 422), WALL))) == "configuration"
        known = replace(APPROVED, command=CommandUnderWay("c", CommandKind.CONFIGURE_META, WALL))
        rejected = call("outcome").parse(replace(asks, progress=known), answer("rejected"), WALL)
        assert next_name(learned(rejected)) == "configuration"

    @pytest.mark.parametrize("name", ["client-secret", "rabbit-host"])
    @pytest.mark.parametrize("value", ["a\x1b[2J", "a\u202e", "a\u3164", "\ud83d", "a" * 16_385])
    def test_what_cannot_be_printed_or_stored_is_no_configuration(self, name: str, value: str) -> None:
        with pytest.raises(errors.ProtocolError, match=name):
            call("configuration").parse(waiting(APPROVED), answer({**CONFIGURATION, name: value}), WALL)


class TestAfterwards:
    def test_a_refresh_brings_a_new_token_and_keeps_the_rest(self) -> None:
        refresh = call("reauthorize", Goal.REFRESH)
        assert refresh.build(enrolled()).headers["X-DPT-AUTHORIZATION"] == "the-token"
        got = refresh.parse(enrolled(), answer({"authorizationToken": "new", "expiresAt": END}), WALL)
        assert isinstance(got, Grant)
        assert (got.access_token, got.client_id) == (Secret("new"), "oauth-client")
        assert got.configuration == enrolled().grant.configuration  # type: ignore[union-attr]

    def test_a_renewal_reads_the_configuration_again(self) -> None:
        got = learned(call("reauthorize", Goal.RENEW).parse(enrolled(), answer({"expiresAt": END}), WALL))
        assert next_name(got, Goal.RENEW) == "configuration"

    def test_a_removal(self) -> None:
        assert form(call("remove", Goal.REMOVE).build(enrolled())) == {"deviceIdentifier": DEVICE}
        asks = enrolled(progress=commanded(CommandKind.REMOVE, device_identifier=DEVICE))
        assert call("outcome", Goal.REMOVE).parse(asks, answer("succeeded"), WALL) == Removed()

    def test_a_removal_that_is_rejected_may_have_been_done_before(self) -> None:
        asks = enrolled(progress=commanded(CommandKind.REMOVE, device_identifier=DEVICE))
        got = learned(call("outcome", Goal.REMOVE).parse(asks, answer({"command_status": 3, "body": "No"}), WALL))
        assert next_name(got, Goal.REMOVE) == "gone"
        assert call("gone", Goal.REMOVE).parse(got, answer([]), WALL) == Removed()
        told = call("gone", Goal.REMOVE).parse(got, answer([record(status="approved")]), WALL)
        assert isinstance(told, Learned)
        assert isinstance(told.error, errors.CommandRejected)

    def test_what_is_gone_already_is_removed(self) -> None:
        assert call("remove", Goal.REMOVE).parse(enrolled(), ABSENT, WALL) == Removed()


def test_the_fingerprint_is_that_of_the_x25519_key(openssl: str) -> None:
    """SubjectPublicKeyInfo by an independent program (RFC 8410)."""
    import base64
    import hashlib
    import subprocess

    der = base64.b64decode(key_pair().private_key.reveal())
    spki = subprocess.run(
        [openssl, "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=der, capture_output=True, check=True
    ).stdout
    digest = base64.b64encode(hashlib.sha256(spki).digest()).decode().rstrip("=")
    assert key_pair().fingerprint == f"SHA256:{digest}"
    assert key_pair().key_type is KeyType.X25519


def test_a_device_without_an_identifier_has_nothing_to_name() -> None:
    with pytest.raises(ValueError, match="no identifier"):
        call("approve").build(on_the_way(HAS_KEY))
