"""The settings that an administrator can give a device: the one list of their names, values and words.

The commented example, the policy templates and the documentation are made from it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enroller import address
from enroller.errors import InputError
from enroller.model import KEY_TYPES, RSA_BITS, ClientType, Protection, ServiceName
from enroller.resources import LANGUAGES
from enroller.text import is_drawn

LONGEST = 4096
"""Characters of a text."""

DIRECT, SYSTEM = "direct", "system"
"""What `proxy` may be besides an address: never one, or what the system's settings say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One setting. `what`: a sentence for administrators. `default`: what holds where nobody gives it.

    `kind`: `str`, `int`, `bool`, or `list` for texts. `choices`: where only these are possible. `check` raises
    InputError for a text that cannot be used.
    """

    kind: type
    what: str
    example: str | int | bool | tuple[str, ...]
    choices: tuple[str | int, ...] = ()
    default: str | int | bool | tuple[str, ...] | None = None
    check: Callable[[str], object] | None = None

    def wrong(self, value: object) -> str:
        """What is wrong with a value, to follow the setting's name; empty where nothing is."""
        if type(value) is not self.kind:  # True is an int, and 3072.0 is equal to 3072
            return f"has to be {_WORDS[self.kind]}"
        if self.choices and value not in self.choices:
            return f"has to be one of {', '.join(map(str, self.choices))}"
        texts: list[object] = value if isinstance(value, list) else [value]
        return next((why for one in texts if (why := self._wrong_text(one))), "")

    def _wrong_text(self, text: object) -> str:
        if not isinstance(text, str):
            return "has to be a list of texts" if self.kind is list else ""
        if not text or len(text) > LONGEST or not all(map(is_drawn, text)):
            return f"has to be a text of 1 to {LONGEST} characters that can be seen"
        try:
            if self.check is not None:
                self.check(text)
        except InputError as error:
            return "cannot be used: " + error.message.rstrip(".")
        return ""


_WORDS = {str: "a text", int: "a number", bool: "true or false", list: "a list of texts"}


def _proxy(text: str) -> None:
    found = re.fullmatch(r"(?:https?|socks5h?)://(?:[^][/@:?#\s]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})/?", text)
    # 16 bits for a port: RFC 9293, section 3.1.
    if text not in (DIRECT, SYSTEM) and (found is None or not 0 < int(found[1]) < 65_536):
        raise InputError(f"it is {DIRECT}, {SYSTEM} or an address with its port such as http://proxy.acme.example:8080")


def _ca_file(text: str) -> None:
    if not re.match(r"/|[A-Za-z]:[\\/]|\\\\", text):
        raise InputError("it is the whole path of a file")


def _key(text: str) -> None:
    from enroller.settings import signers

    signers.read(text)


def _text_of(*choices: Any) -> tuple[str, ...]:
    return tuple(str(choice) for choice in choices)


RULES: dict[str, Rule] = {
    "service": Rule(
        str, "The cloud service that devices are enrolled with.", "safeq-cloud", _text_of(*ServiceName), "safeq-cloud"
    ),
    "server": Rule(
        str, "The service's address, as people would paste it.", "gateway.acme.example:7400", check=address.canonical
    ),
    "client_type": Rule(
        str, "SAFEQ Cloud: what kind of device this is.", "desktop_client", _text_of(*ClientType), "desktop_client"
    ),
    "description": Rule(
        str,
        "What the approver sees of a device. {hostname} and {serial} stand for what this machine has.",
        "{hostname} ({serial})",
        default="{hostname}",
    ),
    "key_type": Rule(
        str,
        "SAFEQ Cloud: the kind of the device's key.",
        "ed25519",
        _text_of(*KEY_TYPES[ServiceName.SAFEQ_CLOUD]),
        "ed25519",
    ),
    "rsa_bits": Rule(int, "SAFEQ Cloud: the length of an RSA key, in bits.", 3072, RSA_BITS, 3072),
    "protect": Rule(str, "What keeps the secrets of an enrollment.", "keyring", _text_of(*Protection), "keyring"),
    "plain_file": Rule(
        bool,
        "Whether the secrets may be kept in a plain file that only their owner can read (protect = “file”).",
        False,
        default=True,
    ),
    "proxy": Rule(
        str,
        f"The proxy to every server, instead of the system's settings; “{DIRECT}”: none, “{SYSTEM}”: the system's.",
        "http://proxy.acme.example:8080",
        default=SYSTEM,
        check=_proxy,
    ),
    "ca_file": Rule(
        str,
        "Certificates (PEM) that every connection trusts besides the system's: the whole path of the file.",
        "/etc/ssl/acme-root.pem",
        check=_ca_file,
    ),
    "language": Rule(str, "The language of the window.", "en", LANGUAGES, default=LANGUAGES[0]),
    "preset_keys": Rule(
        list,
        "The public keys (Ed25519) of those whose signed presets are trusted: a name, a colon, and the key in base64.",
        ("Acme IT: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",),
        default=(),
        check=_key,
    ),
}
"""Every setting by its name, in the order in which it is shown."""
