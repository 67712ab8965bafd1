"""Trusting a company's own root certificate: choose its file, compare its fingerprint, say yes."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout

from enroller.errors import EnrollerError
from enroller.gui.notice import announce
from enroller.gui.page import GRID, button, label
from enroller.gui.work import CaFile, read_ca
from enroller.resources import text
from enroller.text import local_time

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class TrustQuestion(QFrame):
    """Asks in place. `trusted`: somebody has said yes to a CaFile; `refused`: it cannot be one, with the error.

    `opened`: there is a question now; `left`: somebody has said no.
    """

    trusted = Signal(object)
    refused = Signal(object)
    opened = Signal()
    left = Signal()

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__()
        self._wizard = wizard
        self._asked: CaFile | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        head = label(text("trust.question"))
        bold = head.font()
        bold.setBold(True)
        head.setFont(bold)
        self._lines = label("")
        self._lines.setTextFormat(Qt.TextFormat.PlainText)
        self._lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        yes, self._no = button(text("trust.yes")), button(text("trust.no"))
        for one in (yes, self._no):
            one.setAutoDefault(True)  # Return presses what has the focus, and never the window's Next
        yes.clicked.connect(self._said_yes)
        self._no.clicked.connect(self._said_no)
        last = QHBoxLayout()
        last.setSpacing(GRID)
        last.addWidget(yes)
        last.addWidget(self._no)
        last.addStretch(1)
        inside = QVBoxLayout(self)
        inside.setSpacing(GRID // 2)
        inside.addWidget(head)
        inside.addWidget(self._lines)
        inside.addLayout(last)
        self.hide()

    def choose(self, before: str = "") -> None:
        """Lets the technician choose the file (`before`: the one there was), reads it, and asks."""
        where = str(Path(before).parent) if before else str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self, text("server.ca_dialog"), where, text("server.ca_filter"))
        if chosen:
            self._wizard.bridge.start(
                lambda _job, _publish: read_ca(self._wizard.app, chosen), done=self._ask, failed=self._refused
            )

    def close_question(self) -> None:
        """It does not matter any more."""
        self._asked = None
        self.hide()

    def _ask(self, found: CaFile) -> None:
        self._asked = found
        said = "\n".join(lines(found))
        self._lines.setText(said)
        self.setAccessibleName(said)
        self.show()
        self.opened.emit()
        self._no.setFocus()  # nobody trusts by a Return too many
        announce(self, said)

    def _refused(self, error: EnrollerError) -> None:
        self.close_question()
        self.refused.emit(error)

    def _said_yes(self) -> None:
        found, self._asked = self._asked, None
        self._hand_on_the_focus()
        self.hide()
        self.trusted.emit(found)

    def _said_no(self) -> None:
        self._hand_on_the_focus()
        self.close_question()
        self.left.emit()

    def _hand_on_the_focus(self) -> None:
        """To the page: else the button that goes away would hand it on to one that does something."""
        self._wizard.currentPage().setFocus()


def lines(found: CaFile) -> list[str]:
    """What is to be compared, of each certificate of the file."""
    said = []
    for one in found.certificates:
        said.append(
            text("trust.subject" if one.is_ca else "trust.own", subject=one.subject, until=local_time(one.ends))
        )
        said += (one.sha256_fingerprint[:48], one.sha256_fingerprint[48:])  # 16 bytes a line
    return said
