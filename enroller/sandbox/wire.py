"""The service's edge to the network: reads a request, lets a fault strike, sends the answer.

Some faults need the connection itself, which ASGI hides; `Protocol` hands it through.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from enroller.model import Request, Response
from enroller.sandbox import forms
from enroller.sandbox.faults import Fault, Injection, afterwards, instead
from enroller.sandbox.watched import Watched

W = TypeVar("W", bound=Watched[Any])

TRANSPORT = "enroller.transport"
"""The extension of a scope that holds the connection's transport."""

_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER on, for no time: closing discards what is unsent and resets the connection."""


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1 with the connection among the extensions of each request's scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Called by asyncio."""
        super().connection_made(transport)
        self.app = with_transport(self.app, transport)


def with_transport(app: ASGIApp, transport: asyncio.BaseTransport) -> ASGIApp:
    """`app` with the connection among the extensions of each scope."""

    async def extended(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[TRANSPORT] = transport
        await app(scope, receive, send)

    return extended


class Service:
    """The ASGI application of a service's port.

    `handle` answers a request from what `world` remembers; `arrived` counts it before and gives the fault it meets.
    """

    def __init__(
        self,
        world: W,
        handle: Callable[[W, Request], Response],
        arrived: Callable[[W, Request], Injection | None],
    ) -> None:
        self._handle = partial(handle, world)
        self._arrived = partial(arrived, world)
        self._now = world.now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One exchange, from the first byte to the last or to whatever the fault leaves of it."""
        body = await _read(receive)
        if body is None:
            return
        exchange = _Exchange(scope["extensions"][TRANSPORT], receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(scope["method"], scope["path"], headers, body)
        if len(body) > forms.LARGEST_BODY:  # the rest of it stays unread
            refusal = self._handle(request)
            await exchange.answer(replace(refusal, headers={**refusal.headers, "connection": "close"}))
            return
        injection = self._arrived(request)
        if injection is None:
            await exchange.answer(self._handle(request))
        elif (other := instead(injection, self._now())) is not None:
            await exchange.answer(other)
        elif injection.fault is Fault.RESET:
            await exchange.reset()
        elif injection.fault is Fault.HANG:
            await exchange.gone()
        else:
            await exchange.spoil(injection, afterwards(injection, self._handle(request)))


@dataclass(frozen=True)
class _Exchange:
    """The ways in which one exchange can end."""

    transport: Any
    """asyncio's, of TLS or not; their common type does not know `get_extra_info`'s socket."""
    receive: Receive
    send: Send

    async def answer(self, response: Response) -> None:
        await self._head(response)
        await self.send(_part(response.body, more=False))

    async def spoil(self, injection: Injection, response: Response) -> None:
        match injection.fault:
            case Fault.LATENCY:
                if not await self.gone(injection.seconds):
                    await self.answer(response)
            case Fault.SLOW_DRIP:
                await self._drip(response, injection.seconds)
            case Fault.CUT_OFF:
                await self._head(response)
                await self.send(_part(response.body[: len(response.body) // 2], more=True))
                self.transport.close()
                await self.gone()
            case Fault.LOST_ANSWER:
                await self.reset()
            case _:
                await self.answer(response)

    async def reset(self) -> None:
        """Ends the connection with a TCP RST (RFC 9293, section 3.5.2)."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()
        await self.gone()

    async def gone(self, within: float | None = None) -> bool:
        """Waits until the client has gone away, at most `within` seconds; says whether it has."""
        try:
            async with asyncio.timeout(within):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    async def _drip(self, response: Response, seconds: float) -> None:
        await self._head(response)
        for position in range(len(response.body)):
            if await self.gone(seconds):
                return
            await self.send(_part(response.body[position : position + 1], more=True))
        await self.send(_part(b"", more=False))

    async def _head(self, response: Response) -> None:
        headers = {**response.headers, "content-length": str(len(response.body))}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": response.status, "headers": raw})


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _read(receive: Receive) -> bytes | None:
    """The body, or as much of it as shows that it is too large; None where the client went away."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if len(body) > forms.LARGEST_BODY or not message["more_body"]:
            return bytes(body)
