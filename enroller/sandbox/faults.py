"""The faults that the sandbox can inject, each one seen in the field, and the queue of those still to come.

Three kinds, told apart by when they strike:

- *instead*: the service never handles the request, something else answers (`instead`) or nobody does (RESET, HANG);
- *afterwards*: the request is handled, its effects stay, and the answer is spoiled (`afterwards`);
- *on the way*: the request is handled and its answer hurt by the transport (LATENCY, SLOW_DRIP, CUT_OFF,
  LOST_ANSWER).
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from email.utils import formatdate
from enum import StrEnum

from enroller.model import Response


class Fault(StrEnum):
    """One way in which an exchange goes wrong. `seconds` means what stands here, and nothing for the others."""

    LATENCY = "latency"
    """Handled at once, answered `seconds` later."""
    SERVER_ERROR = "server_error"
    """503 with a page of text: the service is overloaded (RFC 9110, 15.6.4)."""
    RETRY_AFTER = "retry_after"
    """429 that asks to stay away for `seconds` (RFC 6585, 4; RFC 9110, 10.2.3)."""
    RETRY_AFTER_DATE = "retry_after_date"
    """The same with the date at which `seconds` will have passed."""
    SLOW_DOWN = "slow_down"
    """400 `slow_down` (RFC 8628, 3.5)."""
    CUT_OFF = "cut_off"
    """Handled; the connection ends in the middle of the answer."""
    BROKEN_JSON = "broken_json"
    """Handled; the answer is complete for HTTP, but its JSON ends in the middle."""
    LOGIN_PAGE = "login_page"
    """200 with the sign-in page of a guest network."""
    REDIRECT = "redirect"
    """302 to a stranger."""
    RESET = "reset"
    """The connection is reset before the request is handled."""
    LOST_ANSWER = "lost_answer"
    """Handled; the connection is reset instead of an answer."""
    HANG = "hang"
    """Not handled and never answered."""
    SLOW_DRIP = "slow_drip"
    """Handled; the answer's body comes one byte every `seconds`."""
    HUGE = "huge"
    """Handled; the answer is correct and larger than any client should accept."""
    WRONG_STATE = "wrong_state"
    """Handled; the answer to a registration carries a nonce that nobody sent."""


DEFAULT_SECONDS = {
    Fault.LATENCY: 3.0,
    Fault.RETRY_AFTER: 10.0,
    Fault.RETRY_AFTER_DATE: 10.0,
    Fault.SLOW_DRIP: 0.2,
}
"""`seconds` where none are given; a fault that is not listed has no use for them."""

HUGE_PADDING = 300 * 1024
"""More than the 256 KiB at which clients give up."""

FORGED_STATE = "forged-by-the-sandbox"
STRANGER = "https://sign-in.hotel.example/welcome"

_LOGIN_PAGE = b"""<!doctype html>
<html><head><title>Guest network</title></head>
<body><h1>Welcome</h1>
<form method="post"><input name="room"><input name="password" type="password"></form></body></html>
"""


class Where(StrEnum):
    """Which requests a fault strikes, by the last part of their path that is always the same."""

    ANY = "any"
    REGISTER = "register"
    TOKEN = "token"
    HEALTH = "health"
    REGISTER_PROFILE = "register-profile"
    AUTHENTICATE = "authenticate"
    EXPIRY = "expiry"
    REAUTHORIZE = "reauthorize-authorization-token"
    REVOKE = "revoke-authorization-token"
    REGISTER_PUBLIC_KEY = "register-public-key"
    RETRIEVE_PUBLIC_KEY = "retrieve-public-key"
    ENGINE_KEY = "public-key"
    GENERATE_KEYS = "generate-keys"
    REQUEST_STATUS = "request-status"
    REQUEST_IDENTIFIER = "request-unique-identifier"
    RETRIEVE_IDENTIFIER = "retrieve-unique-identifier"
    DEVICES = "retrieve-profile-devices"
    APPROVE = "approve-device"
    REJECT = "reject-device"
    CONFIGURE_META = "configure-meta"
    REMOVE = "remove"
    RETRIEVE_CONFIGURATION = "retrieve-device-configuration"
    DOWNLOAD_CONFIGURATION = "download-device-configuration"


SAFEQ = (Where.REGISTER, Where.TOKEN)
"""The endpoints of SAFEQ Cloud."""

PRIVICORE = tuple(where for where in Where if where not in (Where.ANY, *SAFEQ))
"""The endpoints of Privicore."""

NOT_PRIVICORE = (Fault.SLOW_DOWN, Fault.WRONG_STATE)
"""Faults of OAuth's, which make no sense at Privicore."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that waits for its requests: the next `count` of them, or all until it is cleared (None)."""

    fault: Fault
    where: Where = Where.ANY
    count: int | None = 1
    seconds: float = 0.0

    def strikes(self, endpoint: str) -> bool:
        """Whether a request to `endpoint` meets this fault."""
        if self.fault is Fault.WRONG_STATE and endpoint != Where.REGISTER:
            return False  # only a registration carries a nonce
        return self.where in (Where.ANY, endpoint)


class Faults:
    """The queue of injections of one service: the oldest one that strikes a request is used up first.

    `endpoints`: what the service has. `senseless`: faults that it cannot have.
    """

    def __init__(self, endpoints: Collection[Where], senseless: Collection[Fault] = ()) -> None:
        self.endpoints = tuple(endpoints)
        self.possible = tuple(fault for fault in Fault if fault not in senseless)
        self._waiting: list[Injection] = []

    def add(self, fault: Fault, where: Where, count: int | None, seconds: float | None) -> None:
        """Raises ValueError for what the service does not have, and for a number out of range."""
        if where is not Where.ANY and where not in self.endpoints:
            raise ValueError(f"this service has no {where}")
        if fault not in self.possible:
            raise ValueError(f"{fault} makes no sense at this service")
        if count is not None and count < 1:
            raise ValueError("count must be at least 1")
        if seconds is None:
            seconds = DEFAULT_SECONDS.get(fault, 0.0)
        if not 0 <= seconds <= 86_400:
            raise ValueError("seconds must be between 0 and 86400")
        self._waiting.append(Injection(fault, where, count, seconds))

    def take(self, endpoint: str) -> Injection | None:
        """The fault that strikes this request, if any; counts it."""
        for position, injection in enumerate(self._waiting):
            if injection.strikes(endpoint):
                if injection.count is None:
                    return injection
                if injection.count > 1:
                    self._waiting[position] = replace(injection, count=injection.count - 1)
                else:
                    del self._waiting[position]
                return injection
        return None

    def waiting(self) -> list[Injection]:
        """What is still to come, the next first."""
        return list(self._waiting)

    def clear(self) -> None:
        """Ends all faults."""
        self._waiting.clear()


def instead(injection: Injection, now: float) -> Response | None:
    """What answers instead of the service, or None where the service handles the request after all."""
    seconds = injection.seconds
    match injection.fault:
        case Fault.SERVER_ERROR:
            return Response(503, {"content-type": "text/plain"}, b"Service Unavailable\n")
        case Fault.RETRY_AFTER:
            return _busy(f"{seconds:.0f}")
        case Fault.RETRY_AFTER_DATE:
            return _busy(formatdate(now + seconds, usegmt=True))  # IMF-fixdate: RFC 9110, 5.6.7
        case Fault.SLOW_DOWN:
            error = {"error": "slow_down", "error_description": "Slow down"}
            return Response(400, {"content-type": "application/json"}, _compact(error))
        case Fault.LOGIN_PAGE:
            return Response(200, {"content-type": "text/html; charset=utf-8"}, _LOGIN_PAGE)
        case Fault.REDIRECT:
            return Response(302, {"location": STRANGER, "content-type": "text/html"}, b"")
    return None


def afterwards(injection: Injection, answer: Response) -> Response:
    """The service's `answer` as the fault leaves it; unchanged where the fault is of another kind."""
    match injection.fault:
        case Fault.BROKEN_JSON:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case Fault.HUGE:
            return replace(answer, body=answer.body + b" " * HUGE_PADDING)  # means nothing: RFC 8259, section 2
        case Fault.WRONG_STATE if answer.status == 200:
            return replace(answer, body=_compact(json.loads(answer.body) | {"state": FORGED_STATE}))
    return answer


def _busy(retry_after: str) -> Response:
    return Response(429, {"content-type": "text/plain", "retry-after": retry_after}, b"Too Many Requests\n")


def _compact(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
