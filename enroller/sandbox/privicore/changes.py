"""What happens to profiles and devices, whoever wants it: a client by a command, or the owner at the page."""

import secrets
import uuid
from dataclasses import replace

from enroller.sandbox.privicore.values import Command, CommandKind, Device, DeviceState, Memory, Profile

LISTED = (DeviceState.PENDING, DeviceState.APPROVED)
"""Devices in these states exist to the service."""


class Rejection(Exception):
    """It cannot be done; the text says why."""


def perform(memory: Memory, command: Command, now: float) -> str | None:
    """Does what a command asks for, and gives the identifier of a device that was made. Raises Rejection."""
    arguments, profile = command.arguments, command.profile or ""
    match command.kind:
        case CommandKind.REGISTER_PROFILE:
            if arguments["username"] in memory.profiles:
                raise Rejection("The user name is taken.")
            memory.profiles[arguments["username"]] = Profile(**arguments)
        case CommandKind.REGISTER_PUBLIC_KEY:
            set_public_key(memory, profile, arguments["public_key"])
        case CommandKind.REQUEST_IDENTIFIER:
            device = Device(str(uuid.uuid4()), arguments["name"], profile, created_at=now)
            memory.devices[device.identifier] = device
            return device.identifier
        case CommandKind.APPROVE:
            device = _own(memory, command)
            if device.state is DeviceState.PENDING:  # **Assumption**: to approve twice does no harm
                approve(memory, device.identifier, now)
        case CommandKind.REJECT:
            reject(memory, _own(memory, command).identifier, now)
        case CommandKind.CONFIGURE_META:
            device = _own(memory, command)
            memory.devices[device.identifier] = replace(device, meta_name=arguments["name"])
        case CommandKind.REMOVE:
            remove(memory, _own(memory, command).identifier, now)
    return None


def approve(memory: Memory, identifier: str, now: float) -> None:
    """Gives a pending device its credentials. Raises Rejection, and KeyError where there is no such device."""
    device = _expect(memory, identifier, DeviceState.PENDING)
    if memory.profiles[device.profile].public_key is None:
        raise Rejection("The profile has no registered public key.")
    credentials = {
        "client-id": str(uuid.uuid4()),
        "client-secret": secrets.token_urlsafe(32),
        "rabbit-user": f"device-{secrets.token_hex(4)}",
        "rabbit-pass": secrets.token_urlsafe(24),
    }
    _decide(memory, replace(device, credentials=credentials), DeviceState.APPROVED, now)


def reject(memory: Memory, identifier: str, now: float) -> None:
    """Ends a pending device. Raises Rejection, and KeyError where there is no such device."""
    _decide(memory, _expect(memory, identifier, DeviceState.PENDING), DeviceState.REJECTED, now)


def remove(memory: Memory, identifier: str, now: float) -> None:
    """Ends a device that is pending or approved. Raises Rejection, and KeyError where there is no such device."""
    device = _expect(memory, identifier, *LISTED)
    _decide(memory, replace(device, credentials=None), DeviceState.REMOVED, now)


def set_public_key(memory: Memory, username: str, public_key: str | None) -> None:
    """Replaces the key of a profile, in its signed form."""
    memory.profiles[username] = replace(memory.profiles[username], public_key=public_key)


def _own(memory: Memory, command: Command) -> Device:
    """The device that a command is about. What the service has forgotten, or is another profile's, does not exist."""
    device = memory.devices.get(command.arguments["identifier"])
    if device is None or device.profile != command.profile or device.state not in LISTED:
        raise Rejection("There is no such device.")
    return device


def _expect(memory: Memory, identifier: str, *states: DeviceState) -> Device:
    device = memory.devices[identifier]
    if device.state not in states:
        raise Rejection(f"The device is {device.state} already.")
    return device


def _decide(memory: Memory, device: Device, state: DeviceState, now: float) -> None:
    memory.devices[device.identifier] = replace(device, state=state, decided_at=now)
