"""One module per cloud service: tables of calls, each a pure function to a request and one from its answer. Pure.

An adapter has a table for each goal that it reaches by calls of its own. The first row that is wanted is the next call,
so what an enrollment knows decides what is asked next, and a restart needs no other memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from enroller import errors
from enroller.address import has_port
from enroller.model import Credential, Enrollment, Grant, KeyType, Request, Response, Secret, ServiceName, Ticket


class Goal(Enum):
    """What is wanted of the service."""

    ENROLL = auto()
    RENEW = auto()
    REFRESH = auto()
    REMOVE = auto()


@dataclass(frozen=True, slots=True)
class Learned:
    """Something that is needed on the way is known now: `enrollment` has it. `error`: it is bad news."""

    enrollment: Enrollment
    error: errors.EnrollerError | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The service has the registration: the ticket to wait with, and the interval between polls where it gives one.

    `enrollment`: with what else was learned (None: nothing). `state_echoed`: the nonce came back; where it is absent,
    the answer is accepted and the absence logged.
    """

    ticket: Ticket
    interval: float | None = None
    state_echoed: bool = True
    enrollment: Enrollment | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing is decided. `slow_down`: and asks us to come less often, at `interval` where given.

    `working_since`: it is the service itself that is at work since then, not a person who decides: look again soon.
    `enrollment`: with what was learned all the same (None: nothing).
    """

    slow_down: bool = False
    interval: float | None = None
    working_since: float | None = None
    enrollment: Enrollment | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """The service has forgotten the device."""


Outcome = Learned | Registered | NotYet | Grant | Removed

Wanted = Callable[[Enrollment, float], bool]
Build = Callable[[Enrollment], Request]
Parse = Callable[[Enrollment, Response, float], Outcome]


def _always(_enrollment: Enrollment, _now: float) -> bool:
    return True


def _unchanged(enrollment: Enrollment, _now: float = 0.0) -> Enrollment:
    return enrollment


@dataclass(frozen=True, slots=True)
class Call:
    """One row of a table: what is asked (`build`), what the answer means (`parse`), and whose turn it is (`wanted`).

    `prepare`: what must be known, should the answer be lost; it is stored before the request is sent. `unsent`: takes
    it back where the service has certainly not heard the request. `command`: the outcome comes later than the answer,
    and may be pushed. Times are seconds since the epoch. `parse` raises Denied,
    Expired, Refused, ProtocolError, or Unreachable where what answered is not the service (login page, redirect), is
    busy, or where the answer was cut off.
    """

    name: str
    build: Build
    parse: Parse
    wanted: Wanted = _always
    prepare: Callable[[Enrollment, float], Enrollment] = _unchanged
    unsent: Callable[[Enrollment], Enrollment] = _unchanged
    command: bool = False


Table = Sequence[Call]


class Service(Protocol):
    """What an adapter offers. `now` is seconds since the epoch.

    `tables`: one for ENROLL, and one for each goal that is reached beside a standing enrollment. A RENEW without a
    table is a registration with the known key. `keeps_credential`: it is needed after the enrollment as well.
    `shortest_gap`: seconds between two questions that somebody asks for by hand (None: the interval, as RFC 8628,
    section 3.5 has it).
    """

    name: ServiceName
    title: str
    key_types: tuple[KeyType, ...]
    keeps_credential: bool
    shortest_gap: float | None

    @property
    def tables(self) -> Mapping[Goal, Table]:
        """The rows of each goal."""

    def accept(self, enrollment: Enrollment, credential: Credential) -> Enrollment:
        """The enrollment with a new credential in the place of the old one."""

    def sign_out(self, enrollment: Enrollment) -> Enrollment | None:
        """The enrollment as it must be to sign in again by itself; None where a new credential is needed for that."""

    def channel(self, enrollment: Enrollment) -> Secret | None:
        """What joins the channel on which outcomes of commands are pushed; None where there is none."""

    def parse_push(self, enrollment: Enrollment, message: bytes, now: float) -> Outcome | None:
        """What a pushed message means; None where it is none of ours, or late."""

    def no_answer_advice(self, server: str) -> str:
        """What to try where nobody answers at `server`, an address without a port."""

    def build_probe(self, server: str) -> Request:
        """A harmless request without any secret that tells whether this service lives at `server`."""

    def parse_probe(self, server: str, answer: Response) -> None:
        """Raises where the answer to the probe is not this service's."""


def next_call(table: Table, enrollment: Enrollment, now: float) -> Call | None:
    """The first row that is wanted."""
    return next((call for call in table if call.wanted(enrollment, now)), None)


def advised(error: errors.EnrollerError, service: Service, server: str) -> errors.EnrollerError:
    """A server without a port means 443; where nobody answers there, the advice names the port to try."""
    if isinstance(error, errors.ConnectionFailed) and not has_port(server):
        return errors.ConnectionFailed(error.message, advice=service.no_answer_advice(server))
    return error


def find(name: ServiceName) -> Service:
    """The adapter for a service."""
    match name:
        case ServiceName.SAFEQ_CLOUD:
            from enroller.services.safeq_cloud import SafeqCloud

            return SafeqCloud()
        case ServiceName.PRIVICORE:
            from enroller.services.privicore import Privicore

            return Privicore()
