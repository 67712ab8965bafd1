"""The proxy that the system's own settings name for a server: by hand, or by a script (PAC).

Each system has a library that reads its settings and runs the script; asking it may load the script from a server, so
it has a limit, and the answer is kept for a while.
"""

import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from enroller.http.bounded import bounded

PATIENCE = 3.0
"""Seconds for the system to say which proxy."""

KEPT = 20.0
"""Seconds for which an answer is good: a laptop that changes its network does so less often than it is asked."""

SOURCE = "the system's settings"

Named = tuple[str, str] | None
"""The proxy's address and where it comes from; None: no proxy."""

_lock = threading.Lock()
_free = threading.Semaphore()
_known: dict[str, tuple[float, Named]] = {}


def by_system(url: str) -> Named:
    """The first proxy that the system's settings name for `url`; None for none, and where they cannot be had in time.

    The script sees the server's address alone, and no path.
    """
    parts = urlsplit(url)
    place = f"{'https' if parts.scheme == 'wss' else parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    now = time.monotonic()
    with _lock:
        until, named = _known.get(place, (0.0, None))
        if now < until:
            return named
        named = _asked(place)
        _known.clear()  # one server at a time is asked for
        _known[place] = (time.monotonic() + KEPT, named)
        return named


def _asked(place: str) -> Named:
    ask = _asker()
    # Where the system hangs on the question before, another would hang beside it.
    if not _free.acquire(blocking=False):
        return None

    def work() -> list[str]:
        try:
            return ask(place)
        finally:
            _free.release()

    try:
        return _first_usable(bounded(work, PATIENCE))
    except (OSError, AttributeError, ValueError):  # no such library, one without these functions, or no answer
        return None


def _asker() -> Callable[[str], list[str]]:
    """How this system is asked; gives addresses as `http://host:port`, and `direct://`, best first."""
    if sys.platform == "win32":
        from enroller.http.windows_proxy import proxies
    elif sys.platform == "darwin":
        from enroller.http.macos_proxy import proxies
    else:
        from enroller.http.libproxy import proxies
    return proxies


def _first_usable(addresses: list[str]) -> Named:
    from enroller.http.proxy import PORTS

    for address in addresses:
        kind = urlsplit(address).scheme
        if kind == "direct":
            return None
        if kind in PORTS or kind == "socks":
            return address.replace("socks://", "socks5://", 1), SOURCE
    return None
