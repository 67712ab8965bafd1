"""What an enrollment begins with: what the administrator has decided for this device, and what a preset says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from enroller import settings
from enroller.model import Asked, ClientType, KeyType, Protection, ServiceName

if TYPE_CHECKING:
    from enroller.preset import Preset
    from enroller.settings import Settings

FOR_SAFEQ_CLOUD = frozenset({"client_type", "key_type", "rsa_bits"})
"""Settings that Privicore has no use for."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """`overruled`: the names of what the preset says, and the administrator has decided otherwise."""

    asked: Asked
    overruled: tuple[str, ...] = ()


def beginning(preset: "Preset | None" = None) -> Beginning:
    """The form's first values: locked settings, then the preset, then the other settings. Raises BadSettings."""
    given = settings.current()
    given.require()
    asked = preset.asked if preset is not None else Asked("")
    said = preset.given if preset is not None else frozenset()
    service = _service(given, asked.service, said)
    if service is not asked.service:  # the rest of the preset is about another service
        return Beginning(_with_settings(Asked("", service=service), given, frozenset()), ("service",))
    overruled = tuple(name for name, value in _decided(given, service) if _differs(given, name, value, asked, said))
    return Beginning(_with_settings(asked, given, said), overruled)


def described() -> str:
    """What the administrator's description says of this machine; empty where there is none."""
    given = settings.current()
    if "description" not in given.given:
        return ""
    from enroller import machine
    from enroller.form import host_name
    from enroller.settings.pattern import filled

    pattern = given.text("description")
    serial = machine.serial_number() if "{serial}" in pattern else ""
    return filled(pattern, hostname=host_name(), serial=serial)


def belongs(given: "Settings", name: str, service: ServiceName) -> bool:
    """Whether a setting is about that service: a server that is named with a service is one of it."""
    if name == "server":
        return "service" not in given.given or given["service"].value == service
    return service is ServiceName.SAFEQ_CLOUD or name not in FOR_SAFEQ_CLOUD


def _service(given: "Settings", wanted: ServiceName, said: frozenset[str]) -> ServiceName:
    setting = given["service"]
    decides = setting.locked or "service" not in said
    return ServiceName(setting.value) if decides and "service" in given.given else wanted


def _decided(given: "Settings", service: ServiceName) -> "Iterator[tuple[str, Any]]":
    """The settings that stand in the form, with their values in its kinds."""
    kinds: dict[str, Any] = {"client_type": ClientType, "key_type": KeyType, "protect": Protection, "rsa_bits": int}
    for name in ("server", "client_type", "description", "key_type", "rsa_bits", "protect", "ca_file"):
        if name in given.given and belongs(given, name, service):
            value = described() if name == "description" else given[name].value
            yield name, kinds.get(name, str)(value)


def _differs(given: "Settings", name: str, value: object, asked: Asked, said: frozenset[str]) -> bool:
    return given.is_locked(name) and name in said and getattr(asked, _member(name)) != value


def _with_settings(asked: Asked, given: "Settings", said: frozenset[str]) -> Asked:
    """What is locked stands before what the preset has `said`, and the other settings behind it."""
    decided = _decided(given, asked.service)
    values = {_member(name): value for name, value in decided if given.is_locked(name) or name not in said}
    return replace(asked, **values)


def _member(name: str) -> str:
    return "protection" if name == "protect" else name
