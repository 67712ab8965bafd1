"""What programs and libraries ask of the system: read from what `objdump -p` tells of them."""

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\x7fELF"


@dataclass(frozen=True)
class Wanted:
    """What one file needs: libraries by their sonames, and the newest version of the C library's symbols.

    `search`: folders in which the system's loader is to look for the libraries first (DT_RPATH, DT_RUNPATH).
    """

    libraries: tuple[str, ...]
    glibc: tuple[int, ...]
    search: tuple[str, ...] = ()


def files(folder: Path) -> list[Path]:
    """The programs and libraries below a folder, links not counted."""
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink() and is_elf(file)]


def is_elf(file: Path) -> bool:
    """Whether it begins as System V's "Executable and Linkable Format" says."""
    with file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def wanted(files: Sequence[Path]) -> list[Wanted]:
    """What each of the files needs. Raises CalledProcessError."""
    if not files:
        return []
    command = ["objdump", "-p", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stdout
    return parse(told)


def parse(told: str) -> list[Wanted]:
    """The same from objdump's output about several files."""
    return [_of_one(part) for part in re.split(r"^\S.*:\s+file format .*$", told, flags=re.MULTILINE)[1:]]


def _of_one(told: str) -> Wanted:
    versions = (tuple(map(int, found.split("."))) for found in re.findall(r"\bGLIBC_(\d+(?:\.\d+)+)$", told, re.M))
    search = (
        folder for found in re.findall(r"^\s+(?:RPATH|RUNPATH)\s+(\S+)$", told, re.M) for folder in found.split(":")
    )
    return Wanted(tuple(re.findall(r"^\s+NEEDED\s+(\S+)$", told, re.M)), max(versions, default=()), tuple(search))


def glibc_floor(wanted: Iterable[Wanted]) -> str:
    """The oldest version of the C library that will do, such as `2.34`; empty where none is asked for."""
    return ".".join(map(str, max((one.glibc for one in wanted), default=())))


def cached(told: str) -> list[str]:
    """The libraries that the system's loader knows, from what `ldconfig --print-cache` tells."""
    return re.findall(r"^\t(\S+) \(", told, re.MULTILINE)


def unknown(wanted: Iterable[Wanted], known: Iterable[str]) -> list[str]:
    """The libraries that files need and nobody has."""
    return sorted({library for one in wanted for library in one.libraries} - set(known))
