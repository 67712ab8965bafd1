"""The folder that both Windows installers install: our programs, CPython, and the packages.

enroller.exe, enroller-wizard.exe   the programs (see launchers.py)
python/                             CPython, and in its ._pth file the only places that it may import from
packages/                           Enroller and what it needs
licences/                           of what is not in `packages`, where each package keeps its own
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from installer.release import Build
from installer.windows import icon, launchers, python, signing, wheels


def folder(build: Build) -> Path:
    """The finished folder; every file is from the commit's time. Raises Problem."""
    place = build.work / "windows"
    pictures = icon.of(build)
    written = {
        **{f"python/{name}": data for name, data in python.files(build).items()},
        f"python/{python.LIBRARY.replace('.dll', '._pth')}": search_path(),
        **{f"packages/{name}": data for name, data in wheels.files(build).items()},
        **{f"packages/enroller/{name}": data for name, data in ours(build.checkout.root).items()},
        **licences(build.checkout.root),
        "enroller.ico": pictures,
    }
    for name, data in written.items():
        file = place / PurePosixPath(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    for program in launchers.make(build, place, pictures):
        signing.sign(build, program)
    date(place, build.epoch)
    return place


def search_path() -> bytes:
    """The ._pth file: Python imports from there and from nowhere else, whatever the environment variables say.

    See "Finding modules" in Python's "Using Python on Windows". The places are relative to the file.
    """
    return b"".join(line + b"\r\n" for line in (LIBRARY_ZIP.encode(), b".", b"..\\packages"))


LIBRARY_ZIP = python.LIBRARY.replace(".dll", ".zip")


def ours(root: Path) -> dict[str, bytes]:
    """The package `enroller` of a checkout with its resources, as the wheel has it."""
    found = {}
    for source, place in ((root / "enroller", ""), (root / "resources", "resources/")):
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                found[place + file.relative_to(source).as_posix()] = file.read_bytes()
    return found


def licences(root: Path) -> Mapping[str, bytes]:
    """Enroller's licence, and those of Qt for Python (whose wheels name them without their texts) and of CPython."""
    texts = {f"licences/{file.name}": file.read_bytes() for file in sorted((root / "installer" / "licences").iterdir())}
    return {"LICENSE.txt": (root / "LICENSE").read_bytes(), **texts}


def date(place: Path, epoch: int) -> None:
    """Gives every file and folder in `place` the same time, so that archives of it are the same."""
    for one in [place, *place.rglob("*")]:
        os.utime(one, (epoch, epoch))
