"""What an enrollment begins with: what the administrator has decided for this device, and what a preset says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from enroller import settings
from enroller.errors import InputError, SetByAdministrator
from enroller.model import Asked, ClientType, KeyType, Protection, ServiceName

if TYPE_CHECKING:
    from enroller.preset import Preset
    from enroller.settings import Setting, Settings

FOR_SAFEQ_CLOUD = frozenset({"client_type", "key_type", "rsa_bits"})
"""Settings that Privicore has no use for."""


_OF_THE_FORM = ("server", "client_type", "description", "key_type", "rsa_bits", "protect", "ca_file")
"""Settings that stand in the form for one service."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """`overruled`: the names of what the preset says, and the administrator has decided otherwise."""

    asked: Asked
    overruled: tuple[str, ...] = ()


def beginning(preset: "Preset | None" = None, *, chosen: ServiceName | None = None) -> Beginning:
    """The form's first values: locked settings, then the preset, then the other settings. Raises BadSettings.

    `chosen`: the service that somebody has chosen, where there is no preset.
    """
    given = settings.current()
    given.require()
    asked = preset.asked if preset is not None else Asked("", service=chosen or ServiceName.SAFEQ_CLOUD)
    said = preset.given if preset is not None else frozenset({"service"} if chosen is not None else ())
    service = _service(given, asked.service, said)
    if service is not asked.service:  # the rest of the preset is about another service
        return Beginning(_with_settings(Asked("", service=service), given, frozenset()), ("service",))
    overruled = tuple(name for name, value in _decided(given, service) if _differs(given, name, value, asked, said))
    if "protect" in said and not _may_be_kept(given, asked.protection):
        said, overruled = said - {"protect"}, tuple(dict.fromkeys((*overruled, "protect")))
        asked = replace(asked, protection=Protection.KEYRING)
    return Beginning(_with_settings(asked, given, said), overruled)


def locks(service: ServiceName) -> "dict[str, Setting]":
    """The settings that nobody in front of the device may change, by their names; none where settings are unusable."""
    given = settings.current()
    names = ("service", *_about(given, service), "proxy")
    return {name: given[name] for name in names if name in given.given and given[name].locked}


def locked_values(service: ServiceName) -> dict[str, Any]:
    """What a form for that service must hold, by the names in `Asked`."""
    given = settings.current()
    return {_member(name): value for name, value in _decided(given, service) if given.is_locked(name)}


def require_allowed(asked: Asked) -> None:
    """Raises SetByAdministrator where a new enrollment is not what the administrator wants, whoever has filled it in.

    Raises BadSettings where that is not known.
    """
    given = settings.current()
    given.require()
    if given.is_locked("service") and asked.service != given["service"].value:
        raise given.contradicted("service", "The service")
    for name, value in _decided(given, asked.service):
        if given.is_locked(name) and not _is_same(name, asked, value):
            raise given.contradicted(name, _IN_WORDS[name])
    refuse_plain_file(asked.protection)


def refuse_plain_file(protection: Protection) -> None:
    """Raises SetByAdministrator for a plain file where the administrator wants none."""
    given = settings.current()
    if not _may_be_kept(given, protection):
        raise SetByAdministrator(
            f"Secrets may not be kept in a plain file on this device, by {given['plain_file'].where}.", field="protect"
        )


def described() -> str:
    """What the administrator's description says of this machine; empty where there is none."""
    given = settings.current()
    if "description" not in given.given:
        return ""
    from enroller import machine
    from enroller.form import LONGEST, host_name
    from enroller.settings.pattern import filled

    pattern = given.text("description")
    serial = machine.serial_number() if "{serial}" in pattern else ""
    # Nobody can mend what is locked: it is never too long, and what says nothing says at least who this is.
    return filled(pattern, hostname=host_name(), serial=serial)[:LONGEST].rstrip() or host_name()


def belongs(given: "Settings", name: str, service: ServiceName) -> bool:
    """Whether a setting is about that service: a server that is named with a service is one of it.

    But a server that is locked is the only one that there is.
    """
    if name == "server":
        if given.is_locked("server"):
            return True
        return "service" not in given.given or given["service"].value == service
    return service is ServiceName.SAFEQ_CLOUD or name not in FOR_SAFEQ_CLOUD


def _service(given: "Settings", wanted: ServiceName, said: frozenset[str]) -> ServiceName:
    setting = given["service"]
    decides = setting.locked or "service" not in said
    return ServiceName(setting.value) if decides and "service" in given.given else wanted


def _decided(given: "Settings", service: ServiceName) -> "Iterator[tuple[str, Any]]":
    """The settings that stand in the form, with their values in its kinds."""
    kinds: dict[str, Any] = {"client_type": ClientType, "key_type": KeyType, "protect": Protection, "rsa_bits": int}
    for name in _about(given, service):
        value = described() if name == "description" else given[name].value
        yield name, kinds.get(name, str)(value)


def _about(given: "Settings", service: ServiceName) -> list[str]:
    return [name for name in _OF_THE_FORM if name in given.given and belongs(given, name, service)]


_IN_WORDS = {
    "server": "The server",
    "client_type": "The kind of device",
    "description": "The description",
    "key_type": "The key's type",
    "rsa_bits": "The key's length",
    "protect": "What keeps the secrets",
    "ca_file": "The CA file",
}
"""What each setting is called at the beginning of a sentence."""


def _is_same(name: str, asked: Asked, value: object) -> bool:
    """Whether a new enrollment has the value that is locked, or has no use for it."""
    if name == "server":
        from enroller.address import canonical

        try:
            return canonical(asked.server) == canonical(str(value))
        except InputError:  # whatever stands in a preset
            return False
    if name == "ca_file" and asked.ca_file is None:
        return True  # every connection trusts the administrator's certificates anyway
    if name == "rsa_bits" and asked.key_type not in (KeyType.RSA, KeyType.X509):
        return True
    return bool(getattr(asked, _member(name)) == value)


def _may_be_kept(given: "Settings", protection: Protection) -> bool:
    return protection is not Protection.FILE or bool(given["plain_file"].value)


def _differs(given: "Settings", name: str, value: object, asked: Asked, said: frozenset[str]) -> bool:
    return given.is_locked(name) and name in said and not _is_same(name, asked, value)


def _with_settings(asked: Asked, given: "Settings", said: frozenset[str]) -> Asked:
    """What is locked stands before what the preset has `said`, and the other settings behind it."""
    decided = _decided(given, asked.service)
    values = {_member(name): value for name, value in decided if given.is_locked(name) or name not in said}
    return replace(asked, **values)


def _member(name: str) -> str:
    return "protection" if name == "protect" else name
