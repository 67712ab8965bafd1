"""From a host's name to a TCP connection, each step within its limit, whatever the system's own limits are."""

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from enroller import errors
from enroller.http.bounded import bounded
from enroller.http.stream import left
from enroller.network import local_addresses
from enroller.text import plain

ATTEMPT_DELAY = 0.25
"""Seconds until the next address is tried beside the one before (RFC 8305, section 5)."""

_NO_NAME = {getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)}
_NO_WAY = {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""This device has no way to that address; of IPv6, usually."""

_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}


class Address(NamedTuple):
    """One address of a host, as the socket module wants it."""

    family: socket.AddressFamily
    place: tuple[Any, ...]

    def __str__(self) -> str:
        return str(self.place[0])


Attempt = tuple[socket.socket, Address]


def where(host: str, port: int) -> str:
    """A place in words."""
    return f"{plain(host)}, port {port}"


def dial(host: str, port: int, until: float) -> socket.socket:
    """A connection to `host`. `until`: when it must stand, by `time.monotonic`.

    Raises NameNotFound, NoNetwork or ConnectionFailed.
    """
    sock, _ = connect(look_up(host, port, until), host, port, until)
    return sock


def look_up(host: str, port: int, until: float) -> list[Address]:
    """The addresses of `host`. Raises NameNotFound and NoNetwork, which says as well that no name server answers."""
    try:
        found = bounded(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), left(until))
    except TimeoutError:
        raise errors.NoNetwork(f"The name {plain(host)} could not be looked up: the name server is silent.") from None
    except UnicodeError:
        raise errors.NameNotFound(f"No server is named {plain(host)}.") from None
    except socket.gaierror as error:
        # Without a network some systems say that there is no such name.
        if not local_addresses():
            raise _no_network(host) from None
        if error.errno in _NO_NAME:
            raise errors.NameNotFound(f"No server is named {plain(host)}.") from None
        raise errors.NoNetwork(f"The name {plain(host)} could not be looked up: no name server answers.") from None
    return list(dict.fromkeys(Address(family, place) for family, _, _, _, place in found))


def connect(addresses: Sequence[Address], host: str, port: int, until: float) -> Attempt:
    """A connection to the first of `addresses` that answers, and which one that is.

    Each gets a head start before the next (RFC 8305), so an address that leads nowhere, of IPv6 often, costs a quarter
    of a second and not the whole time. Raises ConnectionFailed, and NoNetwork where there is no way to any of them.
    """
    race = _Race(_taking_turns(addresses))
    try:
        return race.winner(until)
    except TimeoutError:
        raise errors.ConnectionFailed(f"Nobody answered in time at {where(host, port)}.") from None
    except OSError as error:
        if error.errno in _NO_WAY:
            raise _no_network(host) from None
        said = plain(error.strerror or "no answer", 80).lower()
        raise errors.ConnectionFailed(f"No connection to {where(host, port)}: {said}.") from None


class _Race:
    """Attempts to connect that run beside each other."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._waiting = deque(addresses)
        self._failure = OSError(errno.EADDRNOTAVAIL, "no address")
        self._selector = selectors.DefaultSelector()

    def winner(self, until: float) -> Attempt:
        """The first connection that stands. Raises TimeoutError, or the OSError that tells most."""
        with self._selector:
            try:
                while self._waiting or self._selector.get_map():
                    if self._waiting:
                        self._begin(self._waiting.popleft())
                    if (won := self._first(until)) is not None:
                        return won
                raise self._failure
            finally:
                for key in list(self._selector.get_map().values()):
                    key.data[0].close()

    def _begin(self, address: Address) -> None:
        try:
            attempt = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:
            self._fail(error.errno or 0)
            return
        attempt.setblocking(False)
        code = attempt.connect_ex(address.place)
        if code in _UNDER_WAY:
            self._selector.register(attempt, selectors.EVENT_WRITE, (attempt, address))
        else:
            attempt.close()
            self._fail(code)

    def _first(self, until: float) -> Attempt | None:
        """Who stands before it is the next one's turn."""
        if not self._selector.get_map():
            return None
        turn = min(until, time.monotonic() + ATTEMPT_DELAY) if self._waiting else until
        while (patience := turn - time.monotonic()) > 0:
            for key, _ in self._selector.select(patience):
                stands: Attempt = key.data
                attempt = stands[0]
                self._selector.unregister(attempt)
                code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return stands
                attempt.close()
                self._fail(code)
                return None
        left(until)
        return None

    def _fail(self, code: int) -> None:
        """Remembers what tells most: that nobody is there says more than that there is no way to IPv6."""
        if self._failure.errno in _NO_WAY:
            self._failure = OSError(code, os.strerror(code))


def _taking_turns(addresses: Sequence[Address]) -> list[Address]:
    """The families by turns, beginning with the first address's (RFC 8305, section 4)."""
    if not addresses:
        return []
    first = [one for one in addresses if one.family == addresses[0].family]
    others = [one for one in addresses if one.family != addresses[0].family]
    return [one for one in chain.from_iterable(zip_longest(first, others)) if one is not None]


def _no_network(host: str) -> errors.NoNetwork:
    return errors.NoNetwork(f"There is no way to {plain(host)}: this device has no network.")
