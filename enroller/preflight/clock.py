"""How far this device's clock is off, by what the service tells of its own."""

from dataclasses import dataclass

from enroller import clock, errors
from enroller.http.explain import blames_clock
from enroller.http.shown import Shown
from enroller.model import Response
from enroller.preflight import Check, Verdict
from enroller.services.answers import date_of
from enroller.text import duration

NOTED_FROM = 30.0
"""Seconds by which the clocks may differ before anybody is told."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment: `wall` by this device's clock, `boot` by one that nobody sets."""

    wall: float
    boot: float

    @classmethod
    def now(cls) -> "Moment":
        return cls(clock.wall(), clock.boot())


def by_answer(answer: Response, asked: Moment, answered: Moment) -> Check:
    """The check `clock`, by the `Date` of an answer (RFC 9110, section 6.6.1).

    It has whole seconds and was written at some moment between question and answer, so it tells bounds.
    """
    date = date_of(answer)
    if date is None:
        return Check("clock", Verdict.SKIPPED, "The service does not tell its time.")
    # By how much the service is ahead, at the least and at the most; the clock may be set while we wait.
    waited = answered.boot - asked.boot
    least, most = date - asked.wall - waited, date + 1.0 - asked.wall
    if least <= 0.0 <= most:
        return _right(max(-least, most))
    return _off((least + most) / 2, (most - least) / 2)


def by_certificate(seen: Shown, now: float) -> Check:
    """The check `clock`, where a certificate's date hindered us: by the unproven word of who showed it."""
    ahead = seen.clock_ahead
    if ahead is None:
        asked = seen.outdated(now) is not None
        found = "The server did not tell its time." if asked else "The service was not reached."
        return Check("clock", Verdict.SKIPPED, found)
    if not blames_clock(seen, now):
        return _right(abs(ahead)) if abs(ahead) <= NOTED_FROM else _off(ahead, 1.0)
    error = errors.WrongClock(
        f"This device's clock is {_difference(ahead)} the server's, and so the certificate seems to be out of date."
    )
    return Check("clock", Verdict.FAILED, error.message, error, error.whose)


def _right(within: float) -> Check:
    return Check("clock", Verdict.PASSED, f"This device's clock agrees with the service's, to {_seconds(within)}.")


def _off(ahead: float, uncertain: float) -> Check:
    found = f"This device's clock is {_difference(ahead)} the service's (to {_seconds(uncertain)})."
    if abs(ahead) <= NOTED_FROM:
        return Check("clock", Verdict.PASSED, found)
    error = errors.WrongClock(found)
    return Check("clock", Verdict.NOTED, found, error, error.whose)


def _difference(ahead: float) -> str:
    return f"{duration(abs(ahead))} {'behind' if ahead > 0 else 'ahead of'}"


def _seconds(within: float) -> str:
    return f"{max(1, round(within))} s"
