"""Starts the window. Start-up counts: nothing is imported here that the first page does not need."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from enroller import errors
from enroller.gui.display import has_display

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from enroller.app import App
    from enroller.gui.prefill import Prefill
    from enroller.gui.wizard import EnrollWizard


def run(
    data_dir: Path | None,
    *,
    verbose: bool = False,
    preset: Path | None = None,
    prefill: "Prefill | None" = None,
    exit_after_start: bool = False,
) -> int:
    """Opens the wizard and returns when it is closed: 0, or 130 where a signal closed it.

    Raises InputError without a display or with a bad preset.
    """
    _need_display()
    if preset is not None:
        from enroller.gui.preset import read

        prefill = read(preset)
    # Qt's import hook reads the source of whatever is imported after it, so ours comes first.
    from enroller.app import App

    qt = application(sys.argv[:1])
    wizard = open_wizard(App(data_dir, verbose=verbose), prefill)

    from PySide6.QtCore import QTimer

    if exit_after_start:
        wizard.start_page.shown.connect(lambda: qt.exit(0))
    else:
        wizard.start_page.shown.connect(lambda: QTimer.singleShot(0, wizard, lambda: after_start(wizard)))
    return qt.exec()


def open_wizard(app: "App", prefill: "Prefill | None") -> "EnrollWizard":
    """The window over an engine, shown."""
    from enroller.gui.bridge import Bridge
    from enroller.gui.defects import Defects
    from enroller.gui.wizard import EnrollWizard

    # The engine's thread gives the interpreter back after a millisecond instead of five: the window never waits long.
    sys.setswitchinterval(0.001)
    defects = Defects(app.log)
    sys.excepthook = defects.hook
    wizard = EnrollWizard(app, Bridge(defects.log), prefill)
    wizard.show()
    return wizard


def application(arguments: Sequence[str]) -> "QApplication":
    """The one QApplication, with the names that the desktop uses."""
    from PySide6.QtWidgets import QApplication

    qt = QApplication(list(arguments))
    qt.setApplicationName("enroller")
    qt.setApplicationDisplayName("Enroller")
    qt.setDesktopFileName("enroller")
    return qt


def after_start(wizard: "EnrollWizard") -> None:
    """What can wait until the first page is on the screen."""
    from PySide6.QtWidgets import QApplication

    from enroller.gui import icons

    wizard.setWindowIcon(icons.application())
    if sys.platform != "win32":
        from enroller.gui.signals import EndBySignal

        end = EndBySignal(wizard)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(end.stop)


def _need_display() -> None:
    """Qt would abort the process; a sentence is better."""
    advice = "Use `enroller enroll` instead: it does the same without a screen."
    if not has_display():
        raise errors.InputError("There is no display for the wizard.", advice=advice)
    display = os.environ.get("DISPLAY", "")
    other = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    if sys.platform == "linux" and display.startswith(":") and not other and not _x_server_answers(display):
        raise errors.InputError(f"No X server answers at DISPLAY={display}.", advice=advice)


def _x_server_answers(display: str) -> bool:
    """Local displays listen on a socket of the number after the colon, in the file system or in the abstract space."""
    path = f"/tmp/.X11-unix/X{display[1:].partition('.')[0]}"  # noqa: S108 - where X(7) puts it
    if os.path.exists(path):  # noqa: PTH110 - needs no import
        return True
    try:
        with open("/proc/net/unix", encoding="ascii", errors="replace") as sockets:  # noqa: PTH123 - proc(5)
            return any(line.rstrip().endswith("@" + path) for line in sockets)
    except OSError:
        return True  # nothing known: let Qt find out
