"""All artefacts of a release, in dist/, from the same commit always the same bytes.

Each platform's folder tells its targets: what they need of the machine, and how they are built. A target gives the
files that it made; what several targets begin with (a frozen folder, a staged tree) is made once, in `.dev/build`.
"""

import hashlib
import io
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from installer.environment import Checkout
from installer.product import Product
from installer.steps import Problem, Steps
from installer.system import Need

T = TypeVar("T")


@dataclass(frozen=True)
class Build:
    """What every target is given. `epoch`: the commit's time; every file in an artefact is from then.

    `work`: a folder of this run, empty at its begin. `made`: what targets share, by the function that makes it.
    """

    checkout: Checkout
    steps: Steps
    env: Mapping[str, str]
    product: Product
    epoch: int
    dist: Path
    work: Path
    made: "dict[Callable[..., Any], Future[Any]]" = field(default_factory=dict)
    making: AbstractContextManager[object] = field(default_factory=threading.Lock)

    def run(self, title: str, command: Sequence[str | Path], *, cwd: Path | None = None, **env: str) -> None:
        """Runs a program, with `env` added to its environment. Raises Problem where it fails."""
        self.steps.run(title, [str(part) for part in command], {**self.env, **env}, cwd or self.checkout.root)

    def shared(self, make: "Callable[[Build], T]") -> "T":
        """What `make` makes, once for all targets of this run; who comes while it is being made waits for it."""
        with self.making:
            mine = make not in self.made
            future: Future[T] = self.made.setdefault(make, Future())
        if mine:
            try:
                future.set_result(make(self))
            except BaseException as failure:
                future.set_exception(failure)
        return future.result()


def ready(value: T) -> "Future[T]":
    """Something that targets share and that is there already, for `Build.made`."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


@dataclass(frozen=True)
class Target:
    """One artefact, or a few that belong together. `build` returns the files in `dist` that it made.

    `prove` installs, uses, upgrades and removes what `build` has made, says what it saw, and raises Problem where
    something is not as promised. `needs`, `proof_needs`: of this machine. `on`: the systems that it can be built on, as
    `sys.platform` has them; empty: all.
    """

    summary: str
    build: Callable[[Build], list[Path]]
    needs: tuple[Need, ...] = ()
    prove: Callable[[Build], None] | None = None
    proof_needs: tuple[Need, ...] = ()
    on: tuple[str, ...] = ()


def commit_time(root: Path) -> int:
    """When the commit that is checked out was made (seconds since the epoch); the changelog's time where there is none.

    See https://reproducible-builds.org/specs/source-date-epoch/.
    """
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, text=True, check=False)
    if asked.returncode == 0 and asked.stdout.strip():
        return int(asked.stdout)
    return int((root / "CHANGELOG.md").stat().st_mtime)


def make(targets: Mapping[str, Target], names: Iterable[str], build: Build) -> list[Path]:
    """Builds `names` of `targets` and writes SHA256SUMS over all that lies in `dist`. Raises Problem.

    They are built beside each other: most of the time goes into packers that use one processor each.
    """
    build.dist.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(build.work, ignore_errors=True)
    build.work.mkdir(parents=True)
    files: list[Path] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(_make_one, name, targets[name], build) for name in names]
        try:
            for done in as_completed(running):
                files += done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    write_sums(build.dist)
    return files


def _make_one(name: str, target: Target, build: Build) -> list[Path]:
    begun = time.monotonic()
    # Its steps are told when all are done: on the screen they would get mixed up with the others'.
    log, told = build.work / f"{name}.txt", io.StringIO()
    log.touch()
    made = target.build(replace(build, steps=Steps(log, told)))
    missing = [file for file in made if not file.is_file()]
    if missing:
        raise Problem(f"The target {name} did not make {missing[0].name}.")
    sizes = ", ".join(f"{file.name} ({file.stat().st_size / 1e6:.1f} MB)" for file in made)
    build.steps.say(f"{told.getvalue()}{name}: {sizes}, {time.monotonic() - begun:.0f} s")
    return made


def write_sums(folder: Path) -> Path:
    """Writes SHA256SUMS, as `sha256sum --check` reads it, over the files of a folder."""
    sums = folder / "SHA256SUMS"
    files = sorted(file for file in folder.iterdir() if file.is_file() and file != sums)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    sums.write_text("".join(lines), encoding="utf-8", newline="\n")
    return sums
