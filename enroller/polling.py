"""When to ask next: pure arithmetic on the boot clock.

RFC 8628, section 3.5 rules the interval and `slow_down`; RFC 9110, section 10.2.3 `Retry-After`. Jitter only adds: a
poll at exactly the interval earns `slow_down` from services that measure a little differently.
"""

from dataclasses import dataclass, replace

DEFAULT_INTERVAL = 5.0
"""RFC 8628, section 3.2: "If no value is provided, clients MUST use 5 as the default"."""

SLOW_DOWN_STEP = 5.0
"""RFC 8628, section 3.5: the interval is increased by 5 seconds "for this and all subsequent requests"."""

LONGEST_BACKOFF = 60.0
"""Back-off doubles up to this, or stays at the interval in force where that is longer."""

LONGEST_ABSENCE = 3600.0
"""The longest `Retry-After` that is obeyed where the wait has no end of its own, which would bound it."""

LONGEST_PAUSE = 7 * 86_400.0
"""The longest that is obeyed where it has one: that end may be years away."""

JITTER = 0.1
LEAST_JITTER = 0.2
"""At most a tenth is added to any wait, at least a fifth of that."""

FIRST_LOOKS = (0.5, 1.0, 2.0)
"""Seconds before each of the first looks at work that a service does by itself: it usually takes a moment."""

LAST_QUESTION_GRACE = 120.0
"""The last question is often asked by a machine that has just woken up, and its network needs a while: so many seconds
are left for an answer to it, from its first failure on."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The plan for one wait. Times are seconds of the boot clock.

    `deadline`: the last moment at which a question makes sense (None: no end given). `failures`: questions without a
    usable answer in a row. `overdue_since`: when the last question, asked at the deadline or on waking up after it,
    first went without an answer.
    """

    interval: float
    next_at: float
    deadline: float | None = None
    failures: int = 0
    overdue_since: float | None = None

    def remaining(self, now: float) -> float | None:
        """Seconds to the end, never negative; None where there is no end."""
        return None if self.deadline is None else max(0.0, self.deadline - now)


def begin(now: float, *, interval: float | None, deadline: float | None, jitter: float) -> Schedule:
    """The schedule after a registration: one interval before the first poll."""
    return _next(Schedule(interval or DEFAULT_INTERVAL, now, deadline), now, interval or DEFAULT_INTERVAL, jitter)


def at_once(now: float, *, interval: float | None, deadline: float | None) -> Schedule:
    """The schedule after a restart: the last question is long past, so ask now."""
    return Schedule(interval or DEFAULT_INTERVAL, now, deadline)


def pending(plan: Schedule, now: float, jitter: float) -> Schedule:
    """Not approved yet: ask again after the interval."""
    return _next(replace(plan, failures=0), now, plan.interval, jitter)


def soon(plan: Schedule, now: float, jitter: float, looks: int) -> Schedule:
    """The service is at work: look again soon, and after the first `looks` at each interval."""
    delay = FIRST_LOOKS[looks] if looks < len(FIRST_LOOKS) else plan.interval
    return _next(replace(plan, failures=0), now, min(delay, plan.interval), jitter)


def slow_down(plan: Schedule, now: float, jitter: float, server_interval: float | None = None) -> Schedule:
    """`slow_down`: 5 s more for good, or the server's own larger value."""
    interval = max(plan.interval + SLOW_DOWN_STEP, server_interval or 0.0)
    return _next(replace(plan, interval=interval, failures=0), now, interval, jitter)


def trouble(plan: Schedule, now: float, jitter: float, retry_after: float | None = None) -> Schedule:
    """No usable answer: twice the interval, doubling to a minute; a longer `Retry-After` of the server's is obeyed."""
    # 2**10 intervals are beyond any cap; a bound keeps the power small over days of failures.
    failures = min(plan.failures + 1, 10)
    delay = min(plan.interval * 2**failures, max(LONGEST_BACKOFF, plan.interval))
    if retry_after is not None:
        longest = LONGEST_ABSENCE if plan.deadline is None else LONGEST_PAUSE
        delay = max(plan.interval, min(retry_after, longest))
    return _next(replace(plan, failures=failures), now, delay, jitter)


def hurry(plan: Schedule, now: float, asked_at: float, gap: float) -> Schedule:
    """Now is a good time: at once, or as soon as the service's `gap` since the last question has passed."""
    return replace(plan, next_at=min(plan.next_at, max(now, asked_at + gap * (1 + JITTER * LEAST_JITTER))))


def over(plan: Schedule, now: float, *, answered: bool) -> bool:
    """Whether the end has passed and the last question was asked. Without an answer to it, a little grace remains."""
    if answered:
        return plan.deadline is not None and now >= plan.deadline
    return plan.overdue_since is not None and now >= plan.overdue_since + LAST_QUESTION_GRACE


def _next(plan: Schedule, now: float, delay: float, jitter: float) -> Schedule:
    """`jitter`: a random number from 0 to 1. A question that would come after the end becomes the last, at the end."""
    more = 1 + JITTER * (LEAST_JITTER + (1 - LEAST_JITTER) * jitter)
    if plan.deadline is None:
        return replace(plan, next_at=now + delay * more)
    if now < plan.deadline:
        return replace(plan, next_at=min(now + delay * more, plan.deadline), overdue_since=None)  # the end may move
    since = now if plan.overdue_since is None else plan.overdue_since
    # Nobody waits for days for a last word, whatever the server asks for.
    delay = min(delay, max(plan.interval, since + LAST_QUESTION_GRACE - now))
    return replace(plan, next_at=now + delay * more, overdue_since=since)
