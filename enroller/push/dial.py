"""A TCP connection to a server, through the proxy that the requests go through."""

import base64
import re
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from enroller.http import USER_AGENT

if TYPE_CHECKING:
    from socksio.socks5 import SOCKS5Connection

LARGEST_HEAD = 16 * 1024
"""Bytes of a proxy's answer to CONNECT."""

Login = tuple[str, str]
"""A name and a password for a proxy."""

_ACCEPTED = re.compile(rb"HTTP/1\.[01] 2\d\d ")  # RFC 9110, section 9.3.6


def dial(host: str, port: int, *, proxy: str | None, until: float) -> socket.socket:
    """A connection to `host`, straight or through `proxy` (http, socks5 or socks5h, with a name and password or not).

    `until`: when it must stand, by `time.monotonic`. Raises OSError, also where the proxy refuses; ValueError for an
    unusable proxy setting; SOCKSError for what is no proxy.
    """
    if proxy is None:
        return _connected(host, port, until)
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "socks5", "socks5h") or not parts.hostname:
        raise ValueError("a proxy of a kind that we do not know")
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    is_http = parts.scheme == "http"
    sock = _connected(parts.hostname, parts.port or (80 if is_http else 1080), until)  # 1080: RFC 1928, section 3
    try:
        (_tunnel if is_http else _socks)(sock, host, port, login, until)
    except BaseException:
        sock.close()
        raise
    return sock


def left(until: float) -> float:
    """Seconds until then, more than none. Raises TimeoutError."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _connected(host: str, port: int, until: float) -> socket.socket:
    # Half for each address, so that the second has its turn where the first (of IPv6, often) leads nowhere.
    return socket.create_connection((host, port), left(until) / 2)


def _tunnel(sock: socket.socket, host: str, port: int, login: Login | None, until: float) -> None:
    """RFC 9110, section 9.3.6."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", f"User-Agent: {USER_AGENT}"]
    if login:
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(':'.join(login).encode()).decode()}")  # RFC 7617
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:  # nothing of the server's can follow: we speak first there
        answer += _received(sock, until)
        if len(answer) > LARGEST_HEAD:
            raise ConnectionError
    if not _ACCEPTED.match(answer):
        raise ConnectionRefusedError


def _socks(sock: socket.socket, host: str, port: int, login: Login | None, until: float) -> None:
    """RFC 1928 and, with a login, RFC 1929. The proxy looks the name up, as it does for the requests."""
    from socksio import socks5

    talk = socks5.SOCKS5Connection()
    method = socks5.SOCKS5AuthMethod.USERNAME_PASSWORD if login else socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED
    talk.send(socks5.SOCKS5AuthMethodsRequest([method]))
    answer = _answer(sock, talk, until)
    if not isinstance(answer, socks5.SOCKS5AuthReply) or answer.method != method:
        raise ConnectionRefusedError
    if login:
        name, password = login
        talk.send(socks5.SOCKS5UsernamePasswordRequest(name.encode(), password.encode()))
        answer = _answer(sock, talk, until)
        if not isinstance(answer, socks5.SOCKS5UsernamePasswordReply) or not answer.success:
            raise ConnectionRefusedError
    talk.send(socks5.SOCKS5CommandRequest.from_address(socks5.SOCKS5Command.CONNECT, (host, port)))
    answer = _answer(sock, talk, until)
    if not isinstance(answer, socks5.SOCKS5Reply) or answer.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED:
        raise ConnectionRefusedError


def _answer(sock: socket.socket, talk: "SOCKS5Connection", until: float) -> object:
    sock.sendall(talk.data_to_send())
    return talk.receive_data(_received(sock, until))


def _received(sock: socket.socket, until: float) -> bytes:
    sock.settimeout(left(until))
    data = sock.recv(4096)
    if not data:
        raise ConnectionError
    return data
