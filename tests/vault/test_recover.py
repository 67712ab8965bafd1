"""A damaged store is never silently "not enrolled": set aside, the generation before restored, and said."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enroller import errors
from enroller.model import Enrollment, Protection, Secret, State
from enroller.vault import Unlock, Vault, record

NOTHING = Unlock()
Make = Callable[..., Enrollment]
FILES = ("sealed.json", "sealed.json.1", "enrollment.json", "enrollment.json.1")


def flipped(content: bytes, position: int, bit: int = 0) -> bytes:
    position %= len(content)
    return content[:position] + bytes([content[position] ^ (1 << bit)]) + content[position + 1 :]


@pytest.fixture(params=[Protection.FILE, Protection.KEYRING])
def two(request: Any, vault: Vault, make: Make) -> Enrollment:
    """An enrollment of two generations, `nonce` "old" and "new"; the newer as stored."""
    with vault.create(make(request.param, nonce="old"), NOTHING) as opened:
        return opened.save(replace(opened.enrollment, nonce="new"))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "zeroed": lambda content: b"\0" * len(content),
    "torn": lambda content: content[: len(content) // 2],
    "one bit": lambda content: flipped(content, len(content) * 2 // 3),
    "too large": lambda content: content + b" " * (1 << 20),
    "another's": lambda content: content.replace(b"an-id", b"an-ID"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_the_generation_before_is_restored(
    vault: Vault, two: Enrollment, folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    current = folder / "sealed.json"
    current.write_bytes(damage(current.read_bytes()))
    with vault.open("an-id", NOTHING) as opened:
        assert opened.enrollment == replace(two, nonce="old", revision=1)
        (note,) = opened.notes
        (aside,) = folder.glob("sealed.json.damaged-*")
        assert aside.name in note
        assert opened.save(replace(opened.enrollment, nonce="third")).revision == 2
    with vault.open("an-id", NOTHING) as opened:
        assert opened.enrollment.nonce == "third"
        assert opened.notes == ()
    assert vault.list()[0].problem is None


def test_a_missing_file_is_restored(vault: Vault, two: Enrollment, folder: Path) -> None:
    (folder / "sealed.json").unlink()
    with vault.open("an-id", NOTHING) as opened:
        assert opened.enrollment.nonce == "old"
        assert "sealed.json is missing" in opened.notes[0]


def test_a_folder_in_a_files_place_is_set_aside(vault: Vault, two: Enrollment, folder: Path) -> None:
    (folder / "sealed.json").unlink()
    (folder / "sealed.json").mkdir()
    with vault.open("an-id", NOTHING) as opened:
        assert opened.enrollment.nonce == "old"


def test_a_damaged_earlier_generation_costs_nothing(vault: Vault, two: Enrollment, folder: Path) -> None:
    (folder / "sealed.json.1").write_bytes(b"")
    with vault.open("an-id", NOTHING) as opened:
        assert (opened.enrollment, opened.notes) == (two, ())


def test_both_damaged_is_said_and_nothing_is_changed(vault: Vault, two: Enrollment, folder: Path) -> None:
    for name in ("sealed.json", "sealed.json.1"):
        (folder / name).write_bytes(b"garbage")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(errors.Damaged) as caught:
        vault.open("an-id", NOTHING)
    assert str(folder) in caught.value.message
    assert "enroller remove an-id" in caught.value.advice
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    vault.remove("an-id")


def test_lost_secrets_are_seen_in_the_list(vault: Vault, two: Enrollment, folder: Path) -> None:
    (folder / "sealed.json").unlink()
    (folder / "sealed.json.1").unlink()
    assert "secrets" in str(vault.list()[0].problem)
    with pytest.raises(errors.Damaged):
        vault.open("an-id", NOTHING)


def test_a_damaged_view_is_listed_from_the_one_before_and_repaired(vault: Vault, two: Enrollment, folder: Path) -> None:
    (folder / "enrollment.json").write_bytes(b"")
    (listed,) = vault.list()
    assert (listed.revision, listed.state) == (1, State.KEY_READY)
    assert "out of date" in str(listed.problem)
    with vault.open("an-id", NOTHING) as opened:
        assert "enrollment.json was damaged" in opened.notes[0]
        assert opened.enrollment == two
    assert [(one.revision, one.problem) for one in vault.list()] == [(2, None)]
    assert len(list(folder.glob("enrollment.json.damaged-*"))) == 1


def test_a_list_without_any_view_still_names_the_enrollment(vault: Vault, two: Enrollment, folder: Path) -> None:
    for damage in ("damage", "remove"):
        for name in ("enrollment.json", "enrollment.json.1"):
            if damage == "damage":
                (folder / name).write_bytes(b"\0")
            else:
                (folder / name).unlink()
        (listed,) = vault.list()
        assert (listed.id, listed.state) == ("an-id", None)
        assert listed.problem
    vault.open("an-id", NOTHING).close()
    assert vault.list()[0].revision == 2


def test_a_view_that_lags_behind_is_brought_up_to_date(vault: Vault, two: Enrollment, folder: Path) -> None:
    (folder / "enrollment.json").write_bytes((folder / "enrollment.json.1").read_bytes())
    with vault.open("an-id", NOTHING) as opened:
        assert opened.notes == ()
    assert vault.list()[0].revision == 2


@pytest.mark.parametrize("name", ["sealed.json", "enrollment.json"])
def test_a_newer_schema_is_left_alone_and_said(vault: Vault, two: Enrollment, folder: Path, name: str) -> None:
    body = json.loads((folder / name).read_bytes())
    (folder / name).write_text(json.dumps(body | {"schema": record.SCHEMA + 1, "invented": "later"}))
    if name == "sealed.json":
        before = (folder / name).read_bytes()
        with pytest.raises(errors.TooNew):
            vault.open("an-id", NOTHING)
        assert (folder / name).read_bytes() == before
    else:
        assert f"schema {record.SCHEMA + 1}" in str(vault.list()[0].problem)


class TestKeys:
    def test_an_entry_that_is_gone(self, vault: Vault, make: Make, key_store: Any, folder: Path) -> None:
        vault.create(make(Protection.KEYRING), NOTHING).close()
        before = sorted(file.name for file in folder.iterdir())
        key_store.entries.clear()
        with pytest.raises(errors.KeyMissing):
            vault.open("an-id", NOTHING)
        assert sorted(file.name for file in folder.iterdir()) == before

    @pytest.mark.parametrize("value", ["A" * 43 + "=", "no key", ""])
    def test_an_entry_that_is_another_key(self, vault: Vault, make: Make, key_store: Any, value: str) -> None:
        vault.create(make(Protection.KEYRING), NOTHING).close()
        for account in key_store.entries:
            key_store.entries[account] = Secret(value)
        with pytest.raises(errors.KeyMissing):
            vault.open("an-id", NOTHING)

    def test_a_locked_key_store_is_no_damage(self, vault: Vault, make: Make, key_store: Any, folder: Path) -> None:
        vault.create(make(Protection.KEYRING), NOTHING).close()
        key_store.failing = errors.KeyStoreLocked()
        with pytest.raises(errors.KeyStoreLocked):
            vault.open("an-id", NOTHING)
        key_store.failing = None
        vault.open("an-id", NOTHING).close()

    def test_a_wrong_passphrase_is_no_damage_and_damage_is_no_wrong_passphrase(
        self, vault: Vault, make: Make, folder: Path
    ) -> None:
        right = Unlock(Secret("Zoe\u0308"))
        with vault.create(make(Protection.PASSPHRASE, nonce="old"), right) as opened:
            opened.save(replace(opened.enrollment, nonce="new"))
        for wrong in (Unlock(Secret("Zoe")), NOTHING):
            with pytest.raises(errors.WrongPassphrase):
                vault.open("an-id", wrong)
        body = json.loads((folder / "sealed.json").read_bytes())
        (folder / "sealed.json").write_text(json.dumps(body | {"check": body["check"].swapcase()}))
        with vault.open("an-id", Unlock(Secret("Zo\u00eb"))) as opened:  # the same name, typed on another keyboard
            assert opened.enrollment.nonce == "old"
            assert opened.notes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(FILES), st.tuples(st.integers(0, 10_000), st.integers(0, 7)), min_size=1))
def test_any_flipped_bits_end_in_a_generation_or_a_storage_error(
    vault: Vault, two: Enrollment, folder: Path, flips: dict[str, tuple[int, int]]
) -> None:
    contents = {name: flipped((folder / name).read_bytes(), *where) for name, where in flips.items()}
    _survives(vault, two, folder, contents)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(FILES), st.binary(max_size=200) | st.sampled_from([b"{}", b"[]"]), min_size=1))
def test_any_garbage_ends_in_a_generation_or_a_storage_error(
    vault: Vault, two: Enrollment, folder: Path, contents: dict[str, bytes]
) -> None:
    _survives(vault, two, folder, contents)


def _survives(vault: Vault, two: Enrollment, folder: Path, contents: dict[str, bytes]) -> None:
    before = {name: (folder / name).read_bytes() for name in FILES}
    try:
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        (listed,) = vault.list()
        assert listed.id == "an-id"
        try:
            with vault.open("an-id", NOTHING) as opened:
                assert opened.enrollment in (two, replace(two, nonce="old", revision=1))
            assert vault.list()[0].problem is None
        except (errors.Damaged, errors.KeyMissing, errors.TooNew):
            assert "sealed.json" in contents  # nothing else can hinder the opening
    finally:
        for damaged in folder.glob("*.damaged-*"):
            damaged.unlink()
        for name, content in before.items():
            (folder / name).write_bytes(content)
