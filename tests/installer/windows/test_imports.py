"""What a library is linked to, read from its bytes, and what ships because of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.windows.imports import closure, imported
from tests.installer.windows.made import library


def test_libraries_are_read_in_lower_case_and_each_once() -> None:
    assert imported(library("KERNEL32.dll", "Qt6Core.dll", "kernel32.DLL")) == ("kernel32.dll", "qt6core.dll")


def test_those_that_are_loaded_late_count_too() -> None:
    assert imported(library("a.dll", delayed=["b.dll"])) == ("a.dll", "b.dll")


def test_one_that_needs_nothing() -> None:
    assert imported(library()) == ()


@given(st.integers(0, 420), st.binary(max_size=8))
def test_what_is_damaged_is_refused_and_never_anything_else(length: int, more: bytes) -> None:
    try:
        found = imported(library("kernel32.dll", "user32.dll")[:length] + more)
    except ValueError:
        return
    assert set(found) <= {"kernel32.dll", "user32.dll"}


@pytest.mark.parametrize("data", [b"", b"MZ", bytes(400)])
def test_what_is_no_library(data: bytes) -> None:
    with pytest.raises(ValueError, match="PE32"):
        imported(data)


FILES = {
    "PySide6/QtGui.pyd": library("Qt6Gui.dll", "python3.dll"),
    "PySide6/Qt6Gui.dll": library("Qt6Core.dll", "msvcp140.dll"),
    "PySide6/Qt6Core.dll": library("kernel32.dll", "msvcp140.dll"),
    "PySide6/Qt6Quick.dll": library("Qt6Gui.dll"),
    "PySide6/msvcp140.dll": library(),
    "shiboken6/Shiboken.pyd": library("msvcp140.dll"),
    "shiboken6/msvcp140.dll": library(),
    "PySide6/plugins/platforms/qwindows.dll": library("Qt6Gui.dll"),
}


def test_what_ships_is_what_the_roots_need_to_the_end() -> None:
    found = closure(["PySide6/QtGui.pyd"], FILES)
    assert found == {"PySide6/QtGui.pyd", "PySide6/Qt6Gui.dll", "PySide6/Qt6Core.dll", "PySide6/msvcp140.dll"}


def test_the_library_beside_is_meant_and_else_the_first_of_that_name() -> None:
    assert closure(["shiboken6/Shiboken.pyd"], FILES) == {"shiboken6/Shiboken.pyd", "shiboken6/msvcp140.dll"}
    assert "PySide6/Qt6Gui.dll" in closure(["PySide6/plugins/platforms/qwindows.dll"], FILES)


def test_a_root_that_is_not_there_is_no_silent_gap() -> None:
    with pytest.raises(KeyError):
        closure(["PySide6/QtWidgets.pyd"], FILES)
