"""Endpoints about commands and the devices that they make."""

import json
from collections.abc import Callable

from enroller.model import Response
from enroller.sandbox.privicore.call import Call, Refusal, as_json, as_time
from enroller.sandbox.privicore.changes import LISTED
from enroller.sandbox.privicore.shapes import CommandStatus, Identifier, Rejected
from enroller.sandbox.privicore.values import CommandKind, CommandState, Device, DeviceState

RABBIT_HOST, RABBIT_PORT = "queue.privicore.example", 5671
"""A message queue that does not exist; 5671 is AMQP over TLS (IANA's registry of ports)."""


def request_status(call: Call) -> Response:
    """Where a command stands."""
    if call.method == "POST" and not _is_empty_object(call.body):
        raise Refusal(422, "The body must be an empty JSON object.")
    command = call.command(call.argument)
    state = command.state
    match call.world.shapes.status:
        case CommandStatus.STRING:
            return as_json(200, state.word)
        case CommandStatus.ARRAY:
            return as_json(200, [state.word])
        case CommandStatus.OBJECT:
            why = {"body": command.reason} if state is CommandState.REJECTED else {}
            return as_json(200, {"command_status": int(state), **why})


def request_identifier(call: Call) -> Response:
    """A new device, which waits for its owner."""
    return call.take(CommandKind.REQUEST_IDENTIFIER, name=call.name("deviceName"))


def retrieve_identifier(call: Call) -> Response:
    """The identifier of the device that a command has made."""
    command = call.command(call.field("id"))
    if command.device is None:
        raise Refusal(404, "This command has made no device, or not yet.")
    if call.world.shapes.identifier is Identifier.STRING:
        return as_json(200, command.device)
    return as_json(200, {"deviceIdentifier": command.device})


def devices(call: Call) -> Response:
    """The profile's devices."""
    devices = call.world.devices_of(call.profile).values()
    return as_json(200, [_record(call, each) for each in devices if _is_listed(call, each)])


def _is_listed(call: Call, device: Device) -> bool:
    shapes = call.world.shapes
    if device.state is DeviceState.REJECTED:
        return shapes.rejected is Rejected.LISTED and shapes.record_state.is_word
    return device.state in LISTED


def _record(call: Call, device: Device) -> dict[str, object]:
    shapes = call.world.shapes
    approved = device.state is DeviceState.APPROVED
    word = str(shapes.approved) if approved else str(device.state)
    return {
        str(shapes.record_identifier): device.identifier,
        str(shapes.record_name): device.name,
        "type": "device",
        str(shapes.record_state): word if shapes.record_state.is_word else approved,
        "createdAt": as_time(device.created_at),
        "meta": {"name": device.meta_name} if device.meta_name else {},
    }


def about_device(kind: CommandKind) -> Callable[[Call], Response]:
    """The endpoint of a command about one device. One that does not exist is found when the command is done."""
    return lambda call: call.take(kind, identifier=call.field("deviceIdentifier"))


def configure_meta(call: Call) -> Response:
    """Gives a device another name to be shown."""
    identifier = call.field("deviceIdentifier")
    return call.take(CommandKind.CONFIGURE_META, identifier=identifier, name=call.name("name"))


def retrieve_configuration(call: Call) -> Response:
    """What an approved device needs to know, asked for by GET."""
    return _configuration(call, call.argument)


def download_configuration(call: Call) -> Response:
    """The same, asked for by POST."""
    return _configuration(call, call.field("deviceIdentifier"))


def _configuration(call: Call, identifier: str) -> Response:
    device = call.world.devices_of(call.profile).get(identifier)
    if device is None or device.state not in LISTED:
        raise Refusal(404, "There is no such device.")
    if device.credentials is None:
        raise Refusal(404, "The device is not approved yet.")
    place = {"rabbit-host": RABBIT_HOST, "rabbit-port": RABBIT_PORT}
    return as_json(200, {"device-identifier": device.identifier, **device.credentials, **place})


def _is_empty_object(body: bytes) -> bool:
    try:
        return bool(json.loads(body) == {})
    except (ValueError, RecursionError):
        return False
