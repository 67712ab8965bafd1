"""Whether this machine is in a network, and in which: asked of the system alone, nothing is sent."""

import socket
from contextlib import suppress

_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses for documentation (RFC 5737, RFC 3849): far away, and nobody's."""


def local_addresses() -> tuple[str, ...]:
    """The addresses that this machine would speak to the world with; none where there is no way out.

    Connecting a datagram socket only looks the way up.
    """
    found = []
    for family, far in _ANYWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((far, 9))  # the discard port (RFC 863)
            found.append(str(way.getsockname()[0]))
    return tuple(found)
