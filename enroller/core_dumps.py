"""No core dump: what a crash would write to the disk is the whole memory, secrets and all.

PR_SET_DUMPABLE would do it too, at the price of `ctypes` at each start, and a process that is not dumpable cannot use
the desktop's portals: they look at /proc/PID/root, which then belongs to root.
"""

import os
import sys
from contextlib import suppress


def prevent() -> None:
    """From now on a crash of this process leaves no memory on the disk. Takes half a millisecond, and never fails.

    Windows: no crash report, which may carry memory. Windows and macOS are not verified.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_NOGPFAULTERRORBOX)  # SetErrorMode: "the system does not invoke … reporting"
        return
    import resource

    # One byte, not none. No file is that small; and where a program takes the dumps, Linux disregards a limit of none
    # (core(5)), while at a limit of one byte it hands nothing over (do_coredump in fs/coredump.c, since 2.6.32).
    with suppress(OSError, ValueError):  # a container may forbid it
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0 if hard == 0 else 1, hard))
    if sys.platform == "linux":
        # Who takes dumps in yet another way gets one without any memory in it (core(5)).
        with suppress(OSError):
            descriptor = os.open("/proc/self/coredump_filter", os.O_WRONLY)
            try:
                os.write(descriptor, b"0")
            finally:
                os.close(descriptor)
