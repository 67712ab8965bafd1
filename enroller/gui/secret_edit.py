"""A line for a secret that may be looked at and not be taken away."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLineEdit

_TAKING = (
    QEvent.Type.KeyPress,  # Ctrl+C and its kin; on X11 also Ctrl+K, which cuts to the end
    QEvent.Type.MouseButtonRelease,  # on X11 whatever was selected is there for a middle click
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.ContextMenu,
)
"""What may end with the text, or a part of it, in the clipboard or in X11's primary selection."""


class SecretEdit(QLineEdit):
    """Gives nothing to the clipboard, whether the text is shown or hidden."""

    def event(self, event: QEvent) -> bool:
        """Qt itself gives a hidden text to nobody, so it is hidden while such an event is handled. Nobody sees that:
        nothing is painted meanwhile."""
        if event.type() not in _TAKING or self.echoMode() is QLineEdit.EchoMode.Password:
            return super().event(event)
        shown = self.echoMode()
        self.setEchoMode(QLineEdit.EchoMode.Password)
        try:
            return super().event(event)
        finally:
            self.setEchoMode(shown)
