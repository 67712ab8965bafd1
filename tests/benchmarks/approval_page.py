"""Opens the wizard, goes to the Approval page, says so, and stays there for `seconds`; `--minimized` as an icon."""

import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QTimer

from enroller.gui.order import PageId
from tests.benchmarks.driven import Driven
from tests.benchmarks.processes import SandboxProcess


def main(seconds: float) -> None:
    """Prints the share of a core that this process takes, open and minimized, and the timers that run then."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox = SandboxProcess(folder)
        try:
            driven = Driven(sandbox, folder / "data")
            driven.go_to(PageId.APPROVAL)
            for minimized in (False, True):
                if minimized:
                    driven.wizard.showMinimized()
                _sleep(driven, 2.0)
                begun = time.process_time()
                _sleep(driven, seconds)
                share = (time.process_time() - begun) / seconds * 100
                timers = sum(timer.isActive() for timer in driven.wizard.findChildren(QTimer))
                where = "minimized" if minimized else "open"
                verdict = "" if share <= 0.3 else "  OVER the limit of 0.3 %"
                print(
                    f"cpu     Approval page, {where:<28} {share:5.2f} % of a core, {timers} timers{verdict}", flush=True
                )
            driven.wizard.reject()
        finally:
            sandbox.stop()


def _sleep(driven: Driven, seconds: float) -> None:
    """Waits in Qt's own loop: a loop of ours would be what is measured."""
    QTimer.singleShot(round(seconds * 1000), lambda: driven.qt.exit(0))  # `quit` would close the window
    driven.qt.exec()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
