"""What the engine's thread does for the window. No Qt: plain functions that block."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from enroller.app import App
from enroller.errors import EnrollerError
from enroller.gui.job import Job
from enroller.model import Asked, Credential, Enrollment, KeyPair, Progress, State
from enroller.services import Goal
from enroller.steps import Snapshot
from enroller.vault import Opened, Unlock

PATIENCE = 40.0
"""Seconds that we wait for the lock: an abandoned request of our own may take its whole deadline to end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: what is stored, where, and the error, or None where all is done.

    `kept`: whether it is stored still; what was given up before the service had made anything of it is not.
    """

    enrollment: Enrollment
    path: Path
    error: EnrollerError | None
    notes: tuple[str, ...] = ()
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a new enrollment needs. `goes_on_with`: the stored one that this is another attempt of."""

    asked: Asked
    key: KeyPair
    credential: Credential
    unlock: Unlock
    replaces: str | None = None
    goes_on_with: str | None = None


def submit(app: App, new: Submission, job: Job, publish: Callable[[Snapshot], None]) -> Outcome:
    """Stores and submits an enrollment and waits for its end.

    What failed before the service took it is not kept: the window holds the form, and will submit again. Where a device
    may have been made of it, it is kept, and the next submission goes on with it: never a second device.
    """
    if new.goes_on_with is None:
        opened = app.create(new.asked, new.key, new.credential, new.unlock, replaces=new.replaces)
    else:
        opened = app.vault.open(new.goes_on_with, new.unlock, wait=PATIENCE)
    with opened:
        if new.goes_on_with is not None:
            _take_over(app, opened, new)
        error = app.run(opened, inbox=job.inbox, publish=publish, patient=True)
        enrollment = opened.enrollment
    kept = error is None or not _nothing_made(enrollment)
    if not kept:
        app.vault.remove(enrollment.id)
    return Outcome(enrollment, opened.path, error, kept=kept)


def _take_over(app: App, opened: Opened, new: Submission) -> None:
    """Takes what may change between two attempts for one device; its name, its key and its progress stay."""
    known = opened.enrollment
    asked = replace(
        known.asked,
        username=new.asked.username,
        websocket_url=new.asked.websocket_url,
        description=new.asked.description,
        approve=new.asked.approve,
        ca_file=new.asked.ca_file,
    )
    same_account = asked.username == known.asked.username
    authorization = known.authorization if same_account else None
    ca_pem = app.certificates(asked.ca_file)
    opened.save(replace(known, asked=asked, ca_pem=ca_pem, authorization=authorization))
    app.accept(opened, new.credential)


def _nothing_made(enrollment: Enrollment) -> bool:
    """Whether the service knows nothing of this device, and cannot have made one by a request whose answer was lost."""
    untouched = enrollment.ticket is None and enrollment.progress.requested_at is None
    return untouched and enrollment.state in (State.KEY_READY, State.FAILED)


@dataclass(frozen=True, slots=True)
class Stored:
    """Which stored enrollment to go on with, and what for."""

    enrollment_id: str
    goal: Goal
    unlock: Unlock


def go_on(app: App, stored: Stored, job: Job, publish: Callable[[Snapshot], None]) -> Outcome:
    """Goes on with what is stored: waits for an approval, or renews."""
    with app.vault.open(stored.enrollment_id, stored.unlock, wait=PATIENCE) as opened:
        if stored.goal is Goal.ENROLL:
            _decide_anew(opened)
        error = app.run(opened, inbox=job.inbox, publish=publish, goal=stored.goal, patient=True)
        return Outcome(opened.enrollment, opened.path, error, opened.notes)


def _decide_anew(opened: Opened) -> None:
    """Somebody wants what was given up or rejected after all: go on waiting, or ask once more with the same key."""
    known = opened.enrollment
    match known.state:
        case State.CANCELLED if known.ticket is not None:
            opened.save(replace(known, state=State.AWAITING_APPROVAL))
        case State.CANCELLED:
            opened.save(replace(known, state=State.KEY_READY, failure=None))
        case State.DENIED:
            # A device that was rejected is known no more, so nothing is left of the way that led to it; and whether
            # the next one is approved with this account is asked anew.
            asked = replace(known.asked, approve=False)
            fresh = replace(known, asked=asked, state=State.KEY_READY, ticket=None, failure=None, progress=Progress())
            opened.save(fresh)
