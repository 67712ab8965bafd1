"""Commands: `202 Accepted` says only that one was taken; its outcome is asked for, or pushed, until it is known."""

from dataclasses import replace
from typing import Any

from enroller import errors
from enroller.model import (
    Approval,
    CommandKind,
    CommandUnderWay,
    Enrollment,
    ProfileKey,
    Request,
    Response,
)
from enroller.services import Build, Call, Learned, NotYet, Outcome, Parse, Removed
from enroller.services.privicore import wire

SETTLING = 20.0
"""**Assumption**: seconds in which a device appears in the account's list after it was asked for. Only where the answer
to the request was lost do we wait that long, before asking once more: never a second device by accident."""


STUCK = 120.0
"""Seconds after which an approval of ours that comes to no end is looked at another way: somebody else may approve."""

_DISPENSABLE = (CommandKind.APPROVE, CommandKind.CONFIGURE_META)


def command(kind: CommandKind, build: Build, **more: Any) -> Call:
    """The row of a command; `more` are members of `Call`."""
    return Call(kind.value, build, taken(kind), command=True, **more)


def taken(kind: CommandKind) -> Parse:
    """Reads the answer to a command: the id to ask for."""

    def parse(enrollment: Enrollment, answer: Response, now: float) -> NotYet:
        command = CommandUnderWay(wire.command_id(enrollment, answer), kind, now)
        learned = progress(enrollment, command=command)
        if kind is CommandKind.REQUEST_IDENTIFIER:
            learned = progress(learned.enrollment, request_id=command.id)
        return NotYet(working_since=now, enrollment=learned.enrollment)

    return parse


def _is_under_way(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.command is not None


def _build_outcome(enrollment: Enrollment) -> Request:
    command = _under_way(enrollment)
    path = f"/request-status/{wire.quoted(command.id)}"
    if enrollment.progress.status_by_post:
        return wire.post_json(enrollment, path, {})
    return wire.get(enrollment, path)


def _parse_outcome(enrollment: Enrollment, answer: Response, now: float) -> Outcome:
    command, by_post = _under_way(enrollment), enrollment.progress.status_by_post
    if answer.status in (404, 405):
        wire.raise_if_stranger(enrollment, answer)
        if not by_post:
            return progress(enrollment, status_by_post=True)
        either = progress(enrollment, status_by_post=False).enrollment
        if 0 <= now - command.since < SETTLING:
            return NotYet(working_since=command.since, enrollment=either)
        return _forgotten(either)
    standing, reason = wire.command_status(wire.read(enrollment, answer))
    if standing is wire.CommandStatus.IN_FLIGHT:
        if command.kind in _DISPENSABLE and not 0 <= now - command.since < STUCK:
            return _forgotten(enrollment)
        return NotYet(working_since=command.since)
    return settled(enrollment, standing, reason)


def _under_way(enrollment: Enrollment) -> CommandUnderWay:
    if enrollment.progress.command is None:
        raise ValueError("no command is under way")
    return enrollment.progress.command


def _forgotten(enrollment: Enrollment) -> Learned:
    """The service knows the command no more; what it was for is looked at, and asked for again where need be."""
    if _under_way(enrollment).kind is CommandKind.REQUEST_IDENTIFIER:
        return progress(enrollment, command=None, request_id=None)
    return progress(enrollment, command=None)


def settled(enrollment: Enrollment, status: wire.CommandStatus, reason: str) -> Learned | Removed:
    """What the end of a command means. `reason`: why it was rejected, in the service's own words."""
    reason = wire.told(enrollment, reason) or "it gives no reason"
    done = status is wire.CommandStatus.SUCCEEDED
    kind = _under_way(enrollment).kind
    enrollment = progress(enrollment, command=None).enrollment
    error = None if done else errors.CommandRejected(f"The service rejected the command: {reason}.")
    learned = Learned(enrollment)
    match kind:
        case CommandKind.REGISTER_KEY:
            learned = progress(enrollment, profile_key=ProfileKey.REGISTERED if done else None)
        case CommandKind.REQUEST_IDENTIFIER if not done:
            learned = progress(enrollment, request_id=None, requested_at=None, namesakes=None)
        case CommandKind.APPROVE:
            # The list has the last word: somebody else may have approved meanwhile.
            approval = Approval.TAKEN if done else Approval.REJECTED
            return progress(enrollment, approval=approval, rejection=None if done else reason)
        case CommandKind.CONFIGURE_META:
            return progress(enrollment, named=True)
        case CommandKind.REMOVE if done:
            return Removed()
        case CommandKind.REMOVE:
            return progress(enrollment, rejection=reason)  # it may be gone: the list has the last word again
    return replace(learned, error=error)


def progress(enrollment: Enrollment, **changes: object) -> Learned:
    progress = replace(enrollment.progress, **changes)  # type: ignore[arg-type]
    return Learned(replace(enrollment, progress=progress))


OUTCOME = Call("outcome", _build_outcome, _parse_outcome, wanted=_is_under_way, command=True)
