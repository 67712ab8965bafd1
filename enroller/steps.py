"""What goes into the session and what comes out: events, actions, snapshots. Frozen values, no behaviour."""

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from enroller import errors
from enroller.model import Credential, Enrollment, Login, Request, Response, Secret, Via


class Happening(Enum):
    """What a snapshot tells, for the words on a page and the events on a line."""

    SUBMITTING = auto()
    REGISTERED = auto()
    ASKING = auto()
    PENDING = auto()
    RETRYING = auto()
    CREDENTIAL_WANTED = auto()
    APPROVED = auto()
    SAVED = auto()
    REMOVED = auto()
    SAVE_FAILED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Now:
    """`boot`: seconds of a clock that counts through sleep; `wall`: seconds since the epoch.

    Outside the session `wall` is what the machine believes; inside, and in snapshots, it is the time as the service's
    answers tell it.
    """

    boot: float
    wall: float


@dataclass(frozen=True, slots=True)
class Started:
    """The session begins, or goes on after a restart."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The service answered the request."""

    answer: Response


@dataclass(frozen=True, slots=True)
class Failed:
    """There was no answer, or it could not be used."""

    error: errors.EnrollerError


@dataclass(frozen=True, slots=True)
class Due:
    """The wait is over, or what was to be done at once is done."""


@dataclass(frozen=True, slots=True)
class Woken:
    """The machine has slept, somebody has set its clock, or it is in another network: now is a good time to ask."""


@dataclass(frozen=True, slots=True)
class SaveFailed:
    """The step's enrollment could not be stored."""

    error: errors.StorageError


@dataclass(frozen=True, slots=True)
class CannotStore:
    """Nothing was asked: what the answer brings could not be stored."""

    error: errors.StorageError


@dataclass(frozen=True, slots=True)
class CheckNow:
    """The technician does not want to wait for the next check, or to try the failed save again."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Go away and keep everything; `error` is what the command ends with."""

    error: errors.EnrollerError


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The technician gives the request up."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A new API key, password or token in the place of one that is not accepted any more."""

    credential: Credential


@dataclass(frozen=True, slots=True)
class NewVia:
    """Certificates to trust (from that file), or a login for the proxy; None: as before."""

    ca_file: str | None = None
    ca_pem: str | None = field(default=None, repr=False)
    proxy_login: Login | None = None


@dataclass(frozen=True, slots=True)
class SaveElsewhere:
    """The data folder takes no more: keep the enrollment in this one from now on."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Approve:
    """The technician's account may approve the device, and the technician wants it to."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A message came over the channel."""

    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """The channel was lost, or joined anew: a message may have been missed."""


Order = CheckNow | Leave | GiveUp | NewCredential | NewVia | Approve | Pushed | ChannelChanged
"""What the session obeys at any time."""

Command = Order | SaveElsewhere
Event = Started | Answered | Failed | Due | Woken | SaveFailed | CannotStore | Order


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request, `via` what it needs, and come back with Answered or Failed.

    `channel`: what joins the channel that must be joined before; None: nobody listens.
    """

    request: Request
    via: Via
    channel: Secret | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Come back with Due at this moment of the boot clock (None: never), or with a command before."""

    until: float | None


@dataclass(frozen=True, slots=True)
class Proceed:
    """Come back with Due at once: the step before is to be seen."""


@dataclass(frozen=True, slots=True)
class End:
    """It is over; `error` is None where all is done."""

    error: errors.EnrollerError | None = None


Action = Send | Wait | Proceed | End


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What people and programs are shown. `next_at` and `deadline` are moments of the boot clock, `expires_at` is UTC.

    `problem`: what is in the way just now. `new_approval`: the service does not know the key any more, so an
    administrator has to approve once more. `state_echoed`: see `services.Registered`. `call`: the row of the
    service's table that was asked last.
    """

    happening: Happening
    enrollment: Enrollment
    at: Now
    next_at: float | None = None
    deadline: float | None = None
    problem: errors.EnrollerError | None = None
    new_approval: bool = False
    state_echoed: bool = True
    call: str | None = None

    @property
    def expires_at(self) -> float | None:
        """When the request ends, by the wall clock."""
        return self.enrollment.ticket.expires_at if self.enrollment.ticket else None


@dataclass(frozen=True, slots=True)
class Step:
    """First save the snapshot's enrollment where `save`, then publish the snapshot where `news`, then do the action."""

    action: Action
    snapshot: Snapshot
    save: bool = False
    news: bool = True
