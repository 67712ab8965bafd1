"""The values that move through Enroller: what is asked, registered and granted.

Everything is frozen. Times are seconds since the Unix epoch (UTC); lengths of time are seconds. What is secret is a
`Secret`, which hides itself from `repr`, `str` and so from logs and tracebacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Secret:
    """A text that is shown to nobody by accident: `reveal()` is the one way to read it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the wire and for the sealed file."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)


class ServiceName(StrEnum):
    """The cloud services that Enroller knows, by the name used on the command line and on disk."""

    SAFEQ_CLOUD = "safeq-cloud"


class ClientType(StrEnum):
    """What kind of device this is to SAFEQ Cloud (page "Register device")."""

    DESKTOP_CLIENT = "desktop_client"
    PRINTER = "printer"
    CHROME_EXTENSION = "chrome_extension"
    MOBILE_DEVICE = "mobile_device"
    SERVER = "server"


class KeyType(StrEnum):
    """The kinds of device key, by the service's own words."""

    ED25519 = "ed25519"
    RSA = "rsa"
    X509 = "x509"


RSA_BITS = (2048, 3072, 4096)
"""The RSA key lengths on offer; 3072 bits match 128-bit security (NIST SP 800-57 part 1, table 2)."""


class Protection(StrEnum):
    """How the secrets of an enrollment are kept on this machine."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    FILE = "file"


class State(StrEnum):
    """Where an enrollment stands. The diagram is beside `session.py`."""

    COLLECTING = "collecting"
    KEY_READY = "key_ready"
    SUBMITTING = "submitting"
    OUTCOME_UNKNOWN = "outcome_unknown"
    AWAITING_APPROVAL = "awaiting_approval"
    SAVING = "saving"
    ENROLLED = "enrolled"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the technician asks for. `server` is canonical: scheme, host and port, no path."""

    server: str
    client_id: str
    service: ServiceName = ServiceName.SAFEQ_CLOUD
    client_type: ClientType = ClientType.DESKTOP_CLIENT
    description: str = ""
    key_type: KeyType = KeyType.ED25519
    rsa_bits: int = 3072
    poll_interval: float | None = None
    ca_file: str | None = None
    protection: Protection = Protection.KEYRING


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A device key. `private_key` is base64 of PKCS#8 DER, `public_key` base64 in the service's encoding."""

    key_type: KeyType
    private_key: Secret
    public_key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A registration that waits for an administrator: the device code and when it ends (None: no end given)."""

    device_code: Secret
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What the service granted: tokens, and the time at which the access token ends."""

    access_token: Secret
    refresh_token: Secret | None
    issued_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Everything that is known of one enrollment; what the vault keeps.

    `signed`: the registration under way carries a signature (it is a re-registration with a known key).
    `approved`: the service has granted tokens for this key before, so a signed re-registration needs no approval.
    `nonce`: the `state` sent with the registration under way. `interval`: seconds between polls, `slow_down` included.
    `ca_pem`: the certificates of the CA file, so that the file may go. `failure`: the code of the error that ended the
    last attempt. `replaces`: the enrollment to forget once this one
    is saved. `revision` counts the writes.
    """

    id: str
    asked: Asked
    key: KeyPair
    api_key: Secret
    created_at: float
    ca_pem: str | None = field(default=None, repr=False)
    state: State = State.KEY_READY
    signed: bool = False
    approved: bool = False
    nonce: str | None = None
    interval: float | None = None
    ticket: Ticket | None = None
    grant: Grant | None = None
    failure: str | None = None
    replaces: str | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a plain value. The body may hold secrets, so neither it nor the headers are shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer as a plain value; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
