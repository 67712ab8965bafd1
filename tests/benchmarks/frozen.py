"""What packing costs: the packaged program for Linux beside the same code unpacked, and the sizes of what is built.

`python3 installer/dev.py installers` builds what is measured: the folder in `.dev/build`, and the files in `dist`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import HERE, medians, resident, running

ROOT = HERE.parents[1]
FOLDER = ROOT / ".dev" / "build" / "freeze" / "enroller"
DIST = ROOT / "dist"

START_LIMIT = 1.4
SIZE_LIMITS = {"*.deb": 38.0, "*setup*.exe": 26.0}
FOLDER_LIMIT = 125.0
"""What is promised: a ratio, and megabytes (of a million bytes)."""


@dataclass(frozen=True)
class Row:
    """One line of the table. `beside`: what it is compared with, if anything is; `limit` is of the ratio then."""

    what: str
    unit: str
    taken: float
    beside: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        compared = self.taken if self.beside is None else self.taken / self.beside
        as_ratio = "x" if self.beside is not None else f" {self.unit}"
        reference = "" if self.beside is None else f"{self.beside:.1f} {self.unit}"
        ratio = "" if self.beside is None else f"{compared:.2f}x"
        told = (
            ""
            if self.limit is None
            else f"{'ok  ' if compared <= self.limit else 'OVER'}  at most {self.limit:g}{as_ratio}"
        )
        return f"{self.what:<32} {f'{self.taken:.1f} {self.unit}':>10} {reference:>10} {ratio:>6}  {told}".rstrip()


def measure(rounds: int, data: Path) -> int:
    """Prints the table; 1 where there is nothing to measure. `data`: a folder for the wizard's data."""
    trouble = unusable(FOLDER, ROOT / "enroller")
    if trouble:
        print(trouble, file=sys.stderr)
        return 1
    print(f"{'':<32} {'packaged':>10} {'unpacked':>10} {'ratio':>6}")
    for row in [*_speed(rounds, data), *sizes(FOLDER, DIST)]:
        print(row, flush=True)
    return 0


def unusable(folder: Path, sources: Path) -> str:
    """Why the packaged program cannot be compared with the code; empty where it can."""
    program = folder / "enroller"
    if not program.is_file():
        return f"There is no packaged program in {folder}. Build it: python3 installer/dev.py installers"
    if any(file.stat().st_mtime > program.stat().st_mtime for file in sources.rglob("*.py")):
        return "The code has changed since it was packaged. Build it anew: python3 installer/dev.py installers"
    return ""


def _speed(rounds: int, data: Path) -> list[Row]:
    unpacked, packaged = [sys.executable, "-m", "enroller"], [str(FOLDER / "enroller")]
    wizard = ["--data-dir", str(data), "wizard"]
    shown = medians(rounds, [*unpacked, *wizard, "--exit-after-start"], [*packaged, *wizard, "--exit-after-start"])
    version = medians(rounds, [*unpacked, "--version"], [*packaged, "--version"])
    memory = []
    for program in (unpacked, packaged):
        with running([*program, *wizard], 3.0) as pid:
            memory.append(resident(pid))
    return [
        Row("start   to the first page", "ms", shown[1] * 1000, shown[0] * 1000, START_LIMIT),
        Row("start   enroller --version", "ms", version[1] * 1000, version[0] * 1000),
        Row("memory  with the window open", "MiB", memory[1], memory[0]),
    ]


def sizes(folder: Path, dist: Path) -> list[Row]:
    """What the folder takes on disk, and how large the files are that were built."""
    rows = [Row("size    the folder", "MB", size_of(folder) / 1e6, limit=FOLDER_LIMIT)]
    for pattern, limit in SIZE_LIMITS.items():
        rows += [
            Row(f"size    {file.name}", "MB", file.stat().st_size / 1e6, limit=limit) for file in dist.glob(pattern)
        ]
    return rows


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder; links count for nothing."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
