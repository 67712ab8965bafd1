"""The audit of the packages that we are made of: with no network what can be seen here, with one what is known of them.

`python -m installer.audit` in the environment checks what needs no network.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.packages import Installed, Pin, installed, licence_of, pins

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "installer" / "requirements"

ACCEPTED: Mapping[str, str] = {}
"""Known vulnerabilities that we live with: the identifier, and why it does not touch us."""

LICENCES = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"}
)  # fmt: skip
"""SPDX identifiers that a package which ships may have: each lets a program under the MIT licence use it unchanged."""

OURS = frozenset({"enroller", "pip", "setuptools"})
"""What no requirements file pins: Enroller itself, and what `venv` puts into a new environment."""

WITHOUT_TEXT = {
    "pyside6-essentials": "its wheels carry no licence file; a packaged Enroller has to add the LGPL's text",
    "shiboken6": "as pyside6-essentials",
}
"""Packages whose licence text is not beside them, and what follows."""

SECONDS = 15
"""For one answer; a network that says nothing must not hold a developer up."""


def unlike_the_pins(
    needed: Mapping[str, Pin], found: Mapping[str, Installed], optional: Mapping[str, Pin] | None = None
) -> list[str]:
    """Where what is installed is not what was pinned. `optional`: may be missing."""
    pinned = {**needed, **(optional or {})}
    said = []
    for name, one in sorted(found.items()):
        if name in OURS:
            continue
        if name not in pinned:
            said.append(f"{name} {one.version} is installed, and no requirements file pins it.")
        elif pinned[name].version != one.version:
            said.append(f"{name} {one.version} is installed, and {pinned[name].version} is pinned.")
    everywhere = {name for name, pin in needed.items() if not pin.marker}
    said += [f"{name} is pinned, and not installed." for name in sorted(everywhere - found.keys())]
    return said


def unclear_licences(shipped: Iterable[str], found: Mapping[str, Installed]) -> list[str]:
    """Packages that ship whose licence nobody knows, or that we may not use, or whose text is missing."""
    said = []
    for name in sorted(shipped):
        licence = licence_of(name, found)
        if not licence:
            said.append(f"{name}: its licence is not known. Look it up, and note it in packages.py.")
        elif not _is_usable(licence):
            said.append(f"{name}: its licence is {licence}, which is not on the list in audit.py.")
        if name in found and not found[name].texts and name not in WITHOUT_TEXT:
            said.append(f"{name}: it comes without the text of its licence.")
    return said


def _is_usable(licence: str) -> bool:
    """Whether one of the alternatives of an SPDX expression is made of usable licences alone."""
    return any(LICENCES.issuperset(each.split(" AND ")) for each in licence.split(" OR "))


@dataclass(frozen=True)
class Heard:
    """What a database of vulnerabilities knew: of how many packages it said anything, and what."""

    asked: int
    answered: int
    found: tuple[str, ...]
    accepted: tuple[str, ...]


def heard(report: Any) -> Heard:
    """Reads pip-audit's JSON. A package of which it could not ask carries a `skip_reason`."""
    packages = report["dependencies"]
    found, accepted = [], []
    for package in packages:
        for one in package.get("vulns", ()):
            names = (one["id"], *one.get("aliases", ()))
            mended = ", ".join(one.get("fix_versions", ())) or "no version yet"
            line = f"{package['name']} {package['version']}: {one['id']} (mended in: {mended})"
            reasons = [ACCEPTED[name] for name in names if name in ACCEPTED]
            if reasons:
                accepted.append(f"{line}; accepted: {reasons[0]}")
            else:
                found.append(line)
    answered = sum("skip_reason" not in package for package in packages)
    return Heard(len(packages), answered, tuple(found), tuple(accepted))


def ask(python: Path, cache: Path, env: Mapping[str, str]) -> Heard | None:
    """Asks with pip-audit, which `python` has, for everything that is pinned; None where nobody answers."""
    files = [word for name in ("dev.txt", "lock.txt") for word in ("--requirement", str(REQUIREMENTS / name))]
    how = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
    where = ("--cache-dir", str(cache), "--timeout", str(SECONDS))
    command = [str(python), "-m", "pip_audit", *files, *how, *where]
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
    try:
        return heard(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        return None


def told(answer: Heard | None) -> tuple[list[str], int]:
    """What to say of an answer, and the exit status. That nobody could be asked is a notice, and no failure."""
    if answer is None or answer.answered == 0:
        return ["The database of known vulnerabilities could not be asked; nothing was checked against it."], 0
    said = [*answer.found, *answer.accepted]
    said.append(f"{answer.answered} of {answer.asked} packages checked: {len(answer.found)} known vulnerabilities.")
    return said, 1 if answer.found else 0


def main() -> int:
    """Checks what needs no network; prints what is wrong. 0: nothing is."""
    files = {name: pins(REQUIREMENTS / name) for name in ("dev.txt", "lock.txt", "runtime.txt")}
    found = installed()
    wrong = unlike_the_pins(files["dev.txt"], found, optional=files["lock.txt"])
    wrong += unclear_licences(files["runtime.txt"], found)
    for line in wrong:
        print(line)
    everything = files["dev.txt"] | files["lock.txt"]
    hashes = sum(len(pin.hashes) for pin in everything.values())
    told_by = "every one has a licence that we may use" if not wrong else f"{len(wrong)} complaints"
    print(f"{len(everything)} packages pinned by {hashes} hashes, {len(files['runtime.txt'])} of them ship: {told_by}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
