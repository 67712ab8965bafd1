"""Whether this installation is whole: every module, text, picture and library that an enrollment may need is used once.

For packagers, and for whoever wonders. No network is asked, and no enrollment of the user's is touched.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from enroller.errors import BrokenInstallation, EnrollerError
from enroller.preflight import Check, Verdict

if TYPE_CHECKING:
    from enroller.app import App

NAMES = ("modules", "texts", "keys", "tls", "store", "window", "fonts", "pictures", "key_store", "storage")
"""The checks, in the order in which they are made."""


def examine(app: "App", report: Callable[[Check], None]) -> list[Check]:
    """All checks, in the order of NAMES; `report` is called with each as soon as it is done, from the calling thread.

    It takes three seconds, and less than a minute where things hang.
    """
    from enroller.self_test.run import run

    return run(app, report)


def is_packaged() -> bool:
    """Whether this program brings its Python along. On Windows that one takes our program for its own."""
    return bool(getattr(sys, "frozen", False)) or Path(sys.executable or "").stem.startswith("enroller")


def status(checks: list[Check]) -> int:
    """The exit status: 1 where the installation is broken, else that of the first failure, else 0."""
    failed = [check.error.exit_status for check in checks if check.verdict is Verdict.FAILED and check.error]
    whole = BrokenInstallation.exit_status not in failed
    return next(iter(failed), 0) if whole else BrokenInstallation.exit_status


def passed(name: str, found: str) -> Check:
    """What has to be there is there."""
    return Check(name, Verdict.PASSED, found)


def skipped(name: str, found: str) -> Check:
    """It could not be looked at."""
    return Check(name, Verdict.SKIPPED, found)


def noted(name: str, found: str, error: EnrollerError) -> Check:
    """The installation is whole all the same; `error` says what can be done about it."""
    return Check(name, Verdict.NOTED, found, error, error.whose)


def broken(name: str, found: str, advice: str | None = None) -> Check:
    """A part of the installation is missing or does not work."""
    error = BrokenInstallation(found, advice=advice)
    return Check(name, Verdict.FAILED, found, error, error.whose)
