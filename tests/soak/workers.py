"""Several cases at a time: worker processes, each with services, commands and a folder of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from tests.soak.case import Bench, Case, Outcome
from tests.soak.commands import ROOT, Commands
from tests.soak.services import Services


class Workers:
    """`count` of them, from `__enter__` to `__exit__`. A worker that ends by itself raises RuntimeError."""

    def __init__(self, count: int = 2) -> None:
        self._all: list[subprocess.Popen[str]] = []
        self._count = count
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()

    def __enter__(self) -> Self:
        for _ in range(self._count):
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.workers"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._all.append(worker)
            self._idle.put(worker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._all:
            worker.communicate()

    def points(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The places of each scenario, by their names."""
        with ThreadPoolExecutor(self._count) as pool:
            return dict(zip(names, map(tuple, pool.map(self._ask, names)), strict=True))

    def attempt(self, cases: Sequence[Case]) -> Iterator[Outcome]:
        """What becomes of each case, in their order."""
        with ThreadPoolExecutor(self._count) as pool:
            for case, (died, amiss) in zip(cases, pool.map(self._ask, map(str, cases)), strict=True):
                yield Outcome(case, tuple(died), tuple(amiss))

    def _ask(self, question: str) -> Any:
        worker = self._idle.get()
        if worker.stdin is None or worker.stdout is None:
            raise RuntimeError("a worker has no pipes")
        try:
            worker.stdin.write(question + "\n")
            worker.stdin.flush()
            answer = worker.stdout.readline()
        finally:
            self._idle.put(worker)
        if not answer:
            raise RuntimeError(f"a worker has ended at {question}; what it said stands above")
        return json.loads(answer)


def serve() -> None:
    """A worker: answers the name of a scenario with its places, and a case with what became of it."""
    with tempfile.TemporaryDirectory(prefix="enroller-soak-") as folder, Services() as services:
        home = Path(folder, "home")
        with Commands(home) as commands:
            bench = Bench(services, commands, Path(folder))
            for line in map(str.strip, sys.stdin):
                if ":" in line:
                    outcome = bench.attempt(Case.parse(line))
                    print(json.dumps([outcome.died, outcome.amiss]), flush=True)
                else:
                    print(json.dumps(bench.points(line)), flush=True)


if __name__ == "__main__":
    try:
        serve()
    except (KeyboardInterrupt, BrokenPipeError):  # nobody wants to know any more
        sys.exit(130)
