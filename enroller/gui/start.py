"""Starts the window. Start-up counts: nothing is imported here that the first page does not need."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from enroller import errors
from enroller.gui.display import has_display
from enroller.resources import text

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from enroller.app import App
    from enroller.gui.claim import Answer, Call, Claim
    from enroller.gui.prefill import Prefill
    from enroller.gui.summons import Summons
    from enroller.gui.wizard import EnrollWizard


def run(
    data_dir: Path | None,
    *,
    verbose: bool = False,
    preset: str | None = None,
    handed: str | None = None,
    prefill: "Prefill | None" = None,
    exit_after_start: bool = False,
) -> int:
    """Opens the wizard and returns when it is closed: 0, or 130 where a signal closed it.

    `preset`: a file, given as an option; `handed`: a file or a link that a desktop has handed over. What is wrong with
    that is said in the window, since nobody sees anything else. Where a window is open for that data folder already,
    that one comes to the front instead, and this returns 0. Raises InputError without a display, with a bad preset, or
    with both, and InUse where the open window does not answer.
    """
    _need_display()
    call = _call(preset, handed)
    # Qt's import hook reads the source of whatever is imported after it, so ours comes first.
    from enroller.app import App
    from enroller.gui.claim import Answer, take_or_call

    app = App(data_dir, verbose=verbose)
    claim = take_or_call(app.data_dir, call)
    if isinstance(claim, Answer):
        _say_that_it_is_open(claim, call)
        return 0
    _speak()
    qt = application(sys.argv[:1])
    wizard = open_wizard(app, prefill, call)
    if sys.platform == "darwin":
        from enroller.gui.opened import Opened

        Opened(qt, partial(hand_over, wizard))

    from PySide6.QtCore import QTimer

    if exit_after_start:
        wizard.start_page.shown.connect(lambda: qt.exit(0))
    else:
        wizard.start_page.shown.connect(lambda: QTimer.singleShot(0, wizard, lambda: after_start(wizard, claim)))
    return qt.exec()


def _call(preset: str | None, handed: str | None) -> "Call":
    """What this start has to tell the window, be it its own or one that is open. Raises InputError."""
    from enroller.gui.claim import Call

    if preset is not None and handed is not None:
        raise errors.InputError("A preset was given twice.", field="preset", advice="Give it as FILE or by --preset.")
    if preset is None and handed is None:
        return Call(_activation())
    from enroller.preset import taken

    try:
        found = taken(preset if preset is not None else handed or "")
        found.preset()
    except errors.InputError as error:
        if handed is None:
            raise
        return Call(_activation(), problem=error.message, advice=error.advice)
    return Call(_activation(), found.text, found.path)


def _speak() -> None:
    """The language that the administrator has set."""
    from enroller import resources, settings

    language = settings.current().given.get("language")
    if language is not None:
        resources.speak(language.value)


def _activation() -> str:
    """What the desktop has given this start, so that its window may come to the front: on Wayland, then on X11."""
    return os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID") or ""


def _say_that_it_is_open(answer: "Answer", call: "Call") -> None:
    said = "Enroller is open already; its window was brought to the front."
    if call.problem:
        said += f" {call.problem} {call.advice}"
    elif call.preset and answer.used:
        said += " It shows the preset."
    elif call.preset:
        said += " The preset was not used, since something is under way there: finish that or close the window first."
    print(said, file=sys.stderr)


def open_wizard(app: "App", prefill: "Prefill | None", call: "Call | None" = None) -> "EnrollWizard":
    """The window over an engine, shown. `call`: what this start was told."""
    from enroller.gui.bridge import Bridge
    from enroller.gui.defects import Defects
    from enroller.gui.wizard import EnrollWizard

    # The engine's thread gives the interpreter back after a millisecond instead of five: the window never waits long.
    sys.setswitchinterval(0.001)
    defects = Defects(app.log)
    sys.excepthook = defects.hook
    wizard = EnrollWizard(app, Bridge(defects.log), prefill)
    if call is not None:
        _take_up(wizard, call)
    wizard.show()
    return wizard


def application(arguments: Sequence[str]) -> "QApplication":
    """The one QApplication, with the names that the desktop uses."""
    from PySide6.QtWidgets import QApplication

    qt = QApplication(list(arguments))
    qt.setApplicationName("enroller")
    qt.setApplicationDisplayName("Enroller")
    qt.setDesktopFileName("org.enroller.Enroller")
    return qt


def after_start(wizard: "EnrollWizard", claim: "Claim | None" = None) -> None:
    """What can wait until the first page is on the screen. `claim`: on the data folder; later starts are heard."""
    from PySide6.QtWidgets import QApplication

    from enroller.gui import icons

    wizard.setWindowIcon(icons.application())
    wizard.start_page.examine_store()
    application = QApplication.instance()
    if application is None:
        return
    if sys.platform != "win32":
        from enroller.gui.signals import EndBySignal

        end = EndBySignal(wizard)
        application.aboutToQuit.connect(end.stop)
    if claim is not None:
        application.aboutToQuit.connect(hear_others(wizard, claim).stop)


def hear_others(wizard: "EnrollWizard", claim: "Claim") -> "Summons":
    """Hears of later starts for the data folder, until it is stopped."""
    from enroller.gui.summons import Summons

    return Summons(claim, partial(_heed, wizard), wizard)


def _heed(wizard: "EnrollWizard", call: "Call") -> "Answer":
    """A later start: the window comes to the front, with what was handed over where that disturbs nothing."""
    from enroller.gui.claim import Answer

    used = _take_up(wizard, call)
    wizard.come_forward(call.activation)
    if not used and (call.preset or call.problem):
        from enroller.gui.asking import tell

        tell(wizard, f"{call.problem} {call.advice}" if call.problem else text("preset.busy"))
    return Answer(used)


def hand_over(wizard: "EnrollWizard", word: str) -> None:
    """The desktop hands a file or a link over to the window that is open."""
    _heed(wizard, _call(None, word))


def _take_up(wizard: "EnrollWizard", call: "Call") -> bool:
    """Shows what was handed over; returns whether it did. A start that has nothing to tell asks for nothing."""
    if wizard.is_busy or not (call.preset or call.problem):
        return False
    if call.problem:
        wizard.start_page.complain(errors.InputError(call.problem, advice=call.advice))
        return True
    from enroller.preset import Handed

    try:
        wizard.start_page.offer(Handed(call.preset, call.preset_path).preset())
    except errors.InputError as error:  # only where somebody calls who is not of this version
        wizard.start_page.complain(error)
    return True


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
