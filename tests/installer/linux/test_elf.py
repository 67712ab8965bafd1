"""What programs and libraries ask of the system."""

import sys
from pathlib import Path

import pytest

from installer.linux.elf import Wanted, cached, files, glibc_floor, is_elf, parse, unknown

TOLD = """
/build/libQt6Core.so.6:     file format elf64-x86-64

Program Header:
    LOAD off    0x0000000000000000 vaddr 0x0000000000000000 paddr 0x0000000000000000 align 2**12

Dynamic Section:
  NEEDED               libicui18n.so.73
  NEEDED               libc.so.6
  SONAME               libQt6Core.so.6
  RUNPATH              $ORIGIN:/home/builder/lib

Version definitions:
1 0x01 0x0fcd76d9 libQt6Core.so.6

Version References:
  required from libc.so.6:
    0x06969194 0x00 12 GLIBC_2.14
    0x069691b4 0x00 05 GLIBC_2.34
    0x09691a75 0x00 03 GLIBC_2.2.5

/build/libicudata.so.73:     file format elf64-x86-64

Dynamic Section:
  SONAME               libicudata.so.73
"""


def test_libraries_the_newest_symbols_and_the_folders_are_read_for_each_file() -> None:
    core, data = parse(TOLD)
    assert core == Wanted(("libicui18n.so.73", "libc.so.6"), (2, 34), ("$ORIGIN", "/home/builder/lib"))
    assert data == Wanted((), ())


def test_the_floor_is_the_newest_of_all_by_number_and_not_by_letter() -> None:
    assert glibc_floor([Wanted((), (2, 4)), Wanted((), (2, 34)), Wanted((), (2, 2, 5))]) == "2.34"
    assert glibc_floor([Wanted((), ())]) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such programs")
def test_programs_are_known_by_what_is_in_them_and_links_are_not_counted_twice(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(Path(sys.executable).resolve().read_bytes()[:64])
    (tmp_path / "script.so").write_text("#!/bin/sh\n")
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("program")
    assert files(tmp_path) == [tmp_path / "program"]
    assert not is_elf(tmp_path / "empty")


def test_a_library_that_nobody_has_is_named() -> None:
    cache = (
        "2 libs found in cache\n\tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1\n\tlibc.so.6 (libc6) => /lib/libc.so.6\n"
    )
    wanted = [Wanted(("libc.so.6", "libQt6Core.so.6"), ()), Wanted(("libz.so.1", "libnone.so.9"), ())]
    assert unknown(wanted, ["libQt6Core.so.6", *cached(cache)]) == ["libnone.so.9"]
