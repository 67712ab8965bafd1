"""What the technician has entered so far: one value that the pages fill and nobody loses."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from enroller.model import Asked, ClientType, KeyPair, KeyType, Protection, Secret, ServiceName

if TYPE_CHECKING:
    from enroller.gui.prefill import Prefill


@dataclass
class Draft:
    """The form. Texts are as typed; `server_checked`: the address and CA file that the connection check passed with."""

    service: ServiceName = ServiceName.SAFEQ_CLOUD
    server: str = ""
    ca_file: str = ""
    client_id: str = ""
    client_type: ClientType = ClientType.DESKTOP_CLIENT
    description: str = ""
    api_key: Secret | None = None
    key_type: KeyType = KeyType.ED25519
    rsa_bits: int = 3072
    key: KeyPair | None = None
    protection: Protection = Protection.KEYRING
    passphrase: Secret | None = None
    poll_interval: float | None = None
    replaces: str | None = None
    server_checked: tuple[str, str] | None = None

    def fill(self) -> None:
        """Gives what is still empty a value to begin with: a new client id, the host's name."""
        if not self.client_id:
            from uuid import uuid4

            self.client_id = str(uuid4())
        if not self.description:
            from enroller.form import host_name

            self.description = host_name()

    def asked(self) -> Asked:
        """The form as the engine takes it. Raises InputError that names the field."""
        from enroller import form
        from enroller.address import canonical

        return Asked(
            service=self.service,
            server=canonical(self.server),
            client_id=form.client_id(self.client_id),
            client_type=self.client_type,
            description=form.description(self.description),
            key_type=self.key_type,
            rsa_bits=self.rsa_bits,
            poll_interval=self.poll_interval,
            ca_file=self.ca_file.strip() or None,
            protection=self.protection,
        )

    def another(self) -> "Draft":
        """The form for the next enrollment: a new identity with the same service."""
        draft = Draft(
            service=self.service,
            server=self.server,
            ca_file=self.ca_file,
            client_type=self.client_type,
            description=self.description,
            key_type=self.key_type,
            rsa_bits=self.rsa_bits,
            protection=self.protection,
            poll_interval=self.poll_interval,
            server_checked=self.server_checked,
        )
        draft.fill()
        return draft


def from_prefill(prefill: "Prefill | None") -> Draft:
    """The form that the wizard begins with."""
    draft = Draft()
    if prefill is not None:
        _take(draft, prefill)
    draft.fill()
    return draft


def _take(draft: Draft, prefill: "Prefill") -> None:
    asked = prefill.asked
    draft.service, draft.server, draft.ca_file = asked.service, asked.server, asked.ca_file or ""
    draft.client_id, draft.description = asked.client_id, asked.description
    draft.client_type, draft.key_type, draft.rsa_bits = asked.client_type, asked.key_type, asked.rsa_bits
    draft.protection, draft.poll_interval, draft.api_key = asked.protection, asked.poll_interval, prefill.api_key
