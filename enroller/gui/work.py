"""What the engine's thread does for the window. No Qt: plain functions that block."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from enroller.app import App
from enroller.errors import EnrollerError, InputError
from enroller.gui.job import Job
from enroller.http.trust import CaShown, describe_ca
from enroller.model import Asked, Credential, Enrollment, KeyPair, Login, Progress, State
from enroller.preflight import Check, Target, examine
from enroller.resources import text
from enroller.services import Goal
from enroller.steps import NewVia, Snapshot
from enroller.vault import Opened, Unlock

PATIENCE = 40.0
"""Seconds that we wait for the lock: an abandoned request of our own may take its whole deadline to end."""


MOST_SHOWN = 2
"""Certificates of a CA file that people compare in one go: a root, and one that it has signed."""


@dataclass(frozen=True, slots=True)
class CaFile:
    """A CA file that somebody has chosen, as it was read, and what there is to compare before it is trusted."""

    path: str
    pem: str = field(repr=False)
    certificates: tuple[CaShown, ...]


def read_ca(app: App, path: str) -> CaFile:
    """A CA file with what people compare. Raises InputError."""
    pem = app.certificates(path) or ""
    end = "-----END CERTIFICATE-----"
    each = [part + end for part in pem.split(end)[:-1]]
    if len(each) > MOST_SHOWN:
        raise InputError(
            text("trust.too_many", number=len(each)), field="ca_file", advice=text("trust.too_many_advice")
        )
    return CaFile(path, pem, tuple(describe_ca(one) for one in each))


def look(app: App, target: Target, ca_file: str | None, report: Callable[[Check], None]) -> list[Check]:
    """The way to the service, examined without any secret of its. `ca_file` is read where the target has no `ca_pem`.

    Raises InputError for a CA file that is none.
    """
    ca_pem = target.ca_pem or app.certificates(ca_file)
    return examine(app, replace(target, ca_pem=ca_pem), report, local=False)


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
class Repaired:
    """What was wrong with what is stored, and was mended when it was opened: notes for people."""

    notes: tuple[str, ...]


News = Snapshot | Repaired
"""What the window hears of the enrollment under way."""


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a new enrollment needs.

    `ca_pem`: the CA file's content, where it was read already. `goes_on_with`: the stored one that this is another
    attempt of.
    """

    asked: Asked
    key: KeyPair
    credential: Credential
    unlock: Unlock
    proxy_login: Login | None = None
    ca_pem: str | None = field(default=None, repr=False)
    replaces: str | None = None
    goes_on_with: str | None = None


def submit(app: App, new: Submission, job: Job, publish: Callable[[Snapshot], None]) -> Outcome:
    """Stores and submits an enrollment and waits for its end.

    What failed before the service took it is not kept: the window holds the form, and will submit again. Where a device
    may have been made of it, it is kept, and the next submission goes on with it: never a second device.
    """
    if new.goes_on_with is None:
        opened = app.create(
            new.asked,
            new.key,
            new.credential,
            new.unlock,
            replaces=new.replaces,
            proxy_login=new.proxy_login,
            ca_pem=new.ca_pem,
        )
    else:
        opened = app.open(new.goes_on_with, new.unlock, wait=PATIENCE)
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
    ca_pem = new.ca_pem or app.certificates(asked.ca_file)
    login = new.proxy_login or known.proxy_login
    opened.save(replace(known, asked=asked, ca_pem=ca_pem, proxy_login=login, authorization=authorization))
    app.accept(opened, new.credential)


def _nothing_made(enrollment: Enrollment) -> bool:
    """Whether the service knows nothing of this device, and cannot have made one by a request whose answer was lost."""
    untouched = enrollment.ticket is None and enrollment.progress.requested_at is None
    return untouched and enrollment.state in (State.KEY_READY, State.FAILED)


@dataclass(frozen=True, slots=True)
class Stored:
    """Which stored enrollment to go on with, and what for.

    `via`: what the connection needs from now on, where that was asked for. `same_machine`: somebody has said so; see
    `App.open`. `wait`: seconds for which another process may hold it.
    """

    enrollment_id: str
    goal: Goal
    unlock: Unlock
    via: NewVia | None = None
    same_machine: bool = False
    wait: float = PATIENCE


def go_on(app: App, stored: Stored, job: Job, publish: Callable[[News], None]) -> Outcome:
    """Goes on with what is stored: waits for an approval, or renews."""
    unlock, same = stored.unlock, stored.same_machine
    with app.open(stored.enrollment_id, unlock, wait=stored.wait, same_machine=same) as opened:
        publish(Repaired(opened.notes))
        if stored.via is not None:
            opened.save(_by(opened.enrollment, stored.via))
        if stored.goal is Goal.ENROLL:
            _decide_anew(opened)
        error = app.run(opened, inbox=job.inbox, publish=publish, goal=stored.goal, patient=True)
        return Outcome(opened.enrollment, opened.path, error, opened.notes)


def _by(known: Enrollment, via: NewVia) -> Enrollment:
    """With what its connections need from now on."""
    if via.ca_pem is not None:
        known = replace(known, ca_pem=via.ca_pem, asked=replace(known.asked, ca_file=via.ca_file))
    return replace(known, proxy_login=via.proxy_login or known.proxy_login)


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
