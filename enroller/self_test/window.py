"""Whether a window can be shown, letters drawn and pictures read.

Qt ends the process where it cannot begin, so this is asked of a process of its own: `enroller self-test --window`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from enroller.errors import InputError
from enroller.preflight import Check, Verdict
from enroller.self_test import broken, is_packaged, noted, passed
from enroller.text import plain

LIMIT = 12.0
"""Seconds for one start of Qt, several times what a slow machine needs from a cold disk."""

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
"""Qt without a display (Qt Platform Abstraction)."""


class Answer(NamedTuple):
    """What the other process found: its checks by name, or for want of any the last words that it said."""

    found: dict[str, tuple[bool, str]]
    last_words: str = ""


def check() -> Iterator[Check]:
    """On the display of this session; where that cannot be used, without one."""
    answer = _ask({})
    if answer.found:
        yield from _told(answer)
        return
    without = _ask(OFFSCREEN)
    if not without.found:
        yield broken("window", f"Qt cannot begin: {answer.last_words}")
        return
    for one in _told(without):
        if one.name == "window" and one.verdict is Verdict.PASSED:
            found = f"This session's display cannot be used ({answer.last_words}). {one.found}"
            yield noted("window", found, InputError(found, advice="Look after the display, or use `enroller enroll`."))
        else:
            yield one


def _told(answer: Answer) -> Iterator[Check]:
    for name, (good, found) in answer.found.items():
        yield passed(name, found) if good else broken(name, found)


def _ask(more: Mapping[str, str]) -> Answer:
    """Starts this program once more, with `more` in its environment."""
    try:
        done = subprocess.run(
            [*_ourselves(), "self-test", "--window"],
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer({}, f"it has not begun after {LIMIT:g} seconds")
    return understood(done.returncode, done.stdout, done.stderr)


def understood(status: int, out: bytes, err: bytes) -> Answer:
    """What the other process has said, however it ended."""
    if status == 0:
        return Answer({name: (bool(good), str(found)) for name, good, found in json.loads(out)})
    lines = [line for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    # Qt names the reason first, then lists its plugins.
    return Answer({}, plain(lines[0] if lines else f"it ended with {status}", 300))


def _ourselves() -> list[str]:
    """How this program is started: a packaged one is its own file, any other a module of its interpreter."""
    if is_packaged():
        return [sys.executable]
    return [sys.executable, *(["-P"] if sys.flags.safe_path else []), "-m", "enroller"]
