"""What the engine's thread does for the window. No Qt: plain functions that block."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from enroller.app import App
from enroller.errors import EnrollerError
from enroller.gui.job import Job
from enroller.model import Asked, Enrollment, KeyPair, Secret, State
from enroller.steps import Goal, Snapshot
from enroller.vault import Unlock

PATIENCE = 40.0
"""Seconds that we wait for the lock: an abandoned request of our own may take its whole deadline to end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: what is stored, where, and the error, or None where all is done."""

    enrollment: Enrollment
    path: Path
    error: EnrollerError | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a new enrollment needs."""

    asked: Asked
    key: KeyPair
    api_key: Secret
    unlock: Unlock
    replaces: str | None = None


def submit(app: App, new: Submission, job: Job, publish: Callable[[Snapshot], None]) -> Outcome:
    """Stores and submits a new enrollment and waits for its end.

    What failed before the service took it is not kept: the window holds the form, and will submit again.
    """
    opened = app.create(new.asked, new.key, new.api_key, new.unlock, replaces=new.replaces)
    with opened:
        error = app.run(opened, inbox=job.inbox, publish=publish, patient=True)
        outcome = Outcome(opened.enrollment, opened.path, error)
    if (
        error is not None
        and outcome.enrollment.state in (State.KEY_READY, State.FAILED)
        and not outcome.enrollment.ticket
    ):
        app.vault.remove(outcome.enrollment.id)
    return outcome


@dataclass(frozen=True, slots=True)
class Stored:
    """Which stored enrollment to go on with, and what for."""

    enrollment_id: str
    goal: Goal
    unlock: Unlock


def go_on(app: App, stored: Stored, job: Job, publish: Callable[[Snapshot], None]) -> Outcome:
    """Goes on with what is stored: waits for an approval, or renews."""
    with app.vault.open(stored.enrollment_id, stored.unlock, wait=PATIENCE) as opened:
        if stored.goal is Goal.ENROLL and opened.enrollment.state in (State.CANCELLED, State.DENIED):
            # Somebody has decided otherwise since: go on waiting, or ask once more with the same key.
            waiting = opened.enrollment.state is State.CANCELLED and opened.enrollment.ticket is not None
            if waiting:
                opened.save(replace(opened.enrollment, state=State.AWAITING_APPROVAL))
            else:
                opened.save(replace(opened.enrollment, state=State.KEY_READY, ticket=None, failure=None))
        error = app.run(opened, inbox=job.inbox, publish=publish, goal=stored.goal, patient=True)
        return Outcome(opened.enrollment, opened.path, error, opened.notes)
