"""What the technician has entered so far: one value that the pages fill and nobody loses."""

import uuid
from dataclasses import dataclass, field

from enroller.form import host_name
from enroller.gui.prefill import Prefill
from enroller.model import Asked, ClientType, KeyPair, KeyType, Protection, Secret, ServiceName


@dataclass
class Draft:
    """The form. Texts are as typed; `server_checked`: the address and CA file that the connection check passed with."""

    service: ServiceName = ServiceName.SAFEQ_CLOUD
    server: str = ""
    ca_file: str = ""
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_type: ClientType = ClientType.DESKTOP_CLIENT
    description: str = field(default_factory=host_name)
    api_key: Secret | None = None
    key_type: KeyType = KeyType.ED25519
    rsa_bits: int = 3072
    key: KeyPair | None = None
    protection: Protection = Protection.KEYRING
    passphrase: Secret | None = None
    poll_interval: float | None = None
    replaces: str | None = None
    server_checked: tuple[str, str] | None = None

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
        return Draft(
            service=self.service,
            server=self.server,
            ca_file=self.ca_file,
            client_type=self.client_type,
            description=self.description,
            key_type=self.key_type,
            rsa_bits=self.rsa_bits,
            protection=self.protection,
            server_checked=self.server_checked,
        )


def from_prefill(prefill: Prefill | None) -> Draft:
    """The form that the wizard begins with."""
    draft = Draft()
    if prefill is None:
        return draft
    asked = prefill.asked
    draft.service, draft.server, draft.ca_file = asked.service, asked.server, asked.ca_file or ""
    draft.client_id = asked.client_id or draft.client_id
    draft.description = asked.description or draft.description
    draft.client_type, draft.key_type, draft.rsa_bits = asked.client_type, asked.key_type, asked.rsa_bits
    draft.protection, draft.poll_interval, draft.api_key = asked.protection, asked.poll_interval, prefill.api_key
    return draft
