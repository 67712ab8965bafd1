"""Ctrl-C and SIGTERM close the window as its close button does: nothing is asked, nothing is lost."""

import signal
import socket
from contextlib import suppress
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

from enroller.errors import Interrupted


class EndBySignal(QObject):
    """Qt waits in C++, where Python hears no signal, so the signal wakes it through a socket (no timer is needed)."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
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

    def _end(self, _signal: int, _frame: FrameType | None) -> None:
        QApplication.exit(Interrupted.exit_status)
