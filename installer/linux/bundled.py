"""What the frozen folder carries that is no Python package: CPython, and libraries of the system it was made on."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from installer.linux import contents, freeze
from installer.release import Build
from installer.steps import Problem

INTERNAL = "_internal"
"""The folder in the frozen folder in which everything but the program lies."""


@dataclass(frozen=True)
class Bundled:
    """One component. `licence`: an SPDX expression, or empty where only the text says. `text`: the licence's file here.

    `files`: their names in the frozen folder's `_internal`. `package`: the system's package that they are from, and
    its version; empty for what is from none.
    """

    name: str
    version: str
    licence: str
    text: Path
    files: tuple[str, ...]
    package: str = ""


def bundled(build: Build) -> list[Bundled]:
    """The components of this build's frozen folder, CPython first. Raises Problem."""
    internal = build.shared(freeze.folder) / INTERNAL
    return [_cpython(build, internal), *_from_system(carried(internal))]


def carried(internal: Path) -> list[str]:
    """The names of the system's libraries that a folder carries."""
    return sorted(file.name for file in internal.iterdir() if contents.CARRIED.fullmatch(file.name))


def _cpython(build: Build, internal: Path) -> Bundled:
    ask = "import platform, sysconfig; print(platform.python_version(), sysconfig.get_path('stdlib'))"
    told = subprocess.run([freeze.interpreter(build), "-c", ask], capture_output=True, text=True, check=True)
    version, library = told.stdout.split(maxsplit=1)
    files = sorted(file.name for file in internal.glob("libpython*"))
    return Bundled("CPython", version, "PSF-2.0", Path(library.strip()) / "LICENSE.txt", tuple(files))


def _from_system(names: list[str]) -> list[Bundled]:
    """The libraries' source packages, as dpkg knows them."""
    if not names:
        return []
    owners = owners_of(_asked("dpkg-query", "--search", *(f"*/{name}" for name in names)), names)
    shown = "${binary:Package}\t${source:Package}\t${source:Upstream-Version}\t${Version}\n"
    told = _asked("dpkg-query", "--show", f"--showformat={shown}", *sorted(set(owners.values())))
    components: dict[str, Bundled] = {}
    for package, source, upstream, version in (line.split("\t") for line in told.splitlines()):
        files = sorted(name for name, owner in owners.items() if owner == package)
        former = components.get(source)
        text = Path("/usr/share/doc") / package.partition(":")[0] / "copyright"
        every = tuple(sorted((*(former.files if former else ()), *files)))
        components[source] = Bundled(source, upstream, "", text, every, f"{package.partition(':')[0]} {version}")
    return [components[source] for source in sorted(components)]


def owners_of(told: str, names: list[str]) -> dict[str, str]:
    """The package of each library, from `dpkg-query --search`. Raises Problem for one that no package owns."""
    found = {}
    for packages, path in re.findall(r"^([^:\s]+(?::\w+)?): (/.*)$", told, re.MULTILINE):
        # Another architecture's, or a program's own copy, lies elsewhere.
        if Path(path).parent.parent in (Path("/usr/lib"), Path("/lib")):
            found[Path(path).name] = packages
    lost = sorted(set(names) - set(found))
    if lost:
        raise Problem(f"No system package owns {lost[0]}, so nobody knows its licence.")
    return {name: found[name] for name in names}


def _asked(*command: str) -> str:
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode not in (0, 1):  # 1: some were not found, which `owners_of` tells better
        raise Problem(f"This command failed: {command[0]}. It said: {asked.stderr.strip()[:200]}")
    return asked.stdout
