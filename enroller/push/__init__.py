"""The push channel: what the service says of its own accord, over a WebSocket. This folder is the only importer of it.

Who listens hears of a command's outcome at once; who cannot listen asks instead. So nothing here raises: a channel is
joined, or it is not, and then it is tried again in the background.

    parked --listen(token)--> connecting --> joining --> joined --listen(None)--> parked
                                  ^             |           |
                                  |         no answer      lost: changed()
                                  +--- pause <--+-----------+
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enroller.model import Secret, Via

if TYPE_CHECKING:
    from enroller.push.connection import Connection
    from enroller.push.wire import Channel

SLICE = 0.25
"""The longest single wait for a message, in seconds: as long as a new wish may go unnoticed while none comes."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what may take, in seconds.

    `opening`: name, connection, proxy, TLS and the WebSocket's handshake together. `joining`: a bad join gets no
    answer. `keepalive`: between pings, so that a connection that died in sleep is noticed. `pauses`: between attempts;
    the last one repeats.
    """

    opening: float = 5.0
    joining: float = 3.0
    keepalive: float = 20.0
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """One wish to listen. Compared by identity: the same token may be wished for, given up and wished for again."""

    token: Secret


class Push:
    """Listens at `url` (canonical: `address.websocket`) for as long as somebody wants to.

    `heard` gets each message that came; `changed` says that messages may have been missed, when the channel was lost
    and when it has been joined anew: whoever waits for an outcome then asks once, since no message comes twice. Both
    are called on a thread of their own, one at a time, and are to be short. `via`: certificates to trust besides the
    system's, and a proxy's login.
    """

    def __init__(
        self,
        url: str,
        *,
        via: Via,
        heard: Callable[[bytes], None],
        changed: Callable[[], None],
        patience: Patience = Patience(),
    ) -> None:
        self._url = url
        self._via = via
        self._heard = heard
        self._changed = changed
        self._patience = patience
        self._telling = threading.RLock()
        self._state = threading.Condition()  # guards what follows
        self._wish: _Wish | None = None
        self._joined = False
        self._tried = False  # there was an attempt for this wish
        self._replaced = False  # this wish came after another, and so there is perhaps a gap between them
        self._awaited = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def listen(self, token: Secret | None) -> bool:
        """Whether the channel is joined with `token` now; to be asked before a command, whose outcome it then hears.

        Waits for the first attempt alone; what fails is tried again in the background, and meanwhile outcomes are
        asked for. None: nobody listens any more, and the channel is left.
        """
        with self._state:
            if self._closed:
                return False
            if token is None:
                self._want(None)
                return False
            if self._wish is None or self._wish.token != token:
                self._want(_Wish(token))
            if not self._joined and not self._tried:
                self._await_attempt()
            return self._joined

    def close(self) -> None:
        """Ends it for good, without waiting for the other side. Nothing is heard afterwards."""
        with self._state:
            self._closed = True
            self._want(None)
        with self._telling:
            pass  # what was being told at this moment has been told

    def _want(self, wish: _Wish | None) -> None:
        self._replaced = self._wish is not None and wish is not None
        self._wish = wish
        self._joined = self._awaited = self._tried = False
        self._state.notify_all()

    def _await_attempt(self) -> None:
        """Waits for the outcome of the attempt that is under way or comes next."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="push", daemon=True)
            self._thread.start()
        self._awaited = True
        self._state.notify_all()
        self._state.wait_for(lambda: not self._awaited, self._patience.opening + self._patience.joining)
        self._awaited = False

    def _run(self) -> None:
        pauses = self._patience.pauses
        failed = 0
        while (wish := self._next_wish()) is not None:
            begun = time.monotonic()
            self._attempt(wish)
            # Not for each channel that was joined: a server may let everybody in and throw everybody out again.
            if self._wish is not wish or time.monotonic() - begun > pauses[-1]:
                failed = 0
            self._pause(wish, pauses[min(failed, len(pauses) - 1)])
            failed += 1

    def _next_wish(self) -> _Wish | None:
        """The wish to fulfil, waited for; None where all is over."""
        with self._state:
            self._state.wait_for(lambda: self._wish is not None or self._closed)
            return self._wish

    def _pause(self, wish: _Wish, seconds: float) -> None:
        """Waits, and no longer than until somebody wants something else."""
        with self._state:
            self._state.wait_for(lambda: self._wish is not wish, seconds)

    def _attempt(self, wish: _Wish) -> None:
        """One connection from its opening to its end."""
        from enroller.push import connection, wire

        opening, keepalive = self._patience.opening, self._patience.keepalive
        try:
            with connection.opened(self._url, via=self._via, timeout=opening, keepalive=keepalive) as opened:
                channel = self._join(opened, wish)
                if channel is None:
                    return
                self._settle(wish, joined=True)
                while self._wish is wish:
                    self._hear(opened.receive(SLICE))
                opened.send(wire.leave(channel))
        except connection.Lost:
            return  # tried again after a pause
        finally:
            self._settle(wish, joined=False)

    def _join(self, opened: "Connection", wish: _Wish) -> "Channel | None":
        """The channel joined; None where no answer came in time, or nobody wants it any more. Raises Lost."""
        from enroller.push import wire

        correlation = str(uuid.uuid4())
        opened.send(wire.join(wish.token, correlation))
        until = time.monotonic() + self._patience.joining
        while self._wish is wish and (left := until - time.monotonic()) > 0:
            message = opened.receive(min(left, SLICE))
            channel = wire.joined(message, correlation) if message is not None else None
            if channel is not None:
                return channel
            self._hear(message)  # an outcome may come before the answer
        return None

    def _settle(self, wish: _Wish, *, joined: bool) -> None:
        """Records how an attempt stands, for who waits in `listen`, and says so where something may be missed."""
        with self._state:
            if self._wish is not wish:
                return  # whoever waits, waits for another
            lost = self._joined and not joined
            anew = joined and (self._replaced or not self._awaited)
            self._joined, self._awaited = joined, False
            self._tried = True
            self._state.notify_all()
        if lost or anew:
            self._tell(self._changed)

    def _hear(self, message: bytes | None) -> None:
        if message is not None:
            self._tell(lambda: self._heard(message))

    def _tell(self, say: Callable[[], None]) -> None:
        with self._telling:
            if self._wish is not None:
                say()
