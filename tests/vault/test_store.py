"""What the vault promises: one enrollment is made, listed, opened, saved and removed."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from enroller import errors
from enroller.model import Enrollment, Protection, Secret, State
from enroller.vault import Unlock, Vault
from tests.fakes import api_key

NOTHING = Unlock()
PASSPHRASE = Unlock(Secret("correct horse"))
Make = Callable[..., Enrollment]


@pytest.mark.parametrize("protection", Protection)
def test_what_was_created_and_saved_comes_back(vault: Vault, make: Make, protection: Protection) -> None:
    first = make(protection)
    with vault.create(first, PASSPHRASE) as opened:
        assert opened.enrollment == replace(first, revision=1)
        saved = opened.save(replace(opened.enrollment, state=State.SUBMITTING, nonce="n"))
        assert saved.revision == 2
    with vault.open(first.id, PASSPHRASE) as opened:
        assert opened.enrollment == saved
        assert opened.notes == ()


@pytest.mark.parametrize("protection", [Protection.KEYRING, Protection.PASSPHRASE])
def test_no_secret_stands_in_any_file(
    vault: Vault, waiting: Enrollment, folder: Path, secrets: tuple[str, ...], protection: Protection
) -> None:
    asked = replace(waiting.asked, protection=protection)
    with vault.create(replace(waiting, asked=asked), PASSPHRASE) as opened:
        opened.save(opened.enrollment)
        for file in folder.iterdir():
            assert not any(secret.encode() in file.read_bytes() for secret in secrets), file.name


def test_the_view_has_no_secret_even_where_the_record_is_plain(
    vault: Vault, waiting: Enrollment, folder: Path, secrets: tuple[str, ...]
) -> None:
    vault.create(waiting, NOTHING).close()
    assert any(secret in (folder / "sealed.json").read_text() for secret in secrets)
    assert not any(secret in (folder / "enrollment.json").read_text() for secret in secrets)


def test_nothing_that_is_open_shows_a_secret(vault: Vault, make: Make, secrets: tuple[str, ...]) -> None:
    with vault.create(make(Protection.KEYRING), NOTHING) as opened:
        shown = repr(opened) + repr(vars(opened)) + repr(PASSPHRASE)
        assert opened._sealer is not None
        key = bytes(opened._sealer._key)
    assert len(key) == 32
    assert not any(secret in shown for secret in (*secrets, "correct horse", repr(key), key.hex()))


def test_a_credential_that_is_dropped_is_in_no_generation(vault: Vault, waiting: Enrollment, folder: Path) -> None:
    with vault.create(replace(waiting, credential=api_key("used-up-secret")), NOTHING) as opened:
        opened.save(opened.enrollment)
        kept = opened.save(replace(opened.enrollment, credential=None))
        assert opened.enrollment == kept
    assert (folder / "sealed.json.1").exists()
    for file in folder.iterdir():
        assert b"used-up-secret" not in file.read_bytes(), file.name


def test_the_view_is_what_the_readme_documents(vault: Vault, waiting: Enrollment, folder: Path) -> None:
    vault.create(waiting, NOTHING).close()
    assert json.loads((folder / "enrollment.json").read_text()) == {
        "schema": 3,
        "id": "an-id",
        "revision": 1,
        "service": "safeq-cloud",
        "state": "awaiting_approval",
        "server": "https://acme.example:7400",
        "client_id": "client-1",
        "client_type": "desktop_client",
        "description": "Büro 3",
        "device_name": "",
        "device_identifier": None,
        "username": "",
        "websocket_url": None,
        "profile_key": None,
        "kept_key": None,
        "key_type": "ed25519",
        "rsa_bits": None,
        "fingerprint": "SHA256:abc",
        "public_key": "cHVibGlj",
        "protection": "file",
        "created_at": "2023-11-14T22:13:20Z",
        "approval_expires_at": "2023-11-17T22:13:20Z",
        "token_expires_at": None,
        "approved": False,
        "failure": None,
        "poll_interval": None,
        "ca_file": None,
        "replaces": None,
        "machine": [],
    }


def test_a_list_needs_no_key_and_is_sorted_by_age(vault: Vault, make: Make) -> None:
    for number in (3, 1, 2):
        vault.create(make(Protection.KEYRING, id=f"id-{number}", created_at=float(number)), NOTHING).close()
    assert [(one.id, one.state, one.created_at, one.problem) for one in vault.list()] == [
        (f"id-{number}", State.KEY_READY, float(number), None) for number in (1, 2, 3)
    ]


def test_a_list_of_nothing_is_empty_and_makes_nothing(vault: Vault, data: Path) -> None:
    assert vault.list() == []
    assert not data.exists()


def test_a_list_is_possible_while_another_works(vault: Vault, make: Make) -> None:
    with vault.create(make(), NOTHING):
        assert [one.state for one in vault.list()] == [State.KEY_READY]


def test_times_far_away_do_not_stop_the_view(vault: Vault, make: Make) -> None:
    vault.create(make(created_at=1e300), NOTHING).close()
    assert vault.list()[0].created_at == 253_402_300_799


def test_files_and_folders_are_their_owners_alone(vault: Vault, make: Make, folder: Path) -> None:
    before = os.umask(0)
    try:
        with vault.create(make(), NOTHING) as opened:
            opened.save(opened.enrollment)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert {stat.S_IMODE(place.stat().st_mode) for place in (folder, folder.parent)} == {0o700}


def test_one_earlier_generation_is_kept(vault: Vault, make: Make, folder: Path) -> None:
    with vault.create(make(), NOTHING) as opened:
        for name in ("second", "third", "fourth"):
            opened.save(replace(opened.enrollment, nonce=name))
    assert json.loads((folder / "sealed.json").read_text())["record"]["nonce"] == "fourth"
    assert json.loads((folder / "sealed.json.1").read_text())["record"]["nonce"] == "third"
    assert json.loads((folder / "enrollment.json.1").read_text())["revision"] == 3
    assert sorted(file.name for file in folder.iterdir()) == [
        "enrollment.json", "enrollment.json.1", "lock", "reserve", "sealed.json", "sealed.json.1"
    ]  # fmt: skip


def test_generations_are_kept_where_there_are_no_hard_links(
    vault: Vault, make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    with vault.create(make(), NOTHING) as opened:
        monkeypatch.setattr(os, "link", refuse)
        opened.save(replace(opened.enrollment, nonce="second"))
    assert json.loads((folder / "sealed.json.1").read_text())["record"]["revision"] == 1


def test_the_reserve_is_kept_until_the_credentials_are_stored(
    vault: Vault, make: Make, enrolled: Enrollment, folder: Path
) -> None:
    with vault.create(make(), NOTHING) as opened:
        reserve = (folder / "reserve").read_bytes()
        assert len(reserve) == 64 * 1024
        assert reserve.count(0) < 1024  # a file system could save zeros
        opened.save(replace(opened.enrollment, state=State.SAVING))
        assert (folder / "reserve").exists()
        opened.save(enrolled)
        assert not (folder / "reserve").exists()


def test_a_new_place_takes_what_has_its_credentials(vault: Vault, enrolled: Enrollment, folder: Path) -> None:
    vault.create(replace(enrolled, revision=7), NOTHING).close()
    assert vault.list()[0].revision == 8
    assert not (folder / "reserve").exists()


def test_an_id_is_taken_once(vault: Vault, make: Make) -> None:
    vault.create(make(), NOTHING).close()
    with pytest.raises(errors.InputError, match="already"):
        vault.create(make(credential=api_key("other")), NOTHING)
    with vault.open("an-id", NOTHING) as opened:
        assert opened.enrollment.credential != api_key("other")


@pytest.mark.parametrize("name", ["", "..", "a/b", "../an-id", "a\n", "-a", "ä", "a.b", "x" * 101, "a\\b", "/etc"])
def test_an_id_cannot_lead_elsewhere(vault: Vault, make: Make, name: str, data: Path) -> None:
    with pytest.raises(errors.InputError):
        vault.create(make(id=name), NOTHING)
    with pytest.raises(errors.InputError):
        vault.open(name, NOTHING)
    with pytest.raises(errors.InputError):
        vault.remove(name)
    assert not data.exists()


def test_an_unknown_id_is_named(vault: Vault, make: Make) -> None:
    vault.create(make(), NOTHING).close()
    with pytest.raises(errors.InputError, match="other-id"):
        vault.open("other-id", NOTHING)
    assert [one.id for one in vault.list()] == ["an-id"]


def test_what_is_closed_cannot_be_saved(vault: Vault, make: Make) -> None:
    opened = vault.create(make(), NOTHING)
    opened.close()
    opened.close()
    with pytest.raises(ValueError, match="closed"):
        opened.save(opened.enrollment)


def test_id_and_protection_stay_as_they_are(vault: Vault, make: Make) -> None:
    with vault.create(make(), NOTHING) as opened, pytest.raises(ValueError, match="cannot change"):
        opened.save(make(Protection.KEYRING))


def test_an_open_enrollment_is_nobody_elses(vault: Vault, make: Make) -> None:
    with vault.create(make(), NOTHING):
        with pytest.raises(errors.InUse, match="an-id"):
            vault.open("an-id", NOTHING)
        with pytest.raises(errors.InUse):
            vault.remove("an-id")
    vault.open("an-id", NOTHING).close()


def test_removing_leaves_nothing(vault: Vault, make: Make, key_store: Any, folder: Path) -> None:
    vault.create(make(Protection.KEYRING), NOTHING).close()
    assert len(key_store.entries) == 1
    assert vault.remove("an-id") == ()
    assert vault.list() == []
    assert not folder.exists()
    assert key_store.entries == {}
    with pytest.raises(errors.InputError):
        vault.remove("an-id")


def test_removing_takes_damaged_files_and_their_keys(vault: Vault, make: Make, key_store: Any, folder: Path) -> None:
    vault.create(make(Protection.KEYRING), NOTHING).close()
    (folder / "sealed.json").rename(folder / "sealed.json.damaged-20250101T000000Z")
    (folder / "sealed.json").write_bytes(b"")
    (folder / "enrollment.json").write_bytes(b"\0" * 100)
    vault.remove("an-id")
    assert not folder.exists()
    assert key_store.entries == {}


def test_removing_says_what_stays_in_the_key_store(vault: Vault, make: Make, key_store: Any, folder: Path) -> None:
    vault.create(make(Protection.KEYRING), NOTHING).close()
    key_store.failing = errors.KeyStoreLocked("It is locked.")
    assert vault.remove("an-id") == ("The key store's entry could not be removed. It is locked.",)
    assert not folder.exists()


def test_removing_leaves_strange_files_alone(vault: Vault, make: Make, folder: Path) -> None:
    vault.create(make(), NOTHING).close()
    (folder / "notes.txt").write_text("mine")
    vault.remove("an-id")
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]
    assert vault.list() == []


def test_removing_one_that_holds_a_copy_of_anothers_file_costs_the_other_nothing(
    vault: Vault, make: Make, folder: Path
) -> None:
    vault.create(make(Protection.KEYRING), NOTHING).close()
    vault.create(make(Protection.KEYRING, id="another"), NOTHING).close()
    shutil.copyfile(folder / "sealed.json", folder.parent / "another" / "sealed.json.1")
    vault.remove("another")
    vault.open("an-id", NOTHING).close()


class TestACanaryThatFailsLeavesNothing:
    def test_without_a_key_store(self, vault: Vault, make: Make, key_store: Any, data: Path) -> None:
        key_store.failing = errors.KeyStoreAbsent("None here.")
        with pytest.raises(errors.KeyStoreAbsent):
            vault.create(make(Protection.KEYRING), NOTHING)
        assert not data.exists()

    def test_with_a_key_store_that_keeps_nothing(self, vault: Vault, make: Make, key_store: Any, data: Path) -> None:
        key_store.forgetful = True
        with pytest.raises(errors.KeyStoreAbsent, match="did not keep"):
            vault.create(make(Protection.KEYRING), NOTHING)
        assert not data.exists()

    def test_without_a_passphrase(self, vault: Vault, make: Make, data: Path) -> None:
        with pytest.raises(errors.InputError) as caught:
            vault.create(make(Protection.PASSPHRASE), Unlock(Secret("")))
        assert caught.value.field == "passphrase"
        assert not data.exists()

    @pytest.mark.parametrize("step", range(1, 7))
    def test_with_a_disk_that_fails_at_any_fsync(
        self, make: Make, key_store: Any, data: Path, monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        vault, real, calls = Vault(data, key_store=key_store), os.fsync, 0

        def fail(descriptor: int) -> None:
            nonlocal calls
            calls += 1
            if calls >= step:
                raise OSError(5, "Input/output error")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(errors.StorageError, match="Input/output error"):
            vault.create(make(Protection.KEYRING), NOTHING)
        assert key_store.entries == {}
        assert vault.list() == []
        assert not data.exists()


class TestAPlaceThatIsNotOurs:
    def test_a_link_for_the_folder_of_all(self, vault: Vault, make: Make, data: Path, tmp_path: Path) -> None:
        data.mkdir()
        (data / "enrollments").symlink_to(tmp_path)
        with pytest.raises(errors.NotWritable, match="is a link"):
            vault.create(make(), NOTHING)
        with pytest.raises(errors.NotWritable, match="is a link"):
            vault.list()

    def test_a_link_for_the_folder_of_one(self, vault: Vault, make: Make, folder: Path, tmp_path: Path) -> None:
        vault.create(make(), NOTHING).close()
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
        for act in (lambda: vault.open("an-id", NOTHING), lambda: vault.remove("an-id")):
            with pytest.raises(errors.NotWritable, match="is a link"):
                act()
        (only,) = vault.list()
        assert only.state is None
        assert "is a link" in str(only.problem)

    @pytest.mark.parametrize("name", ["sealed.json", "enrollment.json"])
    def test_a_link_for_a_file(self, vault: Vault, make: Make, folder: Path, tmp_path: Path, name: str) -> None:
        vault.create(make(), NOTHING).close()
        (folder / name).rename(tmp_path / name)
        (folder / name).symlink_to(tmp_path / name)
        with pytest.raises(errors.NotWritable):
            vault.open("an-id", NOTHING)

    def test_a_file_for_the_data_folder(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file")
        with pytest.raises(errors.NotWritable):
            Vault(tmp_path / "data").create(make(), NOTHING)

    def test_a_link_for_the_data_folder_is_its_users_choice(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "data").symlink_to(tmp_path / "real")
        Vault(tmp_path / "data").create(make(), NOTHING).close()
        assert [one.id for one in Vault(tmp_path / "real").list()] == ["an-id"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
    @pytest.mark.parametrize("level", [0, 1, 2])
    def test_another_users_folder(self, vault: Vault, make: Make, folder: Path, level: int) -> None:
        folder.mkdir(parents=True)
        place = (folder, *folder.parents)[level]
        os.chown(place, 65534, 65534)
        with pytest.raises(errors.NotWritable, match=r"belongs to .*, and Enroller runs as root") as caught:
            vault.create(make(), NOTHING)
        assert str(place) in caught.value.message
