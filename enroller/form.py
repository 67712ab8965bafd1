"""What people type about a device, checked and brought into form. Pure but for the host's name."""

import unicodedata

from enroller.errors import InputError

LONGEST = 255
"""Characters of a client id or a description; no limit is published, and no sensible text is longer."""


def client_id(typed: str) -> str:
    """Any text that is not empty. Raises InputError (field `client_id`)."""
    return _line(typed, "client_id", "client id")


def device_name(typed: str | None) -> str:
    """The name under which a device is requested; the host's name where nothing was typed (field `device_name`)."""
    if typed is None or not typed.strip():
        return host_name()
    return _line(typed, "device_name", "device name")


def username(typed: str) -> str:
    """The user name of an account. Raises InputError (field `username`)."""
    return _line(typed, "username", "user name")


def description(typed: str | None) -> str:
    """What the approver will see; the host's name where nothing was typed."""
    if typed is None or not typed.strip():
        return host_name()
    return _line(typed, "description", "description")


def host_name() -> str:
    """The name of this machine, without its domain."""
    import socket

    return socket.gethostname().partition(".")[0][:LONGEST] or "device"


def _line(typed: str, field: str, name: str) -> str:
    text = typed.strip()
    if not text:
        raise InputError(f"The {name} is empty.", field=field)
    if len(text) > LONGEST:
        raise InputError(f"The {name} has {len(text)} characters; at most {LONGEST} are possible.", field=field)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise InputError(f"The {name} holds a control character.", field=field, advice="Type it instead of pasting it.")
    return text
