"""Which enrollment a command means."""

from collections.abc import Callable, Sequence

from enroller import errors
from enroller.text import plain
from enroller.vault import Summary


def select(known: Sequence[Summary], wanted: str | None, eligible: Callable[[Summary], bool], purpose: str) -> Summary:
    """The enrollment named `wanted`, or the only one that is eligible. Raises InputError with the list otherwise.

    Where none is eligible, one that cannot be read may have been: opening it repairs it, or says what is wrong.
    """
    if wanted is not None:
        for one in known:
            if one.id == wanted:
                return one
        raise _unclear(f"There is no enrollment {plain(wanted, 60)} here.", known)
    candidates = [one for one in known if eligible(one)] or [one for one in known if one.state is None]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise _unclear(f"There are several enrollments to {purpose}: name one.", candidates)
    raise _unclear(f"There is no enrollment to {purpose}.", known)


def _unclear(message: str, known: Sequence[Summary]) -> errors.InputError:
    if not known:
        return errors.InputError(
            message, field="id", advice="Nothing is enrolled here yet: begin with `enroller enroll`."
        )
    lines = [f"{one.id}  {one.state or 'damaged'}  {plain(one.client_id, 60)}  {plain(one.server)}" for one in known]
    return errors.InputError(message, field="id", advice="Here are: " + "; ".join(lines))
