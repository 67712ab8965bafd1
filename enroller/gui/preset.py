"""Preset files: a TOML table with values to begin with."""

from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from enroller.errors import InputError
from enroller.gui.prefill import Prefill
from enroller.model import RSA_BITS, Asked, ClientType, KeyType, Protection, ServiceName
from enroller.text import plain

E = TypeVar("E", bound=StrEnum)

LARGEST = 64 * 1024
NAMES = frozenset(
    {"service", "server", "client_id", "client_type", "description", "key_type", "rsa_bits", "ca_file", "protect",
     "poll_interval"}
)  # fmt: skip
"""What a preset may hold: the options of `enroller enroll`. Secrets are not among them."""


def read(path: Path) -> Prefill:
    """The values of a preset file. Raises InputError; nothing is applied where anything is wrong."""
    import tomllib

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise _bad(path, "it is larger than any preset")
        table = tomllib.loads(data.decode())
    except OSError as error:
        raise _bad(path, str(error.strerror)) from None
    except UnicodeDecodeError:
        raise _bad(path, "it is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(path, plain(str(error))) from None
    unknown = sorted(table.keys() - NAMES)
    if unknown:
        raise _bad(path, f"it has “{plain(unknown[0], 40)}”, which is no setting")
    return Prefill(_asked(path, table))


def _asked(path: Path, table: dict[str, Any]) -> Asked:
    bits = table.get("rsa_bits", 3072)
    interval = table.get("poll_interval")
    if bits not in RSA_BITS or isinstance(bits, bool):
        raise _bad(path, "“rsa_bits” is 2048, 3072 or 4096")
    if interval is not None and (
        isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 < interval < 86_400
    ):
        raise _bad(path, "“poll_interval” is a number of seconds")
    ca_file = _text(path, table, "ca_file")
    return Asked(
        server=_text(path, table, "server"),
        client_id=_text(path, table, "client_id"),
        service=_choice(path, table, "service", ServiceName.SAFEQ_CLOUD),
        client_type=_choice(path, table, "client_type", ClientType.DESKTOP_CLIENT),
        description=_text(path, table, "description"),
        key_type=_choice(path, table, "key_type", KeyType.ED25519),
        rsa_bits=bits,
        poll_interval=interval,
        # Relative to the preset, so that both can travel together.
        ca_file=str(path.absolute().parent / ca_file) if ca_file else None,
        protection=_choice(path, table, "protect", Protection.KEYRING),
    )


def _text(path: Path, table: dict[str, Any], name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str) or len(value) > 4096:
        raise _bad(path, f"“{name}” is a text")
    return value


def _choice(path: Path, table: dict[str, Any], name: str, default: E) -> E:
    try:
        return type(default)(table.get(name, default))
    except ValueError:
        raise _bad(path, f"“{name}” is one of {', '.join(type(default))}") from None


def _bad(path: Path, why: str) -> InputError:
    return InputError(
        f"The preset {plain(str(path))} cannot be used: {why}.", field="preset", advice="Nothing was applied."
    )
