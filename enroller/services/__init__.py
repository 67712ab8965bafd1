"""One file per cloud service: pure functions from plain values to requests, and from answers to plain values."""

from dataclasses import dataclass
from typing import Protocol

from enroller.model import Enrollment, Grant, Request, Response, ServiceName, Ticket


@dataclass(frozen=True, slots=True)
class Registered:
    """The ticket to wait with, and the interval between polls where the service gives one.

    `state_echoed`: the nonce came back; where it is absent, the answer is accepted and the absence logged.
    """

    ticket: Ticket
    interval: float | None = None
    state_echoed: bool = True


@dataclass(frozen=True, slots=True)
class NotYet:
    """The administrator has not decided. `slow_down`: and asks us to come less often, at `interval` where given."""

    slow_down: bool = False
    interval: float | None = None


class Service(Protocol):
    """What an adapter offers. `now` is seconds since the epoch.

    The `parse_*` functions raise Denied, Expired, Refused, ProtocolError, or Unreachable where what answered is not
    the service (login page, redirect), is busy, or where the answer was cut off.
    """

    name: ServiceName
    title: str

    def build_register(self, enrollment: Enrollment) -> Request:
        """The registration; signed where `enrollment.signed`."""

    def parse_register(self, enrollment: Enrollment, answer: Response, now: float) -> Registered:
        """The ticket, or why there is none."""

    def build_poll(self, enrollment: Enrollment) -> Request:
        """The question whether the registration is approved."""

    def parse_poll(self, enrollment: Enrollment, answer: Response, now: float) -> Grant | NotYet:
        """The credentials, or that they are not there yet."""

    def build_refresh(self, enrollment: Enrollment) -> Request:
        """The request for a fresh access token."""

    def parse_refresh(self, enrollment: Enrollment, answer: Response, now: float) -> Grant:
        """The fresh credentials."""

    def no_answer_advice(self, server: str) -> str:
        """What to try where nobody answers at `server`, an address without a port."""

    def build_probe(self, server: str) -> Request:
        """A harmless request without any secret that tells whether this service lives at `server`."""

    def parse_probe(self, server: str, answer: Response) -> None:
        """Raises where the answer to the probe is not this service's."""


def find(name: ServiceName) -> Service:
    """The adapter for a service."""
    match name:
        case ServiceName.SAFEQ_CLOUD:
            from enroller.services.safeq_cloud import SafeqCloud

            return SafeqCloud()
