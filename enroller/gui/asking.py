"""A question that somebody has to answer before something is lost."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from enroller.resources import text


def confirmed(parent: QWidget, question: str, *, yes: str, no: str) -> bool:
    """Whether somebody wants what loses something; `no` is what Return and Escape mean."""
    box = QMessageBox(QMessageBox.Icon.Question, text("window.title"), question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    stay = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    return box.clickedButton() is not stay
