"""Enrollments with Privicore in each of their situations, and answers as the service gives them."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from enroller import keys
from enroller.model import (
    Approval,
    Asked,
    Authorization,
    CommandKind,
    CommandUnderWay,
    Credential,
    CredentialKind,
    Enrollment,
    Grant,
    KeyPair,
    KeyType,
    ProfileKey,
    Progress,
    Secret,
    ServiceName,
    State,
    Ticket,
)
from tests.fakes import WALL, an_enrollment

DEVICE = "device-4711"
NAME = "Laptop 17"
DAY = 86_400.0

PASSWORD = Credential(CredentialKind.PASSWORD, Secret("the-password"))
TOKEN = Credential(CredentialKind.TOKEN, Secret("the-pasted-token"))
SIGNED_IN = Authorization(Secret("the-token"), WALL, WALL + DAY)

CONFIGURATION: dict[str, object] = {
    "device-identifier": DEVICE,
    "client-id": "oauth-client",
    "client-secret": "the-client-secret",
    "rabbit-user": "rabbit",
    "rabbit-pass": "the-rabbit-pass",
    "rabbit-host": "mq.acme.example",
    "rabbit-port": 5671,
}


@cache
def vectors() -> list[dict[str, str]]:
    """Signed keys made by independent implementations."""
    content = json.loads((Path(__file__).parent / "vectors/privicore-signed-keys.json").read_bytes())
    found: list[dict[str, str]] = content["keys"]
    return found


@cache
def key_pair(number: int = 0) -> KeyPair:
    """A key pair of the vectors as one of ours; `public_key` is what we make of it."""
    import base64

    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(vectors()[number]["private_key"]))
    public = private.public_key().public_bytes_raw()
    pkcs8 = private.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    return KeyPair(
        key_type=KeyType.X25519,
        private_key=Secret(base64.b64encode(pkcs8).decode()),
        public_key=keys.signed_public_key(public),
        fingerprint=keys.fingerprint(KeyType.X25519, public),
    )


def asked(**changes: Any) -> Asked:
    """What the technician asks for."""
    given = {"device_name": NAME, "username": "kim", "key_type": KeyType.X25519}
    return Asked(server="https://acme.example:7400", service=ServiceName.PRIVICORE, **{**given, **changes})


def signed_out(**changes: Any) -> Enrollment:
    """An enrollment whose key is ready; nothing was asked yet."""
    given = {"asked": asked(), "key": key_pair(), "credential": PASSWORD}
    return an_enrollment(**{**given, **changes})


def on_the_way(progress: Progress | None = None, **changes: Any) -> Enrollment:
    """One that is signed in, with what is known so far."""
    given = {"state": State.SUBMITTING, "authorization": SIGNED_IN, "progress": progress or Progress()}
    return signed_out(**{**given, **changes})


def commanded(kind: CommandKind, **known: Any) -> Progress:
    """With a command under way."""
    return Progress(command=CommandUnderWay("command-1", kind, WALL), **known)


HAS_KEY = Progress(profile_key=ProfileKey.REGISTERED)
REQUESTED = replace(HAS_KEY, namesakes=(), requested_at=WALL, request_id="command-1")
IDENTIFIED = replace(REQUESTED, device_identifier=DEVICE)
APPROVED = replace(IDENTIFIED, listed=True, approved=True)


def waiting(progress: Progress = IDENTIFIED, **changes: Any) -> Enrollment:
    """One that waits for its approval."""
    given = {"state": State.AWAITING_APPROVAL, "ticket": Ticket(Secret(DEVICE), None), "interval": 5.0}
    return on_the_way(progress, **{**given, **changes})


def enrolled(**changes: Any) -> Enrollment:
    """One that is done, with a token for a day."""
    grant = Grant(
        access_token=Secret("the-token"),
        refresh_token=None,
        issued_at=WALL,
        expires_at=WALL + DAY,
        client_id="oauth-client",
        configuration=Secret(json.dumps(CONFIGURATION)),
    )
    given = {"state": State.ENROLLED, "approved": True, "grant": grant, "credential": None, "progress": APPROVED}
    return signed_out(**{**given, **changes})


def approving(approval: Approval | None = None, **known: Any) -> Enrollment:
    """One that the technician's own account is to approve."""
    return waiting(replace(IDENTIFIED, approval=approval, **known), asked=asked(approve=True))
