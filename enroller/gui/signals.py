"""Ctrl-C and SIGTERM close the window as its close button does: nothing is asked, nothing is lost.

While credentials are in memory alone, it is refused as it is there; a second SIGTERM ends all the same.
"""

import signal
import socket
import sys
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from enroller.errors import Interrupted
from enroller.resources import text

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class EndBySignal(QObject):
    """Qt waits in C++, where Python hears no signal, so the signal wakes it through a socket (no timer is needed)."""

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__(wizard)
        self._wizard = wizard
        self._was_refused = False
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno())
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._awake)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def stop(self) -> None:
        """Gives the sockets and the signals back."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._notifier.setEnabled(False)
        self._read.close()
        self._write.close()

    def _awake(self) -> None:
        """Being called is enough: Python runs the handler of the signal before the next line."""
        with suppress(OSError):  # the end may have closed it just before
            self._read.recv(64)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if self._wizard.closing_loses and not (number == signal.SIGTERM and self._was_refused):
            self._was_refused = self._was_refused or number == signal.SIGTERM
            print(text("signal.refused"), file=sys.stderr, flush=True)
            QTimer.singleShot(0, self._wizard, self._wizard.stay_open)
            return
        QApplication.exit(Interrupted.exit_status)
