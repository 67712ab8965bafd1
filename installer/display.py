"""A display of our own for tests, benchmarks and screenshots: the same on every machine, and in nobody's way."""

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from installer.steps import Problem, stop

SCREEN = "1366x768x24"
"""The smallest screen that the wizard promises to fit on, in 24-bit colour."""

PATIENCE = 20.0
"""Seconds until a display that does not come up is a failure."""


def neutral(env: Mapping[str, str]) -> dict[str, str]:
    """`env` without what ties a program to the person's own desktop: its display, theme, session bus and key store."""
    tied = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION")
    families = ("QT_", "GTK_", "XDG_CURRENT_", "XDG_SESSION_", "GNOME_", "KDE_")
    return {name: value for name, value in env.items() if name not in tied and not name.startswith(families)}


@contextmanager
def own_display(env: Mapping[str, str], log: Path) -> Iterator[dict[str, str]]:
    """Gives an environment with a fresh X server and window manager, which end with the block.

    On macOS and Windows it is `env` itself: there the one display is used. Raises Problem if no display comes up.
    """
    if sys.platform != "linux":
        yield dict(env)
        return
    with ExitStack() as stack:
        output = stack.enter_context(log.open("ab"))
        # Without it Qt warns, and would look for the person's session bus there. It has to be private (mode 0700).
        private = stack.enter_context(tempfile.TemporaryDirectory(prefix="enroller-run-"))
        display = {**neutral(env), "XDG_RUNTIME_DIR": private}
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        try:
            # A session of their own: Ctrl-C in the terminal is for the tests, and the display outlives them.
            server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"],
                pass_fds=(writer,),
                env=display,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(writer)
        stack.callback(stop, server)
        display["DISPLAY"] = f":{_display_number(reader, log)}"
        manager = subprocess.Popen(
            ["openbox", "--sm-disable", "--config-file", "/etc/xdg/openbox/rc.xml"],
            env=display,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(stop, manager)
        _wait_for_manager(display, log)
        yield display


def _display_number(reader: int, log: Path) -> int:
    """The number that Xvfb writes once it takes connections."""
    ready, _, _ = select.select([reader], [], [], PATIENCE)
    number = os.read(reader, 16).strip() if ready else b""
    if not number:
        raise Problem(f"The X server for the tests (Xvfb) did not start. Its words: {log}")
    return int(number)


def _wait_for_manager(env: Mapping[str, str], log: Path) -> None:
    """Returns once a window manager has signed the root window (EWMH, `_NET_SUPPORTING_WM_CHECK`)."""
    deadline = time.monotonic() + PATIENCE
    ask = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    while time.monotonic() < deadline:
        answer = subprocess.run(ask, env=dict(env), capture_output=True, text=True, check=False)
        if "window id" in answer.stdout:
            return
        time.sleep(0.05)
    raise Problem(f"The window manager for the tests (openbox) did not start. Its words: {log}")
