"""Files and links that macOS hands over: not as arguments of a start, but as events (not verified on a Mac)."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QUrl
from PySide6.QtGui import QFileOpenEvent


class Opened(QObject):
    """Tells `open_one` of each file, by its `file:` address, and of each link."""

    def __init__(self, application: QObject, open_one: Callable[[str], None]) -> None:
        super().__init__(application)
        self._open = open_one
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes these events, and leaves all others to whom they are for."""
        if isinstance(event, QFileOpenEvent):
            self._open(event.url().toString(QUrl.ComponentFormattingOption.FullyEncoded))
            return True
        return super().eventFilter(watched, event)
