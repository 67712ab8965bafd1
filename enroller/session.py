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

    What is sent is the next row of the service's table (`services.next_call`), be it one call or ten to a state.
    Beside a standing enrollment (refresh, renew, remove) the state stays as it is.

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
from enroller.services import Call, Goal, Learned, NotYet, Outcome, Registered, Removed, Service, next_call
from enroller.stepping import Stepping
from enroller.steps import (
    Answered,
    Approve,
    CannotStore,
    ChannelChanged,
    CheckNow,
    Due,
    End,
    Event,
    Failed,
    GiveUp,
    Happening,
    Leave,
    NewCredential,
    NewVia,
    Now,
    Proceed,
    Pushed,
    SaveFailed,
    Send,
    Started,
    Step,
    Wait,
    Woken,
)

LONG_WORK = 10.0
"""Seconds after which people are told that the service is still at work on what it has taken."""


class Session(Stepping):
    """One enrollment on its way.

    `jitter` gives random numbers from 0 to 1, `nonce` fresh unguessable texts. `patient`: somebody is there to mend a
    refused credential or a full disk, so wait for it instead of ending. `boot_id`: see `clock.boot_id`.
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
        boot_id: str | None = None,
    ) -> None:
        super().__init__(enrollment, service, patient=patient, boot_id=boot_id)
        self._jitter = jitter
        self._nonce = nonce
        self._goal = goal
        self._table = service.tables[Goal.ENROLL]
        self._aside = False
        self._call: Call | None = None
        self._looks = 0
        self._answer_may_be_lost = False
        self._signed_in_again = False

    def on(self, event: Event, now: Now) -> Step:
        """The next step. `now` is what the machine believes; from here on it is what the service's answers tell."""
        told = self._told(event, now)
        try:
            step = self._on(event, told)
        except errors.EnrollerError as error:
            step = self._trouble(error, told)
        self._last = step = self._anchored(step, told, now)
        return step

    def _on(self, event: Event, now: Now) -> Step:
        match event:
            case Started():
                return self._start(now)
            case Answered(answer):
                return self._read(answer, now)
            case Failed(error):
                return self._trouble(error, now)
            case Due():
                return self._due(now)
            case CheckNow():
                return self._hurry(now)
            case Woken():
                return self._woken(now)
            case NewVia():
                return self._new_via(event, now)
            case NewCredential(credential):
                self._signed_in_again = False
                self.enrollment = self._service.accept(self.enrollment, credential)
                return self._finish(now) if self.enrollment.state is State.SAVING else self._ask(now, save=True)
            case Approve():
                return self._approve(now)
            case Pushed(message):
                outcome = self._service.parse_push(self.enrollment, message, now.wall)
                return self._nothing_new(now) if outcome is None else self._take(outcome, now)
            case ChannelChanged():
                return self._look_now(now)
            case SaveFailed(error):
                return self._save_failed(error, now)
            case CannotStore(error):
                return self._cannot_store(error, now)
            case GiveUp():
                return self._end(State.CANCELLED, errors.Interrupted("The request was given up."), now)
            case Leave(error):
                renewing = self.enrollment.grant and self.enrollment.state in (State.SUBMITTING, State.OUTCOME_UNKNOWN)
                if renewing:  # the device is as enrolled as before
                    self._become(state=State.ENROLLED)
                save = self._dropped() or bool(renewing)
                return self._step(Happening.ENDED, End(error), now, problem=error, save=save)

    # How to begin

    def _start(self, now: Now) -> Step:
        enrollment = self.enrollment
        table = self._service.tables.get(self._goal)
        standing = enrollment.state is State.ENROLLED or self._goal is Goal.REMOVE
        if self._goal is not Goal.ENROLL and standing and table and next_call(table, enrollment, now.wall):
            self._table, self._aside = table, True
            return self._ask(now)
        match enrollment.state:
            case State.ENROLLED if self._goal is Goal.ENROLL:
                self._aside = True  # all is done, and a credential that was given all the same is not kept
                return self._step(Happening.SAVED, End(), now, save=self._dropped())
            case State.DENIED:
                error = errors.Denied("This device was rejected.")
                return self._step(Happening.ENDED, End(error), now, problem=error)
            case State.SUBMITTING | State.OUTCOME_UNKNOWN:
                # The last submit may have arrived, so what fails from here on is no first step.
                self._begun = self._answer_may_be_lost = True
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
                return self._ask(now, save=enrollment.state is not State.AWAITING_APPROVAL)

    def _submit(self, now: Now, *, signed: bool) -> Step:
        """A registration, with a nonce of its own."""
        self._table, self._aside = self._service.tables[Goal.ENROLL], False
        self._plan = Schedule(self._plan.interval, now.boot)
        self._become(state=State.SUBMITTING, signed=signed, nonce=self._nonce(), ticket=None, failure=None)
        return self._ask(now, save=True, happening=Happening.SUBMITTING)

    # What to ask

    def _ask(self, now: Now, *, save: bool = False, happening: Happening = Happening.ASKING) -> Step:
        """The call whose turn it is; what the vault does not know yet is saved before it."""
        if self.enrollment.state is State.OUTCOME_UNKNOWN:
            self._become(state=State.SUBMITTING)
            save = True
        call = next_call(self._table, self.enrollment, now.wall)
        if call is None:
            raise ValueError("there is nothing to ask")
        self._call, self._asked_at, self._asking = call, now.boot, call.name
        prepared = call.prepare(self.enrollment, now.wall)
        save = save or prepared != self.enrollment
        self.enrollment = prepared
        # While a registration is made, one command follows the other; while somebody decides, nobody listens.
        listening = call.command or prepared.progress.command is not None or prepared.state is State.SUBMITTING
        channel = self._service.channel(prepared) if listening else None
        return self._step(happening, Send(call.build(prepared), prepared.via, channel), now, save=save)

    def _due(self, now: Now) -> Step:
        if self.enrollment.state is State.SAVING:
            return self._finish(now)
        waiting = self._aside or self.enrollment.state is State.AWAITING_APPROVAL
        again = not waiting and (not self._begun or self.enrollment.state is State.OUTCOME_UNKNOWN)
        return self._ask(now, happening=Happening.SUBMITTING if again else Happening.ASKING)

    def _new_via(self, new: NewVia, now: Now) -> Step:
        enrollment = self.enrollment
        if new.ca_pem is not None:
            self._become(ca_pem=new.ca_pem, asked=replace(enrollment.asked, ca_file=new.ca_file))
        self._become(proxy_login=new.proxy_login or enrollment.proxy_login)
        return self._hurry(now)

    def _approve(self, now: Now) -> Step:
        """With the technician's own account, where the service knows such a thing."""
        asked, progress = self.enrollment.asked, self.enrollment.progress
        self._become(asked=replace(asked, approve=True), progress=replace(progress, approval=None, rejection=None))
        return self._ask(now, save=True)

    # What was answered

    def _read(self, answer: Response, now: Now) -> Step:
        if self._call is None:
            raise ValueError("nothing was asked")
        outcome = self._call.parse(self.enrollment, answer, now.wall)
        self._begun = True
        return self._take(outcome, now)

    def _take(self, outcome: Outcome, now: Now) -> Step:
        known = self.enrollment
        if isinstance(outcome, Learned | NotYet | Registered) and outcome.enrollment is not None:
            self.enrollment = outcome.enrollment
        if self.enrollment.authorization == known.authorization:
            self._signed_in_again = False  # the new token was good for something
        match outcome:
            case Learned(error=error):
                self._looks = 0
                self._plan = replace(self._plan, failures=0)
                return self._ask(now, save=True) if error is None else self._trouble(error, now)
            case NotYet(working_since=float() as since):
                return self._working(since, now, save=self.enrollment != known)
            case NotYet(slow_down=True, interval=interval):
                self._plan = polling.slow_down(self._plan, now.boot, self._jitter(), interval)
                self._become(interval=self._plan.interval)
                return self._not_yet(now, save=True)
            case NotYet():
                self._plan = polling.pending(self._plan, now.boot, self._jitter())
                return self._not_yet(now, save=self.enrollment != known)
            case Registered():
                return self._registered(outcome, now)
            case Grant():
                return self._granted(outcome, now)
            case Removed():
                return self._step(Happening.REMOVED, End(), now)

    def _working(self, since: float, now: Now, *, save: bool) -> Step:
        """The service has taken a command and is at work; people hear of it where that takes long."""
        self._plan = polling.soon(self._plan, now.boot, self._jitter(), self._looks)
        self._looks += 1
        if now.wall - since < LONG_WORK:
            return self._wait(Happening.ASKING, now, save=save)
        busy = errors.Busy("The service is still at work on what it was asked for.")
        return self._wait(Happening.RETRYING, now, save=save, problem=busy)

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
        if signed or enrollment.asked.approve:
            # No human is waited for: the grant is there (page "Register device"), or we approve it.
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
            credential=self.enrollment.credential if self._service.keeps_credential else None,
            authorization=None,
            approved=True,
            signed=False,
            nonce=None,
            ticket=None,
            failure=None,
        )
        return self._step(Happening.APPROVED, Proceed(), now)

    # What went wrong

    def _dropped(self) -> bool:
        """A credential that was given for this errand alone is not kept; says whether there was any."""
        standing = self._aside and self.enrollment.grant is not None
        if not standing or self._service.keeps_credential or self.enrollment.credential is None:
            return False
        self._become(credential=None, authorization=None)
        return True

    def _keep(self, error: errors.EnrollerError, now: Now) -> Step:
        """Ends, and leaves the enrollment in its state."""
        self._dropped()
        self._become(failure=error.code)
        return self._step(Happening.ENDED, End(error), now, problem=error, save=True)

    def _trouble(self, error: errors.EnrollerError, now: Now) -> Step:
        waiting = self.enrollment.state is State.AWAITING_APPROVAL
        undone = isinstance(error, errors.Refused) or (isinstance(error, errors.Unreachable) and error.unheard)
        if self._call is not None and undone:
            self.enrollment = self._call.unsent(self.enrollment)  # so there is no lost answer to reckon with
        if isinstance(error, errors.Unreachable):
            return self._no_answer(error, now)
        if isinstance(error, errors.CredentialRefused):
            return self._credential_refused(error, now)
        if self._aside:
            if self._goal is not Goal.REFRESH or Goal.RENEW in self._service.tables:
                return self._keep(error, now)
            return self._keep(error, now) if isinstance(error, errors.ProtocolError) else self._submit(now, signed=True)
        if isinstance(error, errors.Denied):
            return self._end(State.DENIED, error, now)
        if isinstance(error, errors.Expired):
            return self._end(State.EXPIRED, self._expired(now) if self._overslept(now) else error, now)
        if isinstance(error, errors.CommandRejected) and waiting:
            if not self._patient:
                return self._keep(error, now)
            self._plan = polling.pending(self._plan, now.boot, self._jitter())
            return self._wait(Happening.RETRYING, now, save=True, problem=error)
        if isinstance(error, errors.Refused):
            if waiting:
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
        if not waiting and not error.sent and not self._begun:
            return self._keep(error, now) if self._aside else self._end(State.KEY_READY, error, now)
        # An answer that is too large is no service's at the first step, but may be the grant while we wait.
        if error.sent or (waiting and isinstance(error, errors.TooLarge)):
            self._begun = self._answer_may_be_lost = True
        if isinstance(error, errors.ProxyLogin) and self.enrollment.proxy_login is not None:
            # The same password again and again would lock somebody's account.
            wanted = self._step(Happening.RETRYING, Wait(None), now, problem=error)
            return wanted if self._patient else self._keep(error, now)
        retry_after = error.stay_away(now.wall) if isinstance(error, errors.Busy) else None
        self._plan = polling.trouble(self._plan, now.boot, self._jitter(), retry_after)
        if polling.over(self._plan, now.boot, answered=False):
            return self._end(State.EXPIRED, self._expired(now), now)
        lost = not waiting and not self._aside and error.sent and not isinstance(error, errors.Busy)
        if lost:
            self._become(state=State.OUTCOME_UNKNOWN)
        return self._wait(Happening.RETRYING, now, problem=error, save=lost)

    def _credential_refused(self, error: errors.CredentialRefused, now: Now) -> Step:
        """Signs in again once, by itself; after that a new credential is needed, and all else is kept."""
        signed_out = self._service.sign_out(self.enrollment)
        if signed_out is not None and not self._signed_in_again:
            self._signed_in_again = True
            self.enrollment = signed_out
            return self._ask(now, save=True)
        waiting = self.enrollment.state is State.AWAITING_APPROVAL
        made = self.enrollment.progress.requested_at is not None  # a device that nobody must make twice
        if self._patient and (waiting or self._aside or made or self.enrollment.signed):
            return self._step(Happening.CREDENTIAL_WANTED, Wait(None), now, problem=error, save=True)
        if waiting or self._aside or (self.enrollment.signed and self.enrollment.grant is None):
            return self._keep(error, now)
        return self._end(State.KEY_READY, error, now)
