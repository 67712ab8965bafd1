"""Who hears what of commands: the WebSocket's protocol without a socket."""

import json
from typing import Any

import pytest

from enroller.sandbox.privicore.push import answer
from enroller.sandbox.privicore.shapes import Join, Messages
from enroller.sandbox.privicore.world import PrivicoreWorld
from tests.sandbox.conftest import Clock
from tests.sandbox.privicore.client import Client


class Ear:
    """A connection that keeps what it hears."""

    def __init__(self, world: PrivicoreWorld) -> None:
        self._world = world
        self.heard: list[str] = []
        self.dropped = False
        world.connect(self)

    def tell(self, message: str) -> None:
        self.heard.append(message)

    def drop(self) -> None:
        self.dropped = True

    def say(self, action: str, **data: object) -> dict[str, Any] | None:
        """Sends a message and gives what is answered."""
        reply = answer(self._world, self, json.dumps({"action": action, "data": data}))
        return json.loads(reply) if reply is not None else None

    def join(self, token: str) -> str:
        """Joins the channel of the token's profile and gives its id."""
        reply = self.say("joinChannel", authorizationToken=token, correlationId="c")
        assert reply is not None
        channel: str = reply["data"]["channelId"]
        return channel

    def outcomes(self) -> list[tuple[str, int, str]]:
        """Id, status and body of all that was heard."""
        found = [json.loads(message)["data"] for message in self.heard]
        assert all(data["type"] == "X-DPT-CAB-ID" for data in found)
        return [(data["id"], data["command_status"], data["body"]) for data in found]


@pytest.fixture
def ear(privicore: PrivicoreWorld) -> Ear:
    return Ear(privicore)


class TestJoining:
    def test_is_answered_with_the_channel_and_the_correlation_id(self, ear: Ear, owner: Client) -> None:
        reply = ear.say("joinChannel", authorizationToken=owner.token, correlationId="mine")
        assert reply is not None
        assert (reply["status"], reply["correlationId"]) == (200, "mine")
        assert reply["data"]["channelId"]

    def test_may_be_answered_without_the_correlation_id(
        self, privicore: PrivicoreWorld, ear: Ear, owner: Client
    ) -> None:
        privicore.shapes = privicore.shapes.changed("join", Join.BARE)
        reply = ear.say("joinChannel", authorizationToken=owner.token, correlationId="mine")
        assert reply is not None
        assert list(reply) == ["status", "data"]

    def test_may_work_without_an_answer(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        privicore.shapes = privicore.shapes.changed("join", Join.UNANSWERED)
        assert ear.say("joinChannel", authorizationToken=owner.token, correlationId="mine") is None
        owner.new_device()
        assert len(ear.heard) == 2

    @pytest.mark.parametrize("token", ["", "wrong", None, 7, ["list"]])
    def test_with_a_bad_token_gets_no_answer(self, privicore: PrivicoreWorld, ear: Ear, token: object) -> None:
        assert ear.say("joinChannel", authorizationToken=token, correlationId="mine") is None
        assert privicore.sockets() == 0

    def test_with_an_expired_token_gets_no_answer(self, ear: Ear, owner: Client, clock: Clock) -> None:
        clock.time += 86_400
        assert ear.say("joinChannel", authorizationToken=owner.token, correlationId="mine") is None

    @pytest.mark.parametrize(
        "text",
        ["", "{", "7", "[]", "{}", '{"action": "joinChannel"}', '{"action": "joinChannel", "data": 7}', "[" * 9999],
    )
    def test_that_cannot_be_understood_gets_no_answer(self, privicore: PrivicoreWorld, ear: Ear, text: str) -> None:
        assert answer(privicore, ear, text) is None

    def test_is_counted(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        ear.say("joinChannel", authorizationToken="wrong")
        ear.join(owner.token)
        assert privicore.counts()["join"] == 2

    def test_anew_takes_the_place_of_the_old_channel(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        assert ear.join(owner.token) != ear.join(owner.token)
        owner.new_device()
        assert len(ear.heard) == 2
        assert privicore.sockets() == 1


class TestACommand:
    def test_is_told_when_it_is_taken_and_when_it_ends(
        self, privicore: PrivicoreWorld, ear: Ear, owner: Client, clock: Clock
    ) -> None:
        ear.join(owner.token)
        privicore.lag = 3
        privicore.reject_commands("remove", "Not today.")
        good = owner.command("/device/request-unique-identifier", deviceName="laptop")
        bad = owner.command("/device/remove", deviceIdentifier="any")
        assert ear.outcomes() == [(good, 1, ""), (bad, 1, "")]
        clock.time += 3
        privicore.settle()
        assert ear.outcomes()[2:] == [(good, 2, ""), (bad, 3, "Not today.")]

    def test_is_told_to_all_who_have_joined_its_profile(self, privicore: PrivicoreWorld, owner: Client) -> None:
        owner.done("/profile/register-profile", username="kim", password="secret")
        kim = Client(privicore, token="")
        kim.sign_in("kim", "secret")
        first, second, foreign, unjoined = (Ear(privicore) for _ in range(4))
        first.join(owner.token)
        second.join(owner.token)
        foreign.join(kim.token)
        owner.new_device()
        assert first.heard == second.heard
        assert len(first.heard) == 2
        assert foreign.heard == unjoined.heard == []

    def test_is_not_told_again_to_those_who_come_later(self, ear: Ear, owner: Client) -> None:
        owner.new_device()
        ear.join(owner.token)
        assert ear.heard == []

    def test_is_told_though_the_token_has_expired_since(
        self, privicore: PrivicoreWorld, ear: Ear, owner: Client
    ) -> None:
        ear.join(owner.token)
        privicore.lag = 0
        privicore.expire_tokens()
        Client(privicore).new_device()
        assert len(ear.heard) == 2

    def test_that_nobody_in_particular_gave_is_told_to_nobody(self, ear: Ear, owner: Client) -> None:
        ear.join(owner.token)
        owner.done("/profile/register-profile", username="kim", password="secret")
        assert ear.heard == []


class TestMessages:
    def heard(self, world: PrivicoreWorld, ear: Ear, owner: Client, style: Messages) -> tuple[str, list[str]]:
        """The id of a command, the second one since joining, and what was heard of it."""
        ear.join(owner.token)
        owner.new_device()
        ear.heard.clear()
        world.shapes = world.shapes.changed("messages", style)
        return owner.done("/device/request-unique-identifier", deviceName="laptop"), ear.heard

    def test_may_be_repeated_and_late(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        command_id, _ = self.heard(privicore, ear, owner, Messages.REPEATED)
        first, *rest = ear.outcomes()
        assert first[1] == 2
        assert first[0] != command_id, "the end of the command before"
        mine = [(command_id, 1, "")] * 2, [(command_id, 2, "")] * 2
        assert [each for each in rest if each != first] == [*mine[0], *mine[1]]

    def test_may_come_among_foreign_ones(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        command_id, heard = self.heard(privicore, ear, owner, Messages.FOREIGN)
        assert len(heard) == 8
        understood = [json.loads(message)["data"] for message in heard if message.startswith("{")]
        ours = [data for data in understood if data["id"] == command_id and data["type"] == "X-DPT-CAB-ID"]
        assert [data["command_status"] for data in ours] == [1, 2]
        assert {data["command_status"] for data in understood if data not in ours} == {3}, "who mixes them up fails"

    def test_may_not_come_at_all(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        assert self.heard(privicore, ear, owner, Messages.SILENT)[1] == []


class TestLeaving:
    def test_ends_the_messages_and_is_answered(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        channel = ear.join(owner.token)
        reply = ear.say("leaveChannel", channelId=channel, correlationId="mine")
        assert reply is not None
        assert (reply["status"], reply["data"]["channelId"]) == (200, channel)
        owner.new_device()
        assert ear.heard == []
        assert privicore.sockets() == 0

    def test_works_with_the_token_as_well(self, ear: Ear, owner: Client) -> None:
        channel = ear.join(owner.token)
        reply = ear.say("leaveChannel", authorizationToken=owner.token)
        assert reply is not None
        assert reply["data"]["channelId"] == channel

    def test_what_was_not_joined_gets_no_answer(self, privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
        assert ear.say("leaveChannel", channelId="any") is None
        ear.join(owner.token)
        wrong: list[dict[str, object]] = [
            {},
            {"channelId": "another"},
            {"channelId": 7},
            {"authorizationToken": "wrong"},
        ]
        for data in wrong:
            assert ear.say("leaveChannel", **data) is None
        assert privicore.sockets() == 1

    def test_goes_before_a_new_joining(self, ear: Ear, owner: Client) -> None:
        ear.say("leaveChannel", channelId=ear.join(owner.token))
        ear.join(owner.token)
        owner.new_device()
        assert len(ear.heard) == 2


def test_whoever_has_gone_is_told_nothing(privicore: PrivicoreWorld, ear: Ear, owner: Client) -> None:
    ear.join(owner.token)
    privicore.disconnect(ear)
    owner.new_device()
    assert ear.heard == []


def test_all_connections_can_be_dropped(privicore: PrivicoreWorld, owner: Client) -> None:
    joined, unjoined = Ear(privicore), Ear(privicore)
    joined.join(owner.token)
    privicore.drop_sockets()
    assert joined.dropped
    assert unjoined.dropped
