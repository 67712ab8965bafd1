"""Small real push servers: one that a test plays by hand, and one that stops answering."""

import json
import logging
import os
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.sync.server import ServerConnection, serve

from tests.http.servers import Handler, hang

Answers = Callable[[str], list[str]]
"""What is sent when somebody joins with that correlation id."""

SILENT = logging.Logger("the other side")
SILENT.disabled = True


def joined(correlation: str | None, channel: str | int = "channel-1") -> str:
    """The answer to a join, with the correlation id or without."""
    answer: dict[str, Any] = {"status": 200, "data": {"channelId": channel}}
    if correlation is not None:
        answer["correlationId"] = correlation
    return json.dumps(answer)


def echoing(correlation: str) -> list[str]:
    return [joined(correlation)]


def outcome(command: str, status: int = 2) -> str:
    """What the service says of a command."""
    return json.dumps({"data": {"type": "X-DPT-CAB-ID", "id": command, "command_status": status, "body": ""}})


@dataclass
class Joined:
    """Somebody who joined: what they sent, and the connection to them, for the test to use."""

    data: dict[str, str]
    connection: ServerConnection
    request: Request

    def say(self, message: str | bytes | list[str]) -> None:
        with suppress(ConnectionClosed):  # in the midst of what is too large
            self.connection.send(message)

    def drop(self) -> None:
        """Ends the connection with a TCP RST and without a farewell."""
        self.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close_socket()


@dataclass
class PushServer:
    """Answers who joins with `answers`, and keeps what it is told. Each `Joined` is the test's to play with."""

    url: str = ""
    answers: Answers = echoing
    joins: Queue[Joined] = field(default_factory=Queue)
    leaves: Queue[dict[str, Any]] = field(default_factory=Queue)
    ends: Queue[int | None] = field(default_factory=Queue)

    def handle(self, connection: ServerConnection) -> None:
        request = connection.request
        with suppress(ConnectionClosed):
            for message in connection:
                said = json.loads(message)
                if said["action"] == "leaveChannel":
                    self.leaves.put(said["data"])
                    continue
                for answer in self.answers(said["data"]["correlationId"]):
                    connection.send(answer)
                if request is not None:
                    self.joins.put(Joined(said["data"], connection, request))
        self.ends.put(connection.close_code)


@contextmanager
def pushing(server: PushServer, context: ssl.SSLContext | None, port: int = 0) -> Iterator[None]:
    """Runs `server` on loopback, inside TLS where there is a `context`."""
    with serve(server.handle, "127.0.0.1", port, ssl=context, logger=SILENT, close_timeout=0.5) as running:
        server.url = f"{'wss' if context else 'ws'}://127.0.0.1:{running.socket.getsockname()[1]}"
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            running.shutdown()
            thread.join(5)


def deaf_after_join(connection: socket.socket) -> None:
    """Lets somebody join, and then neither answers a ping nor a farewell, until the other side goes away."""
    _let_in(connection, ServerProtocol(logger=SILENT))
    hang(connection)


def silent_in_a_record(connection: socket.socket) -> None:
    """Lets somebody join, and then sends the head of a TLS record of 16 KiB (RFC 8446, section 5.1), and no more."""
    _let_in(connection, ServerProtocol(logger=SILENT))
    os.write(connection.fileno(), b"\x17\x03\x03\x40\x00")
    hang(connection)


def answering_pings(pings: Queue[None]) -> Handler:
    """Lets somebody join, says nothing more, and answers `pings`."""

    def handle(connection: socket.socket) -> None:
        protocol = ServerProtocol(logger=SILENT)
        _let_in(connection, protocol)
        while data := connection.recv(65536):
            protocol.receive_data(data)
            for event in protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.PING:
                    pings.put(None)
            connection.sendall(b"".join(protocol.data_to_send()))

    return handle


def _let_in(connection: socket.socket, protocol: ServerProtocol) -> None:
    """Answers until somebody has joined."""
    let_in = False
    while not let_in and (data := connection.recv(65536)):
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            else:
                protocol.send_text(joined(None).encode())
                let_in = True
        connection.sendall(b"".join(protocol.data_to_send()))


def in_pieces(handler: Handler) -> Handler:
    """What `handler` says arrives in small pieces."""

    def handle(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near, far = socket.socketpair()

        def talk() -> None:
            with far, suppress(OSError):
                handler(far)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        with near:
            relay(connection, near, piece=7)
        thread.join(5)

    return handle


def socks(login: tuple[bytes, bytes] | None = None) -> Handler:
    """A SOCKS proxy (RFC 1928), for IPv4 addresses, that wants a `login` (RFC 1929) or none."""

    def handle(connection: socket.socket) -> None:
        method = 2 if login else 0
        _, count = _take(connection, 2)
        offered = _take(connection, count)
        connection.sendall(bytes([5, method if method in offered else 0xFF]))
        if login:
            name = _take(connection, _take(connection, 2)[1])
            password = _take(connection, _take(connection, 1)[0])
            connection.sendall(bytes([1, 0 if (name, password) == login else 1]))
        assert _take(connection, 4) == b"\x05\x01\x00\x01"
        address, (port,) = socket.inet_ntoa(_take(connection, 4)), struct.unpack("!H", _take(connection, 2))
        with socket.create_connection((address, port)) as target:
            connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
            relay(connection, target)

    return handle


def relay(connection: socket.socket, target: socket.socket, piece: int = 65536) -> None:
    """Carries what comes from one to the other, at most `piece` bytes at once to `connection`, until one ends."""
    while True:
        for source in select.select([connection, target], [], [])[0]:
            data = source.recv(65536 if source is connection else piece)
            if not data:
                return
            (target if source is connection else connection).sendall(data)


def _take(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def one_after_another(*handlers: Handler) -> Handler:
    """Each connection gets the next of `handlers`; the last one stays."""
    left = list(handlers)

    def handle(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return handle
