"""What the worlds of both services have in common: one lock, those who want to hear of changes, faults and counts."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from enroller.sandbox.faults import Fault, Faults, Injection, Where

M = TypeVar("M")


class Watched(Generic[M]):
    """A world around its `memory`. All methods, also those of subclasses, may be called from any thread.

    `kinds`: what is counted. `now` gives seconds since the Unix epoch.
    """

    def __init__(
        self, memory: M, *, faults: Faults, kinds: Iterable[str], now: Callable[[], float] = time.time
    ) -> None:
        self.now = now
        self._memory = memory
        self._faults = faults
        self._counts = Counter({str(kind): 0 for kind in kinds})
        self._lock = threading.RLock()
        self._subscribers: list[Callable[[], None]] = []

    @contextmanager
    def locked(self) -> Iterator[M]:
        """Keeps all other threads out, for a decision and the change that follows from it; gives the memory to save."""
        with self._lock:
            yield self._memory

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Has `changed` called, in any thread and quickly please, after each change. Returns the way to end that."""
        with self._lock:
            self._subscribers.append(changed)
        return lambda: self._subscribers.remove(changed)

    def inject(
        self,
        fault: Fault | str,
        count: int | None = 1,
        path: Where | str = Where.ANY,
        seconds: float | None = None,
    ) -> None:
        """Lets the next `count` requests to `path` meet `fault` (None: all of them). See `Fault` for `seconds`.

        Raises ValueError for a fault or a path that the service does not have, or a number out of range.
        """
        with self._lock:
            self._faults.add(Fault(fault), Where(path), count, seconds)
            self._changed()

    def clear_faults(self) -> None:
        """From now on everything works."""
        with self._lock:
            self._faults.clear()
            self._changed()

    def faults(self) -> list[Injection]:
        """The faults still to come."""
        with self._lock:
            return self._faults.waiting()

    @property
    def endpoints(self) -> tuple[Where, ...]:
        """What can be asked of the service, and meets faults."""
        return self._faults.endpoints

    @property
    def possible_faults(self) -> tuple[Fault, ...]:
        """The faults that the service can have."""
        return self._faults.possible

    def arrived(self, endpoint: str, kind: str) -> Injection | None:
        """Counts a request of this `kind` to `endpoint` and says which fault it meets."""
        with self._lock:
            self._counts[kind] += 1
            fault = self._faults.take(endpoint)
            if fault:
                self._changed()
            return fault

    def counts(self) -> dict[str, int]:
        """How many requests of each kind arrived, faults included."""
        with self._lock:
            return dict(self._counts)

    def _changed(self) -> None:
        for subscriber in list(self._subscribers):
            subscriber()


@contextmanager
def waking(*worlds: Watched[Any]) -> Iterator[asyncio.Event]:
    """An event of the running loop that each change of one of `worlds` sets."""
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(changed.set)

    ends = [world.subscribe(wake) for world in worlds]
    try:
        yield changed
    finally:
        for end in ends:
            end()
