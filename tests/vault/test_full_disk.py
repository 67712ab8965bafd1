"""A disk that is really full, or read-only: found before anything is sent, and no danger to what is stored."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from enroller import errors
from enroller.model import Enrollment, Protection
from enroller.vault import Unlock, Vault

NOTHING = Unlock()


@pytest.fixture
def disk(tmp_path: Path, cannot: Callable[[str], None]) -> Iterator[Path]:
    """A disk of one mebibyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.name == "posix" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if not mounted or mounted.returncode != 0:
        cannot("a small disk can be mounted by root on Linux only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Takes all the space that is left, to the last byte."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast


def test_creating_finds_it_and_leaves_nothing(
    disk: Path, make: Callable[..., Enrollment], key_store: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(disk)
    vault = Vault(disk / "data", key_store=key_store)  # type: ignore[arg-type]
    with pytest.raises(errors.DiskFull):
        vault.create(make(Protection.KEYRING), NOTHING)
    assert vars(key_store)["entries"] == {}
    assert {place.name for place in disk.iterdir()} == {"ballast"}


def test_the_reserve_carries_one_save_and_the_old_file_stays_intact(
    disk: Path, make: Callable[..., Enrollment], enrolled: Enrollment
) -> None:
    vault = Vault(disk)
    with vault.create(make(), NOTHING) as opened:
        ballast = fill(disk)
        carried = opened.save(replace(opened.enrollment, nonce="carried"))
        fill(disk)
        with pytest.raises(errors.DiskFull, match="no space"):
            opened.save(enrolled)
        assert opened.enrollment == carried
        assert [(one.revision, one.problem) for one in vault.list()] == [(2, None)]
        assert not list(opened.path.glob("*.new"))
        ballast.unlink()
        opened.save(replace(carried, nonce="again"))
        assert (opened.path / "reserve").stat().st_size == 64 * 1024  # it came back
    with vault.open("an-id", NOTHING) as opened:
        assert (opened.enrollment.nonce, opened.notes) == ("again", ())


def test_a_read_only_disk_is_said_and_can_still_be_listed(disk: Path, make: Callable[..., Enrollment]) -> None:
    vault = Vault(disk)
    vault.create(make(), NOTHING).close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert [one.problem for one in vault.list()] == [None]
    with pytest.raises(errors.NotWritable, match="read-only") as caught:
        vault.create(make(id="another"), NOTHING)
    assert "--data-dir" in caught.value.advice
    with pytest.raises(errors.NotWritable):
        vault.open("an-id", NOTHING)
