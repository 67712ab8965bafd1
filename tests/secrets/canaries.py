"""Secrets that can be recognised wherever they turn up, in whatever form.

A test gives the program secrets of its own making, learns those that the service and the program make, and then looks
for all of them in every place: as they are, escaped, encoded, in hexadecimal digits, in another character set, and
inside of something larger that was encoded as a whole.
"""

import base64
import html
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from enroller.model import Enrollment, Secret

SHORTEST = 12
"""Bytes of a form: what is shorter could stand somewhere by chance."""


def forms(secret: bytes) -> frozenset[bytes]:
    """Every form of a secret that is looked for."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode(), *_in_base64(secret)}
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        pass
    else:
        found |= set(_as_text(text))
    found.add(repr(secret)[2:-1].encode())
    return frozenset(form for form in found if len(form) >= SHORTEST)


def _as_text(text: str) -> Iterator[bytes]:
    for character_set in ("utf-16-le", "utf-16-be", "utf-32-le", "latin-1"):
        yield text.encode(character_set, "replace")
    for escaped in (quote(text), quote(text, safe=""), quote(text, safe="!*'()~"), quote_plus(text)):
        yield escaped.encode()
        yield _lower_hex(escaped).encode()
    everything = "".join(f"%{byte:02x}" for byte in text.encode())
    yield from (everything.encode(), everything.upper().encode())
    for ascii_only in (True, False):
        inside = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (inside.encode(), inside.replace("/", "\\/").encode(), json.dumps(inside)[1:-1].encode())
    units = "".join(f"\\u{ord(character):04x}" for character in text)
    yield from (units.encode(), units.upper().replace("\\U", "\\u").encode())
    yield from (repr(text)[1:-1].encode(), html.escape(text).encode(), html.escape(text, quote=False).encode())


def _lower_hex(escaped: str) -> str:
    """`%2F` as `%2f`: both are right (RFC 3986, section 2.1)."""
    head, *rest = escaped.split("%")
    return head + "".join("%" + each[:2].lower() + each[2:] for each in rest)


def _in_base64(secret: bytes) -> Iterator[bytes]:
    """By itself, and as it looks inside of something longer, which may begin at any of three places."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        alone = encode(secret)
        yield from (alone, alone.rstrip(b"="))
        for before in range(3):
            whole = encode(bytes(before) + secret + bytes(2))
            # A character of base64 holds 6 bits: those at the ends depend on what stands before and after.
            begins = -(-before * 8 // 6)
            ends = (before + len(secret)) * 8 // 6
            yield whole[begins:ends]
    yield base64.b32encode(secret).rstrip(b"=")


class Canaries:
    """The secrets of a test by name, and what was found of them. `searched` counts the places."""

    def __init__(self) -> None:
        self._forms: dict[bytes, str] = {}
        self.names: set[str] = set()
        self.searched = 0

    def add(self, name: str, secret: str | bytes) -> None:
        """From now on this is looked for."""
        plain = secret.encode() if isinstance(secret, str) else secret
        for form in forms(plain):
            self._forms.setdefault(form, name)
        self.names.add(name)

    def add_all_of(self, enrollment: Enrollment) -> None:
        """The secrets of an enrollment."""
        for name, secret in secrets_in(enrollment):
            self.add(name, secret)

    @property
    def forms(self) -> int:
        """How many forms are looked for in each place."""
        return len(self._forms)

    def found_in(self, content: bytes) -> list[str]:
        """The names of the secrets that stand in `content`, in any form."""
        self.searched += 1
        return sorted({name for form, name in self._forms.items() if form in content})


def secrets_in(enrollment: Enrollment) -> Iterator[tuple[str, str | bytes]]:
    """The secrets of an enrollment by name. What is public too is none: Privicore's code is the device's identifier."""
    public = {enrollment.progress.device_identifier}
    for name, text in _revealed(enrollment, ""):
        if name == "grant.configuration":
            members = json.loads(text)
            yield from ((f"configuration.{each}", members[each]) for each in ("client-secret", "rabbit-pass"))
        elif text not in public:
            yield name, text
        if name == "key.private_key":
            yield f"{name} (bytes)", base64.b64decode(text)
            yield f"{name} (its last 32 bytes)", base64.b64decode(text)[-32:]


def _revealed(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Secret):
        yield name, value.reveal()
    elif is_dataclass(value):
        for member in fields(value):
            yield from _revealed(getattr(value, member.name), f"{name}.{member.name}".lstrip("."))


def files_under(*folders: Path) -> list[Path]:
    """Every file there is, at any depth."""
    return [
        path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()
    ]
