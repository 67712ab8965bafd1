"""Server addresses, taken as people paste them."""

import ipaddress
import re
from urllib.parse import urlsplit

from enroller.errors import InputError

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_PORTS = "A port is a number from 1 to 65535."
_EXAMPLES = "For example acme.example or acme.example:8443."


def canonical(typed: str) -> str:
    """`typed` as `https://host[:port]`: lower-case, no path, no default port.

    Takes an address with or without scheme, port, path, spaces, quotes or a last slash. Plain http is refused except
    for a loopback address. Raises InputError (field `server`) that says what is wrong.
    """
    return _canonical(typed, secure="https", plain="http", field="server")


def websocket(typed: str) -> str:
    """`typed` as `wss://host[:port]`, taken as `canonical` takes it; who pastes https or http means wss or ws.

    Plain ws is refused except for a loopback address. Raises InputError (field `websocket_url`).
    """
    return _canonical(typed, secure="wss", plain="ws", field="websocket_url")


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


def _canonical(typed: str, *, secure: str, plain: str, field: str) -> str:
    text = typed.strip().strip("<>\"'").strip()
    if not text:
        raise _wrong(field, "Enter the server's address.")
    if re.search(r"\s", text):
        raise _wrong(field, "An address has no spaces inside.")
    if "://" not in text:
        text = f"{secure}://" + text.lstrip("/")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(field, "The port or the host of this address is not usable.", _PORTS) from None
    named = parts.scheme.lower()
    scheme = {"https": secure, "http": plain, secure: secure, plain: plain}.get(named)
    if scheme is None:
        raise _wrong(field, f"An address starts with {secure}://, not with {named}://.")
    if parts.username is not None or parts.password is not None:
        raise _wrong(field, "An address carries no user name or password.", "Remove everything up to the @ sign.")
    if port == 0:
        raise _wrong(field, "0 is not a port.", _PORTS)
    name = _host(host)
    if name is None:
        raise _wrong(field, "This is not the name or the number of a server.")
    if scheme == plain and not is_loopback(name):
        raise _wrong(field, f"Plain {named} would show what is secret to everybody on the way.", f"Use {secure}://.")
    shown = f"[{name}]" if ":" in name else name
    return f"{scheme}://{shown}" + (f":{port}" if port and port != (443 if scheme == secure else 80) else "")


def _host(host: str) -> str | None:
    """`host` in lower-case ASCII, or None where it is neither the name nor the number of a server."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode().lower() if not host.isascii() else host.lower()
    except UnicodeError:
        return None
    bare = name.removesuffix(".")
    labels = bare.split(".")
    # RFC 1123, 2.1: at most 255 characters; a last label of digits alone would be a broken IPv4 address.
    if not bare or len(bare) > 253 or not all(_LABEL.fullmatch(x) for x in labels) or labels[-1].isdigit():
        return None
    return bare


def _wrong(field: str, message: str, advice: str = _EXAMPLES) -> InputError:
    return InputError(message, field=field, advice=advice)
