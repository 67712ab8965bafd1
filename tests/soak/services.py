"""Both services for the harness: one sandbox for many cases, people who approve, and a memory that can be set back."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from copy import deepcopy
from dataclasses import dataclass, fields
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from enroller.model import ServiceName
from enroller.sandbox.privicore.shapes import Renewal, Shapes
from enroller.sandbox.privicore.values import DeviceState
from enroller.sandbox.privicore.values import Memory as PrivicoreMemory
from enroller.sandbox.server import Options, Sandbox
from enroller.sandbox.world import Memory as SafeqMemory
from enroller.sandbox.world import RequestState

API_KEY = "an-api-key-that-nobody-may-see"
PASSWORD = "a-password-that-nobody-may-see"

GLANCE = 0.004
"""Seconds between two looks of the people who approve."""

PATIENCE = 10.0
"""Seconds in which every connection of a process that is gone has ended."""

Memories = tuple[SafeqMemory, PrivicoreMemory]
"""What both services remember."""


@dataclass(frozen=True)
class Known:
    """What a service knows of a device at one moment.

    `registrations`: requests that arrived to register (SAFEQ Cloud) or to make a device (Privicore). `keys`: the
    fingerprints that came with them, or the account's. `devices`: client ids or identifiers. `signed`: the newest
    registration was.
    """

    registrations: int
    keys: frozenset[str]
    devices: frozenset[str]
    signed: bool
    approvals: int


class Services:
    """The sandbox and its people, from `__enter__` to `__exit__`."""

    def __init__(self) -> None:
        # A token that is renewed is another one, and the old one has ended: so a lost answer hurts.
        self.sandbox = Sandbox(
            Options(port=0, admin_port=0, api_key=API_KEY, password=PASSWORD, wire=Shapes(renewal=Renewal.NEW_TOKEN))
        )
        self.api_key_file = Path()
        self.password_file = Path()
        self._approvals = 0
        self._over = threading.Event()
        self._people = threading.Thread(target=self._approve, name="people", daemon=True)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.sandbox)
        folder = self.sandbox.ca_file.parent
        self.api_key_file, self.password_file = folder / "api-key.txt", folder / "password.txt"
        self.api_key_file.write_text(API_KEY)
        self.password_file.write_text(PASSWORD)
        self._people.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._people.join()
        self._stack.close()

    # What is remembered

    def memory(self) -> Memories:
        """A copy of all that both services remember."""
        with self.sandbox.world.locked() as safeq, self.sandbox.privicore.locked() as privicore:
            return deepcopy(safeq), deepcopy(privicore)

    def set_back(self, memory: Memories) -> None:
        """Both services remember what they did then."""
        with self.sandbox.world.locked() as safeq, self.sandbox.privicore.locked() as privicore:
            past_safeq, past_privicore = deepcopy(memory)
            for field in fields(SafeqMemory):
                setattr(safeq, field.name, getattr(past_safeq, field.name))
            for field in fields(PrivicoreMemory):
                setattr(privicore, field.name, getattr(past_privicore, field.name))

    def settle(self) -> None:
        """Waits until what a killed command has sent is handled: the kernel still delivers it.

        Bytes that lie in a socket are read before the answer to a question that is asked now; then they show.
        """
        page = urlsplit(self.sandbox.admin_url)
        with closing(HTTPConnection(page.hostname or "", page.port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/nothing")
            connection.getresponse().read()
        until = time.monotonic() + PATIENCE
        while not self.sandbox.is_idle():
            if time.monotonic() > until:
                raise RuntimeError("the sandbox is still at work")
            time.sleep(GLANCE)

    def known(self, service: ServiceName) -> Known:
        """What the service knows now."""
        if service is ServiceName.SAFEQ_CLOUD:
            world = self.sandbox.world
            requests = world.requests()
            return Known(
                registrations=world.counts()["register"],
                keys=frozenset(one.fingerprint for one in requests if one.fingerprint),
                devices=frozenset(one.client_id for one in requests),
                signed=bool(requests) and requests[0].signed,
                approvals=self._approvals,
            )
        privicore = self.sandbox.privicore
        devices = privicore.devices()
        return Known(
            registrations=privicore.counts()["request-unique-identifier"],
            keys=frozenset(one.fingerprint for one in devices if one.fingerprint),
            devices=frozenset(one.identifier for one in devices),
            signed=False,
            approvals=self._approvals,
        )

    def has_spent(self, device_code: str) -> bool:
        """SAFEQ Cloud: whether the tokens for this code were handed out."""
        found = self.sandbox.world.by_code(device_code)
        return found is not None and found.state is RequestState.ENROLLED

    def holds(self, service: ServiceName, token: str) -> bool:
        """Whether an access token is good."""
        if service is ServiceName.SAFEQ_CLOUD:
            return self.sandbox.world.access_holder(token) is not None
        return self.sandbox.privicore.holder(token) is not None

    def refreshes(self, token: str) -> bool:
        """SAFEQ Cloud: whether a refresh token is good."""
        return self.sandbox.world.refresh_holder(token) is not None

    def secrets(self) -> Iterator[str]:
        """All that nobody may see: what is typed, and what both services have handed out."""
        yield from (API_KEY, PASSWORD)
        with self.sandbox.world.locked() as safeq:
            yield from safeq.access
            yield from safeq.refresh
            yield from (one.device_code for one in safeq.registrations.values())
        with self.sandbox.privicore.locked() as privicore:
            yield from privicore.tokens
            for device in privicore.devices.values():
                credentials = device.credentials or {}
                yield from (credentials[name] for name in ("client-secret", "rabbit-pass") if name in credentials)

    # People

    def _approve(self) -> None:
        """An administrator and an owner, who approve whatever waits once it was asked for in vain.

        Seen at two glances, so that the question that was asked meanwhile has had its answer.
        """
        asked_when_seen: dict[str, int] = {}
        patient: set[str] = set()
        while not self._over.wait(GLANCE):
            for request, questions in self._waiting():
                if questions <= asked_when_seen.setdefault(request, questions):
                    continue
                if request in patient:
                    with suppress(KeyError, ValueError):  # gone, or decided by somebody else, in the meantime
                        self._decide(request)
                        self._approvals += 1
                patient.add(request)

    def _waiting(self) -> list[tuple[str, int]]:
        """The ids of what waits, each with how often its service was asked about what waits."""
        world, privicore = self.sandbox.world, self.sandbox.privicore
        requests = [one.id for one in world.requests() if one.state is RequestState.PENDING]
        devices = [one.identifier for one in privicore.devices() if one.state is DeviceState.PENDING]
        return [
            *((one, world.counts()["token"]) for one in requests),
            *((one, privicore.counts()["retrieve-profile-devices"]) for one in devices),
        ]

    def _decide(self, request: str) -> None:
        world, privicore = self.sandbox.world, self.sandbox.privicore
        if any(one.id == request for one in world.requests()):
            world.approve(request)
        else:
            privicore.approve(request)
