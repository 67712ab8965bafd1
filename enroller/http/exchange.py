"""One request and its answer over a connection: HTTP/1.1 by h11, which does not touch the network itself."""

from urllib.parse import urlsplit

import h11

from enroller import errors
from enroller.http import LARGEST_ANSWER, USER_AGENT
from enroller.http.stream import Stream
from enroller.model import Request, Response
from enroller.text import plain

LARGEST_HEAD = 64 * 1024
"""Bytes of an answer's status and headers."""


def exchange(stream: Stream, request: Request, until: float) -> Response:
    """The answer, whatever its status. `until`: when it must be here, by `time.monotonic`.

    Raises TimedOut, ConnectionLost, TooLarge; Unreachable where this is no valid request.
    """
    host = plain(urlsplit(request.url).hostname or "")
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
    try:
        asked = _asked(talk, request)
    except (h11.LocalProtocolError, UnicodeEncodeError):
        raise errors.Unreachable(f"{host} could not be asked: the request is not valid.") from None
    try:
        stream.send(asked, until)
        return _answer(talk, stream, host, until)
    except TimeoutError:
        raise errors.TimedOut(f"{host} did not answer in time.") from None
    except (OSError, h11.RemoteProtocolError):
        raise errors.ConnectionLost(f"The connection to {host} was cut off before the answer was complete.") from None


def _asked(talk: h11.Connection, request: Request) -> bytes:
    """The bytes of a request. The connection is for it alone (RFC 9112, section 9.6)."""
    parts = urlsplit(request.url)
    headers = {
        "Host": parts.netloc,
        "Accept": "*/*",
        **request.headers,
        "User-Agent": USER_AGENT,
        # Not compressed: so the size on the wire is the size in memory.
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if request.body or request.method not in ("GET", "HEAD"):
        headers["Content-Length"] = str(len(request.body))  # RFC 9110, section 8.6
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = h11.Request(method=request.method, target=target, headers=list(headers.items()))
    said = [talk.send(head), talk.send(h11.Data(data=request.body)), talk.send(h11.EndOfMessage())]
    return b"".join(part for part in said if part)


def _answer(talk: h11.Connection, stream: Stream, host: str, until: float) -> Response:
    head: h11.Response | None = None
    body = bytearray()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(stream.receive(until))
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_ANSWER:
                raise errors.TooLarge(f"{host} answered with more than {LARGEST_ANSWER // 1024} KiB.")
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return Response(head.status_code, _headers(head), bytes(body))
        elif not isinstance(event, h11.InformationalResponse):
            raise ConnectionError


def _headers(head: h11.Response) -> dict[str, str]:
    """Names in lower case; what came more than once is one list (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
