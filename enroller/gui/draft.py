"""What the technician has entered so far: one value that the pages fill and nobody loses."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from enroller.model import (
    KEY_TYPES,
    Asked,
    ClientType,
    Credential,
    CredentialKind,
    KeyPair,
    KeyType,
    Login,
    Protection,
    Secret,
    ServiceName,
)

if TYPE_CHECKING:
    from enroller.gui.prefill import Prefill
    from enroller.gui.work import CaFile, Submission
    from enroller.preset import Preset
    from enroller.vault import Summary

CREDENTIAL_KINDS = {
    ServiceName.SAFEQ_CLOUD: (CredentialKind.API_KEY,),
    ServiceName.PRIVICORE: (CredentialKind.PASSWORD, CredentialKind.TOKEN),
}
"""What can be given to each service; the first is what the form begins with."""


@dataclass
class Draft:
    """The form for one service. Texts are as typed.

    `proxy_login`: what the proxy wants. `secrets`: each kind as typed; `kind` is the one that counts. `passphrases`:
    both fields as typed; `passphrase`: once they were found good. `server_checked`: the address and CA file that the
    connection check passed with; `trusted`: the CA file whose fingerprint somebody has compared. `replaces`: the
    enrollment that this one shall replace; `copy_of`: one that came with a copied disk, and shall go as well. `beside`:
    a server at which this device is enrolled already, and what somebody has said about that: see `to_replace`. `begun`:
    what was submitted and ended, and is stored all the same. `sealed`: a preset with an API key inside;
    `types_api_key`: whether it is typed all the same; `preset_passphrase`: as typed; `unsealed`: what it has opened.
    """

    service: ServiceName
    key_type: KeyType
    kind: CredentialKind
    server: str = ""
    ca_file: str = ""
    websocket_url: str = ""
    proxy_login: Login | None = None
    client_id: str = ""
    client_type: ClientType = ClientType.DESKTOP_CLIENT
    device_name: str = ""
    description: str = ""
    username: str = ""
    secrets: dict[CredentialKind, Secret] = field(default_factory=dict)
    rsa_bits: int = 3072
    key: KeyPair | None = None
    replace_profile_key: bool = False
    protection: Protection = Protection.KEYRING
    passphrases: tuple[str, str] = field(default=("", ""), repr=False)
    passphrase: Secret | None = None
    poll_interval: float | None = None
    replaces: str | None = None
    copy_of: str | None = None
    beside: tuple[str, str | None] | None = None
    trusted: "CaFile | None" = None
    begun: "Submission | None" = None
    server_checked: tuple[str, str] | None = None
    sealed: "Preset | None" = None
    types_api_key: bool = False
    preset_passphrase: str = field(default="", repr=False)
    unsealed: Credential | None = None

    def fill(self) -> None:
        """What the administrator has decided, and for what is still empty a value: a new client id, the host's name."""
        from enroller.beginning import locked_values
        from enroller.form import host_name

        for name, value in locked_values(self.service).items():
            setattr(self, name, value)
        if self.service is ServiceName.PRIVICORE:
            self.device_name = self.device_name or host_name()
            return
        if not self.client_id:
            from uuid import uuid4

            self.client_id = str(uuid4())
        self.description = self.description or host_name()

    @property
    def credential(self) -> Credential | None:
        """What lets this device ask, where it was given."""
        if self.takes_from_preset:
            return self.unsealed
        secret = self.secrets.get(self.kind)
        return Credential(self.kind, secret) if secret else None

    @property
    def offers_preset(self) -> bool:
        """Whether the API key can be taken out of a preset: it is for one server alone."""
        from enroller.address import canonical
        from enroller.errors import InputError

        try:
            return self.sealed is not None and canonical(self.server) == canonical(self.sealed.asked.server)
        except InputError:
            return False

    @property
    def takes_from_preset(self) -> bool:
        """Whether the API key is that of the preset, and nobody types one."""
        return self.offers_preset and not self.types_api_key

    @property
    def ca_pem(self) -> str | None:
        """What was compared, whatever stands in that file by now; None where none was."""
        return self.trusted.pem if self.trusted is not None and self.trusted.path == self.ca_file.strip() else None

    def asked(self) -> Asked:
        """The form as the engine takes it. Raises InputError that names the field."""
        from enroller.address import canonical

        asked = Asked(
            service=self.service,
            server=canonical(self.server),
            key_type=self.key_type,
            rsa_bits=self.rsa_bits,
            poll_interval=self.poll_interval,
            ca_file=self.ca_file.strip() or None,
            protection=self.protection,
        )
        return self._for_privicore(asked) if self.service is ServiceName.PRIVICORE else self._for_safeq_cloud(asked)

    def _for_safeq_cloud(self, asked: Asked) -> Asked:
        from enroller import form

        return replace(
            asked,
            client_id=form.client_id(self.client_id),
            client_type=self.client_type,
            description=form.description(self.description),
        )

    def _for_privicore(self, asked: Asked) -> Asked:
        from enroller import form
        from enroller.address import websocket

        by_password = self.kind is CredentialKind.PASSWORD
        return replace(
            asked,
            device_name=form.device_name(self.device_name),
            description=form.description(self.description) if self.description.strip() else "",
            username=form.username(self.username) if by_password else "",
            websocket_url=websocket(self.websocket_url) if self.websocket_url.strip() else None,
            replace_profile_key=self.replace_profile_key,
        )

    def going_on(self) -> "Submission | None":
        """What was begun, where the form is still about the same device: it must not be made a second time."""
        if self.begun is None:
            return None
        before, now = self.begun.asked, self.asked()
        return self.begun if (before.server, before.identity) == (now.server, now.identity) else None

    def to_replace(self) -> str | None:
        """The enrollment with the form's server that shall be replaced, where somebody has said so of that server."""
        from enroller.address import canonical

        return self.beside[1] if self.beside is not None and self.beside[0] == canonical(self.server) else None

    def another(self) -> "Draft":
        """The form for the next enrollment: a new identity with the same service."""
        draft = replace(
            self,
            client_id="",
            device_name="",
            secrets={},
            key=None,
            replace_profile_key=False,
            passphrases=("", ""),
            passphrase=None,
            replaces=None,
            copy_of=None,
            beside=None,
            begun=None,
            preset_passphrase="",
            unsealed=None,
        )
        draft.fill()
        return draft


def blank(service: ServiceName | None) -> Draft:
    """The form for a service (None: the administrator's, else the first), with what it begins with.

    Where the settings are unusable none is in it; it is never used then, since nothing new is begun.
    """
    from enroller.beginning import beginning
    from enroller.errors import BadSettings
    from enroller.gui.prefill import Prefill

    try:
        asked = beginning(chosen=service).asked
    except BadSettings:
        asked = Asked("", service=service or ServiceName.SAFEQ_CLOUD)
    return from_prefill(Prefill(asked))


def for_a_copy(copied: "Summary") -> Draft:
    """The form for a device of its own, where an enrollment came with a copied disk: the same service and server.

    What the administrator has decided stands before what the copied one was enrolled with.
    """
    draft = blank(copied.service)
    draft.copy_of = copied.id
    if draft.service is copied.service:
        draft.server, draft.ca_file = copied.server, copied.ca_file or ""
        draft.websocket_url, draft.username = copied.websocket_url or "", copied.username
        draft.fill()
    return draft


def from_prefill(prefill: "Prefill") -> Draft:
    """The form that the wizard begins with, where somebody has said with what."""
    asked, credential = prefill.asked, prefill.credential
    draft = Draft(
        asked.service,
        asked.key_type if asked.key_type in KEY_TYPES[asked.service] else KEY_TYPES[asked.service][0],
        credential.kind if credential is not None else CREDENTIAL_KINDS[asked.service][0],
        server=asked.server,
        ca_file=asked.ca_file or "",
        websocket_url=asked.websocket_url or "",
        client_id=asked.client_id,
        client_type=asked.client_type,
        device_name=asked.device_name,
        description=asked.description,
        username=asked.username,
        secrets={credential.kind: credential.secret} if credential is not None else {},
        rsa_bits=asked.rsa_bits,
        replace_profile_key=asked.replace_profile_key,
        protection=asked.protection,
        poll_interval=asked.poll_interval,
        sealed=prefill.sealed,
    )
    draft.fill()
    return draft
