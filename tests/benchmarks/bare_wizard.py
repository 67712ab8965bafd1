"""The reference: a six-page QWizard with nothing in it, of the same Qt. `--stay` keeps it open."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QVBoxLayout, QWizard, QWizardPage


class FirstPage(QWizardPage):
    """Ends the program as soon as it is on the screen."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The first paint is the end."""
        super().paintEvent(event)
        if "--stay" not in sys.argv:
            QTimer.singleShot(0, lambda: QApplication.exit(0))


def main() -> int:
    """Six pages with a label and a field each."""
    application = QApplication(sys.argv)
    wizard = QWizard()
    for number in range(6):
        page = FirstPage() if number == 0 else QWizardPage()
        page.setTitle(f"Page {number + 1}")
        rows = QVBoxLayout(page)
        rows.addWidget(QLabel("Name:"))
        rows.addWidget(QLineEdit())
        wizard.addPage(page)
    wizard.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
