"""One request and its answer by httpx, over a connection of ours: its name, addresses, proxies and TLS are `way`'s."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpcore
import httpx

from enroller import errors
from enroller.http import LARGEST_ANSWER, USER_AGENT
from enroller.http.stream import Stream
from enroller.http.wire import Wire
from enroller.model import Request, Response
from enroller.text import plain


def exchange(stream: Stream, request: Request, until: float) -> Response:
    """The answer, whatever its status. `until`: when it must be here, by `time.monotonic`.

    Raises TimedOut, ConnectionLost, TooLarge; Unreachable where this is no valid request.
    """
    host = plain(urlsplit(request.url).hostname or "")
    # Not compressed: so the size on the wire is the size in memory. The connection is for this request alone.
    ours = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    try:
        with (
            httpx.Client(transport=_Over(stream, until), trust_env=False, follow_redirects=False) as client,
            client.stream(
                request.method, request.url, headers={**request.headers, **ours}, content=request.body
            ) as answer,
        ):
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, headers, _body(answer, host))
    except TimeoutError:
        raise errors.TimedOut(f"{host} did not answer in time.") from None
    except (httpcore.LocalProtocolError, httpx.InvalidURL, UnicodeEncodeError):
        raise errors.Unreachable(f"{host} could not be asked: the request is not valid.") from None
    except (OSError, httpcore.RemoteProtocolError):
        raise errors.ConnectionLost(f"The connection to {host} was cut off before the answer was complete.") from None


def _body(answer: httpx.Response, host: str) -> bytes:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise errors.TooLarge(f"{host} answered with more than {LARGEST_ANSWER // 1024} KiB.")
    return bytes(body)


class _Over(httpx.BaseTransport):
    """httpx's way to a connection that stands already."""

    def __init__(self, stream: Stream, until: float) -> None:
        self._wire = Wire(stream, until)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        where = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(request.method, where, headers=request.headers.raw, content=request.stream)
        answer = httpcore.HTTP11Connection(where.origin, self._wire).handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
