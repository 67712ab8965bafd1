"""The places at which a process may die: found where it touches the disk and the network, while it works.

Nobody lists the calls of the engine. Python's audit events (PEP 578) tell of each change of a name on the disk and of
each connection; what has no event, namely the bytes that are written, made durable, sent and received, is wrapped at
the calls that every library has to make. So a write that is added tomorrow is a place to die at as well.
"""

import io
import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tests.soak.power import Disk

_CHANGES = frozenset(
    {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime"}
)
"""Audit events that come right before a name on the disk, or what it stands for, changes."""

_TWO_NAMES = ("os.link", "os.rename", "os.symlink")
"""Those of them where the new name comes second."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
"""The flags of open(2) that tell a file to be written from one to be read."""

_real_write, _real_fsync, _real_fdopen = os.write, os.fsync, os.fdopen


class Points:
    """Counts the places as they are reached, writes their names to the descriptor `trace`, and dies at number `at`.

    The first place is number 1; with 0 it never dies. `disk`: what it dies of is a power cut.
    """

    def __init__(self, at: int, trace: int, disk: Disk | None = None) -> None:
        self.disk = disk
        self._at = at
        self._trace = trace
        self._numbers = itertools.count(1)  # one step even between threads

    def reached(self, name: str) -> bool:
        """Whether this is the place to die at."""
        _real_write(self._trace, f"{name}\n".encode())
        return next(self._numbers) == self._at

    def pass_by(self, name: str) -> None:
        """Dies here, or goes on."""
        if self.reached(name):
            self.die()

    def die(self) -> NoReturn:
        """Nothing is cleaned up, flushed or said. The kernel ends the process within the call."""
        if self.disk is not None:
            self.disk.lose()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")


def arm(points: Points) -> None:
    """From now on this process passes by `points`. There is no way back, so it is for a process of its own."""
    sys.addaudithook(_listener(points))
    calls = {"write": _deadly_write(points), "fsync": _deadly_fsync(points), "fdopen": _deadly_fdopen}
    for name, deadly in calls.items():
        setattr(os, name, deadly)
    for name, deadly in _deadly_connections(points).items():
        setattr(socket.socket, name, deadly)


def _listener(points: Points) -> Callable[[str, tuple[Any, ...]], None]:
    def hear(event: str, details: tuple[Any, ...]) -> None:
        if points.disk is not None and points.disk.busy:
            return
        if event == "socket.connect":
            points.pass_by("connect")
            return
        # An integer in the place of a path: it is open already.
        if event not in _CHANGES and not (
            event == "open" and details[2] & _WRITING and not isinstance(details[0], int)
        ):
            return
        target = details[1] if event in _TWO_NAMES else details[0]
        points.pass_by(f"{event.removeprefix('os.')} {_named(target)}")
        if points.disk is not None:
            points.disk.before(event, details)

    return hear


def _deadly_write(points: Points) -> Callable[..., Any]:
    """A write gets half through."""

    def write(descriptor: int, data: Any, /) -> int:
        path = _open_as(descriptor)
        if points.disk is not None:
            points.disk.written(path)
        if points.reached(f"write {path.name}"):
            _real_write(descriptor, bytes(data)[: len(data) // 2])
            points.die()
        return _real_write(descriptor, data)

    return write


def _deadly_fsync(points: Points) -> Callable[..., Any]:
    def fsync(descriptor: Any) -> None:
        path = _open_as(descriptor)
        points.pass_by(f"fsync {path.name}")
        _real_fsync(descriptor)
        if points.disk is not None:
            points.disk.made_durable(path)

    return fsync


class _Written(io.FileIO):
    """A file of Python's whose bytes go through `os.write`, where they are seen."""

    def write(self, data: Any, /) -> int:
        """One write(2)."""
        return os.write(self.fileno(), data)


def _deadly_fdopen(descriptor: int, mode: str = "r", *more: Any, **options: Any) -> Any:
    if mode != "a":
        return _real_fdopen(descriptor, mode, *more, **options)
    return io.TextIOWrapper(io.BufferedWriter(_Written(descriptor, mode)), **options)


def _deadly_connections(points: Points) -> dict[str, Callable[..., Any]]:
    """What is sent dies half sent, and sent; what is received, when it has come and nobody has looked at it."""
    real_send, real_sendall, real_recv = socket.socket.send, socket.socket.sendall, socket.socket.recv

    def sendall(self: socket.socket, data: Any, *flags: int) -> None:
        if points.reached("send"):
            real_send(self, bytes(data)[: len(data) // 2], *flags)
            points.die()
        real_sendall(self, data, *flags)
        points.pass_by("sent")

    def recv(self: socket.socket, *more: int) -> bytes:
        data = real_recv(self, *more)
        if data:
            points.pass_by("received")
        return data

    return {"sendall": sendall, "recv": recv}


def _named(path: Any) -> str:
    """The last part of a path, or of what an open descriptor stands for."""
    return _open_as(path).name if isinstance(path, int) else Path(os.fsdecode(path)).name


def _open_as(descriptor: int) -> Path:
    """The path of an open file, from proc(5)."""
    return Path(f"/proc/self/fd/{descriptor}").readlink()
