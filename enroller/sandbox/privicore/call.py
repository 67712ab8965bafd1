"""One request to one of Privicore's endpoints, and what answers are made of."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from enroller.model import Response
from enroller.sandbox.privicore.shapes import CommandId
from enroller.sandbox.privicore.values import Command, CommandKind
from enroller.sandbox.privicore.world import PrivicoreWorld

COMMAND_ID_HEADER = "x-dpt-cab-id"

NAME_LENGTH = 255
"""**Assumption**: the longest name of a device."""

NOT_SIGNED_IN = "The authorization token is missing, unknown or has expired."


class Refusal(Exception):
    """Ends a request with an error. `errors`: what is wrong with which parameter."""

    def __init__(self, status: int, message: str, **errors: str) -> None:
        super().__init__(message)
        self.answer = as_json(status, {"message": message} | ({"errors": errors} if errors else {}))


@dataclass(frozen=True)
class Call:
    """A request to an endpoint.

    `argument`: what follows the path. `profile`, `token` and `token_end`: of who asks; empty and 0 for nobody.
    """

    world: PrivicoreWorld
    method: str
    form: dict[str, str]
    body: bytes
    argument: str
    profile: str
    token: str
    token_end: float

    def field(self, name: str) -> str:
        """A parameter that must be there."""
        if name not in self.form:
            invalid(name, "This value is missing.")
        return self.form[name]

    def name(self, field: str) -> str:
        """A parameter that names a device."""
        name = self.field(field).strip()
        if not 0 < len(name) <= NAME_LENGTH:
            invalid(field, f"This value must have 1 to {NAME_LENGTH} characters.")
        return name

    def take(self, kind: CommandKind, **arguments: str) -> Response:
        """Takes a command: `202 Accepted`, and no more than that."""
        command = self.world.accept(kind, self.profile or None, **arguments)
        match self.world.shapes.command_id:
            case CommandId.STRING:
                return as_json(202, command.id)
            case CommandId.ARRAY:
                return as_json(202, [command.id])
            case CommandId.OBJECT:
                return as_json(202, {"commandId": command.id})
            case CommandId.HEADER:
                return Response(202, {COMMAND_ID_HEADER: command.id}, b"")

    def command(self, command_id: str) -> Command:
        """A command of the profile's. One that nobody in particular gave is for all who know its id."""
        command = self.world.command(command_id)
        if command is not None and command.profile in (None, self.profile):
            return command
        if not self.profile:
            raise Refusal(401, NOT_SIGNED_IN)
        raise Refusal(404, "There is no such command.")


def invalid(field: str, message: str) -> NoReturn:
    """Refuses a request for one of its parameters."""
    raise Refusal(422, "The request is not valid.", **{field: message})


def as_json(status: int, document: object) -> Response:
    """An answer with a JSON value."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(status, headers, json.dumps(document).encode())


def as_time(when: float) -> str:
    """A point in time as the vendor writes it: RFC 3339 with `+00:00`."""
    return datetime.fromtimestamp(int(when), UTC).isoformat()
