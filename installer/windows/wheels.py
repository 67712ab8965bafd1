"""The Python packages for Windows: the pinned wheels, and what of them ships."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from installer.release import Build
from installer.windows import imports
from installer.windows.python import SERIES

_QT = (
    "PySide6/QtCore.pyd",
    "PySide6/QtGui.pyd",
    "PySide6/QtWidgets.pyd",
    "PySide6/plugins/iconengines/qsvgicon.dll",
    "PySide6/plugins/imageformats/qsvg.dll",
    "PySide6/plugins/platforms/qoffscreen.dll",
    "PySide6/plugins/platforms/qwindows.dll",
    "PySide6/plugins/styles/qmodernwindowsstyle.dll",
    "shiboken6/Shiboken.pyd",
)
"""What we use of Qt. What these need follows by what they are linked to."""

_QT_PACKAGES = ("PySide6/", "shiboken6/")
_UNUSED = (
    # cryptography needs cffi's compiled half alone; with the other half there, pywin32-ctypes would want pycparser.
    r"cffi/.*",
    r"pycparser(-[^/]+\.dist-info)?/.*",
    r".*/(tests?|testing)/.*",
    r".*\.(pyi|lib|pdb|h|c|exe|typed)",
    # Of the metadata only what entry points, versions and licences are read from.
    r"[^/]+\.dist-info/(RECORD|WHEEL|INSTALLER|REQUESTED|top_level\.txt|sboms/.*)",
)
"""Patterns of files that no program of ours opens."""


def files(build: Build) -> dict[str, bytes]:
    """The files of all packages that ship, by their place in the folder of packages. Raises Problem."""
    pinned, folder = build.work / "windows.txt", build.work / "windows-wheels"
    build.run("Choosing the packages for Windows", [str(build.checkout.python), "-m", "installer.windows.pins", pinned])
    pip = [str(build.checkout.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    target = ["--platform", "win_amd64", "--python-version", SERIES, "--implementation", "cp"]
    options = [
        "--progress-bar",
        "off",
        "--only-binary",
        ":all:",
        "--no-deps",
        "--require-hashes",
        "--dest",
        str(folder),
    ]
    build.run("Downloading them", [*pip, *target, *options, "--requirement", pinned])
    everything: dict[str, bytes] = {}
    for wheel in sorted(folder.glob("*.whl")):
        everything.update(unpacked(wheel))
    return chosen(everything)


def unpacked(wheel: Path) -> dict[str, bytes]:
    """The files of one wheel, where they are installed to."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        # What a wheel keeps in NAME.data/purelib or platlib goes beside the rest (PEP 427); we use none of its scripts.
        places = {name: re.sub(r"^[^/]+\.data/(purelib|platlib)/", "", name) for name in names}
        return {place: archive.read(name) for name, place in places.items() if ".data/" not in place}


def chosen(everything: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those files that ship. Raises KeyError where a part of Qt that we use is missing."""
    compiled = {name: data for name, data in everything.items() if name.endswith((".dll", ".pyd"))}
    qt = imports.closure(_QT, compiled)
    return {name: data for name, data in sorted(everything.items()) if name in qt or _is_wanted(name)}


def _is_wanted(name: str) -> bool:
    if name.startswith(_QT_PACKAGES):
        return PurePosixPath(name).parent.name in ("PySide6", "shiboken6") and name.endswith(".py")
    return not any(re.fullmatch(pattern, name) for pattern in _UNUSED)
