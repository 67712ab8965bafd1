"""YSoft SAFEQ Cloud: trusted-device registration.

Facts are from the vendor's public pages ("Register device", "Obtain device token", "Request example"). Where those are
silent, the assumption is one of the constants below.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from enroller import errors, keys
from enroller.address import host_of
from enroller.model import (
    KEY_TYPES,
    Credential,
    Enrollment,
    Grant,
    Request,
    Response,
    Secret,
    ServiceName,
    Ticket,
)
from enroller.services import Call, Goal, NotYet, Outcome, Registered, Table, answers

BASE_PATH = "/oauth/v1"
GATEWAY_PORT = 7400

SIGNATURE_HEADER = "HCP-Request-Signature"
SIGN_EVERY_TOKEN_CALL = True
"""One edition of the pages says that /token must be signed, another that it may be: signing satisfies both."""

# Assumption: the service names no interval; `polling.DEFAULT_INTERVAL` (RFC 8628) applies, `slow_down` is obeyed.
# Assumption: a signature by an RSA key is RSASSA-PKCS1-v1_5 with SHA-256; see `keys.sign`.
# Assumption: a used-up device code or refresh token answers `invalid_grant` (RFC 6749, section 5.2).


def _build_register(enrollment: Enrollment) -> Request:
    asked = enrollment.asked
    fields = [
        ("client_id", asked.client_id),
        ("client_secret", _api_key(enrollment).reveal()),
        ("client_type", asked.client_type.value),
    ]
    if asked.description:
        fields.append(("client_description", asked.description))
    fields += [
        ("public_key", enrollment.key.public_key),
        ("key_type", enrollment.key.key_type.value),
        ("response_type", "device_code"),
    ]
    if enrollment.nonce:
        fields.append(("state", enrollment.nonce))
    return _post(enrollment, "register", fields, signed=enrollment.signed)


def _parse_register(enrollment: Enrollment, answer: Response, now: float) -> Registered:
    members = answers.json_object(answer, host_of(enrollment.asked.server), _sent(enrollment))
    # Absent is accepted: the vendor's own example shows no `state` (it sends none).
    if "state" in members and enrollment.nonce and members["state"] != enrollment.nonce:
        raise errors.ForgedState("The “state” that came back is not the one that was sent.")
    ticket = Ticket(
        device_code=answers.secret(members, "device_code"),
        expires_at=now + answers.seconds(members, "expires_in"),
    )
    return Registered(ticket, answers.optional_interval(members), state_echoed="state" in members)


def _build_poll(enrollment: Enrollment) -> Request:
    if enrollment.ticket is None:
        raise ValueError("nothing to poll for")
    return _token(enrollment, "device_code", enrollment.ticket.device_code.reveal())


def _parse_poll(enrollment: Enrollment, answer: Response, now: float) -> Grant | NotYet:
    try:
        return _parse_refresh(enrollment, answer, now)
    except errors.Refused as refused:
        if refused.oauth_error == "authorization_pending":
            return NotYet()
        raise
    except errors.Busy as busy:
        if answers.error_members(answer).get("error") == "slow_down":
            wanted = busy.retry_after  # holds for good, other than a pause
            return NotYet(slow_down=True, interval=wanted and min(wanted, answers.LONGEST_INTERVAL))
        raise


def _build_refresh(enrollment: Enrollment) -> Request:
    if enrollment.grant is None or enrollment.grant.refresh_token is None:
        raise ValueError("nothing to refresh with")
    return _token(enrollment, "refresh_token", enrollment.grant.refresh_token.reveal())


def _parse_refresh(enrollment: Enrollment, answer: Response, now: float) -> Grant:
    members = answers.json_object(answer, host_of(enrollment.asked.server), _sent(enrollment))
    kind = members.get("token_type", "Bearer")
    # RFC 6749, section 7.1: a token of a type that we do not understand must not be used; the name has no case.
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise errors.ProtocolError("The service granted a token of an unknown type.")
    return Grant(
        access_token=answers.secret(members, "access_token"),
        refresh_token=answers.secret(members, "refresh_token") if members.get("refresh_token") is not None else None,
        issued_at=now,
        expires_at=now + answers.seconds(members, "expires_in"),
    )


def _sent(enrollment: Enrollment) -> list[Secret]:
    """The secrets that requests carry."""
    found = [_api_key(enrollment)]
    if enrollment.ticket is not None:
        found.append(enrollment.ticket.device_code)
    if enrollment.grant is not None and enrollment.grant.refresh_token is not None:
        found.append(enrollment.grant.refresh_token)
    return found


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def _token(enrollment: Enrollment, grant_type: str, value: str) -> Request:
    """`grant_type` is also the name of the parameter that carries the value."""
    fields = [
        ("client_id", enrollment.asked.client_id),
        ("client_secret", _api_key(enrollment).reveal()),
        ("grant_type", grant_type),
        (grant_type, value),
    ]
    return _post(enrollment, "token", fields, signed=SIGN_EVERY_TOKEN_CALL)


def _post(enrollment: Enrollment, path: str, fields: Sequence[tuple[str, str]], *, signed: bool) -> Request:
    body = urlencode(fields).encode()
    headers = _headers()
    if signed:
        headers[SIGNATURE_HEADER] = base64.b64encode(keys.sign(enrollment.key, body)).decode()
    return Request("POST", f"{enrollment.asked.server}{BASE_PATH}/{path}", headers, body)


def _api_key(enrollment: Enrollment) -> Secret:
    if enrollment.credential is None:
        raise errors.BadApiKey("There is no API key.")
    return enrollment.credential.secret


def _has_ticket(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.ticket is not None


def _has_refresh_token(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.grant is not None and enrollment.grant.refresh_token is not None


TABLES = {
    Goal.ENROLL: (
        Call("poll", _build_poll, _parse_poll, wanted=_has_ticket),
        Call("register", _build_register, _parse_register),
    ),
    Goal.REFRESH: (Call("refresh", _build_refresh, _parse_refresh, wanted=_has_refresh_token),),
}


class SafeqCloud:
    """The adapter; see `Service` for the meaning of each function."""

    name = ServiceName.SAFEQ_CLOUD
    title = "YSoft SAFEQ Cloud"
    key_types = KEY_TYPES[ServiceName.SAFEQ_CLOUD]
    keeps_credential = True
    shortest_gap: float | None = None

    @property
    def tables(self) -> Mapping[Goal, Table]:
        return TABLES

    def accept(self, enrollment: Enrollment, credential: Credential) -> Enrollment:
        return replace(enrollment, credential=credential)

    def sign_out(self, enrollment: Enrollment) -> Enrollment | None:
        return None

    def channel(self, enrollment: Enrollment) -> Secret | None:
        return None

    def parse_push(self, enrollment: Enrollment, message: bytes, now: float) -> Outcome | None:
        return None

    def no_answer_advice(self, server: str) -> str:
        return (
            f"Port 443 was asked, which is the cloud's. A SAFEQ gateway listens on {GATEWAY_PORT}: "
            f"try {server.removeprefix('https://')}:{GATEWAY_PORT}."
        )

    def build_probe(self, server: str) -> Request:
        """An empty /register: a SAFEQ Cloud service answers it with an OAuth error, and nothing is registered."""
        return Request("POST", f"{server}{BASE_PATH}/register", _headers(), b"")

    def parse_probe(self, server: str, answer: Response) -> None:
        try:
            answers.json_object(answer, host_of(server))
        except errors.Refused as refused:
            # Whoever does not know the path at all says so in words of its own.
            if answer.status == 404 and refused.oauth_error not in answers.OAUTH_ERRORS:
                raise errors.ProtocolError("It knows no registration of devices (status 404).") from None
