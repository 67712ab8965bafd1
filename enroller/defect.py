"""A defect in words: its kind and its place, but neither values nor a traceback, which might hold what was typed."""

import sys
import threading
from pathlib import Path


def describe(error: BaseException) -> str:
    """For example `KeyError in session.py, line 120`."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}, line {frame.tb_lineno}" if frame else "an unknown place"
    return f"{type(error).__name__} in {place}"


def tell_in_words() -> None:
    """From now on what escapes from a thread or a finalizer is told in such a line; Python would print all of it."""
    threading.excepthook = lambda escaped: _tell(escaped.exc_value)
    sys.unraisablehook = lambda escaped: _tell(escaped.exc_value)


def _tell(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, SystemExit) and sys.stderr is not None:
        print(f"Something in Enroller is broken: {describe(error)}.", file=sys.stderr)
