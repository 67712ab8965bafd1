"""Preset files: a TOML table with values to begin with. Whoever sends one may mean harm."""

import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from enroller.errors import InputError
from enroller.gui.prefill import Prefill
from enroller.model import KEY_TYPES, RSA_BITS, Asked, ClientType, Protection, ServiceName
from enroller.text import is_drawn, plain

E = TypeVar("E", bound=StrEnum)

LARGEST = 16 * 1024
"""Bytes. What a dotted name of that many dots costs `tomllib` grows with the square: a second, and not a minute."""

_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe must not hold us
_COMMON = frozenset({"service", "server", "description", "ca_file", "protect", "poll_interval"})
NAMES = {
    ServiceName.SAFEQ_CLOUD: _COMMON | {"client_id", "client_type", "key_type", "rsa_bits"},
    ServiceName.PRIVICORE: _COMMON | {"device_name", "username", "websocket_url", "replace_profile_key"},
}
"""What a preset for each service may hold: the options of `enroller enroll`. Secrets are not among them."""


def read(path: Path) -> Prefill:
    """The values of a preset file. Raises InputError; nothing is applied where anything is wrong."""
    return parse(load(path), path)


def load(path: Path) -> str:
    """The content of a preset file. Raises InputError."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _bad(path, "it is no file")
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise _bad(path, "it is larger than any preset")
        return data.decode()
    except OSError as error:
        raise _bad(path, str(error.strerror)) from None
    except UnicodeDecodeError:
        raise _bad(path, "it is not UTF-8 text") from None


def parse(content: str, path: Path) -> Prefill:
    """The values of a preset that was read from `path`. Raises InputError."""
    import tomllib

    try:
        table = tomllib.loads(content)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5,000 digits
        raise _bad(path, plain(str(error))) from None
    service = _choice(path, table, "service", tuple(ServiceName))
    unknown = sorted(table.keys() - NAMES[service])
    if unknown:
        raise _bad(path, f"it has “{plain(unknown[0], 40)}”, which is no setting for {service}")
    return Prefill(_asked(path, table, service))


def _asked(path: Path, table: dict[str, Any], service: ServiceName) -> Asked:
    bits = table.get("rsa_bits", 3072)
    interval = table.get("poll_interval")
    replace_profile_key = table.get("replace_profile_key", False)
    if type(bits) is not int or bits not in RSA_BITS:  # 3072.0 is equal to 3072
        raise _bad(path, "“rsa_bits” is 2048, 3072 or 4096")
    if interval is not None and (
        isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 < interval < 86_400
    ):
        raise _bad(path, "“poll_interval” is a number of seconds")
    if not isinstance(replace_profile_key, bool):
        raise _bad(path, "“replace_profile_key” is true or false")
    ca_file = _text(path, table, "ca_file")
    return Asked(
        server=_text(path, table, "server"),
        client_id=_text(path, table, "client_id"),
        service=service,
        client_type=_choice(path, table, "client_type", tuple(ClientType)),
        description=_text(path, table, "description"),
        device_name=_text(path, table, "device_name"),
        username=_text(path, table, "username"),
        websocket_url=_text(path, table, "websocket_url") or None,
        replace_profile_key=replace_profile_key,
        key_type=_choice(path, table, "key_type", KEY_TYPES[service]),
        rsa_bits=bits,
        poll_interval=interval,
        # Relative to the preset, so that both can travel together.
        ca_file=str(path.absolute().parent / ca_file) if ca_file else None,
        protection=_choice(path, table, "protect", tuple(Protection)),
    )


def _text(path: Path, table: dict[str, Any], name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str) or len(value) > 4096:
        raise _bad(path, f"“{name}” is a text")
    if not all(map(is_drawn, value)):  # what cannot be seen in the form, or turns its text around, is not wanted there
        raise _bad(path, f"“{name}” holds characters that cannot be seen")
    return value


def _choice(path: Path, table: dict[str, Any], name: str, choices: tuple[E, ...]) -> E:
    """One of the choices; the first where the preset does not say."""
    value = table.get(name, choices[0])
    if value not in choices:
        raise _bad(path, f"“{name}” is one of {', '.join(choices)}")
    return choices[choices.index(value)]


def _bad(path: Path, why: str) -> InputError:
    return InputError(
        f"The preset {plain(str(path))} cannot be used: {why}.", field="preset", advice="Nothing was applied."
    )
