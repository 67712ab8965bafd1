"""A kill at any system call of any work leaves a good generation, old or new, and the work can be done again."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from enroller.errors import InputError
from enroller.model import Enrollment, State
from enroller.vault import Unlock, Vault

NOTHING = Unlock()
ROOT = Path(__file__).parents[2]
Kills = Callable[[str], Iterator[tuple[Path, bool]]]


@pytest.fixture
def kills(data: Path, tmp_path: Path) -> Kills:
    """Yields the data folder that each kill left, and whether the work had its end there."""

    def run(work: str) -> Iterator[tuple[Path, bool]]:
        if not data.exists():
            data.mkdir()
        left = tmp_path / "left"
        command = [sys.executable, str(Path(__file__).with_name("kills.py")), work, str(data), str(left)]
        subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, timeout=60)
        places = sorted(left.iterdir())
        assert len(places) > 5, "the calls were not counted"
        for place in places:
            yield place, place is places[-1]

    return run


@pytest.fixture
def two(vault: Vault, make: Callable[..., Enrollment]) -> None:
    """Two generations, `nonce` "older" and "old"."""
    with vault.create(make(nonce="older"), NOTHING) as opened:
        opened.save(replace(opened.enrollment, nonce="old"))


def opened_nonce(place: Path) -> str | None:
    """Opens and saves, as the next run would, and returns what was found."""
    with Vault(place).open("an-id", NOTHING) as opened:
        found = opened.enrollment.nonce
        opened.save(replace(opened.enrollment, nonce="after"))
    with Vault(place).open("an-id", NOTHING) as opened:
        assert (opened.enrollment.nonce, opened.notes) == ("after", ())
    names = {file.name for file in (place / "enrollments" / "an-id").iterdir() if ".damaged-" not in file.name}
    assert names == {"enrollment.json", "enrollment.json.1", "lock", "reserve", "sealed.json", "sealed.json.1"}
    return found


@pytest.mark.usefixtures("two")
def test_saving(kills: Kills) -> None:
    found = []
    for place, ended in kills("save"):
        (listed,) = Vault(place).list()
        assert listed.problem is None, place.name
        assert listed.state is not None
        found.append(opened_nonce(place))
        assert found[-1] == "new" or not ended
    turn = found.index("new")
    assert turn > 0
    assert (set(found[:turn]), set(found[turn:])) == ({"old"}, {"new"})


def test_creating(kills: Kills, make: Callable[..., Enrollment]) -> None:
    for place, ended in kills("create"):
        listed = Vault(place).list()
        if listed:
            assert (listed[0].state, listed[0].problem) == (State.KEY_READY, None)
            assert opened_nonce(place) == "old"
        else:
            assert not ended
            with pytest.raises(InputError):
                Vault(place).open("an-id", NOTHING)
            Vault(place).create(make(nonce="old"), NOTHING).close()
            assert opened_nonce(place) == "old"


@pytest.mark.usefixtures("two")
def test_repairing(kills: Kills, folder: Path) -> None:
    (folder / "sealed.json").write_bytes(b"")
    (folder / "enrollment.json").write_bytes(b"")
    for place, _ in kills("repair"):
        (listed,) = Vault(place).list()
        assert listed.state is not None, place.name
        assert opened_nonce(place) == "older"


@pytest.mark.usefixtures("two")
def test_removing(kills: Kills) -> None:
    for place, ended in kills("remove"):
        listed = Vault(place).list()
        assert not (listed and ended)
        if listed and listed[0].problem is None:
            with Vault(place).open("an-id", NOTHING) as opened:
                assert opened.enrollment.nonce == "old", "no older generation comes back"
        if listed:
            assert Vault(place).remove("an-id") == ()
        assert Vault(place).list() == []
