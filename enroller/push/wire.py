"""What is said over a push channel: the request to join, the answer to it, the farewell. Pure."""

import json
from typing import Any

from enroller.model import Secret

Channel = str | int
"""A channel as the service names it; the name is repeated when it is left."""


def join(token: Secret, correlation: str) -> str:
    """The request to join the channel of `token`'s account. It holds the token, so it is for the wire alone."""
    return _request("joinChannel", {"authorizationToken": token.reveal(), "correlationId": correlation})


def leave(channel: Channel) -> str:
    """The farewell; the service does not answer it."""
    return _request("leaveChannel", {"channelId": channel})


def joined(message: bytes, correlation: str) -> Channel | None:
    """The channel, where `message` is the answer to our `join`; None where it is anything else.

    Some services repeat the correlation id, beside or in `data`, and some do not; another's id is another's answer.
    """
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return None
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, dict) or said.get("status") != 200:
        return None
    if any(place.get("correlationId") not in (None, correlation) for place in (said, data)):
        return None
    channel = data.get("channelId")
    is_name = isinstance(channel, str | int) and not isinstance(channel, bool) and channel != ""
    return channel if is_name else None


def _request(action: str, data: dict[str, Any]) -> str:
    return json.dumps({"action": action, "data": data})
