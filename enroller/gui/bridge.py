"""The one way between the window's thread and the engine's: work goes out, news and the result come back.

A plain daemon thread, since a blocked one lets the process quit, while a running QThread aborts it. What comes back
travels by a queued signal to a bound method, so pages are touched by the window's thread alone.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from enroller.defect import describe
from enroller.errors import EnrollerError
from enroller.gui.job import Job

T = TypeVar("T")
N = TypeVar("N")


class Bridge(QObject):
    """Outlives every page. `defect` is told, on the engine's thread, of whatever is no error of ours."""

    _arrived = Signal(object)
    _ended = Signal(object)

    def __init__(self, defect: Callable[[BaseException], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._defect = defect
        # Emitted on the engine's thread for an object of this one, so Qt queues it.
        self._arrived.connect(self._deliver)
        self._ended.connect(self._settle)

    def start(
        self,
        work: Callable[[Job, Callable[[N], None]], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[EnrollerError], None],
        news: Callable[[N], None] | None = None,
    ) -> Job:
        """Runs `work(job, publish)` on a thread of its own; `news`, then `done` or `failed`, are called on this one."""
        job = Job()

        def publish(what: N) -> None:
            if news is not None:
                self._send("_arrived", (job, news, what))

        def run() -> None:
            try:
                result = work(job, publish)
            except EnrollerError as error:
                self._send("_arrived", (job, failed, error))
            except Exception as error:  # a defect of ours: logged, and shown where the work was asked for
                self._defect(error)
                self._send("_arrived", (job, failed, EnrollerError(f"{describe(error)}.")))
            else:
                self._send("_arrived", (job, done, result))
            self._send("_ended", job)

        threading.Thread(target=run, name="engine", daemon=True).start()
        return job

    def _send(self, signal: str, what: object) -> None:
        """To the window's thread; nowhere, where Qt has taken the window down while the work came to its end."""
        with suppress(RuntimeError):
            getattr(self, signal).emit(what)

    def _deliver(self, arrived: tuple[Job, Callable[[Any], None], Any]) -> None:
        job, receiver, what = arrived
        if not job.abandoned:
            receiver(what)

    def _settle(self, job: Job) -> None:
        if job.abandoned and job.settled is not None:
            job.settled()
