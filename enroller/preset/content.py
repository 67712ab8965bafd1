"""What a preset says, from the TOML of its file."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from enroller import settings, toml_file
from enroller.errors import InputError
from enroller.model import KEY_TYPES, RSA_BITS, Asked, ClientType, Protection, ServiceName
from enroller.text import is_drawn, plain

E = TypeVar("E", bound=StrEnum)

KIND = "preset"
LARGEST = toml_file.LARGEST
SEALED_API_KEY, SIGNATURE, CA_SHA256 = "sealed_api_key", "signature", "ca_sha256"
"""What `enroller preset` writes: no value of the form's own."""

_COMMON = frozenset({"service", "server", "description", "ca_file", "protect", "poll_interval"})
NAMES = {
    ServiceName.SAFEQ_CLOUD: _COMMON | {"client_id", "client_type", "key_type", "rsa_bits"},
    ServiceName.PRIVICORE: _COMMON | {"device_name", "username", "websocket_url", "replace_profile_key"},
}
"""What a preset for each service may hold: the options of `enroller enroll`. Secrets are not among them."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What a preset says. `given`: the names of what it sets. `origin`: its file or link, for people.

    `ca_sha256`: of the CA file that lies beside it, which was compared; a signature and the seal cover it with that.
    `sealed_api_key`: opened by `seal.opened` with a passphrase. `signed`: it bears a good signature; `signer`: whose,
    where the settings of this device trust that key. What is not trusted asks before it fills in anything.
    """

    asked: Asked
    given: frozenset[str]
    origin: str
    ca_sha256: str = ""
    sealed_api_key: str | None = field(default=None, repr=False)
    signed: bool = False
    signer: str | None = None


def read(path: Path) -> Preset:
    """The preset in a file. Raises InputError; nothing is applied where anything is wrong."""
    return parse(load(path), path)


def load(path: Path) -> str:
    """The content of a preset file. Raises InputError."""
    try:
        return toml_file.load(KIND, path)
    except FileNotFoundError as error:
        raise toml_file.refusal(KIND, path, str(error.strerror)) from None


def parse(text: str, path: Path) -> Preset:
    """The preset that was read from `path`. Raises InputError."""
    file = toml_file.parse(KIND, path, text)
    ours = (SEALED_API_KEY, SIGNATURE, CA_SHA256)
    values = {name: value for name, value in file.values.items() if name not in ours}
    preset = from_values(values, str(path), file.bad, base=path.absolute().parent)
    preset = _with_its_ca_file(preset, file)
    sealed = file.values.get(SEALED_API_KEY)
    if sealed is not None:
        preset = _with_api_key(preset, file, sealed)
    if SIGNATURE in file.values:
        preset = _signed(preset, file)
    return preset


Bad = Callable[[str, str], InputError]
"""Makes the error for something wrong: what, and under which name."""


def from_values(values: Mapping[str, Any], origin: str, bad: Bad, *, base: Path | None = None) -> Preset:
    """The preset that names and values mean. `base`: the folder that a relative `ca_file` begins at."""
    # Where a preset does not say which, it is about the service that this device is set to.
    named = {"service": settings.current()["service"].value, **values}
    service = _choice(named, "service", tuple(ServiceName), bad)
    unknown = sorted(values.keys() - NAMES[service])
    if unknown:
        raise bad(f"it has “{plain(unknown[0], 40)}”, which is no setting for {service}", unknown[0])
    return Preset(_asked(values, service, bad, base), frozenset(values), origin)


def sum_of(ca_file: str) -> str:
    """The SHA-256 of a CA file, as `ca_sha256` has it. Raises InputError (field `ca_file`) where it cannot be read."""
    try:
        # A file of more than a megabyte is no CA file (`http.trust`).
        with open(ca_file, "rb", opener=toml_file.without_waiting) as file:
            return hashlib.sha256(file.read(1 << 20)).hexdigest()
    except OSError as error:
        raise InputError(f"The CA file {plain(ca_file)} cannot be read: {error.strerror}.", field="ca_file") from None


def _with_its_ca_file(preset: Preset, file: toml_file.TomlFile) -> Preset:
    """Who could change the file beside a preset could otherwise have us trust a server of theirs."""
    ca_file, told = preset.asked.ca_file, file.values.get(CA_SHA256)
    if told is None:
        if ca_file and (SIGNATURE in file.values or SEALED_API_KEY in file.values):
            raise file.bad("its CA file is covered by nothing; make it anew with `enroller preset`", "ca_file")
        return preset
    if not ca_file or not isinstance(told, str) or sum_of(ca_file) != told:
        raise file.bad("its CA file is not the one that it was made with", CA_SHA256)
    return replace(preset, ca_sha256=told)


def _with_api_key(preset: Preset, file: toml_file.TomlFile, sealed: object) -> Preset:
    from enroller.preset import seal

    if preset.asked.service is not ServiceName.SAFEQ_CLOUD or not preset.asked.server:
        raise file.bad(f"“{SEALED_API_KEY}” is for a server of SAFEQ Cloud that stands in the preset", SEALED_API_KEY)
    if not isinstance(sealed, str) or not seal.is_whole(sealed):
        raise file.bad(f"“{SEALED_API_KEY}” is nothing that `enroller preset` has made", SEALED_API_KEY)
    return replace(preset, sealed_api_key=sealed)


def _signed(preset: Preset, file: toml_file.TomlFile) -> Preset:
    from enroller.preset import signature

    try:
        key = signature.verified(file.text)
    except InputError as error:
        raise file.bad(error.message, SIGNATURE) from None
    return replace(preset, signed=True, signer=signature.trusted_name(key))


def _asked(values: Mapping[str, Any], service: ServiceName, bad: Bad, base: Path | None) -> Asked:
    bits = values.get("rsa_bits", 3072)
    interval = values.get("poll_interval")
    replace_profile_key = values.get("replace_profile_key", False)
    if type(bits) is not int or bits not in RSA_BITS:  # 3072.0 is equal to 3072
        raise bad("“rsa_bits” has to be 2048, 3072 or 4096", "rsa_bits")
    if interval is not None and (
        isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 < interval < 86_400
    ):
        raise bad("“poll_interval” has to be a number of seconds", "poll_interval")
    if not isinstance(replace_profile_key, bool):
        raise bad("“replace_profile_key” has to be true or false", "replace_profile_key")
    ca_file = _text(values, "ca_file", bad)
    return Asked(
        server=_text(values, "server", bad),
        client_id=_text(values, "client_id", bad),
        service=service,
        client_type=_choice(values, "client_type", tuple(ClientType), bad),
        description=_text(values, "description", bad),
        device_name=_text(values, "device_name", bad),
        username=_text(values, "username", bad),
        websocket_url=_text(values, "websocket_url", bad) or None,
        replace_profile_key=replace_profile_key,
        key_type=_choice(values, "key_type", KEY_TYPES[service], bad),
        rsa_bits=bits,
        poll_interval=interval,
        # Relative to the preset, so that both can travel together.
        ca_file=str(base / ca_file) if ca_file and base is not None else None,
        protection=_choice(values, "protect", tuple(Protection), bad),
    )


def _text(values: Mapping[str, Any], name: str, bad: Bad) -> str:
    value = values.get(name, "")
    if not isinstance(value, str) or len(value) > 4096:
        raise bad(f"“{name}” has to be a text", name)
    if not all(map(is_drawn, value)):  # what cannot be seen in the form, or turns its text around, is not wanted there
        raise bad(f"“{name}” holds characters that cannot be seen", name)
    return value


def _choice(values: Mapping[str, Any], name: str, choices: tuple[E, ...], bad: Bad) -> E:
    """One of the choices; the first where the preset does not say."""
    value = values.get(name, choices[0])
    if value not in choices:
        raise bad(f"“{name}” has to be one of {', '.join(choices)}", name)
    return choices[choices.index(value)]
