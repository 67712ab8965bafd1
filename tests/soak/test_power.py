"""The disk that forgets: what is not durable is lost, and nothing else."""

import os
from pathlib import Path

import pytest

from tests.soak.power import Disk


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the files are, with one that is durable."""
    place = tmp_path / "place"
    place.mkdir()
    (place / "old").write_text("durable")
    return place


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    spare = tmp_path / "spare"
    spare.mkdir()
    return Disk(spare)


def contents(place: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in place.iterdir()}


def replace_old(disk: Disk, place: Path) -> None:
    """As every safe writer does."""
    new = place / "new"
    disk.before("open", (str(new), "w", os.O_CREAT))
    disk.written(new)
    new.write_text("later")
    disk.made_durable(new)
    disk.before("os.rename", (str(new), str(place / "old"), -1, -1))
    new.replace(place / "old")


def test_a_replacement_is_lost_until_its_folder_is_synced(disk: Disk, place: Path) -> None:
    replace_old(disk, place)
    disk.lose()
    assert contents(place) == {"old": "durable"}


def test_afterwards_it_stays(disk: Disk, place: Path) -> None:
    replace_old(disk, place)
    disk.made_durable(place)
    disk.lose()
    assert contents(place) == {"old": "later"}


def test_a_file_that_was_not_synced_is_empty(disk: Disk, place: Path) -> None:
    disk.written(place / "old")
    disk.lose()
    assert contents(place) == {"old": ""}


def test_what_was_removed_or_linked_comes_back_or_goes(disk: Disk, place: Path) -> None:
    disk.before("os.link", (str(place / "old"), str(place / "second"), -1, -1))
    (place / "second").hardlink_to(place / "old")
    disk.before("os.remove", (str(place / "old"), -1))
    (place / "old").unlink()
    disk.lose()
    assert contents(place) == {"old": "durable"}


def test_a_folder_whose_name_is_lost_takes_all_with_it(disk: Disk, place: Path) -> None:
    disk.before("os.mkdir", (str(place / "data"), 0o700, -1))
    (place / "data").mkdir()
    (place / "data" / "file").write_text("durable, and nobody finds it")
    disk.made_durable(place / "data")
    disk.lose()
    assert contents(place) == {"old": "durable"}
