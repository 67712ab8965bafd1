"""The longest time that the window does not react, while the engine's thread is busy in each of its ways."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from enroller.gui.order import PageId
from tests.benchmarks.driven import Driven, Heart
from tests.benchmarks.processes import SandboxProcess

LIMIT = 16.0
"""Milliseconds: one frame of a screen at 60 Hz."""


def main(seconds: float) -> None:
    """Prints a line for each load; `seconds` is how long each of them lasts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox = SandboxProcess(folder)
        try:
            _measure(sandbox, folder, seconds)
        finally:
            sandbox.stop()


def _measure(sandbox: SandboxProcess, folder: Path, seconds: float) -> None:
    driven = Driven(sandbox, folder / "data")
    heart = Heart()
    with heart.beating():
        driven.wait(seconds)
    _tell("nothing to do (the reference)", heart)
    driven.go_to(PageId.KEY)
    driven.until(driven.wizard.currentPage().isComplete)
    kind, _ = driven.key_choices()
    with heart.beating():
        kind.setCurrentIndex(1)
        kind.activated.emit(1)
        driven.until(driven.wizard.currentPage().isComplete)
    _tell("generating RSA-4096", heart)
    driven.go_to(PageId.REVIEW)
    real_fsync = os.fsync
    os.fsync = _slow(real_fsync)  # type: ignore[assignment]
    with heart.beating():
        driven.go_to(PageId.APPROVAL)
        driven.wait(seconds)
    os.fsync = real_fsync
    _tell("a disk that takes 0.2 s for each write", heart)
    for fault, words in (("slow_drip", "a server that drips"), ("hang", "a server that hangs")):
        sandbox.inject(fault, "token")
        driven.wait(6)  # the question after this one meets the fault
        with heart.beating():
            driven.wait(seconds)
        sandbox.clear()
        _tell(words, heart)
    driven.wizard.reject()


def _slow(fsync: Callable[[int], None]) -> Callable[[int], None]:
    def slowly(descriptor: int) -> None:
        time.sleep(0.2)
        fsync(descriptor)

    return slowly


def _tell(what: str, heart: Heart) -> None:
    verdict = "" if heart.longest <= LIMIT else f"  OVER the limit of {LIMIT:.0f} ms"
    print(f"stall   {what:<42} {heart.longest:6.1f} ms{verdict}", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
