"""An API key inside a preset: sealed with a passphrase that is told another way, and for one server alone.

AES-256-GCM under a key that scrypt makes of the passphrase. In base64: the format (1), log2 of scrypt's N, 16 bytes of
salt, 12 of nonce, and the sealed key. The server and the sum of the CA file are authenticated with it (associated data,
NIST SP 800-38D): who puts it into another preset gets nothing sent to a server of his own.
"""

import base64
import binascii
import os

from enroller.errors import InputError
from enroller.model import Credential, CredentialKind, Secret
from enroller.preset.content import Preset
from enroller.secret_text import checked
from enroller.vault.seal import NONCE_BYTES, SALT_BYTES, TAG_BYTES, Scrypt

_FORMAT = 1
_STRENGTH = range(15, 19)
"""log2 of scrypt's N: 32 to 256 MiB of memory, so that no preset can make us hang."""

_START = 2 + SALT_BYTES + NONCE_BYTES


def sealed(api_key: Secret, passphrase: Secret, server: str, ca_sha256: str = "") -> str:
    """The text for `sealed_api_key` in a preset for `server`, with that CA file; takes half a second."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    scrypt = Scrypt(salt)
    cipher = AESGCM(scrypt.derive(passphrase))
    header = bytes((_FORMAT, scrypt.n.bit_length() - 1)) + salt + nonce
    return base64.b64encode(
        header + cipher.encrypt(nonce, api_key.reveal().encode(), _bound(server, ca_sha256))
    ).decode("ascii")


def is_whole(text: str) -> bool:
    """Whether a text is something that `sealed` has made, as far as that can be told without the passphrase."""
    data = _decoded(text)
    return len(data) > _START + TAG_BYTES and data[0] == _FORMAT and data[1] in _STRENGTH


def opened(preset: Preset, passphrase: Secret) -> Credential:
    """The API key of a preset that has one. Raises InputError (field `passphrase`)."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data = _decoded(preset.sealed_api_key or "")
    scrypt = Scrypt(data[2 : 2 + SALT_BYTES], n=2 ** data[1])
    nonce = data[2 + SALT_BYTES : _START]
    try:
        key = AESGCM(scrypt.derive(passphrase)).decrypt(
            nonce, data[_START:], _bound(preset.asked.server, preset.ca_sha256)
        )
        return Credential(CredentialKind.API_KEY, checked(key.decode(), "api_key", "API key"))
    except (InvalidTag, UnicodeDecodeError):
        raise InputError(
            "The passphrase does not open the API key of this preset.",
            field="passphrase",
            advice="Type the passphrase once more, as it was told you. Or type the API key itself.",
        ) from None


def _bound(server: str, ca_sha256: str) -> bytes:
    from enroller.address import canonical

    return b"\0".join((b"enroller preset: API key", canonical(server).encode(), ca_sha256.encode()))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
