"""Runs an enrollment on a worker thread, while the main thread prints, counts down and hears Ctrl-C."""

import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from enroller import errors
from enroller.app import App
from enroller.cli.printer import Printer
from enroller.model import State
from enroller.services import Goal
from enroller.steps import Command, Happening, Leave, Snapshot
from enroller.vault import Opened

GRACE = 2.0
"""Seconds that a request under way gets to bring its answer after Ctrl-C: a late success must be recorded."""

LAST_MOMENT = 0.2
"""The same, within `--timeout`, which bounds the whole command."""

TICK = 0.5

Ended = tuple[errors.EnrollerError | None, Exception | None]


def run(
    app: App,
    opened: Opened,
    printer: Printer,
    *,
    goal: Goal = Goal.ENROLL,
    timeout: float | None = None,
    leave_at: Callable[[Snapshot], bool] = lambda _: False,
) -> errors.EnrollerError | None:
    """Drives `opened` to its end, or until `timeout` seconds are over, or Ctrl-C, or `leave_at` says so.

    Returns the error it ended with; a defect of ours is raised.
    """
    inbox: SimpleQueue[Command] = SimpleQueue()
    outbox: SimpleQueue[Snapshot | Ended] = SimpleQueue()

    def publish(snapshot: Snapshot) -> None:
        if snapshot.happening is not Happening.ENDED and leave_at(snapshot):
            inbox.put(Leave(errors.StillWaiting("The request is submitted and waits for approval.")))
        outbox.put(snapshot)

    def work() -> None:
        try:
            outbox.put((app.run(opened, inbox=inbox, publish=publish, goal=goal), None))
        except Exception as error:  # whatever it is, the main thread raises it
            outbox.put((None, error))

    threading.Thread(target=work, name="enroll", daemon=True).start()
    deadline = None if timeout is None else app.clock.boot() + timeout
    return _attend(app, opened, printer, inbox=inbox, outbox=outbox, deadline=deadline)


def _attend(
    app: App,
    opened: Opened,
    printer: Printer,
    *,
    inbox: "SimpleQueue[Command]",
    outbox: "SimpleQueue[Snapshot | Ended]",
    deadline: float | None,
) -> errors.EnrollerError | None:
    leaving: errors.EnrollerError | None = None
    problem: errors.EnrollerError | None = None
    end = deadline
    while True:
        try:
            left = TICK if end is None else end - app.clock.boot()
            if left <= 0:
                if leaving is not None:
                    return leaving
                leaving = _time_is_up(opened, problem)
                inbox.put(Leave(leaving))
                end = app.clock.boot() + LAST_MOMENT
                continue
            try:
                news = outbox.get(timeout=min(left, TICK))
            except Empty:
                printer.tick()
                continue
            if not isinstance(news, Snapshot):
                return _ended(news)
            problem = news.problem or problem
            printer.show(news)
        except KeyboardInterrupt:
            if leaving is not None:
                return leaving
            if sys.stderr.isatty():
                print(file=sys.stderr)
            leaving = errors.Interrupted("Interrupted.")
            inbox.put(Leave(leaving))
            end = app.clock.boot() + GRACE


def _ended(ended: Ended) -> errors.EnrollerError | None:
    error, defect = ended
    if defect is not None:
        raise defect
    return error


def _time_is_up(opened: Opened, problem: errors.EnrollerError | None) -> errors.EnrollerError:
    """A waiting request is left pending; what never reached the service ends with what was in the way."""
    if opened.enrollment.state is State.AWAITING_APPROVAL:
        return errors.StillWaiting("Time is up, and nobody has approved yet.")
    if opened.enrollment.progress.requested_at is not None and opened.enrollment.grant is None:
        return errors.StillWaiting("Time is up, and the service is still at work on the request.")
    return problem or errors.TimedOut("Time is up, and the service has not answered.")
