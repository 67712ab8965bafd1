"""What time it is, although the machine's clock may be wrong or somebody sets it: pure arithmetic.

The boot clock is the one that nobody can set, so the time is it plus an offset. At first that is the machine's word, or
what an earlier run has learned; what corrects it is the `Date` of the service's answers (RFC 9110, section 6.6.1), by
whose clock the service's own ends are measured.
"""

from dataclasses import dataclass

from enroller.model import Anchor


@dataclass(frozen=True, slots=True)
class TrueTime:
    """The time is the boot clock plus `offset`, in seconds since the epoch."""

    offset: float

    def at(self, boot: float) -> float:
        """The time at a moment of the boot clock."""
        return boot + self.offset

    def corrected(self, date: float, *, asked_at: float, answered_at: float) -> "TrueTime":
        """With what the `Date` of an answer says.

        It has whole seconds, and was written at some moment between question and answer, so it only tells bounds: what
        lies within them stays, and no countdown jumps for a fraction of a second.
        """
        least, most = date - answered_at, date + 1.0 - asked_at
        return self if least <= self.offset <= most else TrueTime((least + most) / 2)


def begin(anchor: Anchor | None, boot_id: str | None, boot: float, wall: float) -> TrueTime:
    """Before the first answer: by the boot clock where the machine runs since then, and else the machine's word.

    After a new start the machine's clock is taken to be as wrong as it was, but time does not run backwards.
    """
    if anchor is None:
        return TrueTime(wall - boot)
    if _same_start(anchor, boot_id, boot):
        return TrueTime(anchor.true - anchor.boot)
    return TrueTime(max(wall + anchor.true - anchor.wall, anchor.true) - boot)


def latest(anchor: Anchor | None, boot_id: str | None, boot: float, wall: float) -> float:
    """The latest that it may be, in seconds since the epoch: an old token must not pass for a fresh one.

    Either clock may be behind: a virtual machine's boot clock stands still while it is stopped, and the machine's own
    may have been set back. After a new start it may also have been set right.
    """
    known = begin(anchor, boot_id, boot, wall).at(boot)
    if anchor is None:
        return known
    as_wrong_as_it_was = wall + anchor.true - anchor.wall
    return max(known, as_wrong_as_it_was) if _same_start(anchor, boot_id, boot) else max(known, wall)


def _same_start(anchor: Anchor, boot_id: str | None, boot: float) -> bool:
    return boot_id is not None and boot_id == anchor.boot_id and boot >= anchor.boot
