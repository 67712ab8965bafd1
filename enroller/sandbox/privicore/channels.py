"""Who listens at the WebSocket proxy, and what they hear of commands."""

import json
import secrets
from typing import Protocol

from enroller.sandbox.privicore.shapes import Messages
from enroller.sandbox.privicore.values import Command, CommandState

TYPE = "X-DPT-CAB-ID"
"""The type of messages about commands."""


class Listener(Protocol):
    """One connection. Both methods may be called from any thread and return at once."""

    def tell(self, message: str) -> None:
        """Sends a message when its turn comes."""

    def drop(self) -> None:
        """Ends the connection without a word."""


class Channels:
    """The open connections; each has joined one profile's channel at most, as the vendor's page has it.

    Whoever uses it takes care that only one thread does.
    """

    def __init__(self) -> None:
        self._connected: dict[Listener, tuple[str, str] | None] = {}
        self._last_end: dict[str, str] = {}

    def connect(self, listener: Listener) -> None:
        """A connection was made."""
        self._connected[listener] = None

    def disconnect(self, listener: Listener) -> None:
        """A connection is no more."""
        self._connected.pop(listener, None)

    def join(self, listener: Listener, profile: str) -> str:
        """From now on this connection hears of the profile's commands; gives the channel's id."""
        channel = secrets.token_hex(16)
        self._connected[listener] = (profile, channel)
        return channel

    def leave(self, listener: Listener, channel: str | None, profile: str | None) -> str | None:
        """Leaves what it has joined: that channel, or that profile's. Gives the id of what it has left, if anything."""
        joined = self._connected.get(listener)
        if joined is None or (profile, channel) == (None, None) or joined[1] != (channel or joined[1]):
            return None
        if channel is None and joined[0] != profile:
            return None
        self._connected[listener] = None
        return joined[1]

    def joined(self) -> int:
        """How many connections have joined a channel."""
        return sum(channel is not None for channel in self._connected.values())

    def drop(self) -> None:
        """Ends all connections."""
        for listener in list(self._connected):
            listener.drop()

    def publish(self, command: Command, style: Messages) -> None:
        """Tells all who have joined the channel of the command's profile where it stands; nothing is kept."""
        profile = command.profile
        if profile is None:
            return
        messages = told(command, style, self._last_end.get(profile))
        if command.state is not CommandState.STARTED:
            self._last_end[profile] = message(command)
        for listener, joined in list(self._connected.items()):
            if joined is not None and joined[0] == profile:
                for each in messages:
                    listener.tell(each)


def told(command: Command, style: Messages, last_end: str | None) -> list[str]:
    """What is said about `command` in its present state. `last_end`: what was said last of an earlier one's end."""
    own = message(command)
    match style:
        case Messages.PLAIN:
            return [own]
        case Messages.REPEATED:
            return [*([last_end] if last_end else []), own, own]
        case Messages.FOREIGN:
            data = {"type": TYPE, "id": secrets.token_hex(16), "command_status": 3, "body": "Not yours."}
            other = {"type": "X-DPT-DOWNLOAD-LINK", "id": command.id, "command_status": 3, "body": "Not this."}
            return [json.dumps({"data": other}), json.dumps({"data": data}), "no JSON", own]
        case Messages.SILENT:
            return []


def message(command: Command) -> str:
    """The message about a command in its present state."""
    data: dict[str, object] = {"type": TYPE, "id": command.id, "command_status": int(command.state)}
    return json.dumps({"data": data | {"body": command.reason or ""}})
