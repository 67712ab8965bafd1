"""What SAFEQ Cloud remembers: requests, devices, tokens. No socket and no file; the clock is given.

    register ──> PENDING ──approve──> APPROVED ──collect──> ENROLLED
                    │  └──reject───> REJECTED
                    └──── expire (or time), also from APPROVED ──> EXPIRED

An approval makes the request's key the known key of its device. All methods may be called from any thread.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from enroller import keys
from enroller.model import ClientType, KeyType
from enroller.sandbox.faults import SAFEQ, Faults
from enroller.sandbox.watched import Watched


class RequestState(StrEnum):
    """Where a request stands, in the administrator's words."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ENROLLED = "enrolled"


OPEN = (RequestState.PENDING, RequestState.APPROVED)
"""A request in these states has a device code that is good for something."""


@dataclass(frozen=True, slots=True)
class Lives:
    """How long things live, in seconds: three days, "about an hour" and "about three months" at the vendor's."""

    device_code: float = 259_200
    access: float = 3_600
    refresh: float = 7_776_000


@dataclass(frozen=True, slots=True)
class Key:
    """A device's public key as it was sent (base64), and its fingerprint."""

    key_type: KeyType
    public_key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Registration:
    """One request of a device. `signed`: it is a re-registration, proved with the known key."""

    id: str
    client_id: str
    client_type: ClientType
    description: str
    key: Key | None
    signed: bool
    device_code: str = field(repr=False)
    registered_at: float
    expires_at: float
    state: RequestState


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the administrator sees it: no secret in it."""

    id: str
    client_id: str
    client_type: ClientType
    description: str
    key_type: KeyType | None
    fingerprint: str | None
    spoken: str | None
    state: RequestState
    signed: bool
    registered_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Token:
    """Whose token it is and when it ends."""

    client_id: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A new access token with its refresh token; `expires_in` is the access token's life in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(slots=True)
class Memory:
    """All that outlives a restart (with `--state`); the order of `registrations` is that of arrival."""

    api_key: str = field(repr=False)
    trust: bool = False
    registrations: dict[str, Registration] = field(default_factory=dict)
    devices: dict[str, Key | None] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict, repr=False)
    refresh: dict[str, Token] = field(default_factory=dict, repr=False)


class World(Watched[Memory]):
    """The service's state, and the administrator's hands on it.

    Administrators' methods raise KeyError for a request that does not exist and ValueError for one that has gone on to
    another state. What is counted: `register`, `token` (polls), `refresh`, `probe` (no body).
    """

    def __init__(self, memory: Memory, *, lives: Lives | None = None, now: Callable[[], float] = time.time) -> None:
        super().__init__(memory, faults=Faults(SAFEQ), kinds=("register", "token", "refresh", "probe"), now=now)
        self.lives = lives or Lives()

    # What the administrator does

    def requests(self) -> list[Seen]:
        """All requests, the newest first."""
        with self._lock:
            return [self._seen(self._aged(each)) for each in reversed(self._memory.registrations.values())]

    def approve(self, request_id: str) -> None:
        """The next poll of a pending request gets tokens, and its key becomes the device's known key."""
        with self._lock:
            self._approve(self._expect(request_id, RequestState.PENDING))
            self._changed()

    def reject(self, request_id: str) -> None:
        """The next poll of a pending request gets `access_denied`."""
        with self._lock:
            self._keep(replace(self._expect(request_id, RequestState.PENDING), state=RequestState.REJECTED))
            self._changed()

    def expire(self, request_id: str) -> None:
        """Ends an open request now, as if its time had run out."""
        with self._lock:
            self._keep(replace(self._expect(request_id, *OPEN), expires_at=self.now()))
            self._changed()

    @property
    def trust(self) -> bool:
        """Automatic endpoint trust: every registration is approved as it comes."""
        return self._memory.trust

    def set_trust(self, on: bool) -> None:
        """Switches automatic endpoint trust. Switching it on also approves what is pending."""
        with self._lock:
            self._memory.trust = on
            for each in list(self._memory.registrations.values()):
                if on and self._aged(each).state is RequestState.PENDING:
                    self._approve(each)
            self._changed()

    @property
    def api_key(self) -> str:
        """The API key that every request must carry."""
        return self._memory.api_key

    def rotate_api_key(self, new: str) -> None:
        """From now on only `new` is accepted."""
        with self._lock:
            self._memory.api_key = new
            self._changed()

    def forget_tokens(self, client_id: str) -> None:
        """Ends all tokens of a device; it stays known, so a signed re-registration needs no approval."""
        with self._lock:
            memory = self._memory
            memory.access = {k: v for k, v in memory.access.items() if v.client_id != client_id}
            memory.refresh = {k: v for k, v in memory.refresh.items() if v.client_id != client_id}
            self._changed()

    def remove(self, client_id: str) -> None:
        """Forgets a device altogether: its key, tokens and requests."""
        with self._lock:
            memory = self._memory
            memory.devices.pop(client_id, None)
            memory.registrations = {k: v for k, v in memory.registrations.items() if v.client_id != client_id}
            self.forget_tokens(client_id)

    # What the service does

    def is_api_key(self, given: str) -> bool:
        """Compares in a time that does not depend on the contents."""
        return hmac.compare_digest(given.encode(), self.api_key.encode())

    def known_key(self, client_id: str) -> Key | None:
        """The key of an approved device; None where the device is unknown or has no key."""
        with self._lock:
            return self._memory.devices.get(client_id)

    def register(
        self,
        *,
        client_id: str,
        client_type: ClientType,
        description: str,
        key: Key | None,
        signed: bool,
        device_code: str | None = None,
    ) -> Registration:
        """Files a request. It takes the place of an open one of the same device, whose code is void from now on.

        `signed`: the caller has checked the signature; no approval is needed. `device_code`: instead of a random one.
        """
        with self._lock:
            registrations = self._memory.registrations
            for old in list(registrations.values()):
                if old.client_id == client_id and self._aged(old).state in OPEN:
                    del registrations[old.id]
            now = self.now()
            new = Registration(
                id=secrets.token_urlsafe(9),
                client_id=client_id,
                client_type=client_type,
                description=description,
                key=key,
                signed=signed,
                device_code=device_code or secrets.token_urlsafe(20),
                registered_at=now,
                expires_at=now + self.lives.device_code,
                state=RequestState.PENDING,
            )
            self._keep(new)
            if signed or self.trust:
                self._approve(new)
            self._changed()
            return registrations[new.id]

    def by_code(self, device_code: str) -> Registration | None:
        """The newest request with this device code."""
        with self._lock:
            for each in reversed(self._memory.registrations.values()):
                if hmac.compare_digest(each.device_code.encode(), device_code.encode()):
                    return self._aged(each)
            return None

    def collect(self, request_id: str) -> Pair:
        """Hands out the first tokens of an approved request, once."""
        with self._lock:
            approved = self._expect(request_id, RequestState.APPROVED)
            self._keep(replace(approved, state=RequestState.ENROLLED))
            pair = self._mint(approved.client_id)
            self._changed()
            return pair

    def refresh_holder(self, token: str) -> str | None:
        """The client id that a refresh token belongs to; None where it is unknown, used or has expired."""
        return self._holder(self._memory.refresh, token)

    def refresh(self, token: str) -> Pair:
        """Spends a refresh token that has a holder, for a new pair."""
        with self._lock:
            pair = self._mint(self._memory.refresh.pop(token).client_id)
            self._changed()
            return pair

    def access_holder(self, token: str) -> str | None:
        """The client id that an access token belongs to; None where it is unknown or has expired."""
        return self._holder(self._memory.access, token)

    # Inside: the lock is held

    def _keep(self, registration: Registration) -> None:
        self._memory.registrations[registration.id] = registration

    def _approve(self, registration: Registration) -> None:
        self._keep(replace(registration, state=RequestState.APPROVED))
        self._memory.devices[registration.client_id] = registration.key

    def _aged(self, registration: Registration) -> Registration:
        """The same with the state that time has brought it to."""
        if registration.state in OPEN and self.now() >= registration.expires_at:
            return replace(registration, state=RequestState.EXPIRED)
        return registration

    def _expect(self, request_id: str, *states: RequestState) -> Registration:
        found = self._aged(self._memory.registrations[request_id])
        if found.state not in states:
            raise ValueError(f"The request is {found.state} already.")
        return found

    def _mint(self, client_id: str) -> Pair:
        memory, now = self._memory, self.now()
        memory.access = {k: v for k, v in memory.access.items() if v.expires_at > now}
        memory.refresh = {k: v for k, v in memory.refresh.items() if v.expires_at > now}
        pair = Pair(secrets.token_urlsafe(32), secrets.token_urlsafe(32), int(self.lives.access))
        memory.access[pair.access_token] = Token(client_id, now + self.lives.access)
        memory.refresh[pair.refresh_token] = Token(client_id, now + self.lives.refresh)
        return pair

    def _holder(self, tokens: dict[str, Token], token: str) -> str | None:
        with self._lock:
            found = tokens.get(token)
            return found.client_id if found and found.expires_at > self.now() else None

    @staticmethod
    def _seen(registration: Registration) -> Seen:
        key = registration.key
        return Seen(
            id=registration.id,
            client_id=registration.client_id,
            client_type=registration.client_type,
            description=registration.description,
            key_type=key.key_type if key else None,
            fingerprint=key.fingerprint if key else None,
            spoken=keys.spoken(key.fingerprint) if key else None,
            state=registration.state,
            signed=registration.signed,
            registered_at=registration.registered_at,
            expires_at=registration.expires_at,
        )
