"""The values that Privicore's world is made of. Frozen; times are seconds since the Unix epoch."""

import secrets
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from enroller import keys


class CommandKind(StrEnum):
    """What can be commanded, by the last part of the path."""

    REGISTER_PROFILE = "register-profile"
    REGISTER_PUBLIC_KEY = "register-public-key"
    REQUEST_IDENTIFIER = "request-unique-identifier"
    APPROVE = "approve-device"
    REJECT = "reject-device"
    CONFIGURE_META = "configure-meta"
    REMOVE = "remove"


class CommandState(IntEnum):
    """Where a command stands, by the number that messages have for it."""

    STARTED = 1
    SUCCEEDED = 2
    REJECTED = 3

    @property
    def word(self) -> str:
        """The word that answers have for it."""
        return self.name.lower()


class DeviceState(StrEnum):
    """What the owner has decided. Of a rejected or removed device the service keeps no record; the sandbox does."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Profile:
    """An account. `public_key`: in its signed form (200 hexadecimal digits)."""

    username: str
    password: str = field(repr=False)
    public_key: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device. `credentials`: what its configuration holds, from its approval on."""

    identifier: str
    name: str
    profile: str
    created_at: float
    state: DeviceState = DeviceState.PENDING
    meta_name: str | None = None
    decided_at: float | None = None
    credentials: dict[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A device as its owner sees it: no secret in it. `fingerprint` and `spoken` are of the profile's key."""

    identifier: str
    name: str
    meta_name: str | None
    profile: str
    state: DeviceState
    created_at: float
    decided_at: float | None
    fingerprint: str | None
    spoken: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """Whose token it is and when it ends."""

    profile: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Command:
    """Something that was accepted and is decided at `due`.

    `profile`: None for a registration, which nobody in particular gives. `reason`: why it was rejected. `device`: the
    identifier that it made.
    """

    id: str
    kind: CommandKind
    profile: str | None
    due: float
    arguments: dict[str, str] = field(repr=False)
    state: CommandState = CommandState.STARTED
    reason: str | None = None
    device: str | None = None


def _new_engine_key() -> str:
    """Any 32 bytes are a public key of X25519 (RFC 7748, section 5). Nobody has the private one, nor needs it."""
    return keys.signed_public_key(secrets.token_bytes(32))


@dataclass(slots=True)
class Memory:
    """All that outlives a restart (with `--state`); the order of `devices` and `commands` is that of arrival."""

    profiles: dict[str, Profile] = field(default_factory=dict, repr=False)
    devices: dict[str, Device] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    commands: dict[str, Command] = field(default_factory=dict)
    engine_key: str = field(default_factory=_new_engine_key)
