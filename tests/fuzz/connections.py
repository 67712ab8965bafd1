"""Whatever comes over a real socket in the place of an answer: broken HTTP, TLS, WebSocket and proxies' talk."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from websockets.utils import accept_key

from enroller import errors
from enroller.http import Http
from enroller.model import Request, Secret, Via
from enroller.push import Patience, Push
from tests.fuzz.shown import check_shown
from tests.http.servers import Certificate, certificate, request, reset, serving

DEADLINE = 0.5
"""Seconds that a request may take."""

LATEST = DEADLINE + 6.0
"""Seconds after which a request hangs: an untrusted certificate is looked at once more, and the machine may be busy."""

SECRET = "hunter2/and+more"

_PIECES = (
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200\r\n", b"HTTP/1.0 204 \x1b[2J\r\n", b"HTTP/9.9 999 x\r\n",
    b"HTTP/1.1 -1 x\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", b"ICY 200\r\n",
    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: \x1b]0;x\x07, Basic\r\n",
    b"HTTP/1.1 302 Found\r\n", b"Location: //[\r\n", b"Content-Length: 2\r\n",
    b"Content-Length: 9\r\nContent-Length: 2\r\n", b"Content-Length: -1\r\n",
    b"Content-Length: " + b"9" * 5000 + b"\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n",
    b"X: " + b"a" * 70_000 + b"\r\n", b"X: y\r\n" * 3000, b" folded\r\n", b"no colon\r\n", b": empty\r\n",
    b"\x00: \xff\r\n", b"\r\n", b"\r\n\r\n", b"\n\n", b"{}", b"{" * 3000, b"<html>", b"2\r\n{}\r\n0\r\n\r\n",
    b"zz\r\n", b"ffffffffffffffffff\r\n", b"-2\r\n", b"2;x=" + b"y" * 70_000, b"0\r\nTrailer: x\r\n\r\n",
    b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\xff\xff", b"\x16\x03\x01\x00\x05hello", b"\x05\x00", b"\x05\x02",
    b"\x05\x00\x05\x00\x00\x03\xff", b"\x05\x00\x05\x09\x00\x01", b"\x00" * 10, b"\xff" * 10, b"{}" * 200_000,
)  # fmt: skip

_GOOD = [b"HTTP/1.1 200 OK\r\n", b"Content-Type: application/json\r\n", b"Content-Length: 2\r\n", b"\r\n", b"{}"]
_wild = st.sampled_from(_PIECES) | st.binary(max_size=20)


@st.composite
def pieces(draw: st.DrawFn) -> list[bytes]:
    """What is said, piece by piece: a good answer with pieces changed, or anything."""
    if draw(st.booleans()):
        return draw(st.lists(_wild, max_size=6))
    said = list(_GOOD)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(said)))
        said[at : at + draw(st.integers(0, 1))] = [draw(_wild)]
    return said


_LENGTHS = (b"\x00", b"\x02", b"\x7d", b"\x7e\x00\x02", b"\x7f" + b"\xff" * 8, b"\x82\x00\x00\x00\x00", b"\xff")


def _frame(head: int, length: bytes | None, content: bytes) -> bytes:
    return bytes((head,)) + (bytes((len(content),)) if length is None else length) + content


frames = st.lists(
    st.builds(
        _frame,
        st.sampled_from([0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8A, 0xC1, 0xF1, 0x83]),
        st.none() | st.sampled_from(_LENGTHS),
        st.sampled_from([b'{"status":200,"data":{"channelId":"x"}}', b"{}", b"\xff\xfe", b"", b"[" * 125]),
    ),
    max_size=5,
)
"""WebSocket frames (RFC 6455, section 5.2) of all kinds, whose lengths are often wrong."""

ways = st.sampled_from(["http", "tls", "no tls", "proxy", "socks proxy", "push", "frames"])
ends = st.sampled_from(["close", "close", "reset", "again and again", "silence"])


@cache
def _authority() -> tuple[Certificate, Certificate]:
    root = certificate("The company's root")
    return root, certificate("server", issuer=root, hosts=("127.0.0.1",))


def judge(way: str, said: list[bytes], end: str) -> str:
    """Asks a server that says all that, and then ends like that. Returns what became of the request."""

    def talk(connection: socket.socket) -> None:
        asked = request(connection) if way in ("http", "tls", "push", "frames") else b""
        if way == "frames":
            connection.sendall(_accepted(asked))
        _say(connection, b"".join(said), end)

    root, shown = _authority()
    begun = time.monotonic()
    with TemporaryDirectory() as folder:
        context = shown.context(Path(folder)) if way == "tls" else None
        with serving(talk, context) as port, _proxy(way, port):
            if way in ("push", "frames"):
                ended = _listen(port)
            else:
                ended = _ask(f"{'http' if way == 'http' else 'https'}://127.0.0.1:{port}", root)
    spent = time.monotonic() - begun
    assert spent < LATEST, f"{spent:.1f} s"
    return f"{way}: {ended}"


def _ask(url: str, root: Certificate) -> str:
    try:
        answer = Http(deadline=DEADLINE).send(
            Request("POST", f"{url}/token", {}, f"secret={SECRET}".encode()), Via(root.public.decode())
        )
    except errors.Unreachable as error:
        check_shown(f"{error.message}\n{error.advice}", [SECRET])
        return type(error).__name__
    assert len(answer.body) <= 256 * 1024
    return "an answer"


def _accepted(asked: bytes) -> bytes:
    """The answer to a WebSocket's handshake (RFC 6455, section 4.2.2)."""
    key = next(line.split()[1] for line in asked.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    return head + accept_key(key.decode()).encode() + b"\r\n\r\n"


def _listen(port: int) -> str:
    """A channel that is not joined is asked for again in the background, by a thread that lives as long as somebody
    wants to hear."""
    before = set(threading.enumerate())
    patience = Patience(opening=DEADLINE, joining=DEADLINE, pauses=(0.01,))
    heard: list[bytes] = []
    push = Push(f"ws://127.0.0.1:{port}", via=Via(), heard=heard.append, changed=lambda: None, patience=patience)
    try:
        joined = push.listen(Secret(SECRET))
        threads = [thread for thread in set(threading.enumerate()) - before if thread.name == "push"]
        assert threads, "nobody listens any more"
    finally:
        push.close()
    for thread in threads:
        thread.join(LATEST)
        assert not thread.is_alive()
    return "joined" if joined else "not joined"


def _say(connection: socket.socket, said: bytes, end: str) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(said)
        if end == "reset":
            reset(connection)
        while end == "again and again":
            connection.sendall(said[:1000] or b"\r\n")
            time.sleep(0.02)
        while end == "silence" and connection.recv(65536):
            pass


@contextlib.contextmanager
def _proxy(way: str, port: int) -> Iterator[None]:
    """The environment names the server as the proxy, where that is the way."""
    address = {"proxy": f"http://127.0.0.1:{port}", "socks proxy": f"socks5h://127.0.0.1:{port}"}.get(way)
    before = os.environ.get("https_proxy")
    if address:
        os.environ["https_proxy"] = address
    try:
        yield
    finally:
        os.environ.pop("https_proxy", None)
        if before is not None:
            os.environ["https_proxy"] = before
