"""A question that somebody has to answer before something is lost, and a word to whoever is at another page."""

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


def tell(parent: QWidget, words: str) -> None:
    """Says what belongs to no page; nothing waits for it to be read."""
    box = QMessageBox(QMessageBox.Icon.Information, text("window.title"), words, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
