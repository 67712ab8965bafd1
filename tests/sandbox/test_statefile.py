"""`--state`: what was approved is still approved after a restart."""

import json
import stat
import sys
from pathlib import Path

import pytest

from enroller.errors import InputError
from enroller.model import KeyType
from enroller.sandbox import statefile
from enroller.sandbox.world import Memory, World
from tests.sandbox.conftest import Clock
from tests.sandbox.devices import API_KEY, ask, device, enrolled, registered


def again(path: Path, clock: Clock) -> World:
    memory = statefile.load(path)
    assert memory is not None
    return World(memory, now=clock)


def test_everything_outlives_a_restart(state_file: Path, clock: Clock) -> None:
    world = World(Memory(api_key=API_KEY, trust=False), now=clock)
    statefile.keep(world, state_file)
    rsa, plain, waiting = device(KeyType.RSA, "rsa"), device(None, "no key"), device(client_id="waiting")
    tokens = enrolled(world, rsa)
    enrolled(world, plain)
    code = registered(world, waiting, client_description="Größe\n<b>")

    reborn = again(state_file, clock)
    assert reborn.requests() == world.requests()
    assert ask(reborn, rsa.refresh(tokens["refresh_token"]))[0] == 200
    assert ask(reborn, waiting.poll(code))[1]["error"] == "authorization_pending"
    reborn.approve(reborn.requests()[0].id)
    assert ask(reborn, waiting.poll(code))[0] == 200


def test_each_change_is_kept_before_it_is_answered(state_file: Path, clock: Clock) -> None:
    world = World(Memory(api_key=API_KEY), now=clock)
    statefile.keep(world, state_file)
    laptop = device()
    tokens = enrolled(world, laptop)
    assert ask(world, laptop.refresh(tokens["refresh_token"]))[0] == 200
    assert ask(again(state_file, clock), laptop.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"


def test_switches_and_the_api_key_are_kept(state_file: Path, clock: Clock) -> None:
    world = World(Memory(api_key=API_KEY), now=clock)
    statefile.keep(world, state_file)
    world.set_trust(True)
    world.rotate_api_key("another")
    reborn = again(state_file, clock)
    assert reborn.trust
    assert reborn.is_api_key("another")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_only_the_owner_can_read_it(state_file: Path, world: World) -> None:
    statefile.keep(world, state_file)
    world.set_trust(True)
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert [file.name for file in state_file.parent.iterdir()] == [state_file.name]


def test_there_may_be_none_yet(state_file: Path) -> None:
    assert statefile.load(state_file) is None


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"schema": 2}', '{"schema": 1, "api_key": "x"}', "\xff"],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(state_file: Path, content: str) -> None:
    state_file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="is not a state file") as caught:
        statefile.load(state_file)
    assert caught.value.field == "state"
    assert state_file.read_bytes() == content.encode("latin-1")


def test_a_damaged_request_is_noticed(state_file: Path, world: World) -> None:
    registered(world, device())
    statefile.keep(world, state_file)
    document = json.loads(state_file.read_bytes())
    next(iter(document["registrations"].values()))["state"] = "forgotten"
    state_file.write_text(json.dumps(document))
    with pytest.raises(InputError, match="is not a state file"):
        statefile.load(state_file)


def test_a_place_that_cannot_be_written_is_named_at_the_start(tmp_path: Path, world: World) -> None:
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        statefile.keep(world, tmp_path / "nowhere" / "state.json")


def test_a_disk_that_fails_later_does_not_stop_the_sandbox(
    state_file: Path, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    state_file.parent.joinpath("folder").mkdir()
    place = state_file.parent / "folder" / "state.json"
    statefile.keep(world, place)
    place.unlink()
    place.parent.rmdir()
    world.set_trust(True)
    assert world.trust
    assert "cannot be kept" in caplog.text
