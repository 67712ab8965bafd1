"""The commands as the harness starts them: one at a time, each in a process of its own that may die."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """A command that has ended. `status`: its exit status, or the negated number of the signal that ended it.

    `points`: the names of the places at which it could have died, in the order in which they were reached.
    """

    words: tuple[str, ...]
    status: int
    out: str
    err: str
    points: tuple[str, ...]

    @property
    def killed(self) -> bool:
        """Whether it died at the place that was meant."""
        return self.status == -signal.SIGKILL

    @property
    def prints_token(self) -> bool:
        """Whether what it printed is a token and nothing else."""
        return self.words[0] == "token" and self.status == 0


class Commands:
    """Runs `enroller` over a data folder of the caller's choice; `home` is where else it may write."""

    def __init__(self, home: Path) -> None:
        # Not under `home`, which is looked through for what commands leave behind.
        self._folder = tempfile.TemporaryDirectory(prefix="enroller-soak-")
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.zygote"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends it; nothing is under way."""
        self._zygote.communicate()
        self._folder.cleanup()

    def run(self, data_dir: Path, arguments: Sequence[str], *, at: int = 0, power: bool = False) -> Ran:
        """Runs one command to its end, or to place number `at`, where it is killed, or its machine's `power` is cut."""
        files = {name: Path(self._folder.name, name) for name in ("out", "err", "trace")}
        for file in files.values():
            file.unlink(missing_ok=True)
        # Beside the data, since it must be on the same file system.
        spare = tempfile.mkdtemp(prefix="spare-", dir=data_dir.parent) if power else None
        job = {"arguments": ["--data-dir", str(data_dir), *arguments], "at": at, "spare": spare}
        if self._zygote.stdin is None or self._zygote.stdout is None:
            raise RuntimeError("the zygote has no pipes")
        self._zygote.stdin.write(json.dumps(job | {name: str(file) for name, file in files.items()}) + "\n")
        self._zygote.stdin.flush()
        ended = self._zygote.stdout.readline()
        if not ended:
            raise RuntimeError("the zygote has ended; what it said stands above")
        if spare is not None:
            shutil.rmtree(spare)
        out, err, trace = (file.read_text() for file in files.values())
        return Ran(tuple(arguments), int(ended), out, err, tuple(trace.splitlines()))
