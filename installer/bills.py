"""The target `bill`: for each system's packaged program a bill of materials of exactly what that carries."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from installer import bill, ingredients, linux, windows
from installer.ingredients import Part
from installer.linux import bundled, freeze
from installer.macos import bundle
from installer.packages import Installed, installed, pins
from installer.release import Build, Target
from installer.windows import layout

BOOTLOADER = "pyinstaller"
"""The program that begins a frozen one is PyInstaller's."""

UNUSED = frozenset({"pycparser"})
"""Packages whose code no program carries: cffi needs it where modules are built."""

BUILT_ON = {"linux": ("linux", "windows"), "win32": ("windows",), "darwin": ("macos",)}
"""The systems whose programs each system builds, by `sys.platform`."""


@dataclass(frozen=True)
class Carried:
    """What one packaged program carries: the packages, and everything that is none."""

    packages: dict[str, Installed]
    parts: list[Part]


def build(build: Build) -> list[Path]:
    """Writes the bills of the programs that this system builds, and that of the Python package. Raises Problem."""
    look = {"linux": _linux, "windows": _windows, "macos": _macos}
    made = [_written(build, system, look[system](build)) for system in BUILT_ON[sys.platform]]
    return [*made, _of_the_package(build)]


def _of_the_package(build: Build) -> Path:
    """On every system, so the licences are asked of an environment that has the packages of most."""
    command = [str(build.checkout.python), "-m", "installer.bill", str(file_of(build, ""))]
    build.run("Writing the bill of the Python package", command)
    return file_of(build, "")


def file_of(build: Build, system: str) -> Path:
    """Where a bill is written to."""
    return build.dist / f"{build.product.name}-{build.product.version}{f'-{system}' if system else ''}.cdx.json"


def _written(build: Build, system: str, carried: Carried) -> Path:
    pinned = pins(build.checkout.requirements / "runtime.txt")
    shipped = {name: pin for name, pin in pinned.items() if name in carried.packages.keys() - UNUSED}
    told = bill.document(
        shipped,
        carried.packages,
        build.product.version,
        parts=[part for part in carried.parts if part.inside in ("", "cpython", *shipped)],
        system=system,
        epoch=build.epoch,
    )
    bill.write(file_of(build, system), told)
    return file_of(build, system)


def _linux(build: Build) -> Carried:
    carried = [_from_the_system(one) for one in bundled.bundled(build)]
    return _frozen(build, build.shared(freeze.folder), build.product.name, carried)


def _macos(build: Build) -> Carried:
    """**Not verified**: no Mac has run it."""
    python = Part("cpython", platform.python_version(), "PSF-2.0", cpe="python:python")
    return _frozen(build, build.shared(bundle.app), f"Contents/MacOS/{build.product.name}", [python])


def _frozen(build: Build, folder: Path, program: str, carried: list[Part]) -> Carried:
    """What a frozen program carries besides what its platform knows of."""
    packages = _packages_of(freeze.interpreter(build))
    known = installed(packages)
    begins = Part(
        BOOTLOADER, known[BOOTLOADER].version, "GPL-2.0-or-later WITH Bootloader-exception",
        files=(program,), purl=f"pkg:pypi/{BOOTLOADER}@{known[BOOTLOADER].version}",
    )  # fmt: skip
    parts = [*carried, begins, *ingredients.in_folder(folder), *ingredients.declared_in_environment(packages)]
    return Carried(known, parts)


def _from_the_system(one: bundled.Bundled) -> Part:
    """A library of the distribution that the program was frozen on, or its Python."""
    files = tuple(f"{bundled.INTERNAL}/{file}" for file in one.files)
    if not one.package:
        return Part(one.name.lower(), one.version, one.licence, files=files, cpe="python:python")
    package, _, version = one.package.partition(" ")
    distribution = platform.freedesktop_os_release()["ID"]
    purl = f"pkg:deb/{distribution}/{package}@{quote(version)}"
    return Part(one.name, one.version, one.licence, files=files, purl=purl)


def _packages_of(python: Path) -> Path:
    """The folder of packages of a virtual environment (PEP 405)."""
    (found,) = python.parent.parent.glob("lib/python3.*/site-packages")
    return found


def _windows(build: Build) -> Carried:
    folder = build.shared(layout.folder)
    programs = tuple(sorted(file.name for file in folder.glob("*.exe")))
    runtime = Part("mingw-w64-crt", "", "ZPL-2.1", files=programs)
    declared = ingredients.declared_in_wheels(build.work / "windows-wheels")
    return Carried(installed(folder / "packages"), [runtime, *ingredients.in_folder(folder), *declared])


TARGET = Target(
    "bills of materials (CycloneDX), one for each packaged program and the Python package",
    build,
    needs=(*linux.FREEZING, *(need for target in windows.TARGETS.values() for need in target.needs)),
)
