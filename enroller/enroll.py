"""The loop that drives a session: one blocking function, testable with no thread, Qt or sleep."""

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, TypeVar

from enroller import errors
from enroller.model import Enrollment, Request, Response, Secret, Via
from enroller.session import Session
from enroller.steps import (
    Answered,
    CannotStore,
    CheckNow,
    Command,
    Due,
    End,
    Event,
    Failed,
    Now,
    Proceed,
    SaveElsewhere,
    SaveFailed,
    Send,
    Snapshot,
    Started,
    Wait,
    Woken,
)

T = TypeVar("T")
U = TypeVar("U")


class Sender(Protocol):
    """What carries requests to the service; `http.Http` is the real one."""

    def send(self, request: Request, via: Via, /) -> Response:
        """The answer. Raises Unreachable."""


class Listener(Protocol):
    """What hears of the outcome of commands; `push.Push` is the real one."""

    def listen(self, token: Secret | None, /) -> object:
        """Joins the channel before a command is sent, if it can; None: nobody needs it any more."""


class Deaf:
    """For a service without a channel: outcomes are asked for."""

    def listen(self, token: Secret | None, /) -> None:
        """Nothing to join."""


class Store(Protocol):
    """Where the enrollment is kept; `vault.Opened` is the real one."""

    def save(self, enrollment: Enrollment) -> Enrollment:
        """What is on disk now. Raises StorageError."""

    def prove(self) -> None:
        """Proves that what an answer brings can be stored. Raises StorageError."""

    def move(self, folder: Path, enrollment: Enrollment, /) -> Enrollment:
        """Keeps it in another data folder from now on; what is on disk there. Raises StorageError."""


class Timer(Protocol):
    """The time; `clock.Clock` is the real one."""

    def boot(self) -> float: ...

    def wall(self) -> float: ...

    def wait(self, until: float | None, inbox: SimpleQueue[T], woken: U) -> T | U | None: ...


def enroll(
    session: Session,
    *,
    sender: Sender,
    listener: Listener,
    store: Store,
    clock: Timer,
    inbox: SimpleQueue[Command],
    publish: Callable[[Snapshot], None],
) -> errors.EnrollerError | None:
    """Drives `session` to its end and returns the error it ended with, or None where all is done.

    Each step is saved, then published, then done. A command that comes while a request is under way is obeyed after
    the answer: the service may hold our key, or have spent the code, by then, and a late success must be recorded.
    """
    event: Event = Started()
    while True:
        step = session.on(event, Now(clock.boot(), clock.wall()))
        if step.save:
            try:
                session.enrollment = store.save(session.enrollment)
            except errors.StorageError as failure:
                event = SaveFailed(failure)
                continue
        if step.news:
            publish(step.snapshot)
        match step.action:
            case Send(request, via, channel):
                listener.listen(channel)
                event = _ask(store, sender, request, via)
            case Wait(until):
                event = _await(session, store, clock.wait(until, inbox, Woken()))
            case Proceed():
                event = Due()
            case End(error):
                return error


def _await(session: Session, store: Store, came: Command | Woken | None) -> Event:
    if not isinstance(came, SaveElsewhere):
        return came or Due()
    try:
        session.enrollment = store.move(came.folder, session.enrollment)
    except errors.StorageError as failure:
        return SaveFailed(failure)
    return CheckNow()


def _ask(store: Store, sender: Sender, request: Request, via: Via) -> Event:
    try:
        store.prove()  # what is granted comes once
    except errors.StorageError as failure:
        return CannotStore(failure)
    try:
        return Answered(sender.send(request, via))
    except errors.Unreachable as error:
        return Failed(error)
