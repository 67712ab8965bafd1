"""Requests to the service, and all that belongs to a connection: trust, proxies, deadlines, causes in words.

The system's trust store and an optional CA file; the system's proxies; no redirect followed; answers of at most
256 KiB; one deadline for the whole exchange. Whatever goes wrong becomes an error of `errors.Unreachable`.

    Http.send ─▶ way (to the server) ─▶ proxy (by environment or system) ─▶ dial (name, addresses) ─▶ stream (TCP, TLS)
                  │                      └▶ tunnel by CONNECT or SOCKS
                  ├▶ exchange (one request, one answer: httpx over that connection)
                  └▶ explain (why not), by a second look at what the server has shown

`httpx` and `ssl` are imported inside the functions: together they cost more than the wizard's first page has to give.
"""

import sys
import time
from typing import TYPE_CHECKING

from enroller import __version__
from enroller.http.trust import describe_ca, managed_roots, read_ca_file, tls_context
from enroller.model import Request, Response, Via

if TYPE_CHECKING:
    import ssl

__all__ = [
    "DIRECT",
    "LARGEST_ANSWER",
    "USER_AGENT",
    "Http",
    "describe_ca",
    "managed_roots",
    "read_ca_file",
    "tls_context",
]

USER_AGENT = f"Enroller/{__version__} ({sys.platform})"
LARGEST_ANSWER = 256 * 1024
"""Bytes. Parsing a megabyte of JSON holds the interpreter, and the window with it, for 45 ms."""

DEADLINE = 30.0
OPENING = 10.0
"""Seconds for name, connection, proxy and TLS together: whoever answers does so sooner."""

DIRECT = Via()


class Http:
    """Sends requests, each over a connection of its own: no stale one is met after sleep or in another network.

    `deadline`: seconds for a whole exchange.
    """

    def __init__(self, *, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._trusted: tuple[str | None, ssl.SSLContext] | None = None

    def send(self, request: Request, via: Via = DIRECT) -> Response:
        """The answer, whatever its status. Raises Unreachable."""
        from enroller.http.exchange import exchange
        from enroller.http.way import opened, way_to

        begun = time.monotonic()
        until = begun + self._deadline
        way = way_to(request.url, via.proxy_login)
        with opened(way, self._context(via.ca_pem), min(until, begun + OPENING)) as stream:
            return exchange(stream, request, until)

    def _context(self, ca_pem: str | None) -> "ssl.SSLContext":
        """Made once for the certificates that are in use: reading the system's takes its time."""
        if self._trusted is None or self._trusted[0] != ca_pem:
            self._trusted = ca_pem, tls_context(ca_pem)
        return self._trusted[1]
