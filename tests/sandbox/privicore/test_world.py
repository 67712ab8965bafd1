"""What the owner sees and does, and what is set for tests of clients."""

import threading

import pytest

from enroller import keys
from enroller.model import KeyType
from enroller.sandbox.privicore.shapes import Shapes
from enroller.sandbox.privicore.values import CommandKind, DeviceState, Memory
from enroller.sandbox.privicore.world import PrivicoreWorld
from tests.sandbox.conftest import Clock
from tests.sandbox.privicore.client import USERNAME, Client, new_key


def test_a_device_shows_who_asks_and_which_key_its_profile_has(
    privicore: PrivicoreWorld, owner: Client, clock: Clock
) -> None:
    owner.new_device("laptop")
    [seen] = privicore.devices()
    assert (seen.name, seen.meta_name, seen.profile) == ("laptop", None, USERNAME)
    assert (seen.state, seen.created_at, seen.decided_at) == (DeviceState.PENDING, clock.time, None)
    assert (seen.fingerprint, seen.spoken) == (None, None)
    key = owner.register_key()
    [seen] = privicore.devices()
    assert seen.fingerprint == keys.fingerprint(KeyType.X25519, keys.open_signed_public_key(key))
    assert seen.spoken == keys.spoken(seen.fingerprint)


def test_the_newest_device_comes_first(privicore: PrivicoreWorld, owner: Client) -> None:
    for name in ("first", "second", "third"):
        owner.new_device(name)
    assert [seen.name for seen in privicore.devices()] == ["third", "second", "first"]


def test_nothing_that_is_shown_or_printed_carries_a_secret(privicore: PrivicoreWorld, owner: Client) -> None:
    owner.register_key()
    identifier = owner.new_device()
    privicore.approve(identifier)
    secret = owner.get(f"/device/retrieve-device-configuration/{identifier}")["client-secret"]
    privicore.lag = 5
    owner.command("/profile/register-profile", username="kim", password="kim's password")
    with privicore.locked() as memory:
        shown = repr(memory) + repr(privicore.devices())
    for hidden in (secret, owner.token, privicore.password, "kim's password"):
        assert hidden not in shown


def test_a_password_is_forgotten_by_the_command_that_brought_it(privicore: PrivicoreWorld, owner: Client) -> None:
    command_id = owner.done("/profile/register-profile", username="kim", password="secret")
    command = privicore.command(command_id)
    assert command is not None
    assert command.arguments == {}


class TestTheOwner:
    def test_approves_at_once_whatever_the_lag(self, privicore: PrivicoreWorld, owner: Client, clock: Clock) -> None:
        owner.register_key()
        identifier = owner.new_device()
        privicore.lag = 60
        clock.time += 5
        privicore.approve(identifier)
        [seen] = privicore.devices()
        assert (seen.state, seen.decided_at) == (DeviceState.APPROVED, clock.time)
        assert owner.ask("GET", f"/device/retrieve-device-configuration/{identifier}").status == 200

    def test_needs_a_key_of_the_profile_to_approve(self, privicore: PrivicoreWorld, owner: Client) -> None:
        identifier = owner.new_device()
        with pytest.raises(ValueError, match="no registered public key"):
            privicore.approve(identifier)

    def test_rejects_and_removes(self, privicore: PrivicoreWorld, owner: Client) -> None:
        removed, rejected = owner.new_device(), owner.new_device()
        privicore.reject(rejected)
        privicore.remove(removed)
        assert [seen.state for seen in privicore.devices()] == [DeviceState.REJECTED, DeviceState.REMOVED]
        assert owner.names() == []

    def test_comes_too_late_for_some_things(self, privicore: PrivicoreWorld, owner: Client) -> None:
        identifier = owner.new_device()
        privicore.reject(identifier)
        for action in (privicore.approve, privicore.reject, privicore.remove):
            with pytest.raises(ValueError, match="rejected already"):
                action(identifier)
            with pytest.raises(KeyError):
                action("nobody")

    def test_gives_a_profile_a_key_and_takes_it_away(self, privicore: PrivicoreWorld, owner: Client) -> None:
        key = new_key()
        privicore.set_public_key(USERNAME, key)
        assert privicore.public_key(USERNAME) == key
        assert owner.get("/public-key/retrieve-public-key") == {"publicKey": key}
        privicore.set_public_key(USERNAME, None)
        assert owner.ask("GET", "/public-key/retrieve-public-key").status == 404
        with pytest.raises(ValueError, match="not a signed public key"):
            privicore.set_public_key(USERNAME, "00" * 100)

    def test_ends_all_tokens(self, privicore: PrivicoreWorld, owner: Client) -> None:
        privicore.expire_tokens()
        assert owner.ask("GET", "/device/retrieve-profile-devices").status == 401


class TestTheReadyMadeProfile:
    def test_gets_a_password_where_none_is_given(self) -> None:
        first, second = (PrivicoreWorld(Memory(), username=USERNAME).password for _ in range(2))
        assert first != second
        assert len(first) >= 20

    def test_keeps_its_password_and_key_where_none_is_given(self, privicore: PrivicoreWorld, owner: Client) -> None:
        key = owner.register_key()
        with privicore.locked() as memory:
            again = PrivicoreWorld(memory, username=USERNAME)
        assert (again.password, again.public_key()) == (privicore.password, key)


class TestCommands:
    def test_of_a_kind_are_rejected_once(self, privicore: PrivicoreWorld, owner: Client) -> None:
        privicore.reject_commands("register-public-key", "Not this one.")
        assert privicore.commands_to_reject() == {CommandKind.REGISTER_PUBLIC_KEY: "Not this one."}
        owner.new_device()
        first = owner.command("/public-key/register-public-key", publicKey=new_key())
        assert owner.status(first) == "rejected"
        assert privicore.public_key() is None
        assert privicore.commands_to_reject() == {}
        owner.register_key()
        with pytest.raises(ValueError, match="explode"):
            privicore.reject_commands("explode", "")

    def test_are_done_in_their_order_when_their_time_has_come(
        self, privicore: PrivicoreWorld, owner: Client, clock: Clock
    ) -> None:
        privicore.lag = 10
        owner.command("/device/request-unique-identifier", deviceName="slow")
        clock.time += 5
        privicore.lag = 1
        owner.command("/device/request-unique-identifier", deviceName="quick")
        assert privicore.settle() == pytest.approx(1)
        clock.time += 1
        assert owner.names() == ["quick"]
        assert privicore.settle() == pytest.approx(4)
        clock.time += 4
        assert owner.names() == ["quick", "slow"]
        assert privicore.settle() is None

    @pytest.mark.parametrize("lag", [-1, 86_401, float("nan")])
    def test_take_a_sensible_time(self, privicore: PrivicoreWorld, lag: float) -> None:
        with pytest.raises(ValueError, match="lag"):
            privicore.lag = lag

    def test_of_many_clients_make_one_device_each(self, privicore: PrivicoreWorld, owner: Client) -> None:
        start = threading.Barrier(8)

        def request() -> None:
            start.wait()
            owner.new_device()

        threads = [threading.Thread(target=request) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({seen.identifier for seen in privicore.devices()}) == 8


def test_each_change_is_announced(privicore: PrivicoreWorld) -> None:
    heard: list[str] = []
    privicore.subscribe(lambda: heard.append("changed"))

    def changes(what: object) -> bool:
        heard.clear()
        assert callable(what)
        what()
        return bool(heard)

    def set_shapes() -> None:
        privicore.shapes = Shapes().changed("join", "bare")

    assert changes(set_shapes)
    assert changes(lambda: privicore.change_password("new"))
    assert changes(lambda: privicore.set_public_key(None, new_key()))
    assert changes(lambda: privicore.accept(CommandKind.REQUEST_IDENTIFIER, USERNAME, name="laptop"))
    assert changes(lambda: privicore.approve(privicore.devices()[0].identifier))
    assert changes(privicore.expire_tokens)
    assert changes(lambda: privicore.reject_commands("remove", "no"))
    assert changes(lambda: privicore.inject("hang"))
    assert not changes(privicore.devices)
