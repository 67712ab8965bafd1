"""What a step is made of: the enrollment, the plan for the next question, and the snapshot of both."""

from dataclasses import replace

from enroller import errors, polling, true_time
from enroller.model import Anchor, Enrollment, State
from enroller.polling import Schedule
from enroller.services import Service
from enroller.services.answers import date_of, is_strangers
from enroller.steps import Action, Answered, End, Event, Happening, Now, Snapshot, Step, Wait
from enroller.true_time import TrueTime

OVERSLEPT = 300.0
"""Seconds after the end at which only sleep, or a program that was not running, explains that nobody asked."""

WORTH_KEEPING = 2.0
"""Seconds by which the time must have been corrected to be saved for the next run at once."""


class Stepping:
    """An enrollment on its way, for `Session`, which decides. `boot_id`: see `clock.boot_id`."""

    def __init__(self, enrollment: Enrollment, service: Service, *, patient: bool, boot_id: str | None) -> None:
        self.enrollment = enrollment
        self._service = service
        self._patient = patient
        self._boot_id = boot_id
        self._time: TrueTime | None = None
        self._asked_at = 0.0
        self._last: Step | None = None
        self._begun = False
        self._plan = Schedule(enrollment.interval or enrollment.asked.poll_interval or polling.DEFAULT_INTERVAL, 0.0)
        self._new_approval = False
        self._asking: str | None = None

    # What time it is

    def _told(self, event: Event, now: Now) -> Now:
        """The same moment with the true time, which an answer may correct, and the end of the wait with it."""
        self._time = self._time or true_time.begin(self.enrollment.anchor, self._boot_id, now.boot, now.wall)
        # What stands in the service's place may have any clock, and must not end the wait by it.
        answer = event.answer if isinstance(event, Answered) else None
        date = None if answer is None or is_strangers(answer) else date_of(answer)
        if date is not None:
            self._time = self._time.corrected(date, asked_at=self._asked_at, answered_at=now.boot)
        told = Now(now.boot, self._time.at(now.boot))
        if self._plan.deadline is not None:
            self._plan = replace(self._plan, deadline=self._deadline(told))
        return told

    def _anchored(self, step: Step, told: Now, now: Now) -> Step:
        """With the time for a later run in what is saved; saved also where that run would be far off without it."""
        later = true_time.begin(self.enrollment.anchor, self._boot_id, now.boot, now.wall)
        if not step.save and abs(later.at(now.boot) - told.wall) < WORTH_KEEPING:
            return step
        self._become(anchor=Anchor(self._boot_id, now.boot, now.wall, told.wall))
        return replace(step, save=True, snapshot=replace(step.snapshot, enrollment=self.enrollment))

    # When to ask sooner

    def _hurry(self, now: Now) -> Step:
        if self.enrollment.state is State.SAVING:
            return self._finish(now)
        self._plan = self._hurried(now)
        waiting = self.enrollment.state is State.AWAITING_APPROVAL
        return self._wait(Happening.PENDING if waiting else Happening.RETRYING, now, save=True)

    def _hurried(self, now: Now) -> Schedule:
        gap = self._plan.interval if self._service.shortest_gap is None else self._service.shortest_gap
        return polling.hurry(self._plan, now.boot, self._asked_at, gap)

    def _woken(self, now: Now) -> Step:
        """One question now, if the interval allows; who asked us to stay away is obeyed."""
        last = self._last
        waits = last is not None and isinstance(last.action, Wait) and last.action.until is not None
        problem = last.snapshot.problem if last is not None else None
        sent_away = isinstance(problem, errors.Busy) and problem.retry_after is not None
        sooner = waits and not sent_away and self._hurried(now).next_at < self._plan.next_at
        return self._hurry(now) if sooner else self._nothing_new(now)

    def _look_now(self, now: Now) -> Step:
        """A message may have been missed, and none is sent twice: ask once for the command that is under way."""
        if self.enrollment.progress.command is None or self._plan.next_at <= now.boot:
            return self._nothing_new(now)
        self._plan = replace(self._plan, next_at=now.boot)
        return replace(self._nothing_new(now), action=Wait(now.boot))

    def _nothing_new(self, now: Now) -> Step:
        """Goes on with the wait that was interrupted."""
        if self._last is None or not isinstance(self._last.action, Wait):
            return self._wait(Happening.ASKING, now)
        return replace(self._last, save=False, news=False)

    # What a step is made of

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

    def _save_failed(self, error: errors.StorageError, now: Now) -> Step:
        """Keeps in memory what the service has given; somebody may free the disk and try again."""
        if self.enrollment.state is State.ENROLLED:
            self._become(state=State.SAVING)
        if self._patient and self.enrollment.state in (State.SAVING, State.AWAITING_APPROVAL):
            return self._step(Happening.SAVE_FAILED, Wait(None), now, problem=error)
        return self._step(Happening.ENDED, End(error), now, problem=error)

    def _cannot_store(self, error: errors.StorageError, now: Now) -> Step:
        """Nothing was asked. Who waits goes on waiting; who has just begun is told at once."""
        if self.enrollment.state is State.AWAITING_APPROVAL and (self._patient or self._begun):
            self._plan = polling.pending(self._plan, now.boot, 0.0)
            return self._wait(Happening.RETRYING, now, problem=error)
        return self._step(Happening.ENDED, End(error), now, problem=error)

    def _finish(self, now: Now) -> Step:
        self._become(state=State.ENROLLED)
        return self._step(Happening.SAVED, End(), now, save=True)

    def _end(self, state: State, error: errors.EnrollerError, now: Now) -> Step:
        """Ends with `state`; a device that holds credentials stays enrolled unless somebody took them away."""
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
            call=self._asking,
        )
        return Step(action, snapshot, save=save)

    def _become(self, **changes: object) -> None:
        self.enrollment = replace(self.enrollment, **changes)  # type: ignore[arg-type]

    def _deadline(self, now: Now) -> float | None:
        """The ticket's end by the boot clock: the machine's own may be set while we wait."""
        ticket = self.enrollment.ticket
        if ticket is None or ticket.expires_at is None:
            return None
        return now.boot + (ticket.expires_at - now.wall)

    def _overslept(self, now: Now) -> bool:
        return self._plan.deadline is not None and now.boot - self._plan.deadline > OVERSLEPT

    def _expired(self, now: Now) -> errors.Expired:
        """Our own verdict, for want of the service's; a machine that slept past the end is told so."""
        if self._overslept(now):
            return errors.Expired("The request ended while this device was asleep or Enroller was closed.")
        return errors.Expired("The request ended before somebody approved it.")
