"""The first window hears of later starts for its data folder."""

import json
import socket
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, QSocketNotifier

from enroller.gui.claim import LONGEST_LINE, Answer, Call, Claim

CHUNK = 64 * 1024


class Summons(QObject):
    """Calls `heed` for each call and sends back what it answers. All on the window's thread: nothing is waited for."""

    def __init__(self, claim: Claim, heed: Callable[[Call], Answer], parent: QObject) -> None:
        super().__init__(parent)
        self._claim = claim
        self._heed = heed
        self._listener = claim.listen()
        self._callers: set[_Caller] = set()
        self._notifier: QSocketNotifier | None = None
        if self._listener is not None:
            self._notifier = QSocketNotifier(self._listener.fileno(), QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._accept)

    def stop(self) -> None:
        """Nobody is heard any more, and the claim is another's to have."""
        if self._notifier is not None:
            self._notifier.setEnabled(False)
        for caller in list(self._callers):
            caller.hang_up()
        if self._listener is not None:
            self._listener.close()
        self._claim.release()

    def _accept(self) -> None:
        if self._listener is None:
            return
        with suppress(OSError):  # the caller has gone meanwhile
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            self._callers.add(_Caller(connection, self._answer, self._callers.discard, self))

    def _answer(self, line: bytes) -> bytes | None:
        call = self._claim.read(line)
        return None if call is None else json.dumps(self._heed(call)._asdict()).encode() + b"\n"


class _Caller(QObject):
    """One connection: a line comes in, a line goes out."""

    def __init__(
        self,
        connection: socket.socket,
        answer: Callable[[bytes], bytes | None],
        gone: "Callable[[_Caller], None]",
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._connection = connection
        self._answer = answer
        self._gone = gone
        self._line = bytearray()
        self._notifier = QSocketNotifier(connection.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def hang_up(self) -> None:
        """The connection is over."""
        self._notifier.setEnabled(False)
        self._connection.close()
        self._gone(self)
        self.deleteLater()

    def _read(self) -> None:
        try:
            chunk = self._connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        self._line += chunk
        if not chunk or len(self._line) > LONGEST_LINE:
            self.hang_up()
        elif self._line.endswith(b"\n"):
            answer = self._answer(bytes(self._line))
            if answer is not None:
                with suppress(OSError):
                    self._connection.sendall(answer)  # far less than what a socket takes at once
            self.hang_up()
