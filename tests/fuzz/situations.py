"""Where an answer can meet an enrollment: each row of each goal's table, and what an honest service says there."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from enroller.model import Credential, CredentialKind, Enrollment, Request, Response, Secret, State
from enroller.services import Goal, Service
from enroller.text import rfc3339
from tests.fakes import LIFE, WALL, an_enrollment, enrolled
from tests.privicore_fakes import CONFIGURATION, DAY, DEVICE, NAME
from tests.services import test_privicore, test_safeq_cloud

API_KEY = "kéy/with+odd & signs%"
PASSWORD = "pass/wörd+ of=kim&co%"
PASTED = "pasted/token+of=kim"
TOKEN = "token/that+is=ours"
CODE = "device/code+of=ours"
ACCESS, REFRESH = "access/token+of=ours", "refresh/token+of=ours"

SECRETS = (API_KEY, PASSWORD, PASTED, TOKEN, CODE, ACCESS, REFRESH)
"""What requests carry, with characters that each encoding writes in a way of its own."""


@dataclass(frozen=True, eq=False)
class Situation:
    """An enrollment whose next call is the row `name` of the table for `goal`; `good`: an honest answer to that."""

    service: Service
    goal: Goal
    name: str
    asks: Enrollment
    good: Response

    def carried(self) -> list[str]:
        """The secrets that its request carries."""
        table = self.service.tables.get(self.goal, self.service.tables[Goal.ENROLL])
        call = next(row for row in table if row.name == self.name)
        return secrets_in(call.build(call.prepare(self.asks, WALL)))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """How Hypothesis shows it."""
        printer.text(f"{self.service.name}/{self.goal.name}/{self.name}/{self.asks.state.name}")


def all_situations() -> list[Situation]:
    """Those of the adapters' own tests, with secrets that are hard to hide, and a few more states."""
    found = []
    for contract in (test_safeq_cloud.TestContract, test_privicore.TestContract):
        for (goal, name), asks in contract.situations.items():
            ready = _with_odd_secrets(asks)
            found.append(Situation(contract.service, goal, name, ready, honest(name, ready, WALL)))
    cloud = test_safeq_cloud.TestContract.service
    signed = an_enrollment(state=State.OUTCOME_UNKNOWN, signed=True, approved=True)
    for asks in (signed, replace(enrolled(), state=State.ENROLLED)):
        ready = _with_odd_secrets(asks)
        found.append(Situation(cloud, Goal.RENEW, "register", ready, honest("register", ready, WALL)))
    return found


def secrets_in(request: Request) -> list[str]:
    """Which of the secrets a request carries."""
    carried = f"{dict(request.headers)} {unquote_plus(request.body.decode())}"
    return [secret for secret in SECRETS if secret in carried]


def honest(name: str, enrollment: Enrollment, now: float) -> Response:
    """What the service says to that row's request where nothing is wrong."""
    members, status = _HONEST[name](enrollment, now)
    headers = {"content-type": "application/json", "date": formatdate(now, usegmt=True)}
    return Response(status, headers, json.dumps(members).encode())


def spellings(secret: str) -> set[str]:
    """The ways in which a service may repeat what it was sent: as it is, URL-encoded, in JSON, HTML or base64."""
    data = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    found |= {escape(secret), "".join(f"%{byte:02X}" for byte in data)}
    found |= {spelling.replace("%", "%25") for spelling in found if "%" in spelling}
    found |= {_lower_hex(spelling) for spelling in found}
    for before in (b"", b"k:", b":"):
        found |= {base64.b64encode(before + data).decode(), base64.urlsafe_b64encode(before + data).decode()}
    return found


def _lower_hex(spelling: str) -> str:
    head, *rest = spelling.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])


def _with_odd_secrets(asks: Enrollment) -> Enrollment:
    """The same situation; nothing that is sent is a plain word."""
    kinds = {CredentialKind.API_KEY: API_KEY, CredentialKind.PASSWORD: PASSWORD, CredentialKind.TOKEN: PASTED}
    credential, grant, known = asks.credential, asks.grant, asks.authorization
    if credential is not None:
        credential = Credential(credential.kind, Secret(kinds[credential.kind]))
    if grant is not None:
        grant = replace(grant, access_token=Secret(ACCESS), refresh_token=grant.refresh_token and Secret(REFRESH))
    ticket = asks.ticket
    if ticket is not None and ticket.expires_at is not None:
        ticket = replace(ticket, device_code=Secret(CODE))
    authorization = known and replace(known, token=Secret(TOKEN))
    return replace(asks, credential=credential, grant=grant, ticket=ticket, authorization=authorization)


def _token(_enrollment: Enrollment, now: float) -> tuple[object, int]:
    return {"authorizationToken": TOKEN, "expiresAt": rfc3339(now + DAY)}, 200


def _taken(_enrollment: Enrollment, _now: float) -> tuple[object, int]:
    return "command-1", 202


def _registered(enrollment: Enrollment, _now: float) -> tuple[object, int]:
    return {"device_code": CODE, "expires_in": int(LIFE), "interval": 5, "state": enrollment.nonce}, 200


def _granted(_enrollment: Enrollment, _now: float) -> tuple[object, int]:
    tokens = {"access_token": ACCESS, "refresh_token": REFRESH}
    return {**tokens, "token_type": "Bearer", "expires_in": 3600}, 200


def _identifier(enrollment: Enrollment) -> str:
    return enrollment.progress.device_identifier or DEVICE


def _listed(enrollment: Enrollment, _now: float) -> tuple[object, int]:
    return [{"deviceIdentifier": _identifier(enrollment), "deviceName": NAME, "status": "approved"}], 200


def _found(enrollment: Enrollment, now: float) -> tuple[object, int]:
    made = rfc3339(enrollment.progress.requested_at or now)
    return [{"deviceIdentifier": DEVICE, "deviceName": NAME, "status": "pending", "createdAt": made}], 200


_HONEST: Mapping[str, Callable[[Enrollment, float], tuple[Any, int]]] = {
    "register": _registered,
    "poll": lambda asks, now: (_granted if asks.asked.client_id else _listed)(asks, now),
    "refresh": _granted,
    "authenticate": _token,
    "expiry": _token,
    "keep-alive": _token,
    "reauthorize": _token,
    "outcome": lambda _, __: ("succeeded", 200),
    "profile-key": lambda _, __: ({}, 404),
    "register_key": _taken,
    "find": _found,
    "namesakes": lambda _, __: ([], 200),
    "request_identifier": _taken,
    "retrieve": lambda asks, _: ({"deviceIdentifier": _identifier(asks)}, 200),
    "name": _taken,
    "configuration": lambda asks, _: ({**CONFIGURATION, "device-identifier": _identifier(asks)}, 200),
    "approve": _taken,
    "gone": lambda _, __: ([], 200),
    "remove": _taken,
}
