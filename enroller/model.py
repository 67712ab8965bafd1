"""The values that move through Enroller: what is asked, registered and granted.

Everything is frozen. Times are seconds since the Unix epoch (UTC); lengths of time are seconds. What is secret is a
`Secret`, which hides itself from `repr`, `str` and so from logs and tracebacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn


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

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)


class ServiceName(StrEnum):
    """The cloud services that Enroller knows, by the name used on the command line and on disk."""

    SAFEQ_CLOUD = "safeq-cloud"
    PRIVICORE = "privicore"


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
    X25519 = "x25519"


KEY_TYPES = {
    ServiceName.SAFEQ_CLOUD: (KeyType.ED25519, KeyType.RSA, KeyType.X509),
    ServiceName.PRIVICORE: (KeyType.X25519,),
}
"""The keys that each service takes; the first is the one that we recommend."""


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
    """What the technician asks for. `server` is canonical: scheme, host and port, no path.

    SAFEQ Cloud: `client_id` and `client_type`. Privicore: `device_name`, `username` (empty with a pasted token), and
    `websocket_url` (canonical) where there is one; `approve`: with this account, as soon as the device is registered;
    `replace_profile_key`: even where other devices depend on the key that the profile has. `description` is what the
    approver sees.
    """

    server: str
    client_id: str = ""
    service: ServiceName = ServiceName.SAFEQ_CLOUD
    client_type: ClientType = ClientType.DESKTOP_CLIENT
    description: str = ""
    device_name: str = ""
    username: str = ""
    websocket_url: str | None = None
    approve: bool = False
    replace_profile_key: bool = False
    key_type: KeyType = KeyType.ED25519
    rsa_bits: int = 3072
    poll_interval: float | None = None
    ca_file: str | None = None
    protection: Protection = Protection.KEYRING

    @property
    def identity(self) -> str:
        """Who this device is to the service: its client id, or the name that it asks an identifier for."""
        return self.client_id or self.device_name

    @property
    def shown_as(self) -> str:
        """The device as the approver knows it."""
        return self.description or self.device_name


class CredentialKind(StrEnum):
    """What lets a device ask."""

    API_KEY = "api_key"
    PASSWORD = "password"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Credential:
    """What lets a device ask: SAFEQ Cloud's API key; a Privicore account's password, or a token of it."""

    kind: CredentialKind
    secret: Secret


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password for a proxy."""

    name: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Via:
    """What a connection needs besides the address: certificates to trust besides the system's, a proxy's login."""

    ca_pem: str | None = field(default=None, repr=False)
    proxy_login: Login | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """One moment in three clocks, so that a later run knows the time although somebody has set the clock meanwhile.

    `boot_id`: which start of the machine `boot` counts from, where the system tells. `wall`: what the machine believed
    then; `true`: what the service's `Date` said.
    """

    boot_id: str | None
    boot: float
    wall: float
    true: float


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A device key. `private_key` is base64 of PKCS#8 DER, `public_key` the text that the service gets."""

    key_type: KeyType
    private_key: Secret
    public_key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A registration that waits for its approval, and when it ends (None: no end given).

    `device_code`: what the service knows it by (RFC 8628, section 3.2; at Privicore the device identifier).
    """

    device_code: Secret
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Authorization:
    """A token that lets us ask in an account's name, from `issued_at` to `expires_at`. `renewable`: not refused yet."""

    token: Secret
    issued_at: float
    expires_at: float
    renewable: bool = True


class CommandKind(StrEnum):
    """The commands whose outcome comes later than the answer."""

    REGISTER_KEY = "register_key"
    REQUEST_IDENTIFIER = "request_identifier"
    APPROVE = "approve"
    CONFIGURE_META = "configure_meta"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class CommandUnderWay:
    """A command that the service took at `since` and whose outcome is not known yet."""

    id: str
    kind: CommandKind
    since: float


class ProfileKey(StrEnum):
    """What became of the account's public key: ours is still to be registered, was, or the one there was kept."""

    WANTED = "wanted"
    REGISTERED = "registered"
    KEPT = "kept"


class Approval(StrEnum):
    """The approval with this account: asked for, taken by the service, or rejected."""

    ASKED = "asked"
    TAKEN = "taken"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a registration that takes several calls has come (Privicore). What is missing is asked for next.

    `kept_key`: the fingerprint of the key that the account has, where it was kept. `namesakes`: devices of the same
    name that were there before ours. `requested_at`: when the identifier was asked for; a lost answer may have made a
    device. `requests`: how often it was asked for in vain. `request_id`: the command that made it. `listed`: the
    account's list has shown the device. `approved`: and said that it is approved. `rejection`: why the approval with
    this account was rejected, until it is told. `named`: the description was sent, or refused. `*_by_*`: which form
    of a call this service knows.
    """

    profile_key: ProfileKey | None = None
    kept_key: str | None = None
    namesakes: tuple[str, ...] | None = None
    requested_at: float | None = None
    requests: int = 0
    request_id: str | None = None
    command: CommandUnderWay | None = None
    device_identifier: str | None = None
    listed: bool = False
    approved: bool = False
    approval: Approval | None = None
    rejection: str | None = None
    named: bool = False
    status_by_post: bool = False
    configuration_by_download: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What the service granted: tokens, and the time at which the access token ends.

    `client_id` and `configuration` (a JSON object with all else that the device needs): where the service chooses them.
    """

    access_token: Secret
    refresh_token: Secret | None
    issued_at: float
    expires_at: float
    client_id: str | None = None
    configuration: Secret | None = None


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Everything that is known of one enrollment; what the vault keeps.

    `credential`: None where the service needs none any more. `authorization`: what it was exchanged for.
    `signed`: the registration under way carries a signature (it is a re-registration with a known key).
    `approved`: the service has granted tokens for this key before, so a signed re-registration needs no approval.
    `nonce`: the `state` sent with the registration under way. `interval`: seconds between polls, `slow_down` included.
    `ca_pem`: the certificates of the CA file, so that the file may go. `proxy_login`: where the proxy wants one and the
    system's settings have none. `failure`: the code of the error that ended the last attempt. `replaces`: the
    enrollment to forget once this one is saved. `machine`: hashes of what this machine is known by (`machine.py`).
    `anchor`: the time when this was last saved. `revision` counts the writes.
    """

    id: str
    asked: Asked
    key: KeyPair
    credential: Credential | None
    created_at: float
    ca_pem: str | None = field(default=None, repr=False)
    proxy_login: Login | None = None
    machine: tuple[str, ...] = ()
    anchor: Anchor | None = None
    state: State = State.KEY_READY
    signed: bool = False
    approved: bool = False
    nonce: str | None = None
    interval: float | None = None
    authorization: Authorization | None = None
    progress: Progress = Progress()
    ticket: Ticket | None = None
    grant: Grant | None = None
    failure: str | None = None
    replaces: str | None = None
    revision: int = 0

    @property
    def via(self) -> Via:
        """How the service is reached."""
        return Via(self.ca_pem, self.proxy_login)


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
