"""One WebSocket connection: the same trust, proxies, agent and limits as the requests. The only user of websockets.

The library's protocol is driven here by one thread alone. Its own client reads in a second thread, and TLS that two
threads use at the same time loses bytes now and then, or ends the process.

Imported when somebody listens, since the library costs time that the start has not.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from enroller import errors
from enroller.http import LARGEST_ANSWER, USER_AGENT, tls_context, way
from enroller.http.stream import Stream, left
from enroller.model import Via

FAREWELL = 1.0
"""Seconds for the other side to take what we send, and to say farewell as well."""

_TROUBLE = (WebSocketException, errors.Unreachable, OSError, ValueError)
"""What a connection can fail with."""

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)

_SILENT = logging.Logger("push")
"""Not in the tree of loggers: the library's debug lines show each frame, and so the token."""
_SILENT.disabled = True


class Lost(Exception):
    """There is no connection, or none any more. Deliberately without a word: the causes may hold secrets."""


@contextmanager
def opened(url: str, *, via: Via, timeout: float, keepalive: float) -> Iterator["Connection"]:
    """A connection to `url`, opened within `timeout` seconds and closed at the end. Raises Lost.

    `keepalive`: after so many seconds of silence we ask whether the other side is there, and after as many more it is
    not.
    """
    until = time.monotonic() + timeout
    with ExitStack() as stack:
        try:
            to = way.way_to(url, via.proxy_login)
            stream = stack.enter_context(way.opened(to, tls_context(via.ca_pem), until))
            connection = Connection(stream, url, keepalive)
            connection.shake_hands(until)
        except _TROUBLE:
            raise Lost from None
        yield connection
        connection.say_farewell()


class Connection:
    """An open connection, for one thread. Both methods of its users raise Lost."""

    def __init__(self, stream: Stream, url: str, keepalive: float) -> None:
        self._stream = stream
        # No extension: not compressed, so the size on the wire is the size in memory.
        self._protocol = ClientProtocol(parse_uri(url), max_size=LARGEST_ANSWER, logger=_SILENT)
        self._keepalive = keepalive
        self._last_heard = time.monotonic()
        self._asked: float | None = None
        self._fragments = bytearray()
        self._messages: deque[bytes] = deque()

    def send(self, text: str) -> None:
        """Sends one text message."""
        try:
            self._protocol.send_text(text.encode())
            self._flush()
        except _TROUBLE:
            raise Lost from None

    def receive(self, seconds: float) -> bytes | None:
        """The next message, text or binary; None where none came within `seconds`."""
        until = time.monotonic() + seconds
        while not self._messages:
            waiting = until - time.monotonic()
            if waiting <= 0:
                return None
            if self._protocol.state is not State.OPEN:
                raise Lost
            try:
                self._keep_alive()
                self._read(waiting)
            except _TROUBLE:
                raise Lost from None
        return self._messages.popleft()

    def shake_hands(self, until: float) -> None:
        """RFC 6455, section 4.1. Any status but 101 fails, so no redirect takes the token elsewhere."""
        request = self._protocol.connect()
        request.headers["User-Agent"] = USER_AGENT
        self._protocol.send_request(request)
        self._flush()
        while self._protocol.state is State.CONNECTING:
            self._read(left(until))
            if self._protocol.handshake_exc is not None:
                raise self._protocol.handshake_exc

    def say_farewell(self) -> None:
        """RFC 6455, section 7.1.1: the server closes first, if it is there."""
        until = time.monotonic() + FAREWELL
        with suppress(*_TROUBLE):
            self._protocol.send_close(1000)
            self._flush()
            while self._protocol.state is not State.CLOSED:
                self._read(left(until))

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if self._asked is not None and now - self._asked > self._keepalive:
            raise TimeoutError
        if self._asked is None and now - self._last_heard > self._keepalive:
            self._asked = now
            self._protocol.send_ping(b"")
            self._flush()

    def _read(self, seconds: float) -> None:
        """What comes within `seconds`, if anything does."""
        try:
            data = self._stream.receive(time.monotonic() + seconds)
        except TimeoutError:
            return
        self._last_heard, self._asked = time.monotonic(), None
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA:
                self._fragments += event.data
                if event.fin:
                    self._messages.append(bytes(self._fragments))
                    self._fragments.clear()
        self._flush()

    def _flush(self) -> None:
        until = time.monotonic() + FAREWELL
        for data in self._protocol.data_to_send():
            if data:  # else the end of what we say, which closing says as well
                self._stream.send(data, until)
