"""The state machine of an enrollment: an event and the time go in, the next action and a frozen snapshot come out.

No clock, socket, thread or Qt. Whoever drives it (`enroll.py`) saves the enrollment where the step says so, publishes
the snapshot, does the action, and comes back with what happened.

    COLLECTING ──key──▶ KEY_READY ──submit──▶ SUBMITTING ──ticket──▶ AWAITING_APPROVAL ──grant──▶ SAVING ──▶ ENROLLED
                            ▲                   │     ▲                 │   │   │                            │
             nothing sent,  │                   │     │ same key        │   │   └─ deadline, expired_token   │ renew,
             invalid_client └───────────────────┤     │                 │   │      ──▶ EXPIRED (start again) │ refresh
                                                ▼     │                 │   └─ access_denied ──▶ DENIED      │ refused
                    answer lost ──▶ OUTCOME_UNKNOWN ──┘                 │                                    │
                                                      ▲                 └─ code used up after a lost answer  │
                                                      └───────────────────── signed registration ◀───────────┘

    Any refusal: FAILED. Given up by the technician: CANCELLED. From each of them the same key can start again.

A lost answer to a submit is asked for again with the same key, never with a second identity; a lost signed
registration is repeated signed. Only where the signature is refused, one unsigned registration follows, and it is
said that it needs a new approval.
"""

from collections.abc import Callable
from dataclasses import replace

from enroller import errors, polling
from enroller.model import Enrollment, Grant, Response, State
from enroller.polling import Schedule
from enroller.services import NotYet, Registered, Service
from enroller.steps import (
    Action,
    Answered,
    CheckNow,
    Due,
    End,
    Event,
    Failed,
    GiveUp,
    Goal,
    Happening,
    Leave,
    NewApiKey,
    Now,
    Proceed,
    SaveFailed,
    Send,
    Snapshot,
    Started,
    Step,
    Wait,
)

OVERSLEPT = 300.0
"""Seconds after the end at which only sleep, or a program that was not running, explains that nobody asked."""


class Session:
    """One enrollment on its way.

    `jitter` gives random numbers from 0 to 1, `nonce` fresh unguessable texts. `patient`: somebody is there to mend a
    rotated API key or a full disk, so wait for it instead of ending.
    """

    def __init__(
        self,
        enrollment: Enrollment,
        service: Service,
        *,
        jitter: Callable[[], float],
        nonce: Callable[[], str],
        goal: Goal = Goal.ENROLL,
        patient: bool = False,
    ) -> None:
        self.enrollment = enrollment
        self._service = service
        self._jitter = jitter
        self._nonce = nonce
        self._goal = goal
        self._patient = patient
        self._plan = Schedule(enrollment.interval or enrollment.asked.poll_interval or polling.DEFAULT_INTERVAL, 0.0)
        self._asked_at = 0.0
        self._answer_may_be_lost = False
        self._new_approval = False
        self._refreshing = False

    def on(self, event: Event, now: Now) -> Step:
        """The next step."""
        match event:
            case Started():
                return self._start(now)
            case Answered(answer):
                try:
                    return self._read(answer, now)
                except errors.EnrollerError as error:
                    return self._trouble(error, now)
            case Failed(error):
                return self._trouble(error, now)
            case Due():
                return self._due(now)
            case CheckNow():
                return self._hurry(now)
            case NewApiKey(api_key):
                self._become(api_key=api_key)
                return self._finish(now) if self.enrollment.state is State.SAVING else self._send(now, save=True)
            case SaveFailed(error):
                return self._save_failed(error, now)
            case GiveUp():
                return self._end(State.CANCELLED, errors.Interrupted("The request was given up."), now)
            case Leave(error):
                renewing = self.enrollment.grant and self.enrollment.state in (State.SUBMITTING, State.OUTCOME_UNKNOWN)
                if renewing:  # the device is as enrolled as before
                    self._become(state=State.ENROLLED)
                return self._step(Happening.ENDED, End(error), now, problem=error, save=bool(renewing))

    # How to begin

    def _start(self, now: Now) -> Step:
        enrollment = self.enrollment
        match enrollment.state:
            case State.ENROLLED if self._goal is Goal.ENROLL:
                return self._step(Happening.SAVED, End(), now)
            case State.ENROLLED if self._goal is Goal.REFRESH and enrollment.grant and enrollment.grant.refresh_token:
                self._refreshing = True
                return self._send(now)
            case State.DENIED:
                error = errors.Denied("The administrator rejected this device.")
                return self._step(Happening.ENDED, End(error), now, problem=error)
            case State.SUBMITTING | State.OUTCOME_UNKNOWN:
                # The last submit may have arrived, so what fails from here on is no first step.
                self._answer_may_be_lost = True
                return self._submit(now, signed=enrollment.signed)
            case State.EXPIRED | State.ENROLLED:
                return self._submit(now, signed=enrollment.approved)
            case _ if enrollment.ticket is None:
                return self._submit(now, signed=enrollment.approved)
            case _:
                # The poll that was under way when we were stopped may have used the code up.
                self._answer_may_be_lost = True
                self._become(state=State.AWAITING_APPROVAL, failure=None)
                self._plan = polling.at_once(now.boot, interval=self._plan.interval, deadline=self._deadline(now))
                return self._send(now, save=enrollment.state is not State.AWAITING_APPROVAL)

    def _submit(self, now: Now, *, signed: bool) -> Step:
        """A registration, with a nonce of its own."""
        self._refreshing = False
        self._plan = Schedule(self._plan.interval, now.boot)
        self._become(state=State.SUBMITTING, signed=signed, nonce=self._nonce(), ticket=None, failure=None)
        return self._send(now, save=True)

    # What to ask

    def _send(self, now: Now, *, save: bool = False) -> Step:
        """The question that the state calls for; what the vault does not know yet is saved before it."""
        self._asked_at = now.boot
        if self._refreshing:
            return self._step(Happening.ASKING, Send(self._service.build_refresh(self.enrollment)), now, save=save)
        if self.enrollment.state is State.AWAITING_APPROVAL:
            return self._step(Happening.ASKING, Send(self._service.build_poll(self.enrollment)), now, save=save)
        return self._step(Happening.SUBMITTING, Send(self._service.build_register(self.enrollment)), now, save=save)

    def _due(self, now: Now) -> Step:
        if self.enrollment.state is State.SAVING:
            return self._finish(now)
        if self.enrollment.state is State.OUTCOME_UNKNOWN:
            self._become(state=State.SUBMITTING)
            return self._send(now, save=True)
        return self._send(now)

    def _hurry(self, now: Now) -> Step:
        if self.enrollment.state is State.SAVING:
            return self._finish(now)
        self._plan = polling.hurry(self._plan, now.boot, self._asked_at)
        waiting = self.enrollment.state is State.AWAITING_APPROVAL
        return self._wait(Happening.PENDING if waiting else Happening.RETRYING, now, save=True)

    # What was answered

    def _read(self, answer: Response, now: Now) -> Step:
        if self._refreshing:
            return self._granted(self._service.parse_refresh(self.enrollment, answer, now.wall), now)
        if self.enrollment.state is not State.AWAITING_APPROVAL:
            return self._registered(self._service.parse_register(self.enrollment, answer, now.wall), now)
        match self._service.parse_poll(self.enrollment, answer, now.wall):
            case NotYet(slow_down=True, interval=interval):
                self._plan = polling.slow_down(self._plan, now.boot, self._jitter(), interval)
                self._become(interval=self._plan.interval)
                return self._not_yet(now, save=True)
            case NotYet():
                self._plan = polling.pending(self._plan, now.boot, self._jitter())
                return self._not_yet(now)
            case Grant() as grant:
                return self._granted(grant, now)

    def _registered(self, registered: Registered, now: Now) -> Step:
        enrollment = self.enrollment
        interval = max(registered.interval or 0.0, enrollment.asked.poll_interval or 0.0) or self._plan.interval
        signed = enrollment.signed
        self._answer_may_be_lost = False
        self._become(
            state=State.AWAITING_APPROVAL,
            ticket=registered.ticket,
            interval=max(interval, enrollment.interval or 0.0),
        )
        if signed:
            # No human is waited for: the grant is there (page "Register device").
            self._plan = polling.at_once(now.boot, interval=self.enrollment.interval, deadline=self._deadline(now))
        else:
            self._plan = polling.begin(
                now.boot,
                interval=self.enrollment.interval,
                deadline=self._deadline(now),
                jitter=self._jitter(),
            )
        return self._wait(Happening.REGISTERED, now, save=True, state_echoed=registered.state_echoed)

    def _not_yet(self, now: Now, *, save: bool = False) -> Step:
        self._answer_may_be_lost = False  # the code is good still, so no lost answer has spent it
        if polling.over(self._plan, now.boot, answered=True):
            return self._end(State.EXPIRED, self._expired(now), now)
        return self._wait(Happening.PENDING, now, save=save)

    def _granted(self, grant: Grant, now: Now) -> Step:
        old = self.enrollment.grant
        if grant.refresh_token is None and old is not None:
            # RFC 6749, section 6: the service may issue a new refresh token; where it does not, the old one stands.
            grant = replace(grant, refresh_token=old.refresh_token)
        self._become(
            state=State.SAVING,
            grant=grant,
            approved=True,
            signed=False,
            nonce=None,
            ticket=None,
            failure=None,
        )
        return self._step(Happening.APPROVED, Proceed(), now)

    def _finish(self, now: Now) -> Step:
        self._become(state=State.ENROLLED)
        return self._step(Happening.SAVED, End(), now, save=True)

    # What went wrong

    def _trouble(self, error: errors.EnrollerError, now: Now) -> Step:
        if isinstance(error, errors.Unreachable):
            return self._no_answer(error, now)
        if isinstance(error, errors.BadApiKey):
            return self._api_key_wanted(error, now)
        if self._refreshing:
            if isinstance(error, errors.ProtocolError):
                return self._end(State.ENROLLED, error, now)
            return self._submit(now, signed=True)
        if isinstance(error, errors.Denied):
            return self._end(State.DENIED, error, now)
        if isinstance(error, errors.Expired):
            return self._end(State.EXPIRED, error, now)
        if isinstance(error, errors.Refused):
            if self.enrollment.state is State.AWAITING_APPROVAL:
                if isinstance(error, errors.CodeUsedUp) and self._answer_may_be_lost:
                    return self._submit(now, signed=True)
            elif self.enrollment.signed:
                # The service does not know our key (any more): once without a signature, and that needs an approval.
                self._new_approval = True
                self._become(approved=False)
                return self._submit(now, signed=False)
        return self._end(State.FAILED, error, now)

    def _no_answer(self, error: errors.Unreachable, now: Now) -> Step:
        waiting = self.enrollment.state is State.AWAITING_APPROVAL
        if not waiting and not error.sent and not self._answer_may_be_lost:
            return self._end(State.KEY_READY, error, now)
        # An answer that is too large is no service's at the first step, but may be the grant while we wait.
        if error.sent or (waiting and isinstance(error, errors.TooLarge)):
            self._answer_may_be_lost = True
        retry_after = error.retry_after if isinstance(error, errors.Busy) else None
        self._plan = polling.trouble(self._plan, now.boot, self._jitter(), retry_after)
        if polling.over(self._plan, now.boot, answered=False):
            return self._end(State.EXPIRED, self._expired(now), now)
        lost = not waiting and not self._refreshing and error.sent and not isinstance(error, errors.Busy)
        if lost:
            self._become(state=State.OUTCOME_UNKNOWN)
        return self._wait(Happening.RETRYING, now, problem=error, save=lost)

    def _api_key_wanted(self, error: errors.BadApiKey, now: Now) -> Step:
        waiting = self.enrollment.state is State.AWAITING_APPROVAL
        if self._patient and (waiting or self.enrollment.signed):
            return self._step(Happening.API_KEY_WANTED, Wait(None), now, problem=error)
        if waiting or (self.enrollment.signed and self.enrollment.grant is None):
            return self._step(Happening.ENDED, End(error), now, problem=error)
        return self._end(State.KEY_READY, error, now)

    def _save_failed(self, error: errors.StorageError, now: Now) -> Step:
        """Keeps in memory what the service has given; somebody may free the disk and try again."""
        if self.enrollment.state is State.ENROLLED:
            self._become(state=State.SAVING)
        if self._patient and self.enrollment.state in (State.SAVING, State.AWAITING_APPROVAL):
            return self._step(Happening.SAVE_FAILED, Wait(None), now, problem=error)
        return self._step(Happening.ENDED, End(error), now, problem=error)

    def _expired(self, now: Now) -> errors.Expired:
        """Our own verdict, for want of the service's; a machine that slept past the end is told so."""
        if self._plan.deadline is not None and now.boot - self._plan.deadline > OVERSLEPT:
            return errors.Expired("The request ended while this device was asleep or Enroller was closed.")
        return errors.Expired("The request ended before somebody approved it.")

    # The parts of a step

    def _wait(
        self,
        happening: Happening,
        now: Now,
        *,
        save: bool = False,
        problem: errors.EnrollerError | None = None,
        state_echoed: bool = True,
    ) -> Step:
        action = Wait(self._plan.next_at)
        return self._step(happening, action, now, save=save, problem=problem, state_echoed=state_echoed)

    def _end(self, state: State, error: errors.EnrollerError, now: Now) -> Step:
        """Ends with `state`; a device that holds credentials stays enrolled unless the administrator took them away."""
        if self.enrollment.grant is not None and state not in (State.DENIED, State.EXPIRED):
            state = State.ENROLLED
        self._become(state=state, failure=error.code)
        return self._step(Happening.ENDED, End(error), now, save=True, problem=error)

    def _step(
        self,
        happening: Happening,
        action: Action,
        now: Now,
        *,
        save: bool = False,
        problem: errors.EnrollerError | None = None,
        state_echoed: bool = True,
    ) -> Step:
        snapshot = Snapshot(
            happening=happening,
            enrollment=self.enrollment,
            at=now,
            next_at=action.until if isinstance(action, Wait) else None,
            deadline=self._plan.deadline,
            problem=problem,
            new_approval=self._new_approval,
            state_echoed=state_echoed,
        )
        return Step(action, snapshot, save=save)

    def _become(self, **changes: object) -> None:
        self.enrollment = replace(self.enrollment, **changes)  # type: ignore[arg-type]

    def _deadline(self, now: Now) -> float | None:
        """The ticket's end by the boot clock: the wall clock may be moved while we wait."""
        ticket = self.enrollment.ticket
        if ticket is None or ticket.expires_at is None:
            return None
        return now.boot + (ticket.expires_at - now.wall)
