"""One window for each data folder: the first holds a lock; a later start tells it, and opens no other.

The lock is the system's own, so it dies with its process, however that ends. Its file says where the first window
listens. No Qt here, and nothing but the lock is taken before the first page is shown.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from enroller.errors import InUse
from enroller.folders import make_private

if TYPE_CHECKING:
    import socket

LOCK = "wizard.lock"
LONGEST_LINE = 256 * 1024
"""Bytes of a call or an answer; a preset has 64 KiB at most."""

PATIENCE = 10.0
"""Seconds in which the first window must have begun to listen; a start takes a fraction of one."""

ANSWERED_IN = 2.0
"""Seconds for one call. The window answers at once, or it is on its way out."""


class Call(NamedTuple):
    """What a later start tells the first window.

    `activation`: what the desktop gave it, so that the window may come to the front. `preset` and `preset_path`: what
    was handed over, a link or the content of a file and where that was read; or empty. `problem` and `advice`: why what
    was handed over cannot be used, or empty.
    """

    activation: str = ""
    preset: str = ""
    preset_path: str = ""
    problem: str = ""
    advice: str = ""


class Answer(NamedTuple):
    """What the first window says. `used`: it shows what was handed over."""

    used: bool = False


class Claim:
    """The right to be the window of a data folder, held until `release` or the end of the process.

    `descriptor` None: the folder can hold no lock, so every start opens a window of its own.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._word = ""
        self._address: Path | None = None

    def listen(self) -> "socket.socket | None":
        """A socket on which calls arrive, and its address in the lock's file; None where nobody could find it."""
        if self._descriptor is None:
            return None
        import json

        self._word = os.urandom(16).hex()
        try:
            listener, address = self._socket()
        except OSError:
            return None  # a later start waits in vain, and says so
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, json.dumps({"address": address, "word": self._word}).encode())
        except OSError:  # a full disk: the same
            listener.close()
            return None
        listener.setblocking(False)
        return listener

    def read(self, line: bytes) -> Call | None:
        """The call that a line holds; None where its sender cannot read the lock's file, or it is none."""
        import hmac
        import json

        try:
            told = json.loads(line)
            if hmac.compare_digest(told.pop("word").encode(), self._word.encode()):
                return Call(**told)
        except (ValueError, TypeError, AttributeError, KeyError):
            pass
        return None

    def release(self) -> None:
        """Nobody is called here any more. The lock's file stays: whoever removed it might remove another's."""
        if self._address is not None:
            _remove_socket(self._address)
            self._address = None
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _socket(self) -> "tuple[socket.socket, str | int]":
        """A listening socket that only this user's programs can use, and its address: a path, or a port of loopback."""
        import socket

        # One statement with `else`, so that the type checker leaves out the branches of other systems.
        if sys.platform == "win32":  # where Python has no sockets in the file system; the word keeps others out
            listener = socket.create_server(("127.0.0.1", 0))
            return listener, int(listener.getsockname()[1])
        else:
            # Not in the data folder: its path may be longer than a socket's may be (108 bytes, unix(7)), and not every
            # file system has sockets.
            place = Path(_runtime_folder(), _PREFIX + os.urandom(8).hex())
            place.mkdir(mode=0o700)
            self._address = place / "window"
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self._address))
            listener.listen()
            return listener, str(self._address)


def take(folder: Path) -> Claim | None:
    """The claim on a data folder; None where another process holds it."""
    try:
        if not _is_ours(folder):
            return Claim(None)
        make_private(folder)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        return Claim(None)  # what is wrong with the folder is said where something is to be stored
    if not _lock(descriptor):
        os.close(descriptor)
        return None
    _clean_up(descriptor)
    return Claim(descriptor)


def take_or_call(folder: Path, call: Call) -> Claim | Answer:
    """The claim on a data folder, or what the window says that has it. Raises InUse where that does not answer."""
    claim = take(folder)
    if claim is not None:
        return claim
    import time

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = _call(folder, call)
        if answer is not None:
            return answer
        time.sleep(0.05)  # it is just starting, or just ending
        claim = take(folder)
        if claim is not None:
            return claim
    raise InUse(
        f"A window of Enroller's is open for {folder}, and it does not answer.",
        advice="Close it, or end the process. It may be on another machine, where the folder is shared.",
    )


_PREFIX = "enroller-window-"


def _is_ours(folder: Path) -> bool:
    """Whether files of ours belong there: in somebody else's home we would leave what they cannot write."""
    if sys.platform == "win32":
        return True
    else:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        return nearest.stat().st_uid in (0, os.geteuid())


def _runtime_folder() -> str:
    """Where the desktop wants sockets (XDG Base Directory Specification), or where all temporary files are."""
    named = os.environ.get("XDG_RUNTIME_DIR", "")
    if named and os.access(named, os.W_OK):
        return named
    import tempfile

    return tempfile.gettempdir()


def _lock(descriptor: int) -> bool:
    """Locks the file for this process, if no other has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, LONGEST_LINE, os.SEEK_SET)  # behind the content: what is locked cannot be read there
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        # Windows says EACCES for a lock that another has; elsewhere this is a file system that knows no locks.
        return not (sys.platform == "win32" and isinstance(error, PermissionError))
    return True


def _clean_up(descriptor: int) -> None:
    """Removes what a killed window has left: its socket, and where that was."""
    if os.fstat(descriptor).st_size == 0:
        return
    with suppress(OSError, ValueError, TypeError, KeyError):
        _remove_socket(Path(_written(descriptor)["address"]))
    os.ftruncate(descriptor, 0)


def _remove_socket(path: Path) -> None:
    """Nothing but a socket of ours, whatever the file names."""
    import stat

    with suppress(OSError):
        if path.parent.name.startswith(_PREFIX) and stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
            path.parent.rmdir()


def _written(descriptor: int) -> "dict[str, str]":
    """What stands in the lock's file. Raises ValueError."""
    import json

    os.lseek(descriptor, 0, os.SEEK_SET)
    found = json.loads(os.read(descriptor, 4096))
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - broken content, like any other
    return found


def _call(folder: Path, call: Call) -> Answer | None:
    """Calls the window that has the claim; None where it does not listen yet, or not any more."""
    import json

    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
        try:
            told = _written(descriptor)
            address, word = told["address"], told["word"]
        finally:
            os.close(descriptor)
        with _connection(address) as line:
            _let_it_come_forward()
            # What is empty is left out: an open window may be of a version that does not know it.
            told = {name: value for name, value in call._asdict().items() if value}
            line.sendall(json.dumps({**told, "word": word}).encode() + b"\n")
            with line.makefile("rb") as answer:
                return Answer(**json.loads(answer.readline(LONGEST_LINE)))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _connection(address: str) -> "socket.socket":
    """A connection to where the first window listens, with a limit for each step. Raises OSError."""
    import socket

    if sys.platform == "win32":
        return socket.create_connection(("127.0.0.1", int(address)), ANSWERED_IN)
    else:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(ANSWERED_IN)
            line.connect(address)
        except BaseException:
            line.close()
            raise
        return line


def _let_it_come_forward() -> None:
    """Windows lets a program take the foreground only where the one that has it allows that (not verified)."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)  # ASFW_ANY
