"""Whose the carried libraries are."""

import pytest

from installer.linux.bundled import owners_of
from installer.steps import Problem

TOLD = """\
libffi8:amd64: /usr/lib/x86_64-linux-gnu/libffi.so.8
libffi8:i386: /opt/other/lib/i386-linux-gnu/deep/libffi.so.8
diversion by nobody from: /usr/lib/x86_64-linux-gnu/libffi.so.8
libxcb-cursor0: /lib/x86_64-linux-gnu/libxcb-cursor.so.0
"""


def test_each_library_is_its_package_s_wherever_the_package_keeps_it() -> None:
    assert owners_of(TOLD, ["libffi.so.8", "libxcb-cursor.so.0"]) == {
        "libffi.so.8": "libffi8:amd64",
        "libxcb-cursor.so.0": "libxcb-cursor0",
    }


def test_one_that_nobody_owns_has_no_licence_that_anybody_knows() -> None:
    with pytest.raises(Problem, match=r"No system package owns libxkbcommon\.so\.0"):
        owners_of(TOLD, ["libffi.so.8", "libxkbcommon.so.0"])
