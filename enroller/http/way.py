"""The way to a server, through a proxy where there is one, and inside TLS. One for requests and the push channel."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from enroller import errors
from enroller.http import dial
from enroller.http.proxy import Proxy, proxy_for, tunnel
from enroller.http.stream import Stream, Tcp, Tls
from enroller.model import Login

# What explains a failure reads certificates, with a library that a request which succeeds has no need to load.
if TYPE_CHECKING:
    from enroller.http.shown import Shown


@dataclass(frozen=True, slots=True)
class Way:
    """Where a server is, whether it is talked to inside TLS, and the proxy in between."""

    host: str
    port: int
    secure: bool
    proxy: Proxy | None = None


def way_to(url: str, login: Login | None = None) -> Way:
    """The way to `url` (https, http, wss or ws) by this device's settings. Raises ProxyFailed for unusable ones.

    `login`: for the proxy, in the place of the one in its settings.
    """
    parts = urlsplit(url)
    secure = parts.scheme in ("https", "wss")
    proxy = proxy_for(url)
    if proxy is not None and login is not None:
        proxy = replace(proxy, login=login)
    return Way(parts.hostname or "", parts.port or (443 if secure else 80), secure, proxy)


@contextmanager
def opened(way: Way, context: ssl.SSLContext, until: float) -> Iterator[Stream]:
    """A connection that is ready to be used, closed at the end. `until`: when it must stand, by `time.monotonic`.

    Nothing of ours but the handshakes is sent. Raises NameNotFound, NoNetwork, ConnectionFailed, ProxyFailed, TlsFailed
    and their kin.
    """
    stream = reached(way, context, until)
    with closing(stream):
        yield secured(stream, way, context, until) if way.secure else stream


def reached(way: Way, context: ssl.SSLContext, until: float) -> Stream:
    """A connection to the server, straight or through the proxy, without TLS to the server yet."""
    if way.proxy is None:
        return Tcp(dial.dial(way.host, way.port, until))
    try:
        stream: Stream = Tcp(dial.dial(way.proxy.host, way.proxy.port, until))
    except errors.Unreachable as error:
        kind = errors.NoNetwork if isinstance(error, errors.NoNetwork) else errors.ProxyFailed
        raise kind(f"The proxy in {way.proxy.source} cannot be reached. {error.message}") from None
    try:
        return through(stream, way, way.proxy, context, until)
    except BaseException:
        stream.close()
        raise


def through(stream: Stream, way: Way, proxy: Proxy, context: ssl.SSLContext, until: float) -> Stream:
    """A connection to the proxy made one to the server. Raises ProxyLogin, ProxyFailed."""
    if proxy.kind == "https":
        tls = Tls(stream, context, proxy.host)
        try:
            tls.shake_hands(until)
        except OSError as error:
            from enroller.http import explain

            said = explain.short(error)
            raise errors.ProxyFailed(f"No secure connection to the proxy {proxy.name}: {said}.") from None
        stream = tls
    tunnel(stream, proxy, way.host, way.port, until)
    return stream


def secured(
    stream: Stream,
    way: Way,
    context: ssl.SSLContext,
    until: float,
    *,
    saw: "Callable[[Shown | None], None]" = lambda _: None,
) -> Tls:
    """TLS over a connection to the server. Raises TlsFailed and its kin, ConnectionFailed.

    `saw` is given what a second look shows where the certificate is not trusted.
    """
    tls = Tls(stream, context, way.host)
    try:
        tls.shake_hands(until)
    except ssl.SSLCertVerificationError as error:
        from enroller.http import explain

        seen = look(way)
        saw(seen)
        raise explain.certificate(error, way.host, seen) from None
    except OSError as error:
        from enroller.http import explain

        raise explain.handshake(error, dial.where(way.host, way.port)) from None
    return tls


def look(way: Way) -> "Shown | None":
    """A second look at what the server shows, the same way; None where it cannot be had."""
    from enroller.http import shown

    return shown.look(lambda until: reached(way, ssl.create_default_context(), until), way.host)
