"""An enrollment whose folder takes no more goes on in another data folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from enroller.errors import NotWritable, StorageError
from enroller.model import Protection, State
from enroller.vault import Unlock, Vault
from tests.vault.conftest import Make, MemoryKeyStore

NOTHING = Unlock()


@pytest.mark.parametrize("protection", [Protection.FILE, Protection.KEYRING])
def test_it_is_there_and_no_longer_here(protection: Protection, vault: Vault, make: Make, tmp_path: Path) -> None:
    other = tmp_path / "stick"
    with vault.create(make(protection), NOTHING) as opened:
        moved = opened.move(other, replace(opened.enrollment, nonce="new"))
        assert opened.path == other / "enrollments" / "an-id"
        assert (moved.nonce, opened.enrollment) == ("new", moved)
        opened.save(replace(moved, state=State.FAILED))
    assert vault.list() == []
    (listed,) = Vault(other).list()
    assert (listed.state, listed.problem) == (State.FAILED, None)


def test_its_key_in_the_key_store_stays(vault: Vault, key_store: MemoryKeyStore, make: Make, tmp_path: Path) -> None:
    with vault.create(make(Protection.KEYRING), NOTHING) as opened:
        opened.move(tmp_path / "stick", opened.enrollment)
    assert len(key_store.entries) == 1
    with Vault(tmp_path / "stick", key_store=key_store).open("an-id", NOTHING) as opened:
        assert opened.enrollment.nonce is None


def test_its_lock_moves_with_it(vault: Vault, make: Make, tmp_path: Path) -> None:
    from enroller.errors import InUse

    other = Vault(tmp_path / "stick")
    with vault.create(make(), NOTHING) as opened:
        opened.move(tmp_path / "stick", opened.enrollment)
        with pytest.raises(InUse):
            other.open("an-id", NOTHING)
        vault.create(make(), NOTHING).close()  # the old place is free
    other.open("an-id", NOTHING).close()


class TestAPlaceThatIsNoBetter:
    def test_everything_is_as_before(self, vault: Vault, make: Make, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at-all")
        with vault.create(make(), NOTHING) as opened:
            with pytest.raises(NotWritable):
                opened.move(tmp_path / "link", opened.enrollment)
            assert opened.path.is_relative_to(vault._folder)
            opened.save(replace(opened.enrollment, nonce="still here"))
        with vault.open("an-id", NOTHING) as opened:
            assert opened.enrollment.nonce == "still here"

    def test_the_same_folder_is_no_other(self, vault: Vault, make: Make, data: Path) -> None:
        with vault.create(make(), NOTHING) as opened:
            with pytest.raises(StorageError) as found:
                opened.move(data, opened.enrollment)
            assert "another folder" in found.value.advice
            opened.save(opened.enrollment)
        assert len(vault.list()) == 1
