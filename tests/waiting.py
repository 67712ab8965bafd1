"""Waiting for what another process or thread brings about, where no signal of its own tells."""

import time
from collections.abc import Callable

LOOK = 0.02
"""Seconds between two looks."""


def until(condition: Callable[[], object], what: str, patience: float = 60.0) -> None:
    """Returns as soon as the condition holds; fails with `what` after `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(LOOK)
