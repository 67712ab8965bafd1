"""Runs `enroller` again and again: a process that has everything imported forks for each command.

A job comes as one JSON line on standard input: `arguments`, `at` (the place to die at, 0: none), the files for its
`out`put, its `err`ors and its `trace`, and `spare`: null, or a folder where the power is cut (`power.Disk`). Its end
goes out as one line: the exit status, or the negated number of the signal that ended it.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from enroller.cli.main import main as enroller
from tests.soak.points import Points, arm
from tests.soak.power import Disk

STUCK = 60
"""Seconds after which a command that has not ended is ended by SIGALRM, which nothing of ours uses."""

_write = os.write
"""The real one, before it counts."""


def main() -> None:
    """Serves until the input ends. What a command imports at its need is imported here for those that come after it."""
    sys.dont_write_bytecode = True  # the interpreter's own files are no places to die at
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _become(json.loads(line), writing)
        os.close(writing)
        with os.fdopen(reading) as learnt:
            names = learnt.read().split()
        _, status = os.waitpid(child, 0)
        for name in names:
            with suppress(ImportError):
                importlib.import_module(name)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(job: dict[str, Any], modules: int) -> NoReturn:
    """The child: from here on it is the command. Tells at its end what it had to import."""
    status, known = 1, set(sys.modules)
    try:
        signal.alarm(STUCK)
        writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(job["out"], writing, 0o600), 1)
        os.dup2(os.open(job["err"], writing, 0o600), 2)
        trace = os.open(job["trace"], writing, 0o600)
        arm(Points(job["at"], trace, Disk(Path(job["spare"])) if job["spare"] else None))
        status = enroller(job["arguments"])
    except BaseException:  # ours, then: the command explains what it raises
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _write(modules, "\n".join(set(sys.modules) - known).encode())
        os._exit(status)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
