"""Disks and folders that do not take what they are given: found before anything is sent, and no approval is lost."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enroller.errors import NotWritable
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.integration.conftest import Cli, Enroll, approve_pending
from tests.vault.conftest import unavailable
from tests.vault.test_full_disk import fill

NOBODY = 65_534
"""The user id of nobody, by convention."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one mebibyte."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False)
    if made.returncode != 0:
        unavailable("a small disk can be mounted by root on Linux only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def refused(cli: Cli, enroll: Enroll, sandbox: Sandbox) -> Callable[[Path, str], dict[str, str]]:
    """An enrollment that ends because of its data folder: nothing was sent, and nothing is there afterwards."""

    def run(data_dir: Path, code: str) -> dict[str, str]:
        before = sorted(data_dir.rglob("*")) if data_dir.is_dir() else []
        cli.data_dir = data_dir
        done = cli.run(*enroll())
        failed: dict[str, str] = done.events[-1]
        assert (done.status, failed["event"], failed["code"]) == (8, "failed", code)
        assert sandbox.world.counts()["register"] == 0, "no approval may be asked for that cannot be kept"
        assert (sorted(data_dir.rglob("*")) if data_dir.is_dir() else []) == before
        return failed

    return run


class TestBeforeAnythingIsSent:
    def test_a_full_disk(self, small_disk: Path, refused: Callable[[Path, str], dict[str, str]]) -> None:
        fill(small_disk)
        assert "--data-dir" in refused(small_disk / "data", "disk_full")["advice"]

    def test_a_read_only_disk(self, small_disk: Path, refused: Callable[[Path, str], dict[str, str]]) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        failed = refused(small_disk / "data", "not_writable")
        assert "read-only" in failed["message"]
        assert "--data-dir" in failed["advice"]

    def test_somebody_elses_folder(self, tmp_path: Path, refused: Callable[[Path, str], dict[str, str]]) -> None:
        if os.geteuid() != 0:
            unavailable("only root can give a folder away")
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, NOBODY, NOBODY)
        assert "belongs to nobody" in refused(theirs, "not_writable")["message"]

    def test_a_link_where_our_folder_should_be(
        self, tmp_path: Path, refused: Callable[[Path, str], dict[str, str]]
    ) -> None:
        (tmp_path / "ours").mkdir()
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "ours/enrollments").symlink_to(tmp_path / "elsewhere")
        assert "is a link" in refused(tmp_path / "ours", "not_writable")["message"]
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_a_file_where_our_folder_should_be(
        self, tmp_path: Path, refused: Callable[[Path, str], dict[str, str]]
    ) -> None:
        (tmp_path / "file").write_text("mine")
        refused(tmp_path / "file", "not_writable")
        assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_without_the_right_to_write_is_named_with_its_owner(tmp_path: Path) -> None:
    """As an ordinary user: root may write everywhere."""
    if os.geteuid() != 0:
        unavailable("only root can become another user")
    place = tmp_path / "roots"
    place.mkdir(mode=0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(NotWritable) as found:
            Vault(place / "data").probe()
    finally:
        os.seteuid(0)
    assert f"{place} belongs to root, and Enroller runs as nobody" in found.value.message
    assert "--data-dir" in found.value.advice


class TestWhileItWaits:
    def test_a_disk_that_fills_does_not_cost_the_approval(
        self, small_disk: Path, cli: Cli, enroll: Enroll, sandbox: Sandbox
    ) -> None:
        cli.data_dir = small_disk / "data"
        running = cli.start(*enroll())
        running.until("pending")
        fill(small_disk)
        approve_pending(sandbox)
        done = running.end()
        assert (done.status, done.events[-1]["event"]) == (0, "saved")
        assert cli.run("token").status == 0
        assert sandbox.world.counts()["register"] == 1


class TestDamage:
    """Never silently “not enrolled”."""

    @pytest.mark.parametrize("harm", [b"", b"{", b"\0" * 512])
    def test_the_generation_before_is_used_and_it_is_said(self, harm: bytes, enrolled: Cli) -> None:
        folder = enrolled.folders()[0]
        (folder / "sealed.json").write_bytes(harm)
        done = enrolled.run("token")
        assert done.status in (0, 3)
        assert "the one before it is used" in done.err
        assert len(list(folder.glob("sealed.json.damaged-*"))) == 1
        again = enrolled.run("token")
        assert again.err.count("the one before it is used") == 0, "it is said once"

    def test_where_nothing_is_left_to_read_it_is_an_error_and_nothing_changes(self, enrolled: Cli) -> None:
        folder = enrolled.folders()[0]
        for name in ("sealed.json", "sealed.json.1"):
            (folder / name).write_bytes(b"")
        before = sorted(path.name for path in folder.iterdir())
        done = enrolled.run("token", "--json")
        assert (done.status, json.loads(done.out)["code"]) == (8, "damaged")
        assert "backup" in json.loads(done.out)["advice"]
        assert sorted(path.name for path in folder.iterdir()) == before
        assert enrolled.run("list", "--json").document[0]["state"] == "enrolled"

    def test_a_newer_schema_is_left_alone(self, enrolled: Cli) -> None:
        folder = enrolled.folders()[0]
        for name in ("sealed.json", "enrollment.json"):
            path = folder / name
            path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        done = enrolled.run("token", "--json")
        assert (done.status, json.loads(done.out)["code"]) == (8, "too_new")
        assert "Update Enroller" in json.loads(done.out)["advice"]
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


class TestAnEnrolledDeviceOnAFullDisk:
    def test_refreshes_nothing_that_it_could_not_keep(self, small_disk: Path, stale: Cli, sandbox: Sandbox) -> None:
        shutil.copytree(stale.data_dir, small_disk / "data")
        stale.data_dir = small_disk / "data"
        ballast = fill(small_disk)
        before = sandbox.world.counts()["refresh"]
        done = stale.run("token", "--json")
        assert (done.status, done.events[-1]["code"]) == (8, "disk_full")
        assert sandbox.world.counts()["refresh"] == before, "a new refresh token would have been lost"
        ballast.unlink()
        assert stale.run("token").status == 0


def test_a_folder_that_became_read_only_is_found_before_the_approval_is_spent(
    cli: Cli, enroll: Enroll, sandbox: Sandbox
) -> None:
    assert cli.run(*enroll("--no-wait")).status == 3
    approve_pending(sandbox)
    (folder,) = cli.folders()
    polls = sandbox.world.counts()["token"]
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        done = cli.run("resume", "--json")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert (done.status, done.events[-1]["code"]) == (8, "not_writable")
    assert sandbox.world.counts()["token"] == polls
    assert cli.run("resume").status == 0
    assert sandbox.world.counts()["register"] == 1
