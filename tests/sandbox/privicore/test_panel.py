"""Privicore's calls on the administrator's port."""

import json

import pytest

from enroller.sandbox.faults import NOT_PRIVICORE, PRIVICORE, Fault
from enroller.sandbox.privicore.shapes import Join, choices
from enroller.sandbox.privicore.values import CommandKind, DeviceState
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.server import Sandbox
from tests.sandbox.conftest import Admin
from tests.sandbox.privicore.client import USERNAME, Client, new_key

BASE = "/api/privicore"


@pytest.fixture
def world(sandbox: Sandbox) -> PrivicoreWorld:
    """The running sandbox's."""
    with sandbox.privicore.locked() as memory:
        memory.devices.clear()
    sandbox.privicore.set_public_key(None, new_key())
    return sandbox.privicore


@pytest.fixture
def device(world: PrivicoreWorld) -> str:
    """The identifier of a pending device."""
    return Client(world).new_device("laptop")


def test_shows_everything_but_secrets(sandbox: Sandbox, admin: Admin, world: PrivicoreWorld, device: str) -> None:
    world.approve(device)
    owner = Client(world)
    configuration = owner.get(f"/device/retrieve-device-configuration/{device}")
    view = admin.call("GET", "/api/state")[1]["privicore"]
    assert (view["url"], view["websocket_url"]) == (sandbox.privicore_url, sandbox.websocket_url)
    [shown], [seen] = view["devices"], world.devices()
    assert (shown["id"], shown["name"], shown["state"]) == (device, "laptop", "approved")
    assert shown["fingerprint"] == seen.fingerprint == view["fingerprint"]
    assert (view["username"], view["lag"], view["sockets"]) == (USERNAME, 0.0, 0)
    assert view["shapes"]["command_id"] == "string"
    assert view["choices"] == {name: list(kind) for name, kind in choices().items()}
    assert view["endpoints"] == list(PRIVICORE)
    assert set(Fault) - set(view["possible_faults"]) == set(NOT_PRIVICORE)
    for secret in (world.password, owner.token, configuration["client-secret"], configuration["rabbit-pass"]):
        assert secret not in json.dumps(view)


@pytest.mark.parametrize(
    ("action", "state"),
    [("approve", DeviceState.APPROVED), ("reject", DeviceState.REJECTED), ("remove", DeviceState.REMOVED)],
)
def test_decides(admin: Admin, world: PrivicoreWorld, device: str, action: str, state: DeviceState) -> None:
    status, view = admin.call("POST", f"{BASE}/devices/{device}/{action}")
    assert (status, view["devices"][0]["state"]) == (200, state)
    assert world.devices()[0].state is state


def test_refuses_what_cannot_be_done(admin: Admin, world: PrivicoreWorld, device: str) -> None:
    assert admin.call("POST", f"{BASE}/devices/nobody/approve")[0] == 404
    world.set_public_key(None, None)
    assert admin.call("POST", f"{BASE}/devices/{device}/approve") == (
        409,
        {"error": "The profile has no registered public key."},
    )
    assert admin.call("POST", f"{BASE}/devices/{device}/approve", origin="https://evil.example")[0] == 403


def test_sets_a_shape(admin: Admin, world: PrivicoreWorld) -> None:
    status, view = admin.call("POST", f"{BASE}/shape", {"name": "join", "value": "bare"})
    assert (status, view["shapes"]["join"]) == (200, "bare")
    assert world.shapes.join is Join.BARE
    for wrong in ({}, {"name": "join"}, {"name": "join", "value": 7}, {"name": "colour", "value": "bare"}):
        assert admin.call("POST", f"{BASE}/shape", wrong)[0] == 400
    assert world.shapes.join is Join.BARE


def test_sets_the_lag(admin: Admin, world: PrivicoreWorld) -> None:
    assert admin.call("POST", f"{BASE}/lag", {"seconds": 2.5})[1]["lag"] == 2.5
    for wrong in (-1, "2", True, 1e9):
        assert admin.call("POST", f"{BASE}/lag", {"seconds": wrong})[0] == 400
    assert world.lag == 2.5


def test_gives_the_profile_a_key_and_takes_it_away(admin: Admin, world: PrivicoreWorld) -> None:
    before = world.public_key()
    assert admin.call("POST", f"{BASE}/key", {"on": True})[1]["fingerprint"]
    assert world.public_key() != before
    assert admin.call("POST", f"{BASE}/key", {"on": False})[1]["fingerprint"] is None
    assert world.public_key() is None
    assert admin.call("POST", f"{BASE}/key", {"on": 1})[0] == 400


def test_ends_tokens(admin: Admin, world: PrivicoreWorld) -> None:
    owner = Client(world)
    assert admin.call("POST", f"{BASE}/expire-tokens")[0] == 200
    assert owner.ask("GET", "/device/retrieve-profile-devices").status == 401


def test_rejects_the_next_command(admin: Admin, world: PrivicoreWorld) -> None:
    status, view = admin.call("POST", f"{BASE}/rejection", {"kind": "configure-meta", "reason": "a\u202eb"})
    assert (status, view["rejections"]) == (200, [{"kind": "configure-meta", "reason": "a b"}])
    assert view["kinds"] == list(CommandKind)
    owner = Client(world)
    assert owner.status(owner.command("/device/configure-meta", deviceIdentifier="any", name="any")) == "rejected"
    assert world.commands_to_reject() == {}
    assert admin.call("POST", f"{BASE}/rejection", {"kind": "explode"})[0] == 400


def test_drops_connections(admin: Admin) -> None:
    assert admin.call("POST", f"{BASE}/drop-sockets")[0] == 200


def test_injects_faults_of_this_service_alone(sandbox: Sandbox, admin: Admin, world: PrivicoreWorld) -> None:
    fault = {"fault": "hang", "path": "request-status", "count": 2}
    assert admin.call("POST", f"{BASE}/faults", fault)[1]["faults"] == [fault | {"seconds": 0.0}]
    assert sandbox.world.faults() == []
    for wrong in ({"fault": "slow_down"}, {"fault": "hang", "path": "token"}):
        assert admin.call("POST", f"{BASE}/faults", wrong)[0] == 400
    assert admin.call("DELETE", f"{BASE}/faults")[1]["faults"] == []


def test_makes_strangers_words_harmless(admin: Admin, world: PrivicoreWorld) -> None:
    owner = Client(world)
    identifier = owner.new_device("a\u202eb")
    owner.done("/device/configure-meta", deviceIdentifier=identifier, name="two\nlines\u200b")
    [device] = admin.call("GET", "/api/state")[1]["privicore"]["devices"]
    assert (device["name"], device["meta_name"]) == ("a b", "two lines")
