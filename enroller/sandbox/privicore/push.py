"""The WebSocket proxy: a connection joins its profile's channel and hears where the profile's commands stand.

    {"action": "joinChannel",  "data": {"authorizationToken": "…", "correlationId": "…"}}
    {"action": "leaveChannel", "data": {"channelId": "…"}}     or with `authorizationToken`, as on the vendor's page

Both are answered with the channel's id. What cannot be done or understood gets no answer.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from enroller.sandbox.privicore.channels import Listener
from enroller.sandbox.privicore.shapes import Join
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.wire import TRANSPORT, with_transport

LARGEST_MESSAGE = 16 * 1024


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket with the connection among the extensions of its scope."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by uvicorn."""
        super().connection_made(transport)
        self.app = with_transport(self.app, transport)


class Push:
    """The ASGI application of the proxy's port."""

    def __init__(self, world: PrivicoreWorld) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from the first byte to the last."""
        if scope["type"] != "websocket":
            await _ask_for_websocket(send)
            return
        await receive()  # the wish to connect
        await send({"type": "websocket.accept"})
        connection = _Connection(scope["extensions"][TRANSPORT])
        sender = asyncio.create_task(connection.send_all(send))
        self._world.connect(connection)
        try:
            while (message := await receive())["type"] == "websocket.receive":
                reply = answer(self._world, connection, message.get("text") or "")
                if reply is not None:
                    connection.tell(reply)
        finally:
            self._world.disconnect(connection)
            sender.cancel()
            with suppress(asyncio.CancelledError, OSError):  # the client has gone
                await sender


class _Connection:
    """One connection as a listener."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._messages: asyncio.Queue[str] = asyncio.Queue()

    def tell(self, message: str) -> None:
        self._loop.call_soon_threadsafe(self._messages.put_nowait, message)

    def drop(self) -> None:
        self._loop.call_soon_threadsafe(self._transport.abort)

    async def send_all(self, send: Send) -> None:
        """Sends what comes, until it is cancelled."""
        while True:
            await send({"type": "websocket.send", "text": await self._messages.get()})


def answer(world: PrivicoreWorld, listener: Listener, text: str) -> str | None:
    """Does what a connection asks for, and gives the answer, if there is one."""
    try:
        asked = json.loads(text)
        action, data = asked["action"], asked["data"]
        token, correlation_id = data.get("authorizationToken"), data.get("correlationId")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    match action:
        case "joinChannel" if isinstance(token, str):
            channel = world.join(listener, token)
            done = "Successfully joined profile channel."
        case "leaveChannel":
            channel = world.leave(listener, data.get("channelId"), token)
            done = "Successfully left profile channel."
        case _:
            return None
    if channel is None or (action == "joinChannel" and world.shapes.join is Join.UNANSWERED):
        return None
    reply: dict[str, Any] = {"status": 200, "data": {"channelId": channel, "message": done}}
    return json.dumps(reply if world.shapes.join is Join.BARE else {"correlationId": correlation_id, **reply})


async def _ask_for_websocket(send: Send) -> None:
    """RFC 9110, section 15.5.22."""
    headers = [(b"upgrade", b"websocket"), (b"connection", b"upgrade"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 426, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
