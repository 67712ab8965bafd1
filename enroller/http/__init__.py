"""Requests to the service: this folder is the only importer of httpx.

The system's trust store and an optional CA file; the system's proxies; no redirect followed; answers of at most
256 KiB; one deadline for the whole exchange. Whatever goes wrong becomes an error of `errors.Unreachable`.

`httpx`, `ssl` and `truststore` are imported inside the functions: together they cost more than the wizard's window.
"""

import re
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from enroller import __version__, errors
from enroller.model import Request, Response
from enroller.text import plain

if TYPE_CHECKING:
    import ssl

    import httpx

USER_AGENT = f"Enroller/{__version__} ({sys.platform})"
LARGEST_ANSWER = 256 * 1024
"""Bytes. Parsing a megabyte of JSON holds the interpreter, and the window with it, for 45 ms."""

LARGEST_CA_FILE = 1024 * 1024
"""Bytes; a bundle of all public roots is a quarter of that."""

DEADLINE = 30.0
CONNECT_TIMEOUT = 10.0

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class Http:
    """Sends requests, each over a connection of its own: no stale one is met after sleep or in another network.

    `deadline`: seconds for a whole exchange. `ca_pem`: certificates to trust besides the system's.
    """

    def __init__(self, *, ca_pem: str | None = None, deadline: float = DEADLINE) -> None:
        self._context = tls_context(ca_pem)
        self._deadline = deadline

    def send(self, request: Request) -> Response:
        """The answer, whatever its status. Raises Unreachable."""
        import httpx

        from enroller.http.explain import explain

        proxy = proxy_for(request.url)
        with _Guard(self._deadline) as guard:
            try:
                timeout = httpx.Timeout(self._deadline, connect=min(CONNECT_TIMEOUT, self._deadline))
                with httpx.Client(verify=self._context, proxy=proxy, trust_env=False, timeout=timeout) as client:
                    return self._exchange(client, request, guard)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
                raise explain(error, url=request.url, proxy=proxy, expired=guard.expired) from None

    def _exchange(self, client: "httpx.Client", request: Request, guard: "_Guard") -> Response:
        # Not compressed: so the size on the wire is the size in memory.
        headers = {**request.headers, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        with client.stream(
            request.method,
            request.url,
            headers=headers,
            content=request.body,
            follow_redirects=False,
            extensions={"trace": guard.watch},
        ) as answer:
            body = bytearray()
            for chunk in answer.iter_raw():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    host = plain(urlsplit(request.url).hostname or "")
                    raise errors.TooLarge(f"{host} answered with more than {LARGEST_ANSWER // 1024} KiB.")
            return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, bytes(body))


def tls_context(ca_pem: str | None) -> "ssl.SSLContext":
    """One way to trust for every connection: the system's roots and those in `ca_pem`; TLS 1.2 or newer.

    Python 3.13 made `VERIFY_X509_STRICT` a default, which refuses older company roots; all versions behave alike here.
    """
    import ssl

    context: ssl.SSLContext
    if sys.platform in ("win32", "darwin"):
        # Their stores are asked through the system: Python would read only the roots that happen to be there already.
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 9325, section 3.1.1
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    return context


def read_ca_file(path: str) -> str:
    """The certificates of a PEM (RFC 7468) or DER file, as PEM. Raises InputError (field `ca_file`)."""
    import ssl
    from pathlib import Path

    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_CA_FILE)
    except OSError as error:
        raise errors.InputError(
            f"The CA file {plain(path)} cannot be read: {error.strerror}.", field="ca_file"
        ) from None
    # 0x30: a DER file begins with a SEQUENCE (X.690, 8.9), and Windows exports such.
    found = [ssl.DER_cert_to_PEM_cert(data).encode()] if data[:1] == b"\x30" else _PEM.findall(data)
    pem = b"\n".join(found).decode("ascii", "replace")
    unusable = errors.InputError(
        f"{plain(path)} holds no usable certificate.",
        field="ca_file",
        advice="A CA file begins with -----BEGIN CERTIFICATE-----. Ask IT for the root certificate.",
    )
    if not found:
        raise unusable
    try:
        tls_context(pem)
    except (ssl.SSLError, ValueError):
        raise unusable from None
    return pem


def proxy_for(url: str) -> str | None:
    """The proxy that the environment or the system's settings name for `url`, or None."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return found if "://" in found else f"http://{found}"


class _Guard:
    """Cuts an exchange off at its deadline.

    httpx's timeouts are for each operation, so a byte a second would keep a call alive. A duplicate of the socket is
    kept, since TLS takes the first one over; shutting it down ends whatever waits on the connection at once.
    """

    def __init__(self, deadline: float) -> None:
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(deadline, self._cut)
        self._timer.daemon = True
        self.expired = False

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """httpx's documented `trace` extension: told of each step of the connection."""
        if event.endswith("connect_tcp.complete"):
            connection = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._sockets.append(connection.dup())
            if self.expired:
                self._cut()

    def _cut(self) -> None:
        self.expired = True
        with self._lock:
            for connection in self._sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed by the other side already

    def __enter__(self) -> "_Guard":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._sockets:
                connection.close()
