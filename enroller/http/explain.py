"""From what httpx, ssl and the system raise to the causes that people can act on."""

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from enroller import errors
from enroller.clock import wall
from enroller.http import shown
from enroller.text import plain, rfc3339

_NO_NAME = {getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)}
_NO_NETWORK = {errno.ENETUNREACH, errno.ENETDOWN}


def explain(error: Exception, *, url: str, proxy: str | None, expired: bool) -> errors.Unreachable:
    """The Unreachable that `error` stands for. `expired`: the exchange ran into its deadline."""
    parts = urlsplit(url)
    host = plain(parts.hostname or "")
    where = f"{host}, port {parts.port or (443 if parts.scheme == 'https' else 80)}"
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # Through a proxy a second look would be a different way to the server.
            return _certificate(cause, host, shown.look(url) if proxy is None else None)
    if expired or isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
        return errors.TimedOut(f"{host} did not answer in time.")
    if proxy is not None and (found := _proxy_trouble(error, causes, proxy)) is not None:
        return found
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            if cause.errno in _NO_NAME:
                return errors.NameNotFound(f"No server is named {host}.")
            return errors.NoNetwork(f"The name {host} could not be looked up: no name server answers.")
        if isinstance(cause, OSError) and cause.errno in _NO_NETWORK:
            return errors.NoNetwork(f"There is no way to {host}: this device has no network.")
    if isinstance(error, httpx.ConnectTimeout):
        return errors.ConnectionFailed(f"Nobody answered in time at {where}.")
    if isinstance(error, httpx.ConnectError):
        for cause in causes:
            if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionResetError):
                break
            if isinstance(cause, ssl.SSLError):
                return errors.TlsFailed(f"{where}: no secure connection ({plain(cause.reason or 'TLS error', 60)}).")
        return errors.ConnectionFailed(f"No connection to {where}: {_reason(causes)}.")
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | OSError):
        return errors.ConnectionLost(f"The connection to {host} was cut off before the answer was complete.")
    return errors.Unreachable(f"{host} could not be asked: {plain(type(error).__name__)}.")


def _certificate(error: ssl.SSLCertVerificationError, host: str, seen: shown.Shown | None) -> errors.TlsFailed:
    said = plain(error.verify_message or "not trusted", 120)
    match error.verify_code:  # X509_V_ERR_* of OpenSSL's x509_vfy.h
        case 10:
            ended = f"ended on {rfc3339(seen.ends)}" if seen else "has expired"
            return errors.CertificateExpired(f"The certificate of {host} {ended}; this device's clock says {_clock()}.")
        case 9:
            begins = f"begins on {rfc3339(seen.starts)}" if seen else "is not valid yet"
            return errors.CertificateNotYetValid(
                f"The certificate of {host} {begins}; this device's clock says {_clock()}."
            )
        case 62 | 64:
            names = seen.names if seen else "another name"
            return errors.WrongName(f"The certificate that {host} shows is for {names}.")
    if seen is None:
        return errors.UntrustedIssuer(f"The certificate of {host} cannot be trusted: {said}.")
    return errors.UntrustedIssuer(f"The certificate of {host} cannot be trusted: it was issued by “{seen.issuer}”.")


def _clock() -> str:
    return rfc3339(wall()) or ""


def _proxy_trouble(
    error: Exception, causes: list[BaseException], proxy: str
) -> errors.ProxyFailed | errors.ProxyLogin | None:
    name = _proxy_name(proxy)
    if name is None or isinstance(error, ValueError | httpx.InvalidURL):
        return errors.ProxyFailed("The proxy in the system's settings is of a kind that we do not know.")
    if isinstance(error, httpx.ProxyError):
        if str(error).startswith("407"):  # RFC 9110, section 15.5.8
            return errors.ProxyLogin(f"The proxy {name} wants a user name and password.")
        return errors.ProxyFailed(f"The proxy {name} refused: {plain(str(error), 80)}.")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not any(
        isinstance(cause, ssl.SSLError) for cause in causes
    ):
        return errors.ProxyFailed(f"The proxy {name} cannot be reached: {_reason(causes)}.")
    return None


def _proxy_name(proxy: str) -> str | None:
    """Host and port, without the user's name and password; None where the setting is no address."""
    try:
        parts = urlsplit(proxy)
        return plain(f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}")
    except ValueError:
        return None


def _reason(causes: list[BaseException]) -> str:
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, ssl.SSLError):
            return plain(cause.strerror, 80).lower()
    return "no answer"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
