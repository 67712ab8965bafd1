"""The real wizard in this process, driven page by page, with a heart that beats every millisecond."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QComboBox

from enroller.app import App
from enroller.gui.order import PageId
from enroller.gui.prefill import Prefill
from enroller.gui.start import after_start, application, open_wizard
from enroller.model import Asked, Credential, CredentialKind, Protection, Secret
from tests.benchmarks.processes import SandboxProcess

PATIENCE = 60.0


class Heart:
    """Counts the longest time in milliseconds between two beats: how long the window did not react."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._beat)
        self._last = 0.0
        self.longest = 0.0

    @contextmanager
    def beating(self) -> Iterator["Heart"]:
        """Beats while the block runs."""
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer.start()
        yield self
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, (now - self._last) * 1000)
        self._last = now


class Driven:
    """The wizard over a sandbox, on its first page."""

    def __init__(self, sandbox: SandboxProcess, folder: Path) -> None:
        self.qt = QApplication.instance() or application(["enroller"])
        asked = Asked(server=sandbox.url, client_id="", ca_file=sandbox.ca_file, protection=Protection.FILE)
        credential = Credential(CredentialKind.API_KEY, Secret(sandbox.api_key))
        self.wizard = open_wizard(App(folder), Prefill(asked, credential))
        self.wait(0.5)
        after_start(self.wizard)

    def wait(self, seconds: float) -> None:
        """Lets the window live for a while."""
        self.until(lambda: False, seconds, fail=False)

    def until(self, done: Callable[[], bool], seconds: float = PATIENCE, *, fail: bool = True) -> None:
        """Lets the window live until `done`. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                if fail:
                    raise TimeoutError(f"still on page {self.wizard.currentId()}")
                return
            self.qt.processEvents()
            time.sleep(0.0002)

    def go_to(self, page: PageId) -> None:
        """Presses Next until that page is shown."""
        while self.wizard.currentId() < page:
            here = self.wizard.currentId()
            self.until(lambda: self.wizard.currentPage().isComplete())
            self.wizard.next()
            self.until(lambda here=here: self.wizard.currentId() != here)  # type: ignore[misc]

    def key_choices(self) -> tuple[QComboBox, QComboBox]:
        """The key page's fields for the key type and the length."""
        kind, bits = self.wizard.currentPage().findChildren(QComboBox)[:2]
        bits.setCurrentIndex(bits.count() - 1)
        return kind, bits
