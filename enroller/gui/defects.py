"""What is no error of ours: said in a window once, logged by its kind and place, never shown as a traceback."""

from types import TracebackType

from enroller.defect import describe
from enroller.errors import EnrollerError
from enroller.log import Log
from enroller.resources import text


class Defects:
    """Reports defects; several of the same kind are one."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._said: set[str] = set()

    def hook(self, _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        """For `sys.excepthook`, which Qt calls for what escapes from a slot: says it once."""
        what = self.log(error)
        if what not in self._said:
            from PySide6.QtWidgets import QMessageBox

            self._said.add(what)
            QMessageBox.critical(None, text("window.title"), f"{EnrollerError.title}: {what}\n\n{EnrollerError.advice}")

    def log(self, error: BaseException) -> str:
        """Logs it and returns it in words."""
        what = describe(error)
        self._log.write("defect", code=what)
        return what
