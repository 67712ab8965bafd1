"""Commands and devices, in every shape that their answers have."""

import pytest

from enroller.sandbox.privicore.shapes import (
    CommandId,
    CommandStatus,
    Identifier,
    IdentifierName,
    Methods,
    NameName,
    State,
)
from enroller.sandbox.privicore.world import PrivicoreWorld
from tests.sandbox.conftest import Clock
from tests.sandbox.privicore.client import Answer, Client

REQUEST = "/device/request-unique-identifier"


def shaped(world: PrivicoreWorld, **changes: str) -> None:
    for name, value in changes.items():
        world.shapes = world.shapes.changed(name, value)


def record(owner: Client) -> dict[str, object]:
    [found] = owner.get("/device/retrieve-profile-devices")
    assert isinstance(found, dict)
    return found


class TestACommand:
    def test_tells_its_id_in_four_shapes(self, privicore: PrivicoreWorld, owner: Client) -> None:
        def given(shape: CommandId) -> tuple[Answer, str]:
            shaped(privicore, command_id=shape)
            answer = owner.post(REQUEST, deviceName="laptop")
            assert answer.status == 202
            with privicore.locked() as memory:
                return answer, list(memory.commands)[-1]

        answer, command_id = given(CommandId.STRING)
        assert answer.value == command_id
        answer, command_id = given(CommandId.ARRAY)
        assert answer.value == [command_id]
        answer, command_id = given(CommandId.OBJECT)
        assert answer.value == {"commandId": command_id}
        answer, command_id = given(CommandId.HEADER)
        assert (answer.value, answer.headers) == (None, {"x-dpt-cab-id": command_id})

    @pytest.mark.parametrize(
        ("shape", "told"),
        [
            (CommandStatus.STRING, ["started", "succeeded", "rejected"]),
            (CommandStatus.ARRAY, [["started"], ["succeeded"], ["rejected"]]),
            (
                CommandStatus.OBJECT,
                [{"command_status": 1}, {"command_status": 2}, {"command_status": 3, "body": "Not today."}],
            ),
        ],
    )
    def test_tells_its_outcome_after_the_lag(
        self, privicore: PrivicoreWorld, owner: Client, clock: Clock, shape: CommandStatus, told: list[object]
    ) -> None:
        started, succeeded, rejected = told
        shaped(privicore, status=shape)
        privicore.lag = 10
        good = owner.command(REQUEST, deviceName="laptop")
        clock.time += 9.9
        assert owner.status(good) == started
        assert owner.names() == [], "nothing is done before"
        clock.time += 0.1
        assert owner.status(good) == succeeded
        privicore.reject_commands("request-unique-identifier", "Not today.")
        bad = owner.command(REQUEST, deviceName="laptop")
        clock.time += 10
        assert owner.status(bad) == rejected
        assert owner.names() == ["laptop"]

    def test_is_asked_for_by_get_or_by_post(self, privicore: PrivicoreWorld, owner: Client) -> None:
        path = f"/request-status/{owner.command(REQUEST, deviceName='laptop')}"

        def answers() -> tuple[int, int]:
            return owner.ask("GET", path).status, owner.ask("POST", path, b"{}").status

        assert answers() == (200, 200)
        for shape, expected in {
            Methods.GET_OR_405: (200, 405),
            Methods.GET_OR_404: (200, 404),
            Methods.POST_OR_405: (405, 200),
            Methods.POST_OR_404: (404, 200),
        }.items():
            shaped(privicore, status_method=shape)
            assert answers() == expected

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": 1}', b"a=b"])
    def test_is_asked_for_by_post_with_an_empty_object_alone(self, owner: Client, body: bytes) -> None:
        path = f"/request-status/{owner.command(REQUEST, deviceName='laptop')}"
        assert owner.ask("POST", path, body).status == 422

    def test_of_another_profile_is_unknown(self, privicore: PrivicoreWorld, owner: Client) -> None:
        owner.done("/profile/register-profile", username="kim", password="secret")
        kim = Client(privicore, token="")
        kim.sign_in("kim", "secret")
        command_id = owner.done(REQUEST, deviceName="laptop")
        for path in (f"/request-status/{command_id}", "/request-status/no-such-one", "/request-status/"):
            assert kim.ask("GET", path).status == 404
        assert kim.post("/device/retrieve-unique-identifier", id=command_id).status == 404
        kim.token = ""
        assert kim.ask("GET", f"/request-status/{command_id}").status == 401


class TestADevice:
    def test_learns_its_identifier_once_it_is_requested(
        self, privicore: PrivicoreWorld, owner: Client, clock: Clock
    ) -> None:
        privicore.lag = 1
        command_id = owner.command(REQUEST, deviceName="laptop")
        assert owner.post("/device/retrieve-unique-identifier", id=command_id).status == 404
        clock.time += 1
        identifier = privicore.devices()[0].identifier
        assert owner.post("/device/retrieve-unique-identifier", id=command_id).value == {"deviceIdentifier": identifier}
        shaped(privicore, identifier=Identifier.STRING)
        assert owner.post("/device/retrieve-unique-identifier", id=command_id).value == identifier

    def test_of_a_command_that_makes_none_has_no_identifier(self, owner: Client) -> None:
        owner.register_key()
        identifier = owner.new_device()
        command_id = owner.done("/device/approve-device", deviceIdentifier=identifier)
        assert owner.post("/device/retrieve-unique-identifier", id=command_id).status == 404

    def test_is_in_the_list_of_its_profile_alone(self, privicore: PrivicoreWorld, owner: Client) -> None:
        identifier = owner.new_device("laptop")
        assert record(owner) == {
            "deviceIdentifier": identifier,
            "deviceName": "laptop",
            "type": "device",
            "status": "pending",
            "createdAt": "2027-01-15T08:00:00+00:00",
            "meta": {},
        }
        owner.done("/profile/register-profile", username="kim", password="secret")
        kim = Client(privicore, token="")
        kim.sign_in("kim", "secret")
        assert kim.names() == []

    @pytest.mark.parametrize("name", IdentifierName)
    def test_has_its_identifier_under_some_name(
        self, privicore: PrivicoreWorld, owner: Client, name: IdentifierName
    ) -> None:
        identifier = owner.new_device()
        shaped(privicore, record_identifier=name)
        assert {each: record(owner).get(each) for each in IdentifierName} == {
            each: identifier if each is name else None for each in IdentifierName
        }

    @pytest.mark.parametrize("name", NameName)
    def test_has_its_name_under_some_name(self, privicore: PrivicoreWorld, owner: Client, name: NameName) -> None:
        owner.new_device("laptop")
        shaped(privicore, record_name=name)
        assert {each: record(owner).get(each) for each in NameName} == {
            each: "laptop" if each is name else None for each in NameName
        }

    @pytest.mark.parametrize(
        ("state", "pending", "approved"),
        [
            (State.STATUS, "pending", "approved"),
            (State.STATE, "pending", "approved"),
            (State.APPROVED, False, True),
            (State.IS_APPROVED, False, True),
        ],
    )
    def test_has_a_state_of_some_kind(
        self, privicore: PrivicoreWorld, owner: Client, state: State, pending: object, approved: object
    ) -> None:
        owner.register_key()
        identifier = owner.new_device()
        shaped(privicore, record_state=state)
        assert {name: record(owner)[name] for name in State if name in record(owner)} == {state: pending}
        owner.done("/device/approve-device", deviceIdentifier=identifier)
        assert record(owner)[state] == approved

    def test_may_be_called_active_once_it_is_approved(self, privicore: PrivicoreWorld, owner: Client) -> None:
        owner.register_key()
        shaped(privicore, approved="active")
        identifier = owner.new_device()
        assert record(owner)["status"] == "pending"
        owner.done("/device/approve-device", deviceIdentifier=identifier)
        assert record(owner)["status"] == "active"

    def test_is_shown_by_another_name_where_it_has_one(self, owner: Client) -> None:
        identifier = owner.new_device("laptop")
        owner.done("/device/configure-meta", deviceIdentifier=identifier, name="Reception")
        assert (record(owner)["deviceName"], record(owner)["meta"]) == ("laptop", {"name": "Reception"})


class TestTheOwnersDecision:
    def test_approves_only_where_the_profile_has_a_key(self, privicore: PrivicoreWorld, owner: Client) -> None:
        identifier = owner.new_device()
        shaped(privicore, status=CommandStatus.OBJECT)
        command_id = owner.command("/device/approve-device", deviceIdentifier=identifier)
        assert owner.status(command_id) == {"command_status": 3, "body": "The profile has no registered public key."}
        assert record(owner)["status"] == "pending"

    def test_approves_twice_without_harm(self, owner: Client) -> None:
        owner.register_key()
        identifier = owner.new_device()
        owner.done("/device/approve-device", deviceIdentifier=identifier)
        first = owner.get(f"/device/retrieve-device-configuration/{identifier}")
        owner.done("/device/approve-device", deviceIdentifier=identifier)
        assert owner.get(f"/device/retrieve-device-configuration/{identifier}") == first

    def test_rejects_what_is_pending_alone(self, owner: Client) -> None:
        owner.register_key()
        kept, lost = owner.new_device("kept"), owner.new_device("lost")
        owner.done("/device/approve-device", deviceIdentifier=kept)
        assert owner.status(owner.command("/device/reject-device", deviceIdentifier=kept)) == "rejected"
        owner.done("/device/reject-device", deviceIdentifier=lost)
        assert owner.names() == ["kept"]

    def test_leaves_rejected_devices_in_the_list_where_it_is_asked_to(
        self, privicore: PrivicoreWorld, owner: Client
    ) -> None:
        identifier = owner.new_device()
        owner.done("/device/reject-device", deviceIdentifier=identifier)
        shaped(privicore, rejected="listed")
        assert record(owner)["status"] == "rejected"
        shaped(privicore, record_state=State.APPROVED)
        assert owner.names() == [], "a boolean cannot say it"

    def test_removes_what_is_pending_or_approved(self, privicore: PrivicoreWorld, owner: Client) -> None:
        owner.register_key()
        approved, pending = owner.new_device(), owner.new_device()
        owner.done("/device/approve-device", deviceIdentifier=approved)
        for identifier in (approved, pending):
            owner.done("/device/remove", deviceIdentifier=identifier)
        shaped(privicore, rejected="listed")
        assert owner.names() == []
        assert owner.ask("GET", f"/device/retrieve-device-configuration/{approved}").status == 404

    @pytest.mark.parametrize("path", ["/device/approve-device", "/device/reject-device", "/device/remove"])
    def test_is_about_a_device_that_there_is(self, privicore: PrivicoreWorld, owner: Client, path: str) -> None:
        owner.register_key()
        gone = owner.new_device()
        owner.done("/device/remove", deviceIdentifier=gone)
        owner.done("/profile/register-profile", username="kim", password="secret")
        kim = Client(privicore, token="")
        kim.sign_in("kim", "secret")
        foreign = kim.new_device()
        for identifier in ("nobody", gone, foreign):
            assert owner.status(owner.command(path, deviceIdentifier=identifier)) == "rejected"
        assert len(kim.names()) == 1


class TestTheConfiguration:
    def test_is_there_after_the_approval(self, owner: Client) -> None:
        owner.register_key()
        identifier = owner.new_device()
        path = f"/device/retrieve-device-configuration/{identifier}"
        early = owner.ask("GET", path)
        assert (early.status, early.value) == (404, {"message": "The device is not approved yet."})
        owner.done("/device/approve-device", deviceIdentifier=identifier)
        found = owner.get(path)
        texts = ["device-identifier", "client-id", "client-secret", "rabbit-user", "rabbit-pass", "rabbit-host"]
        assert list(found) == [*texts, "rabbit-port"]
        assert found["device-identifier"] == identifier
        assert all(isinstance(found[name], str) and found[name] for name in texts)
        assert type(found["rabbit-port"]) is int
        assert owner.post("/device/download-device-configuration", deviceIdentifier=identifier).value == found

    def test_is_asked_for_by_get_or_by_post(self, privicore: PrivicoreWorld, owner: Client) -> None:
        owner.register_key()
        identifier = owner.new_device()
        owner.done("/device/approve-device", deviceIdentifier=identifier)

        def answers() -> tuple[int, int]:
            download = owner.post("/device/download-device-configuration", deviceIdentifier=identifier)
            return owner.ask("GET", f"/device/retrieve-device-configuration/{identifier}").status, download.status

        assert answers() == (200, 200)
        for shape, expected in {
            Methods.GET_OR_405: (200, 405),
            Methods.GET_OR_404: (200, 404),
            Methods.POST_OR_405: (405, 200),
            Methods.POST_OR_404: (404, 200),
        }.items():
            shaped(privicore, configuration_method=shape)
            assert answers() == expected

    @pytest.mark.parametrize("identifier", ["", "nobody"])
    def test_of_no_device_is_not_there(self, owner: Client, identifier: str) -> None:
        answer = owner.ask("GET", f"/device/retrieve-device-configuration/{identifier}")
        assert (answer.status, answer.value) == (404, {"message": "There is no such device."})
