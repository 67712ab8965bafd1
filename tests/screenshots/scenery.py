"""What stands behind the pictures: names of servers that are this machine, and a dark desktop."""

import socket
from typing import Any

from PySide6.QtGui import QColor, QPalette

HOST = "gateway.acme.example"
PROXY = "proxy.acme.example"


def answer_for_the_hosts() -> None:
    """The names in the pictures are this machine."""
    real = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **named: Any) -> Any:
        return real("127.0.0.1" if host in (HOST, PROXY) else host, *rest, **named)

    socket.getaddrinfo = answer


def dark() -> QPalette:
    """The palette of a dark desktop; a bare X server has no setting for it that Qt could follow."""
    palette = QPalette(QColor("#3a3d41"), QColor("#26282b"))
    role = QPalette.ColorRole
    for which, colour in (
        (role.Base, "#1d1f21"),
        (role.AlternateBase, "#2e3135"),
        (role.Text, "#f2f2f2"),
        (role.WindowText, "#f2f2f2"),
        (role.ButtonText, "#f2f2f2"),
        (role.PlaceholderText, "#a5a8ac"),
        (role.Highlight, "#2f81c8"),
        (role.HighlightedText, "#ffffff"),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.ButtonText, role.Text, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor("#7d8085"))
    return palette
