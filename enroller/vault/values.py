"""What goes into the vault and comes out of it, apart from the enrollment itself."""

from dataclasses import dataclass
from typing import NamedTuple

from enroller.model import ClientType, KeyType, ProfileKey, Protection, Secret, ServiceName, State


@dataclass(frozen=True)
class Unlock:
    """What the user gives to open an enrollment: a passphrase, where it is protected by one."""

    passphrase: Secret | None = None


class Summary(NamedTuple):
    """One enrollment as it stands in a list. Times are seconds since the epoch. (A tuple: as a dataclass it
    costs a millisecond of the wizard's start.)

    `problem` says in words what is wrong with what is stored; None: nothing known. `state` is None where nothing
    readable is left, and then only `id` and `problem` mean anything; `is_newer`: not readable to this Enroller alone.
    """

    id: str
    revision: int = 0
    service: ServiceName | None = None
    state: State | None = None
    server: str = ""
    client_id: str = ""
    client_type: ClientType | None = None
    description: str = ""
    device_name: str = ""
    device_identifier: str | None = None
    username: str = ""
    websocket_url: str | None = None
    profile_key: ProfileKey | None = None
    kept_key: str | None = None
    key_type: KeyType | None = None
    rsa_bits: int | None = None
    fingerprint: str = ""
    public_key: str = ""
    protection: Protection | None = None
    created_at: float | None = None
    approval_expires_at: float | None = None
    token_expires_at: float | None = None
    approved: bool = False
    failure: str | None = None
    poll_interval: float | None = None
    ca_file: str | None = None
    replaces: str | None = None
    machine: tuple[str, ...] = ()
    problem: str | None = None
    is_newer: bool = False

    @property
    def identity(self) -> str:
        """Who this device is to the service: its client id, or the name that it asked an identifier for."""
        return self.device_name or self.client_id

    @property
    def shown_as(self) -> str:
        """The device as the approver knows it."""
        return self.description or self.device_name
