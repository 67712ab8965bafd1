"""What a kill leaves behind is found and cleared away: it holds secrets that nobody needs any more."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from enroller.model import Enrollment, Protection, State
from enroller.vault import Unlock, Vault, files
from tests.fakes import api_key

NOTHING = Unlock()
Make = Callable[..., Enrollment]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestNeverStored:
    """A process was killed while it made an enrollment."""

    @pytest.fixture
    def left(self, vault: Vault, make: Make, folder: Path) -> Path:
        """The folder, with the lock and a record that has not got its name."""
        vault.create(make(Protection.KEYRING), NOTHING).close()
        (folder / "sealed.json").rename(folder / "sealed.json.new")
        (folder / "enrollment.json").rename(folder / "enrollment.json.new")
        return folder

    def test_it_is_in_no_list(self, vault: Vault, left: Path) -> None:
        assert vault.list() == []
        assert left.exists()

    def test_the_next_one_clears_it_away_with_its_key(
        self, vault: Vault, left: Path, make: Make, key_store: Any
    ) -> None:
        vault.create(make(id="another"), NOTHING).close()
        assert names(left.parent) == {"another"}
        assert key_store.entries == {}

    def test_an_empty_folder_goes_too(self, vault: Vault, data: Path, make: Make) -> None:
        (data / "enrollments" / "empty").mkdir(parents=True, mode=0o700)
        vault.create(make(), NOTHING).close()
        assert names(data / "enrollments") == {"an-id"}

    def test_one_that_is_being_made_is_left_alone(self, vault: Vault, make: Make, left: Path) -> None:
        lock = vault_lock(left)
        vault.create(make(id="another"), NOTHING).close()
        assert (left / "sealed.json.new").exists()
        lock.release()

    def test_what_is_not_ours_stays(self, vault: Vault, data: Path, make: Make) -> None:
        notes = data / "enrollments" / "notes" / "mine.txt"
        notes.parent.mkdir(parents=True)
        notes.write_text("mine")
        vault.create(make(), NOTHING).close()
        assert notes.read_text() == "mine"

    def test_a_trial_that_was_killed_is_no_enrollment_and_goes(self, vault: Vault, data: Path, make: Make) -> None:
        vault.create(make(), NOTHING).close()
        canary = data / "enrollments" / "canary.12345678"
        canary.write_bytes(b"")
        assert [one.id for one in vault.list()] == ["an-id"]
        vault.create(make(id="another"), NOTHING).close()
        assert not canary.exists()


def vault_lock(folder: Path) -> Any:
    import filelock

    lock = filelock.FileLock(folder / "lock")
    lock.acquire()
    return lock


def test_a_first_record_whose_view_has_no_name_yet_is_listed_and_opens(vault: Vault, make: Make, folder: Path) -> None:
    vault.create(make(), NOTHING).close()
    (folder / "enrollment.json").rename(folder / "enrollment.json.new")
    (listed,) = vault.list()
    assert (listed.state, listed.problem) == (State.KEY_READY, None)
    with vault.open("an-id", NOTHING) as opened:
        assert opened.notes == ()
    assert names(folder) == {"enrollment.json", "lock", "reserve", "sealed.json"}


def test_opening_clears_away_what_is_left_of_a_write(vault: Vault, enrolled: Enrollment, folder: Path) -> None:
    with vault.create(enrolled, NOTHING) as opened:
        opened.save(enrolled)
    tidy = names(folder)
    for name in ("sealed.json.new", "sealed.json.1.new", "enrollment.json.new", "enrollment.json.1.new", "reserve.new"):
        (folder / name).write_bytes(b"used-up-secret")
    (folder / "reserve").write_bytes(b"")
    vault.open("an-id", NOTHING).close()
    assert names(folder) == tidy


def test_a_dropped_credential_leaves_the_earlier_generation_first(
    vault: Vault, waiting: Enrollment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So there is no moment at which the current one says that it is forgotten and the other has it still."""
    seen = []
    real = Path.replace

    def watched(self: Path, target: Path) -> Path:
        moved = real(self, target)
        seen.append([b"used-up-secret" in (folder / name).read_bytes() for name in ("sealed.json", "sealed.json.1")])
        return moved

    with vault.create(replace(waiting, credential=api_key("used-up-secret")), NOTHING) as opened:
        opened.save(opened.enrollment)
        monkeypatch.setattr(Path, "replace", watched)
        opened.save(replace(opened.enrollment, credential=None))
    assert seen[:2] == [[True, False], [False, False]]
    assert [False, True] not in seen


def test_the_name_of_the_data_folder_is_made_durable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    assert files.data_folder(tmp_path / "share" / "enroller")
    assert synced == [tmp_path / "share", tmp_path]
    assert not files.data_folder(tmp_path / "share" / "enroller")
    assert len(synced) == 2
