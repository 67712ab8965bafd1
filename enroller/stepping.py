"""What a step is made of: the enrollment, the plan for the next question, and the snapshot of both."""

from dataclasses import replace

from enroller import errors, polling
from enroller.model import Enrollment, State
from enroller.polling import Schedule
from enroller.steps import Action, End, Happening, Now, Snapshot, Step, Wait

OVERSLEPT = 300.0
"""Seconds after the end at which only sleep, or a program that was not running, explains that nobody asked."""


class Stepping:
    """An enrollment on its way, for `Session`, which decides."""

    def __init__(self, enrollment: Enrollment, *, patient: bool) -> None:
        self.enrollment = enrollment
        self._patient = patient
        self._plan = Schedule(enrollment.interval or enrollment.asked.poll_interval or polling.DEFAULT_INTERVAL, 0.0)
        self._new_approval = False
        self._asking: str | None = None

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
        """The ticket's end by the boot clock: the wall clock may be moved while we wait."""
        ticket = self.enrollment.ticket
        if ticket is None or ticket.expires_at is None:
            return None
        return now.boot + (ticket.expires_at - now.wall)

    def _expired(self, now: Now) -> errors.Expired:
        """Our own verdict, for want of the service's; a machine that slept past the end is told so."""
        if self._plan.deadline is not None and now.boot - self._plan.deadline > OVERSLEPT:
            return errors.Expired("The request ended while this device was asleep or Enroller was closed.")
        return errors.Expired("The request ended before somebody approved it.")
