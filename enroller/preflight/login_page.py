"""The login page of a hotel or a train: where nothing else gets through, it answers plain http, whoever is asked."""

from contextlib import closing
from urllib.parse import urlsplit

from enroller import errors
from enroller.http import dial
from enroller.http.exchange import exchange
from enroller.http.stream import Tcp
from enroller.http.way import Way
from enroller.model import Request
from enroller.text import plain

PORT = 80
"""Where such a page waits for browsers (RFC 8910, section 1)."""


def captive(way: Way, until: float) -> errors.LoginPage | None:
    """The page that answers in the server's name, where one does; None too where a proxy is between us and it.

    Nothing but a request for `/` is sent. A server may well send its own visitors from http to https, or show them a
    page; only who sends them to a stranger gives itself away, and who says that it is a network's page (RFC 6585,
    section 6).
    """
    if way.proxy is not None or not way.secure:
        return None
    try:
        with closing(Tcp(dial.dial(way.host, PORT, until))) as stream:
            shown_host = f"[{way.host}]" if ":" in way.host else way.host
            answer = exchange(stream, Request("GET", f"http://{shown_host}/"), until)
    except (OSError, errors.Unreachable):
        return None
    stranger = _stranger(answer.headers.get("location", ""), way.host) if 300 <= answer.status < 400 else None
    if stranger is None and answer.status != 511:
        return None
    page = f"of {plain(stranger, 100)} " if stranger else ""
    return errors.LoginPage(
        f"A page {page}answers in the place of {plain(way.host)}: this network wants you to sign in."
    )


def _stranger(location: str, host: str) -> str | None:
    """The host that a redirect leads to, where it is neither the same nor a relative of it."""
    try:
        target = urlsplit(location).hostname
    except ValueError:
        return None
    if target is None or target == host or target.endswith(f".{host}") or host.endswith(f".{target}"):
        return None
    return target
