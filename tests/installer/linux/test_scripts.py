"""The scripts of the archive: installed below a folder, brought up to date, and removed again."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from installer import product
from installer.linux import describe
from installer.linux.portable import SCRIPTS

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = product.read(ROOT)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the archive is for Linux")


@dataclass
class Archive:
    """A small one: a program of a line, with its entry in the menu and its file type."""

    folder: Path

    def fill(self, version: str, *more: str) -> None:
        files = {
            "lib/enroller/enroller": f"#!/bin/sh\necho 'enroller {version}'\n",
            "lib/enroller/enroller-wizard": (SCRIPTS / "enroller-wizard.sh").read_text(),
            f"share/applications/{PRODUCT.id}.desktop": describe.desktop_entry(PRODUCT),
            f"share/mime/packages/{PRODUCT.id}.xml": describe.mime_types(PRODUCT),
            **dict.fromkeys(more, "more\n"),
        }
        for script in ("install", "uninstall"):
            text = (SCRIPTS / script).read_text()
            for word, value in {"@NAME@": PRODUCT.name, "@TITLE@": PRODUCT.title, "@ID@": PRODUCT.id}.items():
                text = text.replace(word, value)
            files[script] = text
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755)
        (self.folder / "bin").mkdir(exist_ok=True)
        for name in ("enroller", "enroller-wizard"):
            link = self.folder / "bin" / name
            link.unlink(missing_ok=True)
            link.symlink_to(f"../lib/enroller/{name}")

    def install(self, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        env = {**os.environ, "HOME": str(home)}
        command = [str(self.folder / "install"), *arguments]
        return subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=False)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    found = Archive(tmp_path / "unpacked")
    found.fill("1.0", "share/icons/old.png")
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*")}


def run(*command: Path | str) -> str:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def test_it_works_in_the_home_folder_and_nothing_of_it_is_left(archive: Archive, home: Path) -> None:
    said = archive.install(home)
    assert (said.returncode, said.stderr) == (0, "")
    assert "Installed: enroller 1.0" in said.stdout
    assert run(home / ".local/bin/enroller") == "enroller 1.0\n"
    assert run(home / ".local/bin/enroller-wizard") == "enroller 1.0\n"
    entry = (home / f".local/share/applications/{PRODUCT.id}.desktop").read_text()
    assert f'Exec="{home}/.local/bin/enroller-wizard" %u\n' in entry
    run(home / ".local/lib/enroller/uninstall")
    assert files(home) <= {".local", ".local/share"}


def test_an_older_one_is_replaced_and_what_it_had_more_is_gone(archive: Archive, home: Path) -> None:
    archive.install(home)
    (archive.folder / "share/icons/old.png").unlink()
    archive.fill("2.0", "share/icons/new.png")
    assert "Brought up to date: enroller 2.0" in archive.install(home).stdout
    assert run(home / ".local/bin/enroller") == "enroller 2.0\n"
    assert not (home / ".local/share/icons/old.png").exists()
    assert (home / ".local/share/icons/new.png").exists()


def test_what_others_have_in_these_folders_stays(archive: Archive, home: Path) -> None:
    theirs = {".local/share/applications/other.desktop", ".local/bin/other", ".local/share/mime/packages/other.xml"}
    for name in theirs:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text('<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info"/>\n')
    archive.install(home)
    run(home / ".local/lib/enroller/uninstall")
    assert theirs <= files(home)
    assert not [name for name in files(home) if "enroller" in name.lower()]


def test_another_folder_may_have_spaces_in_its_name(archive: Archive, home: Path) -> None:
    assert archive.install(home, "--prefix", "a place").returncode == 0
    assert run(home / "a place/bin/enroller-wizard") == "enroller 1.0\n"
    assert (
        f'Exec="{home}/a place/bin/enroller-wizard" %u\n'
        in (home / f"a place/share/applications/{PRODUCT.id}.desktop").read_text()
    )
    run(home / "a place/lib/enroller/uninstall")
    assert files(home / "a place") == set()


@pytest.mark.parametrize("arguments", [["--unknown"], ["--prefix"], ["--prefix", 'a"b'], ["--prefix=/a$b"]])
def test_what_it_cannot_do_it_refuses_before_it_writes_anything(
    arguments: list[str], archive: Archive, home: Path
) -> None:
    said = archive.install(home, *arguments)
    assert said.returncode == 2
    assert said.stderr
    assert files(home) == set()


def test_what_fails_half_way_leaves_the_old_one_as_it_was(archive: Archive, home: Path) -> None:
    archive.install(home)
    before = files(home)
    archive.fill("2.0")
    (archive.folder / "uninstall").unlink()  # is copied last
    assert archive.install(home).returncode != 0
    assert files(home) == before
    assert run(home / ".local/bin/enroller") == "enroller 1.0\n"
