"""System packages: what is missing, who provides it, and who may install it."""

import sys
from pathlib import Path

import pytest

from installer import system
from installer.steps import Problem
from installer.system import SETUP, TESTS, WINDOW, Need, Way, command_by_hand, is_present, missing, way_to_install
from tests.installer.remembered import RememberedSteps

ALL = SETUP + WINDOW + TESTS
EGL, CURSOR = WINDOW[0], next(need for need in WINDOW if "cursor" in need.name)
CURL = next(need for need in TESTS if need.name == "curl")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux needs system packages")


@on_linux
@pytest.mark.parametrize(
    ("there", "absent"),
    [
        (Need("lib", "libc.so.6", "", ""), Need("lib", "libnobody-has-this.so.1", "", "")),
        (Need("tool", "sh", "", ""), Need("tool", "nobody-has-this", "", "")),
        (Need("module", "json", "", ""), Need("module", "nobody_has_this", "", "")),
    ],
)
def test_what_is_there_is_found_and_what_is_not_is_not(there: Need, absent: Need) -> None:
    assert is_present(there)
    assert not is_present(absent)


def test_a_font_is_found_in_the_person_s_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    font = Need("font", "NobodyHasThis.ttf", "", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not is_present(font)
    (tmp_path / ".local/share/fonts/deep").mkdir(parents=True)
    (tmp_path / ".local/share/fonts/deep/NobodyHasThis.ttf").touch()
    assert is_present(font)


def test_only_what_is_absent_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert missing([EGL, CURSOR, CURL], probe=lambda need: need is CURSOR) == [EGL, CURL]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_macos_and_windows_lack_nothing(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert missing(ALL, probe=lambda _need: False) == []


@pytest.mark.parametrize("need", ALL, ids=str)
def test_every_need_names_its_providers(need: Need) -> None:
    assert need.kind in ("lib", "tool", "module", "font")
    assert need.apt
    assert need.pacman


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install --no-install-recommends curl libegl1"),
        ("dnf", "sudo dnf install 'libEGL.so.1()(64bit)' /usr/bin/curl"),
        ("zypper", "sudo zypper install 'libEGL.so.1()(64bit)' /usr/bin/curl"),
        ("pacman", "sudo pacman -S --needed curl libglvnd"),
    ],
)
def test_the_command_to_type_suits_the_distribution(manager: str, command: str) -> None:
    assert command_by_hand([EGL, CURL], [manager]) == command


def test_an_unknown_distribution_gets_no_wrong_command() -> None:
    assert command_by_hand([EGL], ["apk"]) is None


@pytest.mark.parametrize(
    ("facts", "way"),
    [
        ("apt root", Way.DIRECT),
        ("apt sudo sudo_is_free", Way.SUDO),
        ("apt sudo terminal", Way.SUDO_ASKING),
        ("apt sudo", Way.BY_HAND),  # nobody is there to type the password
        ("apt terminal", Way.BY_HAND),
        ("root", Way.BY_HAND),  # another package manager: told, not driven
    ],
)
def test_who_may_install(facts: str, way: Way) -> None:
    known = ("root", "apt", "sudo", "sudo_is_free", "terminal")
    assert way_to_install(**{name: name in facts.split() for name in known}) is way


def test_without_rights_the_person_is_told_the_command(
    steps: RememberedSteps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(system, "_way_here", lambda _env: Way.BY_HAND)
    monkeypatch.setattr("installer.system.shutil.which", lambda name: name if name == "apt-get" else None)
    with pytest.raises(Problem) as problem:
        system.install([EGL, CURL], steps, {}, tmp_path)
    assert "This machine lacks: libEGL.so.1, curl." in str(problem.value)
    assert "sudo apt-get install --no-install-recommends curl libegl1" in str(problem.value)
    assert steps.titles == []


def test_as_root_apt_installs_what_is_missing_and_it_is_looked_for_again(
    steps: RememberedSteps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(system, "_way_here", lambda _env: Way.DIRECT)
    monkeypatch.setattr(system, "missing", lambda _needs: [CURSOR])
    with pytest.raises(Problem, match="still missing: libxcb-cursor"):
        system.install([EGL, CURSOR], steps, {}, tmp_path)
    update, install = steps.commands
    assert update[-1] == "update"
    assert install[-2:] == ["libegl1", "libxcb-cursor0"]
    assert "sudo" not in install


def test_a_python_of_one_s_own_is_not_mended_by_a_system_package(
    steps: RememberedSteps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "base_prefix", "/home/kim/python")
    with pytest.raises(Problem, match=r"/usr/bin/python3 installer/dev\.py"):
        system.install(SETUP, steps, {}, tmp_path)
    assert steps.titles == []
