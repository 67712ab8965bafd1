"""A way through a SOCKS5 proxy, which looks the name up itself (RFC 1928; with a login RFC 1929)."""

import ipaddress

from enroller.http.stream import Stream
from enroller.model import Login

_VERSION = b"\x05"
_NO_LOGIN, _LOGIN = b"\x00", b"\x02"  # RFC 1928, section 3
_CONNECT, _IPV4, _NAME, _IPV6 = 1, 1, 3, 4  # section 4
_TROUBLE = {
    1: "it failed",
    2: "its rules forbid it",
    3: "it has no way to that network",
    4: "it does not reach the host",
    5: "the connection is refused",
    6: "it took too long",
}
"""RFC 1928, section 6."""


class LoginWantedError(Exception):
    """The proxy wants a login, or another one."""


class RefusedError(Exception):
    """The proxy does not connect; says why."""


def connect(stream: Stream, to: tuple[str, int], login: Login | None, until: float) -> None:
    """Makes a connection to the proxy one `to` a host and port.

    Raises LoginWantedError, RefusedError; ValueError where it is no such proxy or a name is too long; OSError.
    """
    answers = _Answers(stream, until)
    method = _LOGIN if login else _NO_LOGIN
    stream.send(_VERSION + b"\x01" + method, until)
    answers.expect(_VERSION)
    if answers.take(1) != method:
        raise LoginWantedError
    if login:
        stream.send(b"\x01" + _counted(login.name) + _counted(login.password.reveal()), until)
        answers.expect(b"\x01")  # RFC 1929, section 2
        if answers.take(1) != b"\x00":
            raise LoginWantedError
    host, port = to
    stream.send(_VERSION + bytes((_CONNECT, 0)) + _address(host) + port.to_bytes(2, "big"), until)
    answers.expect(_VERSION)
    code, _, kind = answers.take(3)
    if code:
        raise RefusedError(_TROUBLE.get(code, "it does not know how"))
    # The address that it speaks from tells us nothing, but what comes after it is the server's.
    length = answers.take(1)[0] if kind == _NAME else {_IPV4: 4, _IPV6: 16}.get(kind, 0)
    answers.take(length + 2)


class _Answers:
    """What the proxy says, in whatever pieces it comes."""

    def __init__(self, stream: Stream, until: float) -> None:
        self._stream = stream
        self._until = until
        self._come = b""

    def take(self, count: int) -> bytes:
        while len(self._come) < count:
            more = self._stream.receive(self._until)
            if not more:
                raise ConnectionError
            self._come += more
        taken, self._come = self._come[:count], self._come[count:]
        return taken

    def expect(self, mark: bytes) -> None:
        if self.take(1) != mark:
            raise ValueError("no SOCKS5 proxy")


def _address(host: str) -> bytes:
    """RFC 1928, section 5."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return bytes((_NAME,)) + _counted(host)
    return bytes((_IPV4 if number.version == 4 else _IPV6,)) + number.packed


def _counted(text: str) -> bytes:
    """With its length in front. Raises ValueError where that does not fit into a byte."""
    data = text.encode()
    if not 0 < len(data) < 256:
        raise ValueError("too long")
    return bytes((len(data),)) + data
