"""A defect in words: its kind and its place, but neither values nor a traceback, which might hold what was typed."""

from pathlib import Path


def describe(error: BaseException) -> str:
    """For example `KeyError in session.py, line 120`."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}, line {frame.tb_lineno}" if frame else "an unknown place"
    return f"{type(error).__name__} in {place}"
