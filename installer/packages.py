"""The packages that we are made of: what is pinned, and what those that are installed say of themselves."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

LICENCES_TOLD_ELSEWHERE = {
    # Their metadata name no licence; their licence files do.
    "backports-tarfile": "MIT",
    "jaraco-classes": "MIT",
    # Installed on other systems only.
    "pywin32-ctypes": "BSD-3-Clause",
    "truststore": "MIT",
}
"""SPDX expressions, looked up by hand where no metadata can be asked."""


@dataclass(frozen=True)
class Pin:
    """One line of a requirements file. `wanted_by`: the pinned packages that need it; an empty name is Enroller."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]


@dataclass(frozen=True)
class Installed:
    """One package that is installed. `licence`: an SPDX expression as told, or empty. `texts`: its licence files."""

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]


def normalised(name: str) -> str:
    """A package's name in its one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: Path) -> dict[str, Pin]:
    """What a requirements file pins, by name. Raises ValueError for a line that pins nothing or has no hash."""
    found: dict[str, Pin] = {}
    for block in _blocks(file.read_text(encoding="utf-8").splitlines()):
        line = " ".join(part.rstrip("\\").strip() for part in block if not part.lstrip().startswith("#"))
        told = re.fullmatch(r"([A-Za-z0-9._-]+)==([^ ;]+)( ; (.+?))?(( --hash=sha256:[0-9a-f]{64})+)", line)
        if told is None:
            raise ValueError(f"{file.name}: this line is no exact version with its hashes: {line[:80]}")
        hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", told[5]))
        name = normalised(told[1])
        found[name] = Pin(name, told[2], told[4] or "", hashes, tuple(_wanted_by(block)))
    return found


def _blocks(lines: Iterable[str]) -> list[list[str]]:
    """The lines of each package: its own begins at the margin, and what belongs to it is indented."""
    blocks: list[list[str]] = []
    for line in lines:
        if line and not line[0].isspace() and not line.startswith("#"):
            blocks.append([])
        if blocks and line.strip():
            blocks[-1].append(line)
    return blocks


def _wanted_by(block: Iterable[str]) -> Iterable[str]:
    """What the resolver noted under `# via`."""
    comments = [line.strip(" #").removeprefix("via").strip() for line in block if line.lstrip().startswith("#")]
    for comment in comments:
        if comment.startswith("enroller "):
            yield ""
        elif comment and not comment.startswith("-"):
            yield normalised(comment)


def installed(folder: Path | None = None) -> dict[str, Installed]:
    """What is installed beside the running interpreter, or in another's folder of packages, by name."""
    there = distributions() if folder is None else distributions(path=[str(folder)])
    found = [_described(distribution) for distribution in there]
    return {one.name: one for one in found}


def _described(distribution: Distribution) -> Installed:
    files = [str(file) for file in distribution.files or ()]
    texts = tuple(file for file in files if re.search(r"licen[cs]e|copying", file.rpartition("/")[2], re.IGNORECASE))
    return Installed(normalised(distribution.name), distribution.version, _licence(distribution), texts)


def _licence(distribution: Distribution) -> str:
    """As metadata tell it today (PEP 639), or in the older free text where that is an SPDX expression already."""
    told = distribution.metadata
    words = next((str(told[name]) for name in ("License-Expression", "License") if name in told), "")
    is_expression = re.fullmatch(r"[A-Za-z0-9.+-]+( (OR|AND|WITH) [A-Za-z0-9.+-]+)*", words) and words != "UNKNOWN"
    return words if is_expression else ""


def licence_of(name: str, known: Mapping[str, Installed]) -> str:
    """The licence of a package as an SPDX expression; empty where nobody says."""
    told = known[name].licence if name in known else ""
    return told or LICENCES_TOLD_ELSEWHERE.get(name, "")
