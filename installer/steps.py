"""One line for each step of the set-up, the rest in a log file, and a clear sentence for what goes wrong."""

import errno
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

SPACE_NEEDED = 700_000_000
"""Bytes that a whole set-up takes: 450 MB of environment, and room for downloads and caches."""

TAIL_LINES = 16
LINE_LENGTH = 160
"""How much of a failed program's output is shown; all of it is in the log."""


class Problem(Exception):
    """Something that the person in front of the machine can mend; its text is the whole sentence they read."""


_SENTENCES = (
    # In this order: pip reports a full disk or a broken proxy with the words of a missing network as well.
    (
        r"No space left on device|Errno 28|n't have enough free space|not enough space on the disk",
        "The disk is full. About 700 MB are needed, here and for a while in the temporary folder.",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash Sum mismatch",
        "A downloaded package is not the one that this checkout was tested with (its hash differs). Nothing of it "
        "was installed. Try again; if it stays, something between here and the package index changes files.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "The package index's certificate was not accepted. Where a company's proxy opens secure connections, point "
        "PIP_CERT to the company's root certificate and try again.",
    ),
    (
        r"Cannot connect to proxy|Proxy Authentication Required",
        "The proxy did not let the downloads through. Check HTTPS_PROXY and try again.",
    ),
    (
        r"dpkg was interrupted",
        "An earlier installation of system packages was cut off. Mend it with `sudo dpkg --configure -a`, then try "
        "again.",
    ),
    (
        r"Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock directory",
        "Another program is installing system packages. Try again when it has finished.",
    ),
    (
        r"Temporary failure (in name resolution|resolving)|Could not resolve|Name or service not known|getaddrinfo"
        r"|Failed to establish a new connection|Network is unreachable|No route to host|Connection refused"
        r"|Connection reset|Connection timed out|ConnectTimeout|Read timed out|ReadTimeout|Could not connect"
        r"|Unable to connect to",
        "The network could not be reached. The first set-up downloads packages; connect this machine and try again. "
        "Later starts work without a network.",
    ),
    (
        r"No matching distribution found for|not a supported wheel",
        "One of the packages is not offered for this Python and this kind of machine. Use a Python from 3.11 to "
        "3.14 on Linux, macOS or Windows.",
    ),
    (
        r"Unable to locate package|has no installation candidate",
        "The system's package sources do not offer all that is needed. Enable Debian's main section, then try again.",
    ),
    (
        r"Permission denied|EACCES|Errno 13|are you root\?",
        "A right is missing to write there. Is a part of this checkout owned by somebody else?",
    ),
)


def sentence_for(output: str) -> str | None:
    """What to tell a person about a failed step of pip, apt or venv, judged by its output; None when unknown."""
    return next((sentence for pattern, sentence in _SENTENCES if re.search(pattern, output)), None)


def sentence_for_os_error(error: OSError) -> str | None:
    """The same for an error of the operating system that met us ourselves."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. About 700 MB are needed." + where
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"A right is missing to write here{where}. Clone into a folder of your own and try again."
    return None


def require_space(folder: Path) -> None:
    """Raises Problem when a set-up in `folder` would fill its disk: at once, not after minutes of downloading."""
    free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        raise Problem(
            f"The disk is full: {free // 1_000_000} MB are free at {folder}, and about "
            f"{SPACE_NEEDED // 1_000_000} MB are needed."
        )


class Steps:
    """Runs programs: prints one line for each, and keeps what they say in a log file."""

    def __init__(self, log: Path, screen: TextIO) -> None:
        self.log = log
        self._screen = screen
        self._live = screen.isatty()

    def say(self, text: str) -> None:
        """Prints one line for the person."""
        print(text, file=self._screen, flush=True)

    def run(self, title: str, command: Sequence[str], env: Mapping[str, str], cwd: Path, *, heard: str = "") -> None:
        """Runs `command` to its end. Raises Problem with a clear sentence where it fails.

        `heard`: what an earlier program said that may be the reason.
        """
        status, output = self.attempt(title, command, env, cwd)
        if status:
            sentence = sentence_for(heard + output)
            # Where the reason is known, the program's own words are only for those who want to know more.
            tail = output.splitlines()[-(TAIL_LINES // 4 if sentence else TAIL_LINES) :]
            lines = "\n".join(f"    {line[:LINE_LENGTH]}" for line in tail)
            sentence = sentence or f"This step failed: {title}."
            raise Problem(f"{sentence}\n{lines}\n  All of it: {self.log}")

    def attempt(self, title: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> tuple[int, str]:
        """Runs `command`, showing `title` and the seconds that it takes; returns its status and its output."""
        begun = time.monotonic()
        self._show(f"  {title} …")
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=dict(env), cwd=cwd
            )
            try:
                status = self._wait(process, title, begun)
            except BaseException:  # Ctrl-C and SIGTERM too: nothing may go on behind the person's back
                self._show("\n")
                stop(process)
                raise
        took = f"{time.monotonic() - begun:.1f} s"
        self._show(f"\r  {title} … {took}\n" if self._live else f" {took}\n")
        with self.log.open("rb") as log:
            log.seek(start)
            return status, log.read().decode(errors="replace")

    def _wait(self, process: subprocess.Popen[bytes], title: str, begun: float) -> int:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if self._live:
                    self._show(f"\r  {title} … {time.monotonic() - begun:.0f} s")

    def _show(self, text: str) -> None:
        self._screen.write(text)
        self._screen.flush()


def foreground(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> int:
    """Runs a program that owns the terminal and returns its status. Ctrl-C is left to it, and then ends us with 130."""
    process = subprocess.Popen(command, env=dict(env), cwd=cwd)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal sent it the same signal; it may want a moment to tidy up.
        try:
            process.wait(timeout=10)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            stop(process)
        raise
    except BaseException:
        stop(process)
        raise


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program: politely, then for good after five seconds. One that belongs to root (sudo) is left alone."""
    try:
        process.terminate()
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    except PermissionError:
        pass


def end_on_sigterm() -> None:
    """Lets SIGTERM unwind like an exception, so that what was started here is ended as well."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
