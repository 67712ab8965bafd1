"""Bytes to and from the other side, each step with an absolute deadline; inside TLS, or TLS inside TLS."""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

CHUNK = 64 * 1024


def left(until: float) -> float:
    """Seconds until then by `time.monotonic`, more than none. Raises TimeoutError."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Stream(Protocol):
    """A connection. `until`: by `time.monotonic`; both raise OSError, and so TimeoutError."""

    def send(self, data: bytes, until: float) -> None:
        """Sends all of it."""

    def receive(self, until: float) -> bytes:
        """What has come, as soon as anything has; empty at the end."""

    def close(self) -> None:
        """Ends it without a farewell."""


class Tcp:
    """A connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, data: bytes, until: float) -> None:
        self._sock.settimeout(left(until))
        self._sock.sendall(data)  # the timeout is for all of it

    def receive(self, until: float) -> bytes:
        self._sock.settimeout(left(until))
        return self._sock.recv(CHUNK)

    def close(self) -> None:
        self._sock.close()


class Tls:
    """TLS over another stream, which may be TLS to a proxy. The first thing to do is to shake hands.

    The socket module's own TLS counts its timeout anew for each piece that comes, and cannot be put over another TLS.
    """

    def __init__(self, below: Stream, context: ssl.SSLContext, host: str) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self, until: float) -> None:
        """Raises SSLCertVerificationError and other SSLErrors, OSError and TimeoutError."""
        try:
            self._do(self._tls.do_handshake, until)
        except ssl.SSLError:
            with suppress(OSError):
                self._flush(until)  # so that the other side hears why
            raise

    def send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._do(lambda: self._tls.write(rest), until) :]  # noqa: B023 (called at once)

    def receive(self, until: float) -> bytes:
        try:
            return self._do(lambda: self._tls.read(CHUNK), until)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # many servers end without TLS's farewell; what was cut off is seen by what it says

    def close(self) -> None:
        self._below.close()

    @property
    def protocol(self) -> str:
        """What both sides agreed on, for example `TLSv1.3`."""
        return self._tls.version() or ""

    def chain(self, *, verified: bool) -> list[bytes]:
        """The certificates in DER, the server's own first: with the root that is trusted, or as they were shown."""
        name = "get_verified_chain" if verified else "get_unverified_chain"
        # Public since Python 3.13, and there all the time since 3.10.
        get: Any = getattr(self._tls, name, None) or getattr(getattr(self._tls, "_sslobj", None), name, None)
        found = (
            [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in get() or ()]
            if get
            else []
        )
        own = self._tls.getpeercert(binary_form=True)
        return found or ([own] if own else [])

    def _do(self, step: Callable[[], T], until: float) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush(until)
                data = self._below.receive(until)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush(until)
                return done

    def _flush(self, until: float) -> None:
        if self._outgoing.pending:
            self._below.send(self._outgoing.read(), until)
