"""A managed description on one machine."""

import pytest

from enroller.settings.pattern import filled


@pytest.mark.parametrize(
    ("pattern", "serial", "meant"),
    [
        ("{hostname} ({serial})", "5CG1", "laptop-17 (5CG1)"),
        ("{hostname} ({serial})", "", "laptop-17"),
        ("{serial} / {hostname}", "", "laptop-17"),
        ("Reception: {hostname}", "", "Reception: laptop-17"),
        ("{hostname} [{serial}] Berlin", "", "laptop-17 Berlin"),
        ("{other}", "x", "{other}"),
    ],
)
def test_what_is_known_is_filled_in_and_the_rest_left_out(pattern: str, serial: str, meant: str) -> None:
    assert filled(pattern, hostname="laptop-17", serial=serial) == meant
