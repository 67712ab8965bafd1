"""Whose signed presets are trusted: the entries of the setting `preset_keys`."""

import base64
import binascii
from dataclasses import dataclass

from enroller.errors import InputError
from enroller.text import plain

RAW = 32
"""Bytes of an Ed25519 public key (RFC 8032, section 5.1.5)."""

_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the key in a SubjectPublicKeyInfo (RFC 8410, section 4): the body of a PEM file."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose presets are trusted. `key`: the 32 bytes of an Ed25519 public key."""

    name: str
    key: bytes


def read(text: str) -> Signer:
    """An entry `NAME: BASE64`; the key raw, or as openssl writes it (the body of its PEM file). Raises InputError."""
    name, _, encoded = text.rpartition(":")
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    key = key.removeprefix(_SPKI) if len(key) == len(_SPKI) + RAW else key
    if len(key) != RAW or not name.strip():
        raise InputError("it is a name, a colon and an Ed25519 public key in base64")
    return Signer(plain(name, 60), key)
