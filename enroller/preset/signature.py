"""Signed presets (Ed25519, RFC 8032): the last line says who, and that nothing before it was changed.

    signature = "<public key in base64> <signature in base64>"

What is signed is every byte of the file before that line, after a text that says what it is for.
"""

import base64
import binascii
import re

from enroller import settings
from enroller.errors import InputError
from enroller.model import Secret
from enroller.settings import signers

_PURPOSE = b"enroller preset\0"
_LINE = re.compile(r'^signature = "([A-Za-z0-9+/]{43}=) ([A-Za-z0-9+/]{86}==)"\r?\n?\Z', re.MULTILINE)


def signed(text: str, private_key: Secret) -> tuple[str, str]:
    """`text` with its signature below, and the public key in base64. Raises InputError (field `signing_key`).

    `private_key`: PEM, PKCS#8, without a passphrase. A signature that is there already goes.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(private_key.reveal().encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(
            "This is no Ed25519 private key in PEM without a passphrase.",
            field="signing_key",
            advice="Make one with `openssl genpkey -algorithm ed25519`.",
        )
    text = without_signature(text)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")
    made = base64.b64encode(key.sign(_PURPOSE + text.encode())).decode("ascii")
    return f'{text}signature = "{public} {made}"\n', public


def without_signature(text: str) -> str:
    """A preset without its signature, ending with a line's end."""
    text = _LINE.sub("", text)
    return text if text.endswith("\n") or not text else text + "\n"


def verified(text: str) -> bytes:
    """The public key (32 bytes) that has signed a preset. Raises InputError: with no good signature none is taken."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = _LINE.search(text)
    if found is None:
        raise InputError("its signature is not in its last line, or is none")
    key = base64.b64decode(found[1])
    try:
        signature = base64.b64decode(found[2], validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _PURPOSE + text[: found.start()].encode())
    except (InvalidSignature, ValueError, binascii.Error):
        if "\r\n" in text:
            raise InputError("it was changed after it was signed, its line ends at least") from None
        raise InputError("it was changed after it was signed") from None
    return key


def trusted_name(key: bytes) -> str | None:
    """Who that is, where the settings of this device trust the key."""
    entries = settings.current()["preset_keys"].value or ()
    return next((one.name for one in map(signers.read, entries) if one.key == key), None)
