"""A preset that nobody vouches for asks in the window before it fills in anything."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from enroller.gui.notice import Notice, Tone
from enroller.gui.one_line import OneLine
from enroller.gui.page import GRID, button
from enroller.gui.preset_words import listed, rows
from enroller.preset import Preset
from enroller.resources import text


class PresetQuestion(QWidget):
    """What it wants to fill in, who may have made it, and two buttons; the safe one has the focus. `answered`: yes?"""

    answered = Signal(bool)

    def __init__(self, preset: Preset, overruled: tuple[str, ...]) -> None:
        super().__init__()
        values = QFormLayout()
        values.setVerticalSpacing(GRID // 2)
        values.setHorizontalSpacing(2 * GRID)
        for name, value in rows(preset, overruled):
            line = OneLine(value, Qt.TextElideMode.ElideMiddle)  # an address tells by its end whose it is
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            values.addRow(QLabel(name), line)
        warning = Notice()
        unknown = text("preset.unknown_signer" if preset.signed else "preset.unsigned")
        more = []
        if preset.asked.server and "server" not in overruled:
            more.append(text("preset.know_server"))
        if overruled:
            more.append(text("preset.left_out", names=listed(preset, overruled)))
        no, yes = button(text("preset.no")), button(text("preset.yes"))
        for one in (no, yes):
            one.setAutoDefault(True)  # Return presses what has the focus, and never the window's Next
        no.clicked.connect(lambda: self.answered.emit(False))
        yes.clicked.connect(lambda: self.answered.emit(True))
        last = QHBoxLayout()
        last.setSpacing(GRID)
        last.addWidget(no)
        last.addWidget(yes)
        last.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GRID)
        whole.addLayout(values)
        whole.addWidget(warning)
        whole.addLayout(last)
        warning.say(Tone.NOTE, unknown, "\n".join(more))
        QTimer.singleShot(0, no, no.setFocus)  # nobody agrees by a Return too many
