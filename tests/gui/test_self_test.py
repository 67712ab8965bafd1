"""The window's part of the self-test, on a real display."""

from pathlib import Path

import pytest
from PySide6.QtCore import QLibraryInfo
from pytestqt.qtbot import QtBot

from enroller import resources
from enroller.gui import self_test
from enroller.self_test import window

ICONS = Path(resources.__file__).parent.parent / "resources" / "icons"


def test_a_window_can_be_shown_on_this_display() -> None:
    checks = {check.name: check for check in window.check()}
    assert [check.name for check in checks.values() if check.error is not None] == []
    assert "by “xcb”" in checks["window"].found


def test_all_pictures_are_looked_at() -> None:
    assert sorted(self_test.PICTURES) == sorted(icon.stem for icon in ICONS.glob("*.svg"))


def test_a_picture_that_is_lost_is_named(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "PICTURES", ("enroller", "no-such-picture"))
    assert self_test._pictures() == (False, "Missing, or not drawn: no-such-picture.")


def test_a_platform_plugin_that_is_lost_or_broken_is_named(
    qtbot: QtBot, qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtWidgets import QApplication

    assert isinstance(qapp, QApplication)
    (tmp_path / "platforms").mkdir()
    monkeypatch.setattr(QLibraryInfo, "path", lambda _: str(tmp_path))
    good, found = self_test._window(qapp)
    assert not good
    assert found.endswith("the plugin qxcb is missing.")
    (tmp_path / "platforms" / "libqxcb.so").write_bytes(b"no library")
    good, found = self_test._window(qapp)
    assert not good
    assert "the plugin qxcb cannot be loaded" in found


def test_nothing_but_white_is_blank(qtbot: QtBot) -> None:
    assert self_test._is_blank("   ")
    assert not self_test._is_blank(self_test.SAMPLE)
