"""The sealed file: AES-256-GCM over a whole enrollment record, in a JSON envelope.

    {"schema": 1, "id": …, "protection": "keyring",    "key_id": …,               "check": …, "nonce": …, "sealed": …}
    {"schema": 1, "id": …, "protection": "passphrase", "scrypt": {n, r, p, salt}, "check": …, "nonce": …, "sealed": …}
    {"schema": 1, "id": …, "protection": "file",       "sha256": …,                            "record": {…}}

All but `sealed` is the header, and authenticated with it (associated data, NIST SP 800-38D). The key is 32 random bytes
from the key store, or what scrypt makes of the passphrase; it seals nothing but this enrollment's generations, each
under a fresh random 96-bit nonce. `check` is the seal over nothing: it tells a wrong key from a damaged record.
`file` seals nothing; its sum tells damage.
"""

import base64
import os
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from enroller.errors import Damaged
from enroller.model import Enrollment, Protection, Secret
from enroller.vault import record

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D, section 5.2.1.1: 96 bits are recommended
TAG_BYTES = 16
SALT_BYTES = 16  # NIST SP 800-132, section 5.1: at least 128 bits


@dataclass(frozen=True, slots=True)
class Scrypt:
    """How a passphrase becomes a key (RFC 7914). The defaults are OWASP's first choice: 128 MiB, under a second."""

    salt: bytes
    n: int = 2**17
    r: int = 8
    p: int = 1

    def derive(self, passphrase: Secret) -> bytes:
        """The 32-byte key. NFC first (RFC 8265, section 4.2.1): keyboards differ in how they type an accent."""
        import hashlib

        text = unicodedata.normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogatepass")
        # RFC 7914, section 5: 128·N·r bytes, and 128·r·p for the blocks; the rest is slack for OpenSSL's own count.
        memory = 128 * self.r * (self.n + self.p) + (1 << 20)
        return hashlib.scrypt(text, salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=memory, dklen=KEY_BYTES)

    def to_json(self) -> dict[str, Any]:
        return {"n": self.n, "r": self.r, "p": self.p, "salt": _text(self.salt)}

    @classmethod
    def from_json(cls, value: object) -> "Scrypt":
        """Reads parameters within bounds (at most 256 MiB and four passes), so that no file can make us hang."""
        if not isinstance(value, dict) or value.keys() != {"n", "r", "p", "salt"}:
            raise Damaged("The scrypt parameters are incomplete.")
        n, r, p = value["n"], value["r"], value["p"]
        if n not in (2**15, 2**16, 2**17, 2**18) or r != 8 or p not in (1, 2, 3, 4):
            raise Damaged("The scrypt parameters are out of bounds.")
        return cls(_bytes(value["salt"], SALT_BYTES), int(n), int(r), int(p))


Opener = str | Scrypt | None
"""What opens a seal: a key id in the key store, scrypt and a passphrase, or nothing."""


Key = bytes | bytearray
"""The key to a seal; empty where the opener is none."""


def wipe(key: bytearray) -> None:
    """Overwrites a key in memory."""
    key[:] = bytes(len(key))


class Sealer:
    """Seals the generations of one enrollment. Holds a copy of the key until `close`, and shows it to nobody."""

    def __init__(self, id: str, opener: Opener, key: Key, check: str) -> None:  # noqa: A002 - the enrollment's own word
        self._id = id
        self._opener = opener
        self._key = bytearray(key)
        self._check = check
        self._closed = False
        self._lock = threading.Lock()  # nothing is ever sealed with a key that is being overwritten

    @classmethod
    def new(cls, id: str, opener: Opener, key: Key) -> "Sealer":  # noqa: A002 - as above
        """A sealer for a new enrollment."""
        return cls(id, opener, key, _check(key) if opener is not None else "")

    def close(self) -> None:
        """Overwrites the key; nothing can be sealed any more."""
        with self._lock:
            self._closed = True
            wipe(self._key)

    def seal(self, enrollment: Enrollment) -> bytes:
        """The content of the sealed file. Raises ValueError once it is closed."""
        plain = record.encode(enrollment)
        header = {"schema": record.SCHEMA, "id": self._id, **_opener_members(self._opener)}
        if self._opener is None:
            header["sha256"] = _sum(header, plain)
            return record.canonical(header | {"record": record.parse(plain)})
        nonce = os.urandom(NONCE_BYTES)
        header |= {"check": self._check, "nonce": _text(nonce)}
        with self._lock:
            if self._closed:
                raise ValueError("the seal is closed")
            sealed = _cipher(self._key).encrypt(nonce, plain, record.canonical(header))
        return record.canonical(header | {"sealed": _text(sealed)})


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed file that was read and not opened yet."""

    schema: int
    opener: Opener
    header: dict[str, Any]
    content: bytes = field(repr=False)

    def fits(self, key: Key) -> bool:
        """Whether `key` is this envelope's."""
        if self.opener is None:
            return True
        check = _bytes(self.header["check"], NONCE_BYTES + TAG_BYTES)
        return _decrypted(key, check[:NONCE_BYTES], check[NONCE_BYTES:], _CHECK) is not None

    def unseal(self, key: Key) -> Enrollment:
        """Opens the record with a key that fits. Raises Damaged."""
        plain: bytes | None = self.content
        if self.opener is not None:
            nonce = _bytes(self.header["nonce"], NONCE_BYTES)
            plain = _decrypted(key, nonce, self.content, record.canonical(self.header))
        elif self.header["sha256"] != _sum(_without(self.header, "sha256"), self.content):
            plain = None
        if plain is None:
            raise Damaged("The record does not match its seal.")
        enrollment = record.decode(plain, self.schema)
        if (enrollment.id, enrollment.asked.protection) != (self.header["id"], _protection(self.opener)):
            raise Damaged("The record does not belong to its envelope.")
        return enrollment

    def sealer(self, key: Key) -> Sealer:
        """The sealer for the next generations, under the same key."""
        return Sealer(self.header["id"], self.opener, key, self.header.get("check", ""))


def read(content: bytes, id: str) -> Envelope:  # noqa: A002 - the enrollment's own word
    """Reads a sealed file of that enrollment. Raises Damaged or TooNew."""
    body = record.parse(content)
    schema = record.schema_of(body)
    protection = record.from_json(Protection, body.get("protection"), "protection")
    wanted = {"schema", "id", "protection"} | _MEMBERS[protection]
    if body.keys() != wanted:
        raise Damaged("The envelope has missing or unknown members.")
    if body["id"] != id:
        raise Damaged("The envelope belongs to another enrollment.")
    if protection is Protection.FILE:
        record.from_json(str, body["sha256"], "sha256")
        return Envelope(schema, None, _without(body, "record"), _canonical_record(body["record"]))
    opener: Opener
    if protection is Protection.KEYRING:
        opener = key_id(body)
    else:
        opener = Scrypt.from_json(body["scrypt"])
    _bytes(body["check"], NONCE_BYTES + TAG_BYTES)
    _bytes(body["nonce"], NONCE_BYTES)
    return Envelope(schema, opener, _without(body, "sealed"), _bytes(body["sealed"]))


def key_id(body: dict[str, Any]) -> str:
    """The key store's account that an envelope names. Raises Damaged."""
    found = body.get("key_id")
    if not isinstance(found, str) or len(found) != 32 or not set(found) <= set("0123456789abcdef"):
        raise Damaged("The key id is none.")
    return found


_CHECK = b"enroller key check"
_MEMBERS: dict[Protection, set[str]] = {
    Protection.KEYRING: {"key_id", "check", "nonce", "sealed"},
    Protection.PASSPHRASE: {"scrypt", "check", "nonce", "sealed"},
    Protection.FILE: {"sha256", "record"},
}


def _protection(opener: Opener) -> Protection:
    if opener is None:
        return Protection.FILE
    return Protection.KEYRING if isinstance(opener, str) else Protection.PASSPHRASE


def _opener_members(opener: Opener) -> dict[str, Any]:
    members: dict[str, Any] = {"protection": _protection(opener).value}
    if isinstance(opener, str):
        members["key_id"] = opener
    elif opener is not None:
        members["scrypt"] = opener.to_json()
    return members


def _check(key: Key) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return _text(nonce + _cipher(key).encrypt(nonce, b"", _CHECK))


def _cipher(key: Key) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _decrypted(key: Key, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    decrypt: Callable[[bytes, bytes, bytes], bytes] = _cipher(key).decrypt
    try:
        return decrypt(nonce, sealed, associated)
    except InvalidTag:
        return None


def _sum(header: dict[str, Any], plain: bytes) -> str:
    import hashlib

    return hashlib.sha256(record.canonical(header) + plain).hexdigest()


def _canonical_record(value: object) -> bytes:
    try:
        return record.canonical(value)
    except (ValueError, RecursionError) as error:  # a number that is infinite, or endless brackets
        raise Damaged("The record is none.") from error


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: value for member, value in body.items() if member != name}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: object, length: int | None = None) -> bytes:
    try:
        content = base64.b64decode(text if isinstance(text, str) else "*", validate=True)
    except ValueError as error:
        raise Damaged("The envelope has a member that is not base64.") from error
    if length is not None and len(content) != length:
        raise Damaged("The envelope has a member of the wrong length.")
    return content
