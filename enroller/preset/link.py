"""Links that open the wizard filled in: `enroller://preset?server=gateway.acme.example&client_id=laptop-17`.

A link is a preset that is easy to send, and easy to forge: it carries no secret, no file's name and no signature.
"""

from urllib.parse import parse_qsl, urlsplit

from enroller.errors import InputError
from enroller.preset.content import LARGEST, Preset, from_values
from enroller.text import plain

SCHEME = "enroller"
PLACE = "preset"

ALLOWED = frozenset(
    {"service", "server", "description", "client_id", "client_type", "key_type", "rsa_bits", "device_name", "username"}
    | {"websocket_url"}
)
"""What a link may say: no path of a file on this device, nothing that harms other devices, no weaker protection."""


def is_link(text: str) -> bool:
    """Whether this is one of our links, rather than the name of a file."""
    return text.lower().startswith(f"{SCHEME}:")


def from_link(link: str) -> Preset:
    """The preset that a link means. Raises InputError; nothing is applied where anything is wrong."""

    def bad(why: str, _name: str = "") -> InputError:
        return InputError(f"The link cannot be used: {why}.", field="preset", advice="Nothing was applied.")

    if len(link) > LARGEST:
        raise bad("it is longer than any")
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), errors="strict")
    except ValueError:
        raise bad("its values are not name=value, with & between them") from None
    if (parts.netloc.lower(), parts.path.strip("/")) != (PLACE, ""):
        raise bad(f"it begins with something else than {SCHEME}://{PLACE}?")
    names = [name for name, _ in pairs]
    wrong = next((name for name in names if name not in ALLOWED or names.count(name) > 1), None)
    if wrong is not None:
        why = "says twice" if wrong in ALLOWED else "may not say"
        raise bad(f"it {why} “{plain(wrong, 40)}”")
    values = {name: int(text) if name == "rsa_bits" and text in _NUMBERS else text for name, text in pairs}
    return from_values(values, "a link", bad)


_NUMBERS = ("2048", "3072", "4096")
