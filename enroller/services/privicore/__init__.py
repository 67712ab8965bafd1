"""Privicore: device registration.

Facts are from the vendor's public pages; where these are silent, the assumption stands where it is used, marked with
that word. The tables below are the whole flow. In the order in which an enrollment's calls are made where nothing goes
wrong:

    expiry | authenticate      who we are
    profile-key                has the account a key? Then it is kept,
    register_key ─▶ outcome    else ours is registered
    namesakes                  which devices of this name are there already?
    request ─▶ outcome         a device is made; where that answer was lost, `find` looks for it
    retrieve                   its identifier: registered
    approve ─▶ outcome         only where the technician wants that
    poll                       until the owner has decided
    name ─▶ outcome            the description, where there is one
    configuration              granted
"""

from collections.abc import Mapping
from dataclasses import replace

from enroller.address import host_of
from enroller.model import KEY_TYPES, Credential, CredentialKind, Enrollment, Request, Response, Secret, ServiceName
from enroller.services import Goal, Outcome, Table, answers
from enroller.services.privicore import approval, registration, sign_in, wire
from enroller.services.privicore.commands import OUTCOME, settled

TABLES: Mapping[Goal, Table] = {
    Goal.ENROLL: (
        sign_in.EXPIRY,
        sign_in.AUTHENTICATE,
        sign_in.KEEP_ALIVE,
        OUTCOME,
        registration.PROFILE_KEY,
        registration.REGISTER_KEY,
        registration.FIND,
        registration.NAMESAKES,
        registration.REQUEST,
        registration.RETRIEVE,
        approval.NAME,
        approval.CONFIGURATION_ONCE_APPROVED,
        approval.APPROVE,
        approval.POLL,
    ),
    Goal.REFRESH: tuple(
        replace(call, parse=sign_in.as_grant(call.parse))
        for call in (sign_in.EXPIRY, sign_in.SIGN_IN_ANEW, sign_in.REAUTHORIZE)
    ),
    Goal.RENEW: (sign_in.EXPIRY, sign_in.SIGN_IN_ANEW, sign_in.REAUTHORIZE, approval.CONFIGURATION),
    Goal.REMOVE: (sign_in.EXPIRY, sign_in.SIGN_IN_ANEW, OUTCOME, approval.GONE, approval.REMOVE),
}


class Privicore:
    """The adapter; see `Service` for the meaning of each function."""

    name = ServiceName.PRIVICORE
    title = "Privicore"
    key_types = KEY_TYPES[ServiceName.PRIVICORE]
    keeps_credential = False
    shortest_gap: float | None = 1.0

    @property
    def tables(self) -> Mapping[Goal, Table]:
        return TABLES

    def accept(self, enrollment: Enrollment, credential: Credential) -> Enrollment:
        return replace(enrollment, credential=credential, authorization=None)

    def sign_out(self, enrollment: Enrollment) -> Enrollment | None:
        credential = enrollment.credential
        if enrollment.authorization is None or credential is None or credential.kind is not CredentialKind.PASSWORD:
            return None
        return replace(enrollment, authorization=None)

    def channel(self, enrollment: Enrollment) -> Secret | None:
        return wire.token_of(enrollment) if enrollment.asked.websocket_url else None

    def parse_push(self, enrollment: Enrollment, message: bytes, now: float) -> Outcome | None:
        command = enrollment.progress.command
        pushed = wire.pushed(message)
        if command is None or pushed is None or pushed.id != command.id:
            return None  # late, repeated or foreign
        if pushed.status is wire.CommandStatus.IN_FLIGHT:
            return None
        return settled(enrollment, pushed.status, pushed.reason)

    def no_answer_advice(self, server: str) -> str:
        return (
            f"Port 443 was asked. Privicore's public sandbox listens on {wire.SANDBOX_PORT}: "
            f"try {server.removeprefix('https://')}:{wire.SANDBOX_PORT}."
        )

    def build_probe(self, server: str) -> Request:
        """The public health check. **Assumption**: any 2xx that is no web page; its body is not documented."""
        return Request("GET", f"{server}/health", {"Accept": "application/json"})

    def parse_probe(self, server: str, answer: Response) -> None:
        answers.raise_if_stranger(answer, host_of(server))
        if not 200 <= answer.status < 300:
            raise answers.unexplained(answer, host_of(server))
