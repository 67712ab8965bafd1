"""What a packaged program is made of: from marks in its files, and from what packages declare of themselves."""

import json
import struct
import zipfile
from pathlib import Path

import pytest

from installer import ingredients
from installer.ingredients import MARKS, Part, declared, file_version, in_folder

PROPERTIES = struct.pack("<I", 0xFEEF04BD) + struct.pack("<III", 0x10000, 14 << 16 | 42, 34226 << 16 | 3)
"""The part of a Windows file's properties that has its version: 14.42.34226.3."""


def laid_out(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def test_libraries_within_libraries_are_found_with_their_versions(tmp_path: Path) -> None:
    laid_out(
        tmp_path,
        **{
            "python/python313.dll": b"..\x003.13.2\x00..\x001.3.1\x00..",
            "python/libcrypto-3.dll": b"OpenSSL 3.0.15 3 Sep 2024",
            "python/vcruntime140.dll": b"MZ" + PROPERTIES,
            "packages/PySide6/Qt6Core.dll": b"Qt 6.11.3 (x86_64-little_endian) 10.49 2026-09-28",
            "packages/PySide6/vcruntime140.dll": b"MZ",
            "packages/other/readme.txt": b"OpenSSL 1.0.2 1 Jan 2016",
        },
    )
    found = {(part.inside, part.name): part.version for part in in_folder(tmp_path)}
    assert found == {
        ("", "cpython"): "3.13.2",
        ("cpython", "zlib"): "1.3.1",
        ("cpython", "openssl"): "3.0.15",
        ("cpython", "vcruntime"): "14.42.34226",
        ("pyside6-essentials", "qt"): "6.11.3",
        ("pyside6-essentials", "pcre2"): "10.49",
        ("pyside6-essentials", "vcruntime"): "",
    }


def test_a_library_in_several_files_is_one_part_and_links_are_none(tmp_path: Path) -> None:
    home = "_internal/PySide6/Qt/lib"
    laid_out(
        tmp_path,
        **{f"{home}/libicudata.so.73": b"data", f"{home}/libicuuc.so.73": b"\x0073.2\x00"},
    )
    (tmp_path / "_internal" / "libicuuc.so.73").symlink_to(tmp_path / home / "libicuuc.so.73")
    (icu,) = in_folder(tmp_path)
    assert (icu.name, icu.version, icu.inside) == ("icu", "73.2", "pyside6-essentials")
    assert icu.files == (f"{home}/libicudata.so.73", f"{home}/libicuuc.so.73")


def test_a_file_of_the_name_without_the_mark_shows_nothing(tmp_path: Path) -> None:
    assert in_folder(laid_out(tmp_path, **{"libQt6Core.so.6": b"something else"})) == []


def test_the_version_in_a_files_properties() -> None:
    assert file_version(b"MZ..." + PROPERTIES + b"...") == "14.42.34226"
    assert file_version(b"MZ without any") == ""


def test_the_marks_are_there_in_the_qt_that_we_use() -> None:
    """Against the real libraries: a new Qt that hides its version is noticed here."""
    pyside = pytest.importorskip("PySide6")
    home = Path(pyside.__file__).parent
    found = {part.name: part.version for part in in_folder(home)}
    assert found["qt"] == pyside.__version__
    assert found["pcre2"].startswith("10.")


CRYPTOGRAPHY = {
    "bomFormat": "CycloneDX",
    "components": [
        {"name": "openssl", "version": "4.0.3", "purl": "pkg:generic/openssl@4.0.3?download_url=https://x.invalid"},
        {"name": "openssl", "version": "0.10.81", "purl": "pkg:cargo/openssl@0.10.81"},
        {"name": "asn1", "version": "0.24.1", "licenses": [{"expression": "MIT OR Apache-2.0"}]},
        {"name": "two", "version": "1", "licenses": [{"license": {"id": "MIT"}}, {"expression": "A OR B"}]},
    ],
}


def test_what_a_package_declares_is_taken() -> None:
    openssl, binding, asn1, two = declared(CRYPTOGRAPHY, "cryptography")
    assert openssl == Part(
        "openssl", "4.0.3", "Apache-2.0", "cryptography", purl="pkg:generic/openssl@4.0.3", cpe="openssl:openssl"
    )
    assert binding == Part("openssl", "0.10.81", "", "cryptography", purl="pkg:cargo/openssl@0.10.81")
    assert (asn1.licence, asn1.inside) == ("MIT OR Apache-2.0", "cryptography")
    assert two.licence == "MIT AND (A OR B)"
    assert list(declared({"spdxVersion": "SPDX-2.3"}, "other")) == []


def test_it_is_read_from_an_environment_and_from_wheels_alike(tmp_path: Path) -> None:
    place = "Crypto_Graphy-50.0.2.dist-info/sboms/own.json"
    laid_out(tmp_path / "packages", **{place: json.dumps(CRYPTOGRAPHY).encode()})
    with zipfile.ZipFile(tmp_path / "crypto_graphy-50.0.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(place, json.dumps(CRYPTOGRAPHY))
    there = ingredients.declared_in_environment(tmp_path / "packages")
    assert there == ingredients.declared_in_wheels(tmp_path)
    assert {part.inside for part in there} == {"crypto-graphy"}
    assert len(there) == 4


def test_each_licence_is_an_spdx_expression() -> None:
    names = {name for mark in MARKS for name in mark.licence.replace("(", "").replace(")", "").split()}
    assert names - {"AND", "OR", "WITH"} <= {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "LGPL-3.0-only", "LicenseRef-Microsoft-Visual-C-Runtime",
        "MIT", "MIT-Modern-Variant", "PSF-2.0", "Unicode-DFS-2016", "Zlib", "bzip2-1.0.6", "libpng-2.0",
    }  # fmt: skip
