"""The display of our own: nothing of the person's desktop gets in, and nothing is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from installer.display import neutral, own_display
from installer.steps import Problem
from installer.system import TESTS, missing


def test_the_person_s_own_desktop_does_not_shine_through() -> None:
    desktop = {
        "DISPLAY": ":0",
        "WAYLAND_DISPLAY": "wayland-0",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
        "XDG_CURRENT_DESKTOP": "GNOME",
        "QT_SCALE_FACTOR": "2",
        "GTK_THEME": "Adwaita:dark",
    }
    assert neutral({**desktop, "HOME": "/home/kim", "LANG": "C.UTF-8"}) == {"HOME": "/home/kim", "LANG": "C.UTF-8"}


@pytest.fixture
def _needs_display() -> None:
    if absent := [need for need in missing(TESTS) if need.name in ("Xvfb", "openbox", "xprop")]:
        if os.environ.get("CI"):
            pytest.fail(f"missing: {absent}")
        pytest.skip(f"missing: {absent}")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the one display is used")
@pytest.mark.usefixtures("_needs_display")
def test_a_display_has_the_smallest_promised_screen_and_ends_with_the_block(tmp_path: Path) -> None:
    root_window = ["xwininfo", "-root"]
    with own_display(os.environ, tmp_path / "log.txt") as env:
        assert env["DISPLAY"] != os.environ.get("DISPLAY")
        shown = subprocess.run(root_window, env=env, capture_output=True, text=True, check=True).stdout
        assert "Width: 1366" in shown
        assert "Height: 768" in shown
        private = Path(env["XDG_RUNTIME_DIR"])
        assert private.stat().st_mode & 0o777 == 0o700
    assert subprocess.run(root_window, env=env, capture_output=True, check=False).returncode != 0
    assert not private.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the one display is used")
def test_a_server_that_does_not_come_up_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "Xvfb"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(Problem, match="Xvfb"), own_display(os.environ, tmp_path / "log.txt"):
        pass
