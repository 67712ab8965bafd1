"""What is no error of ours: said in a window once, logged by its kind and place, never shown as a traceback."""

from types import TracebackType
from typing import TYPE_CHECKING

from enroller.defect import describe
from enroller.errors import EnrollerError
from enroller.log import Log
from enroller.resources import text

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMessageBox


class Defects:
    """Reports defects; several of the same kind are one."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._said: set[str] = set()
        self._boxes: list[QMessageBox] = []

    def hook(self, _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        """For `sys.excepthook`, which Qt calls for what escapes from a slot: says it once."""
        what = self.log(error)
        if what not in self._said:
            self._said.add(what)
            self._say(f"{EnrollerError.title}: {what}\n\n{EnrollerError.advice}")

    def _say(self, words: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(QMessageBox.Icon.Critical, text("window.title"), words)
        box.setTextFormat(Qt.TextFormat.PlainText)
        # Not `exec`: a defect in an event loop inside of the hook would be raised by the hook itself.
        box.open()
        self._boxes.append(box)

    def log(self, error: BaseException) -> str:
        """Logs it and returns it in words."""
        what = describe(error)
        self._log.write("defect", code=what)
        return what
