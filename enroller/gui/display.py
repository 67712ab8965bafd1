"""Whether there is a display, before Qt finds out by aborting the process."""

import os
import sys


def has_display() -> bool:
    """Windows and macOS always have one; elsewhere a variable tells: X11, Wayland, or a platform chosen by hand."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
