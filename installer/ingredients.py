"""What a packaged program is made of besides the pinned packages: libraries inside libraries, found in the files.

Three sources, from the surest on: what the wheels declare (PEP 770, "Improving measurability of Python packages with
Software Bill-of-Materials"), what the builder of a platform knows, and marks that libraries leave in compiled files.
"""

import json
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from installer.packages import normalised


@dataclass(frozen=True)
class Part:
    """One library. `licence`: an SPDX expression, or empty where nobody says; so is `version`.

    `inside`: the package (or another part) that brings it; empty: the program itself. `files`: where it is found in
    the installed program. `purl`: its package URL where it has a better one than its name. `cpe`: vendor and product,
    as the database of vulnerabilities has them.
    """

    name: str
    version: str
    licence: str
    inside: str = ""
    files: tuple[str, ...] = ()
    purl: str = ""
    cpe: str = ""


@dataclass(frozen=True)
class Mark:
    """How a library shows itself: in files of these names, by these bytes, whose group (where there is one) is the
    version. `files` and `pattern` are regular expressions. `pattern` None: by the file's name alone.

    `in_properties`: the version is the one in the properties of the file (Windows).
    """

    name: str
    files: str
    pattern: bytes | None
    licence: str
    cpe: str = ""
    in_properties: bool = False


# On macOS a framework's file has neither a number nor an ending.
_QT_CORE, _QT_GUI = r"(lib)?qt6?core(\.(dll|so.*))?", r"(lib)?qt6?gui(\.(dll|so.*))?"
_PYTHON = r"python3\d+\.dll"

MARKS = (
    Mark("cpython", _PYTHON, rb"\0(3\.\d+\.\d+)\0", "PSF-2.0", "python:python"),
    Mark("zlib", _PYTHON, rb"\0(1\.[23]\.\d+(?:\.\d+)?)\0", "Zlib", "zlib:zlib"),
    Mark("openssl", r"libcrypto([.-]3.*)?\.(dll|so.*|dylib)", rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) \d", "Apache-2.0",
         "openssl:openssl"),
    Mark("expat", r"pyexpat.*\.pyd", rb"expat_(\d+\.\d+\.\d+)", "MIT", "libexpat_project:libexpat"),
    Mark("bzip2", r"_bz2\.pyd", rb"(\d\.\d\.\d), \d{1,2}-[A-Z][a-z]{2}-\d{4}", "bzip2-1.0.6", "bzip:bzip2"),
    Mark("xz", r"_lzma\.pyd", None, "0BSD", "tukaani:xz"),
    Mark("mpdecimal", r"_decimal\.pyd", rb"\0(\d\.\d\.\d)\0", "BSD-2-Clause"),
    Mark("libffi", r"libffi-\d+\.dll", None, "MIT", "libffi_project:libffi"),
    Mark("vcruntime", r"(vcruntime|msvcp)140.*\.dll", None, "LicenseRef-Microsoft-Visual-C-Runtime",
         in_properties=True),
    Mark("qt", _QT_CORE, rb"\bQt (6\.\d+\.\d+) \(", "LGPL-3.0-only", "qt:qt"),
    Mark("pcre2", _QT_CORE, rb"(10\.\d\d) \d{4}-\d\d-\d\d", "BSD-3-Clause", "pcre:pcre2"),
    Mark("libpng", _QT_GUI, rb"libpng version (\d+\.\d+\.\d+)", "libpng-2.0", "libpng:libpng"),
    Mark("harfbuzz", _QT_GUI, rb"harfbuzz", "MIT-Modern-Variant", "harfbuzz_project:harfbuzz"),
    Mark("icu", r"(lib)?icuuc\d*\.(dll|so.*)", rb"\0(\d\d\.\d(?:\.\d)?)\0", "Unicode-DFS-2016",
         "unicode:international_components_for_unicode"),
    Mark("icu", r"(lib)?icu(i18n|in|data|dt)\d*\.(dll|so.*)", None, "Unicode-DFS-2016",
         "unicode:international_components_for_unicode"),
)  # fmt: skip
"""Libraries that are linked into what ships, or lie beside it. Licences as each project tells them, in SPDX's names."""

PACKAGES = {"PySide6": "pyside6-essentials", "shiboken6": "shiboken6", "cryptography": "cryptography"}
"""Folders in which a package keeps what it brings."""

_SIGNATURE = struct.pack("<I", 0xFEEF04BD)  # of VS_FIXEDFILEINFO (Microsoft, "VS_FIXEDFILEINFO structure")


def in_folder(folder: Path) -> list[Part]:
    """The libraries that show themselves in the files of a finished program."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink())
    return in_files((file.relative_to(folder).as_posix(), file) for file in files)


def in_files(files: Iterable[tuple[str, Path]]) -> list[Part]:
    """The same of files by their place in the program; one that lies in several files is one part."""
    found: dict[tuple[str, str], Part] = {}
    for place, file in files:
        for mark in _marks_for(place):
            part = seen(mark, place, file.read_bytes())
            if part is not None:
                known = found.setdefault((part.name, part.inside), replace(part, files=()))
                version = known.version or part.version
                found[part.name, part.inside] = replace(known, version=version, files=(*known.files, place))
    return list(found.values())


def _marks_for(place: str) -> list[Mark]:
    name = PurePosixPath(place).name.lower()
    return [mark for mark in MARKS if re.fullmatch(mark.files, name)]


def seen(mark: Mark, place: str, data: bytes) -> Part | None:
    """The library of a mark, where a file shows it. `place`: the file's, in the program; `data`: what is in it."""
    found = re.search(mark.pattern or b"", data)
    if found is None:
        return None
    version = found[1].decode() if found.re.groups else ""
    if mark.in_properties:
        version = file_version(data)
    brought_by = next((PACKAGES[name] for name in PurePosixPath(place).parts if name in PACKAGES), "cpython")
    inside = "" if mark.name == brought_by else brought_by
    return Part(mark.name, version, mark.licence, inside, (place,), cpe=mark.cpe)


def file_version(data: bytes) -> str:
    """The version in the properties of a Windows file, such as `14.42.34226`; empty where it has none."""
    at = data.find(_SIGNATURE)
    if at < 0:
        return ""
    high, low = struct.unpack_from("<II", data, at + 8)  # after the signature and the structure's own version
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}"


def declared_in_environment(packages: Path) -> list[Part]:
    """What installed packages declare of what is in them. `packages`: the folder of the environment's packages."""
    documents = sorted(packages.glob("*.dist-info/sboms/*.json"))
    return _declared((file.relative_to(packages).as_posix(), file.read_bytes()) for file in documents)


def declared_in_wheels(folder: Path) -> list[Part]:
    """The same from wheels that are not installed."""
    found: list[Part] = []
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/sboms/.+\.json", name)]
            found += _declared((name, archive.read(name)) for name in names)
    return found


def _declared(documents: Iterable[tuple[str, bytes]]) -> list[Part]:
    found: dict[tuple[str, str, str], Part] = {}
    for place, data in documents:
        package = normalised(place.partition("-")[0])
        for part in declared(json.loads(data), package):
            found.setdefault((part.name, part.version, package), part)
    return list(found.values())


def declared(document: Mapping[str, Any], package: str) -> Iterator[Part]:
    """The parts in a package's own bill (CycloneDX). Another kind of bill yields nothing."""
    for one in document.get("components", ()) if document.get("bomFormat") == "CycloneDX" else ():
        name = str(one["name"])
        # Without the qualifiers: they tell where somebody else's machine had it from.
        purl = str(one.get("purl", "")).partition("?")[0]
        # A binding in another language may have the name of the library that it is for.
        known = [mark for mark in MARKS if mark.name == name and purl.startswith("pkg:generic/")]
        licence, cpe = (known[0].licence, known[0].cpe) if known else ("", "")
        yield Part(name, str(one.get("version", "")), _licence(one) or licence, package, purl=purl, cpe=cpe)


def _licence(component: Mapping[str, Any]) -> str:
    told = component.get("licenses", ())
    words = [str(one.get("expression") or one.get("license", {}).get("id", "")) for one in told]
    return " AND ".join(word if len(words) == 1 or " OR " not in word else f"({word})" for word in words if word)
