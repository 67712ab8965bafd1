"""The real command in a process of its own, watched from outside: what it prints, its arguments, its children."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which a command is stuck."""

GLANCE = 0.01
"""Seconds between two looks at the process and its children."""

DEVELOPED = ("-X", "dev", "-X", "faulthandler")
"""Python's own helpers for developers, which say more than usual when something is wrong."""


@dataclass(frozen=True)
class Ended:
    """What was seen of a command. `seen`: arguments and environments of it and its children, by what they are."""

    status: int
    out: bytes
    err: bytes
    seen: Mapping[str, bytes]


def run(
    arguments: list[str],
    *,
    module: str = "enroller",
    folder: Path,
    python: tuple[str, ...] = (),
    stdin: bytes = b"",
    interrupt_at: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Runs it to its end. `folder` is its home, its place for temporary files and where it works.

    `interrupt_at`: Ctrl-C comes when this was printed.
    """
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "TMPDIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, *python, "-m", module, *arguments],
        cwd=folder,
        env={**surroundings, **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        watch = Watch(process.pid)
        printed: dict[str, bytes] = {}

        def out(line: bytes) -> None:
            if interrupt_at is not None and interrupt_at in line:
                process.send_signal(signal.SIGINT)

        assert process.stdout is not None
        assert process.stderr is not None
        readers = [
            threading.Thread(target=_read, args=(process.stdout, printed, "out", out)),
            threading.Thread(target=_read, args=(process.stderr, printed, "err", lambda _: None)),
        ]
        for reader in readers:
            reader.start()
        assert process.stdin is not None
        with process.stdin as stream:
            stream.write(stdin)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            for reader in readers:
                reader.join()
            seen = watch.ends()
    return Ended(status, printed["out"], printed["err"], seen)


def _read(stream: "subprocess.IO[bytes]", into: dict[str, bytes], name: str, each: Callable[[bytes], None]) -> None:  # type: ignore[name-defined]
    lines = []
    for line in stream:
        lines.append(line)
        each(line)
    into[name] = b"".join(lines)


class Watch:
    """Looks at a process and its descendants again and again, as `ps` does: at /proc/PID (proc(5))."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen: dict[str, bytes] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def ends(self) -> dict[str, bytes]:
        """What was seen: `arguments of PID`, and for children `environment of PID`; its own is its starter's."""
        self._over.set()
        self._thread.join()
        return self._seen

    def _look(self) -> None:
        while not self._over.wait(GLANCE):
            self._glance(self._pid, None)

    def _glance(self, pid: int, parents: bytes | None) -> None:
        """`parents`: the arguments of the process that has started it; None: we have.

        Until it executes its program, a child shows its parent's memory: that is no environment of its own yet.
        """
        place = Path(f"/proc/{pid}")
        try:
            environment = (place / "environ").read_bytes()
            arguments = (place / "cmdline").read_bytes()
            self._seen[f"arguments of {pid}"] = arguments
            if parents is not None and arguments != parents:
                self._seen[f"environment of {pid}"] = environment
            children = [one for task in (place / "task").iterdir() for one in (task / "children").read_text().split()]
        except OSError:
            return  # it has ended
        for one in children:
            self._glance(int(one), arguments)
