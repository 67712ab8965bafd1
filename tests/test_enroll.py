"""The loop: each step is saved, then published, then done."""

from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from enroller import errors
from enroller.enroll import Deaf, enroll
from enroller.model import Enrollment, Request, Response, State
from enroller.services import Goal
from enroller.services.safeq_cloud import SafeqCloud
from enroller.session import Session
from enroller.steps import Command, GiveUp, Leave, SaveElsewhere
from tests.fakes import (
    BOOT,
    PENDING,
    FakeClock,
    ListStore,
    Said,
    ScriptedSender,
    Trace,
    an_enrollment,
    enrolled,
    granted,
    oauth_error,
    registered,
    waiting,
)


@dataclass(frozen=True)
class GiveUpDuring:
    """The technician gives up while this answer is on its way."""

    said: Response


class Run:
    """One run of the loop over a scripted service."""

    def __init__(
        self,
        enrollment: Enrollment,
        *script: Response | GiveUpDuring,
        goal: Goal = Goal.ENROLL,
        broken: State | None = None,
        patient: bool = False,
    ):
        trace = Trace([])
        self.lines = trace.lines
        self.inbox: SimpleQueue[Command] = SimpleQueue()
        self.sender = ScriptedSender([self._said(one) for one in script], trace)
        self.store = ListStore(trace, *([broken] if broken else []))
        self.clock = FakeClock()
        self._trace = trace
        self.session = Session(
            enrollment, SafeqCloud(), jitter=lambda: 0.5, nonce=lambda: "a-nonce", goal=goal, patient=patient
        )

    def _said(self, one: Response | GiveUpDuring) -> Said:
        if isinstance(one, Response):
            return one

        def answer(_: Request) -> Response:
            self.inbox.put(GiveUp())
            return one.said

        return answer

    def __call__(self) -> errors.EnrollerError | None:
        return enroll(
            self.session,
            sender=self.sender,
            listener=Deaf(),
            store=self.store,
            clock=self.clock,
            inbox=self.inbox,
            publish=self._trace.publish,
        )


def test_the_order_of_everything() -> None:
    run = Run(an_enrollment(), registered(), PENDING, granted())
    assert run() is None
    assert run.lines == [
        "saved SUBMITTING",
        "published SUBMITTING",
        "sent register",
        "saved AWAITING_APPROVAL",
        "published REGISTERED",
        "published ASKING",
        "sent token",
        "published PENDING",
        "published ASKING",
        "sent token",
        "published APPROVED",
        "saved ENROLLED",
        "published SAVED",
    ]


def test_each_save_goes_on_from_what_was_stored() -> None:
    run = Run(an_enrollment(), registered(), granted())
    run()
    assert [one.revision for one in run.store.saved] == [1, 2, 3]


def test_two_thousand_polls_take_two_thousand_intervals() -> None:
    run = Run(waiting(), *[PENDING] * 2_000, granted())
    assert run() is None
    assert 10_000 < run.clock.now - BOOT < 11_000


def test_what_cannot_be_saved_is_not_sent() -> None:
    run = Run(an_enrollment(), broken=State.SUBMITTING)
    assert isinstance(run(), errors.StorageError)
    assert run.sender.requests == []
    assert run.lines == ["not saved SUBMITTING", "published ENDED"]


def test_credentials_that_cannot_be_saved_end_with_the_storages_error() -> None:
    run = Run(waiting(), granted(), broken=State.ENROLLED)
    assert isinstance(run(), errors.StorageError)
    assert run.session.enrollment.grant is not None


def test_credentials_that_cannot_be_saved_go_to_another_folder_where_somebody_names_one() -> None:
    run = Run(waiting(), granted(), broken=State.ENROLLED, patient=True)
    run.inbox.put(SaveElsewhere(Path("stick")))
    assert run() is None
    saving = run.lines.index("not saved ENROLLED")
    assert run.lines[saving:] == [
        "not saved ENROLLED",
        "published SAVE_FAILED",
        "moved to stick",
        "saved SAVING",
        "saved ENROLLED",
        "published SAVED",
    ]


def test_a_resumed_run_recovers_credentials_that_could_not_be_saved() -> None:
    """The code is spent and the tokens are lost; the known key gets new ones without an administrator."""
    run = Run(waiting(), oauth_error("invalid_grant"), registered(), granted())
    assert run() is None
    assert [line for line in run.lines if line.startswith("sent")] == ["sent token", "sent register", "sent token"]


def test_a_command_ends_a_wait() -> None:
    run = Run(an_enrollment(), registered())
    leave = errors.StillWaiting("later")
    run.inbox.put(Leave(leave))
    assert run() is leave
    assert run.store.saved[-1].state is State.AWAITING_APPROVAL


def test_a_command_during_a_request_is_obeyed_after_a_pending_answer() -> None:
    run = Run(waiting(), GiveUpDuring(PENDING))
    assert isinstance(run(), errors.Interrupted)
    assert run.store.saved[-1].state is State.CANCELLED


def test_but_a_late_grant_is_recorded_first() -> None:
    run = Run(waiting(), GiveUpDuring(granted()))
    assert run() is None
    assert run.store.saved[-1].state is State.ENROLLED


def test_and_a_late_ticket_too() -> None:
    run = Run(an_enrollment(), GiveUpDuring(registered()))
    run()
    assert [one.state for one in run.store.saved[-2:]] == [State.AWAITING_APPROVAL, State.CANCELLED]
    assert run.store.saved[-1].ticket is not None


def test_a_new_refresh_token_is_stored_before_anybody_can_use_it() -> None:
    run = Run(enrolled(), granted(2), goal=Goal.REFRESH)
    assert run() is None
    assert run.lines == ["published ASKING", "sent token", "published APPROVED", "saved ENROLLED", "published SAVED"]


def test_the_sender_is_given_the_services_requests() -> None:
    run = Run(an_enrollment(), registered(), granted())
    run()
    base = "https://acme.example:7400/oauth/v1"
    assert [one.url for one in run.sender.requests] == [f"{base}/register", f"{base}/token"]
