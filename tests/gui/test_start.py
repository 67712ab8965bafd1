"""How the window starts and ends, as programs and people start it: in a process of its own."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from enroller import resources
from enroller.gui import start
from tests.settings.conftest import Write, site

__all__ = ["site"]

PATIENCE = 60.0
"""Seconds; a start takes a fraction of one."""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is a display")


def enroller(data_dir: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `enroller` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "enroller", "--data-dir", str(data_dir), *arguments],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class TestExitAfterStart:
    def test_it_ends_with_0_and_says_nothing(self, data_dir: Path) -> None:
        ended = enroller(data_dir, "wizard", "--exit-after-start")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")

    def test_a_start_alone_leaves_nothing_on_the_disk(self, data_dir: Path) -> None:
        enroller(data_dir, "wizard", "--exit-after-start")
        assert not list(data_dir.glob("enrollments/*"))

    @pytest.mark.parametrize("option", ["--preset", None])
    def test_with_a_preset(self, option: str | None, data_dir: Path, tmp_path: Path) -> None:
        preset = tmp_path / "preset.toml"
        preset.write_text('server = "acme.example"')
        words = filter(None, (option, str(preset)))
        assert enroller(data_dir, "wizard", *words, "--exit-after-start").returncode == 0

    def test_with_what_a_desktop_hands_over_that_is_broken_the_window_opens_and_says_so(self, data_dir: Path) -> None:
        assert enroller(data_dir, "wizard", "enroller://nonsense", "--exit-after-start").returncode == 0

    def test_without_standard_streams(self, data_dir: Path) -> None:
        """A windowed program of Windows' has none."""
        script = (
            "import sys\n"
            "sys.stdin = sys.stdout = sys.stderr = None\n"
            "sys.argv[1:] = ['--data-dir', sys.argv[1], '--verbose', '--exit-after-start', *sys.argv[2:]]\n"
            "from enroller.cli.main import wizard_main\n"
            "sys.exit(wizard_main())\n"
        )

        def ended(*words: str) -> int:
            command = [sys.executable, "-c", script, str(data_dir), *words]
            return subprocess.run(command, timeout=PATIENCE, check=False).returncode

        assert ended() == 0
        assert ended("enroller://nonsense") == 0
        assert ended("--preset", "/nowhere") == 2
        assert ended("--no-such-option") == 2


class TestNoStart:
    @linux_only
    @pytest.mark.parametrize("display", ["", ":4711"], ids=["no display", "a dead display"])
    def test_without_a_display_it_names_the_other_way(self, data_dir: Path, display: str) -> None:
        env = {"DISPLAY": display, "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
        ended = enroller(data_dir, "wizard", env=env)
        assert ended.returncode == 2
        assert "display" in ended.stderr.lower()
        assert "enroller enroll" in ended.stderr
        assert "Traceback" not in ended.stderr

    def test_with_a_bad_preset_nothing_opens(self, data_dir: Path, tmp_path: Path) -> None:
        preset = tmp_path / "preset.toml"
        preset.write_text("server = 7400")
        ended = enroller(data_dir, "wizard", "--preset", str(preset))
        assert ended.returncode == 2
        assert "“server” has to be a text" in ended.stderr
        assert "Nothing was applied." in ended.stderr

    def test_a_preset_that_is_given_twice_is_none(self, data_dir: Path) -> None:
        ended = enroller(data_dir, "wizard", "--preset", "/nowhere", "enroller://preset?server=acme.example")
        assert ended.returncode == 2
        assert "A preset was given twice." in ended.stderr


class TestTheLanguage:
    def test_is_the_one_that_is_set(self, site: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        spoken: list[str] = []
        monkeypatch.setattr(resources, "speak", spoken.append)
        start._speak()
        assert spoken == []
        site('language = "en"')
        start._speak()
        assert spoken == ["en"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_says_so_by_its_status(data_dir: Path, number: signal.Signals) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from enroller.gui import start\n"
        "real = start.after_start\n"
        "def told(*wizard):\n"
        "    real(*wizard)\n"
        "    print('ready', flush=True)\n"
        "start.after_start = told\n"
        "sys.exit(start.run(Path(sys.argv[1])))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(data_dir)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130
    assert said == ""
