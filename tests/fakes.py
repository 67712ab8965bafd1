"""Values and stand-ins that the engine's tests share: no network, no disk, no waiting."""

import base64
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from enroller import keys
from enroller.errors import EnrollerError, StorageError
from enroller.model import (
    Asked,
    Credential,
    CredentialKind,
    Enrollment,
    Grant,
    KeyPair,
    KeyType,
    Request,
    Response,
    Secret,
    State,
    Ticket,
    Via,
)
from enroller.services import Goal
from enroller.services.safeq_cloud import SafeqCloud
from enroller.session import Session
from enroller.steps import Event, Now, Send, Snapshot, Step

T = TypeVar("T")
U = TypeVar("U")

WALL = 1_800_000_000.0
"""A moment of the wall clock."""

BOOT = 5_000.0
"""The same moment on the boot clock."""

BOOT_ID = "this-start"
"""Which start of the machine that is."""

DAY = 86_400.0
LIFE = 3 * DAY
"""How long a device code lives (the vendor's example)."""


@cache
def vector() -> dict[str, Any]:
    """The vendor's published example."""
    content: dict[str, Any] = json.loads((Path(__file__).parent / "vectors/safeq-ed25519.json").read_bytes())
    return content


@cache
def vector_key() -> KeyPair:
    """The published key pair as one of ours; the published private key is the seed followed by the public key."""
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = base64.b64decode(vector()["private_key_base64"])[:32]
    private = Ed25519PrivateKey.from_private_bytes(seed)
    pkcs8 = private.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    public = private.public_key().public_bytes_raw()
    return KeyPair(
        key_type=KeyType.ED25519,
        private_key=Secret(base64.b64encode(pkcs8).decode()),
        public_key=base64.b64encode(public).decode(),
        fingerprint=keys.fingerprint(KeyType.ED25519, public),
    )


def api_key(text: str) -> Credential:
    """An API key as a credential."""
    return Credential(CredentialKind.API_KEY, Secret(text))


def an_enrollment(**changes: Any) -> Enrollment:
    """An enrollment whose key is ready; `changes` are its members."""
    ready = Enrollment(
        id="5c1f0a2b",
        asked=Asked(server="https://acme.example:7400", client_id="laptop-17", description="Laptop 17"),
        key=vector_key(),
        credential=api_key("the-api-key"),
        created_at=WALL,
    )
    return replace(ready, **changes)


def waiting(**changes: Any) -> Enrollment:
    """One that waits for its approval, with three days left."""
    given = {"state": State.AWAITING_APPROVAL, "ticket": Ticket(Secret("the-code"), WALL + LIFE), "interval": 5.0}
    return an_enrollment(**{**given, **changes})


def enrolled(**changes: Any) -> Enrollment:
    """One that is done, with tokens for an hour."""
    grant = Grant(Secret("access-1"), Secret("refresh-1"), issued_at=WALL, expires_at=WALL + 3600)
    return an_enrollment(**{"state": State.ENROLLED, "approved": True, "grant": grant, **changes})


def answer(members: object, status: int = 200, **headers: str) -> Response:
    """A JSON answer."""
    return Response(status, {"content-type": "application/json", **headers}, json.dumps(members).encode())


def oauth_error(code: str, status: int = 400, **members: object) -> Response:
    """An OAuth error answer."""
    return answer({"error": code, **members}, status)


def registered(**members: object) -> Response:
    """The answer to a registration."""
    return answer({"device_code": "the-code", "expires_in": int(LIFE), **members})


def granted(number: int = 1, **members: object) -> Response:
    """The answer that carries tokens."""
    tokens = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
    return answer({"token_type": "Bearer", "expires_in": 3600, **tokens, **members})


PENDING = oauth_error("authorization_pending")


def form(request: Request) -> dict[str, str]:
    """The parameters of a request."""
    from urllib.parse import parse_qsl

    return dict(parse_qsl(request.body.decode(), strict_parsing=True))


def is_signed(request: Request) -> bool:
    """Whether a request carries a signature."""
    return "HCP-Request-Signature" in request.headers


class Talk:
    """Talks to a session as `enroll` does, with both clocks in hand.

    It holds every session to the first rule: whatever is sent, the vault knows the state it is sent from.
    """

    def __init__(
        self, enrollment: Enrollment, *, goal: Goal = Goal.ENROLL, patient: bool = False, jitter: float = 0.0
    ) -> None:
        nonces = iter(f"nonce-{number}" for number in range(1, 1000))
        self.session = Session(
            enrollment,
            SafeqCloud(),
            jitter=lambda: jitter,
            nonce=lambda: next(nonces),
            goal=goal,
            patient=patient,
            boot_id=BOOT_ID,
        )
        self.boot = BOOT
        self.wall = WALL
        self.stored = enrollment

    def on(self, event: Event, *, after: float = 0.0) -> Step:
        """The step that follows when `event` comes `after` seconds."""
        self.boot += after
        self.wall += after
        step = self.session.on(event, Now(self.boot, self.wall))
        if step.save:
            self.stored = self.session.enrollment
        if isinstance(step.action, Send):
            assert self.stored == self.session.enrollment, "sent before it was saved"
        assert step.snapshot.enrollment == self.session.enrollment
        return step

    @property
    def state(self) -> State:
        return self.session.enrollment.state


class FakeClock:
    """Both clocks, moved by waiting only. What stands in the inbox ends a wait at once, as with the real one."""

    def __init__(self) -> None:
        self.now = BOOT
        self.offset = WALL - BOOT

    def boot(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.offset

    def wait(self, until: float | None, inbox: "SimpleQueue[T]", woken: U) -> T | U | None:
        try:
            return inbox.get_nowait()
        except Empty:
            assert until is not None, "a wait that nothing will end"
            self.now = max(self.now, until)
            return None


@dataclass
class Trace:
    """What the loop did, in order: `saved STATE`, `published HAPPENING`, `sent PATH`."""

    lines: list[str]

    def publish(self, snapshot: Snapshot) -> None:
        self.lines.append(f"published {snapshot.happening.name}")


Said = Response | EnrollerError | Callable[[Request], Response]


class ScriptedSender:
    """A service that says what the script says: an answer, an error, or what a function makes of the request."""

    def __init__(self, script: Iterable[Said], trace: Trace) -> None:
        self._script = deque(script)
        self._trace = trace
        self.requests: list[Request] = []

    def send(self, request: Request, via: Via) -> Response:
        self.requests.append(request)
        self._trace.lines.append(f"sent {request.url.rpartition('/')[2]}")
        said = self._script.popleft()
        if isinstance(said, EnrollerError):
            raise said
        return said if isinstance(said, Response) else said(request)


class ListStore:
    """A store in memory that fails when told to."""

    def __init__(self, trace: Trace, *failures: State) -> None:
        self._trace = trace
        self.failures = list(failures)
        self.full = False
        self.saved: list[Enrollment] = []

    def prove(self) -> None:
        if self.full:
            raise StorageError("The disk is broken.")

    def move(self, folder: Path, enrollment: Enrollment) -> Enrollment:
        self._trace.lines.append(f"moved to {folder}")
        return self.save(enrollment)

    def save(self, enrollment: Enrollment) -> Enrollment:
        if enrollment.state in self.failures:
            self.failures.remove(enrollment.state)
            self._trace.lines.append(f"not saved {enrollment.state.name}")
            raise StorageError("The disk is broken.")
        self._trace.lines.append(f"saved {enrollment.state.name}")
        self.saved.append(replace(enrollment, revision=enrollment.revision + 1))
        return self.saved[-1]
