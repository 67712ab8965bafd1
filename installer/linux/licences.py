"""The licence texts of everything that ships: Enroller's, Python packages', Qt's, CPython's, what else is carried."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from installer.linux import freeze
from installer.linux.bundled import bundled
from installer.packages import normalised, pins
from installer.release import Build
from installer.steps import Problem

QT = ("pyside6-essentials", "shiboken6")
"""Packages without texts of their own: Qt and its bindings, under the GNU Lesser General Public License 3."""

FREEZER = "pyinstaller"
"""The program that begins the frozen one is PyInstaller's (its licence makes an exception for that)."""

_ASK = """
import importlib.metadata, json
print(json.dumps({
    found.name: [str(found.locate_file(file)) for file in found.files or () if '.dist-info/' in str(file)]
    for found in importlib.metadata.distributions()
}))
"""


def texts(build: Build) -> dict[str, str]:
    """The texts by file name, one for each component. Raises Problem where one has none."""
    root = build.checkout.root
    own, shared = root / "installer" / "linux" / "licences", root / "installer" / "licences"
    qt = [shared / "LGPL-3.0.txt", shared / "GPL-3.0.txt"]
    found: dict[str, list[Path]] = {build.product.title: [root / "LICENSE"], "ICU": [own / "ICU.txt"]}
    packages = _of_packages(freeze.interpreter(build))
    for name in sorted({*pins(build.checkout.requirements / "runtime.txt"), FREEZER} & set(packages)):
        found[name] = qt if name in QT else packages[name]
    for component in build.shared(bundled):
        found[component.name] = [component.text]
    lacking = [name for name, files in found.items() if not files or not all(file.is_file() for file in files)]
    if lacking:
        raise Problem(f"The licence text of {lacking[0]} is not where it was looked for.")
    return {
        f"{name}.txt": "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
        for name, files in found.items()
    }


def _of_packages(python: Path) -> Mapping[str, list[Path]]:
    """The licence files of every package that is installed beside an interpreter, by the package's name."""
    told = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=True)
    listed: dict[str, list[str]] = json.loads(told.stdout)
    return {normalised(name): sorted(filter(_is_licence, map(Path, files))) for name, files in listed.items()}


def _is_licence(file: Path) -> bool:
    return "licenses" in file.parts or file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))


def copyright_file(build: Build, names: Iterable[str]) -> str:
    """Debian's machine-readable copyright file 1.0: our own text, and where those of everything else are, by name."""
    product, own = build.product, (build.checkout.root / "LICENSE").read_text(encoding="utf-8")
    _, holder, text = own.split("\n\n", 2)
    parts = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
        f"Upstream-Name: {product.title}",
        f"Upstream-Contact: {product.publisher} <{product.contact}>",
        f"Source: {product.homepage}",
        "Comment: The program carries CPython, Qt, ICU, Python packages and what they need.",
        f" The texts of their licences are in /usr/share/doc/{product.name}/licences:",
        *(f" {name}" for name in sorted(names, key=str.lower)),
        "",
        "Files: *",
        f"Copyright: {holder.removeprefix('Copyright (c) ')}",
        f"License: {product.licence}",
        *(f" {line}" if line.strip() else " ." for line in text.splitlines()),
    ]
    return "".join(f"{part}\n" for part in parts)
