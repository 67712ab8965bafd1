"""Server addresses, taken as people paste them."""

import ipaddress
import re
from urllib.parse import urlsplit

from enroller.errors import InputError

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)


def canonical(typed: str) -> str:
    """`typed` as `scheme://host[:port]`: lower-case, no path, no default port.

    Takes an address with or without scheme, port, path, spaces, quotes or a last slash. Plain http is refused except
    for a loopback address. Raises InputError (field `server`) that says what is wrong.
    """
    text = typed.strip().strip("<>\"'").strip()
    if not text:
        raise _wrong("Enter the server's address.", "For example acme.example or gateway.acme.example:7400.")
    if re.search(r"\s", text):
        raise _wrong("An address has no spaces inside.")
    if "://" not in text:
        text = "https://" + text.lstrip("/")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(
            "The port or the host of this address is not usable.", "A port is a number from 1 to 65535."
        ) from None
    scheme = parts.scheme.lower()
    if scheme not in ("https", "http"):
        raise _wrong(f"An address starts with https://, not with {scheme}://.")
    if parts.username is not None or parts.password is not None:
        raise _wrong("An address carries no user name or password.", "Remove everything up to the @ sign.")
    if port == 0:
        raise _wrong("0 is not a port.", "A port is a number from 1 to 65535; SAFEQ gateways use 7400.")
    host = _host(host)
    if scheme == "http" and not is_loopback(host):
        raise _wrong("Plain http would show the API key to everybody on the way.", "Use https://.")
    shown = f"[{host}]" if ":" in host else host
    default = 443 if scheme == "https" else 80
    return f"{scheme}://{shown}" + (f":{port}" if port and port != default else "")


def host_of(server: str) -> str:
    """The host of a canonical address."""
    return urlsplit(server).hostname or ""


def has_port(server: str) -> bool:
    """Whether a canonical address names a port of its own."""
    return urlsplit(server).port is not None


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its loopback address (RFC 1122, 3.2.1.3) or name (RFC 6761, 6.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _host(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode().lower() if not host.isascii() else host.lower()
    except UnicodeError:
        raise _wrong("This is not the name of a server.") from None
    bare = name.removesuffix(".")
    labels = bare.split(".")
    # RFC 1123, 2.1: at most 255 characters; a last label of digits alone would be a broken IPv4 address.
    if not bare or len(bare) > 253 or not all(_LABEL.fullmatch(x) for x in labels) or labels[-1].isdigit():
        raise _wrong("This is not the name or the number of a server.")
    return bare


def _wrong(message: str, advice: str | None = None) -> InputError:
    return InputError(
        message, field="server", advice=advice or "For example acme.example or gateway.acme.example:7400."
    )
