"""The approver's card: what two people compare before one of them approves the other's device."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout

from enroller.gui.page import GRID, button, label
from enroller.gui.words import Words
from enroller.keys import spoken
from enroller.model import Enrollment, ProfileKey, ServiceName, State
from enroller.resources import text


class ApproversCard(QFrame):
    """Shows it and copies it; no secret is in it."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted = self._squeezed = False
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._lines = label("")
        self._lines.setTextFormat(Qt.TextFormat.PlainText)
        self._lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = label(text("approval.card_title"))
        bold = head.font()
        bold.setBold(True)
        head.setFont(bold)
        self._copy = button(text("approval.copy"))
        self._copy.clicked.connect(self._copied)
        inside = QVBoxLayout(self)
        inside.setSpacing(GRID // 2)
        inside.addWidget(head)
        inside.addWidget(self._lines)
        inside.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def begin(self) -> None:
        """Nothing is known yet, and nothing was copied."""
        self._squeezed = False
        self.dismiss()
        self._copy.setText(text("approval.copy"))

    def dismiss(self) -> None:
        """There is nothing to approve any more."""
        self._wanted = False
        self._show()

    def make_room(self, squeezed: bool) -> None:
        """Something else needs the room for a while."""
        self._squeezed = squeezed
        self._show()

    def tell(self, enrollment: Enrollment, words: Words) -> None:
        """Shows what there is to compare, where somebody has to approve at all."""
        self._lines.setText("\n".join(lines(enrollment, words)))
        self._wanted = _is_to_be_approved(enrollment)
        self._show()

    def _show(self) -> None:
        self.setVisible(self._wanted and not self._squeezed)

    def _copied(self) -> None:
        QGuiApplication.clipboard().setText(self._lines.text())
        self._copy.setText(text("approval.copied"))


def lines(enrollment: Enrollment, words: Words) -> list[str]:
    """What the approver needs to recognise this device."""
    asked, progress = enrollment.asked, enrollment.progress
    if asked.service is ServiceName.PRIVICORE:
        # The description is sent after the approval, so nobody could compare it before.
        found = {"name": asked.device_name, "identifier": progress.device_identifier, "account": asked.username}
    else:
        found = {"device": asked.description, "client_id": asked.client_id}
    said = {name: value for name, value in found.items() if value} | {"server": asked.server}
    if progress.profile_key is ProfileKey.KEPT and progress.kept_key is not None:
        said |= {"kept_key": progress.kept_key, "spoken": spoken(progress.kept_key)}  # not this device's own
    else:
        fingerprint = enrollment.key.fingerprint
        said |= {"fingerprint": fingerprint, "spoken": spoken(fingerprint)}
    return [words(f"approval.card_{name}", value=value) for name, value in said.items()]


def _is_to_be_approved(enrollment: Enrollment) -> bool:
    """Not what proves itself by its signature, what is enrolled, or what the service has no identifier for yet."""
    if enrollment.signed or enrollment.state is State.ENROLLED:
        return False
    known = enrollment.progress.device_identifier is not None
    return known or enrollment.asked.service is ServiceName.SAFEQ_CLOUD
