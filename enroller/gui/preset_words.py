"""A preset in plain words, for somebody who has to decide whether to use it. No Qt: pure."""

from enroller.address import canonical
from enroller.errors import InputError
from enroller.gui.words import Words, words
from enroller.model import ServiceName
from enroller.preset import Preset
from enroller.resources import text
from enroller.text import plain

_ORDER = (
    "service", "server", "websocket_url", "client_id", "device_name", "description", "client_type", "username",
    "key_type", "rsa_bits", "replace_profile_key", "protect", "ca_file", "poll_interval",
)  # fmt: skip

_REVIEWED_AS = {
    "websocket_url": "websocket",
    "username": "account",
    "replace_profile_key": "profile_key",
    "protect": "protection",
}
"""What the review calls it, where that differs."""

Row = tuple[str, str]
"""What a value is called, with its colon, and the value."""


def rows(preset: Preset, overruled: tuple[str, ...]) -> list[Row]:
    """Where it comes from and what it fills in; without what the administrator has decided otherwise."""
    say = words(preset.asked.service)
    names = [name for name in _ORDER if name in preset.given | {"service"} and name not in overruled]
    found = [(text("preset.from"), plain(preset.origin))]
    found += [(called(name, say), _value(name, preset)) for name in names]
    if preset.sealed_api_key is not None:
        found.append((say("review.api_key"), text("preset.sealed")))
    return found


def listed(preset: Preset, names: tuple[str, ...]) -> str:
    """Some of its values by what they are called."""
    say = words(preset.asked.service)
    return ", ".join(called(name, say).rstrip(":") for name in _ORDER if name in names)


def called(name: str, say: Words) -> str:
    """What a value is called, with its colon."""
    return say(f"review.{_REVIEWED_AS.get(name, name)}")


def service_name(service: ServiceName) -> str:
    """The service as its people say it."""
    return text(f"service.{service.name.lower()}").replace("&", "")


def _value(name: str, preset: Preset) -> str:
    asked = preset.asked
    match name:
        case "service":
            return service_name(asked.service)
        case "server":
            return _address(asked.server)
        case "client_type":
            return text(f"client_type.{asked.client_type}")
        case "key_type":
            return text(f"key_type.{asked.key_type}")
        case "rsa_bits":
            return text("key.n_bits", bits=asked.rsa_bits)
        case "protect":
            return text(f"protection.{asked.protection}").replace("&", "")
        case "replace_profile_key":
            return text("review.replace_key" if asked.replace_profile_key else "review.keep_key")
        case "poll_interval":
            return text("preset.seconds", seconds=f"{asked.poll_interval:g}")
        case _:
            return plain(str(getattr(asked, name) or ""), 200)


def _address(typed: str) -> str:
    """What would be asked at that address, where it is one."""
    try:
        return canonical(typed)
    except InputError:
        return plain(typed, 200)
