"""`--state`: what was approved is still approved after a restart."""

import json
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller.errors import InputError
from enroller.model import KeyType
from enroller.sandbox import statefile
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.world import World
from tests.sandbox.conftest import Clock
from tests.sandbox.devices import ask, device, enrolled, registered
from tests.sandbox.privicore.client import PASSWORD, USERNAME, Client


def again(path: Path, clock: Clock) -> World:
    memories = statefile.load(path)
    assert memories is not None
    return World(memories[0], now=clock)


def privicore_again(path: Path, clock: Clock) -> PrivicoreWorld:
    memories = statefile.load(path)
    assert memories is not None
    return PrivicoreWorld(memories[1], username=USERNAME, now=clock)


def test_everything_outlives_a_restart(state_file: Path, world: World, privicore: PrivicoreWorld, clock: Clock) -> None:
    statefile.keep(world, privicore, state_file)
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


def test_each_change_is_kept_before_it_is_answered(
    state_file: Path, world: World, privicore: PrivicoreWorld, clock: Clock
) -> None:
    statefile.keep(world, privicore, state_file)
    laptop = device()
    tokens = enrolled(world, laptop)
    assert ask(world, laptop.refresh(tokens["refresh_token"]))[0] == 200
    assert ask(again(state_file, clock), laptop.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"


def test_switches_and_the_api_key_are_kept(
    state_file: Path, world: World, privicore: PrivicoreWorld, clock: Clock
) -> None:
    statefile.keep(world, privicore, state_file)
    world.set_trust(True)
    world.rotate_api_key("another")
    reborn = again(state_file, clock)
    assert reborn.trust
    assert reborn.is_api_key("another")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_only_the_owner_can_read_it(state_file: Path, world: World, privicore: PrivicoreWorld) -> None:
    statefile.keep(world, privicore, state_file)
    world.set_trust(True)
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert [file.name for file in state_file.parent.iterdir()] == [state_file.name]


def test_privicore_outlives_it_as_well(state_file: Path, world: World, privicore: PrivicoreWorld, clock: Clock) -> None:
    statefile.keep(world, privicore, state_file)
    owner = Client(privicore)
    owner.register_key()
    approved, waiting = owner.new_device("Größe\n<b>"), owner.new_device("waiting")
    owner.command("/device/approve-device", deviceIdentifier=approved)
    configuration = owner.ask("GET", f"/device/retrieve-device-configuration/{approved}")
    privicore.lag = 10
    slow = owner.post("/device/remove", deviceIdentifier=waiting).value

    reborn = privicore_again(state_file, clock)
    assert reborn.devices() == privicore.devices()
    assert (reborn.engine_key, reborn.password) == (privicore.engine_key, PASSWORD)
    again = Client(reborn, token=owner.token)
    assert again.ask("GET", f"/device/retrieve-device-configuration/{approved}") == configuration
    assert again.status(slow) == "started"
    clock.time += 10
    assert again.status(slow) == "succeeded"
    assert again.names() == ["Größe\n<b>"]


def test_a_file_of_the_time_before_privicore_is_read(state_file: Path, clock: Clock) -> None:
    old = {
        "schema": 1,
        "api_key": "old",
        "trust": True,
        "registrations": {},
        "devices": {},
        "access": {},
        "refresh": {},
    }
    state_file.write_text(json.dumps(old))
    assert again(state_file, clock).is_api_key("old")
    assert privicore_again(state_file, clock).devices() == []


def test_both_services_can_change_at_once(state_file: Path, world: World, privicore: PrivicoreWorld) -> None:
    """Neither waits for the other one's lock while it holds its own."""
    statefile.keep(world, privicore, state_file)
    start = threading.Barrier(2)

    def change(what: Callable[[int], None]) -> None:
        start.wait()
        for number in range(50):
            what(number)

    changes = (lambda n: world.rotate_api_key(f"key {n}"), lambda n: privicore.change_password(f"password {n}"))
    threads = [threading.Thread(target=change, args=[what], daemon=True) for what in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    memories = statefile.load(state_file)
    assert memories is not None
    assert memories[0].api_key == "key 49"
    assert memories[1].profiles[USERNAME].password == "password 49"


def test_there_may_be_none_yet(state_file: Path) -> None:
    assert statefile.load(state_file) is None


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"schema": 3}', '{"schema": 2}', '{"schema": 1, "api_key": "x"}', "\xff"],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(state_file: Path, content: str) -> None:
    state_file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="is not a state file") as caught:
        statefile.load(state_file)
    assert caught.value.field == "state"
    assert state_file.read_bytes() == content.encode("latin-1")


def test_a_damaged_request_is_noticed(state_file: Path, world: World, privicore: PrivicoreWorld) -> None:
    registered(world, device())
    statefile.keep(world, privicore, state_file)
    document = json.loads(state_file.read_bytes())
    next(iter(document["safeq"]["registrations"].values()))["state"] = "forgotten"
    state_file.write_text(json.dumps(document))
    with pytest.raises(InputError, match="is not a state file"):
        statefile.load(state_file)


def test_a_place_that_cannot_be_written_is_named_at_the_start(
    tmp_path: Path, world: World, privicore: PrivicoreWorld
) -> None:
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        statefile.keep(world, privicore, tmp_path / "nowhere" / "state.json")


def test_a_disk_that_fails_later_does_not_stop_the_sandbox(
    state_file: Path, world: World, privicore: PrivicoreWorld, caplog: pytest.LogCaptureFixture
) -> None:
    state_file.parent.joinpath("folder").mkdir()
    place = state_file.parent / "folder" / "state.json"
    statefile.keep(world, privicore, place)
    place.unlink()
    place.parent.rmdir()
    world.set_trust(True)
    assert world.trust
    assert "cannot be kept" in caplog.text
