"""What the administrator sees and does."""

import threading

import pytest

from enroller.model import ClientType
from enroller.sandbox.world import Lives, Memory, RequestState, World
from tests.sandbox.conftest import Clock
from tests.sandbox.devices import ask, device, enrolled, registered


def test_a_request_shows_who_asks_and_with_which_key(world: World, clock: Clock) -> None:
    laptop = device(client_id="laptop-7")
    registered(world, laptop, client_description="Reception", client_type="server")
    [seen] = world.requests()
    assert laptop.key is not None
    assert (seen.client_id, seen.description, seen.client_type) == ("laptop-7", "Reception", ClientType.SERVER)
    assert seen.fingerprint == laptop.key.fingerprint
    assert seen.spoken is not None
    assert len(seen.spoken.split()) == 4
    assert seen.state is RequestState.PENDING
    assert not seen.signed
    assert seen.expires_at - seen.registered_at == 259_200
    assert seen.registered_at == clock.time


def test_the_newest_request_comes_first(world: World) -> None:
    for name in ("first", "second", "third"):
        registered(world, device(client_id=name))
    assert [seen.client_id for seen in world.requests()] == ["third", "second", "first"]


def test_nothing_that_is_shown_or_printed_carries_a_secret(world: World) -> None:
    code = registered(world, device())
    assert code not in repr(world.requests())
    with world.locked() as memory:
        assert code not in repr(memory)
        assert memory.api_key not in repr(memory)


def test_time_expires_what_is_open_and_nothing_else(world: World, clock: Clock) -> None:
    registered(world, device(client_id="waits"))
    registered(world, device(client_id="approved"))
    world.approve(world.requests()[0].id)
    registered(world, device(client_id="rejected"))
    world.reject(world.requests()[0].id)
    enrolled(world, device(client_id="enrolled"))
    clock.time += 259_199
    assert RequestState.EXPIRED not in {seen.state for seen in world.requests()}
    clock.time += 1
    assert {seen.client_id: seen.state.value for seen in world.requests()} == {
        "waits": "expired",
        "approved": "expired",
        "rejected": "rejected",
        "enrolled": "enrolled",
    }


def test_an_action_that_comes_too_late_is_refused(world: World) -> None:
    registered(world, device())
    request = world.requests()[0].id
    world.reject(request)
    for action in (world.approve, world.reject, world.expire):
        with pytest.raises(ValueError, match="rejected already"):
            action(request)
    with pytest.raises(KeyError):
        world.approve("nobody")


def test_automatic_trust_approves_what_comes_and_what_waits(world: World) -> None:
    registered(world, device(client_id="was there before"))
    world.set_trust(True)
    registered(world, device(client_id="came later"))
    assert {seen.state for seen in world.requests()} == {RequestState.APPROVED}
    world.set_trust(False)
    registered(world, device(client_id="after that"))
    assert world.requests()[0].state is RequestState.PENDING


def test_a_new_request_replaces_the_open_one_of_the_same_device(world: World) -> None:
    laptop = device()
    old = registered(world, laptop)
    new = registered(world, laptop)
    assert len(world.requests()) == 1
    assert ask(world, laptop.poll(old))[1]["error"] == "invalid_grant"
    assert ask(world, laptop.poll(new))[1]["error"] == "authorization_pending"


def test_a_request_that_was_decided_stays_in_the_list(world: World) -> None:
    laptop = device()
    registered(world, laptop)
    world.reject(world.requests()[0].id)
    registered(world, laptop)
    assert [seen.state.value for seen in world.requests()] == ["pending", "rejected"]


def test_a_device_without_its_tokens_is_still_known(world: World) -> None:
    laptop = device()
    tokens = enrolled(world, laptop)
    world.forget_tokens(laptop.client_id)
    assert ask(world, laptop.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"
    assert ask(world, laptop.register(signed=True))[0] == 200


def test_a_removed_device_is_a_stranger(world: World) -> None:
    laptop = device()
    tokens = enrolled(world, laptop)
    world.remove(laptop.client_id)
    assert world.requests() == []
    assert ask(world, laptop.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"
    assert ask(world, laptop.register(signed=True))[1]["error_description"] == "Invalid signature"


def test_each_change_is_announced_until_nobody_listens(world: World) -> None:
    heard: list[int] = []
    end = world.subscribe(lambda: heard.append(1))
    registered(world, device())
    world.approve(world.requests()[0].id)
    world.inject("hang")
    assert len(heard) == 3
    end()
    world.clear_faults()
    assert len(heard) == 3


def test_a_device_code_is_spent_by_one_of_many_callers() -> None:
    world = World(Memory(api_key="x", trust=True), lives=Lives())
    request = world.register(client_id="c", client_type=ClientType.SERVER, description="", key=None, signed=False).id
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def collect() -> None:
        start.wait()
        try:
            world.collect(request)
        except ValueError:
            outcomes.append("refused")
        else:
            outcomes.append("tokens")

    threads = [threading.Thread(target=collect) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["tokens"]
