"""Ten calls instead of two, and nothing is lost at any of them: one device, one key, whatever fails and when.

The session, the adapter and the loop are the real ones; the service is the sandbox's, without sockets; time is ours.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

import pytest

from enroller import errors
from enroller.enroll import enroll
from enroller.model import (
    Approval,
    Asked,
    Credential,
    CredentialKind,
    Enrollment,
    ProfileKey,
    Request,
    Response,
    Secret,
    State,
    Via,
)
from enroller.sandbox.privicore import endpoints
from enroller.sandbox.privicore.shapes import CommandStatus, Shapes
from enroller.sandbox.privicore.values import CommandKind, DeviceState, Memory
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.services import Goal
from enroller.services.privicore import Privicore
from enroller.session import Session
from enroller.steps import ChannelChanged, CheckNow, Command, Happening, NewCredential, Pushed, Snapshot
from tests.fakes import FakeClock
from tests.privicore_fakes import NAME, asked, key_pair, signed_out

OWNER = "owner@example.test"


class Killed(BaseException):
    """The process is gone, and with it all that is not on the disk."""


class Trouble(Enum):
    """What becomes of one request."""

    KILLED_BEFORE = auto()
    KILLED_AFTER = auto()
    LOST_ANSWER = auto()
    NOT_SENT = auto()
    BUSY = auto()
    LOGIN_PAGE = auto()
    TOKEN_OVER = auto()


@dataclass
class Machine:
    """A device, its disk, its network and its service. `troubles`: by the number of the request that meets them."""

    troubles: dict[int, Trouble] = field(default_factory=dict)
    lag: float = 0.0
    owner_decides: Callable[[PrivicoreWorld, str], None] = PrivicoreWorld.approve
    asked: Asked = field(default_factory=lambda: asked(username=OWNER))
    credential: Credential | None = None
    patient: bool = False

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.world = PrivicoreWorld(Memory(), username=OWNER, lag=self.lag, now=self.clock.wall)
        credential = self.credential or Credential(CredentialKind.PASSWORD, Secret(self.world.password))
        self.disk: Enrollment = signed_out(asked=self.asked, credential=credential)
        self.paths: list[str] = []
        self.joined: list[Secret | None] = []
        self.news: list[Snapshot] = []
        self.inbox: SimpleQueue[Command] = SimpleQueue()
        self.lists = 0
        self.when_taken: Callable[[Response], object] = lambda _: None
        self.asked_at: list[tuple[str, float]] = []

    # What the loop needs

    def save(self, enrollment: Enrollment) -> Enrollment:
        self.disk = replace(enrollment, revision=enrollment.revision + 1)
        return self.disk

    def listen(self, token: Secret | None) -> None:
        self.joined.append(token)

    def prove(self) -> None:
        """There is room."""

    def move(self, folder: Path, enrollment: Enrollment) -> Enrollment:
        raise AssertionError("nobody asked for another folder")

    def send(self, request: Request, via: Via) -> Response:
        trouble = self.troubles.pop(len(self.paths), None)
        self.paths.append(request.url.removeprefix(self.disk.asked.server))
        self.asked_at.append((self.paths[-1], self.clock.boot()))
        match trouble:
            case Trouble.KILLED_BEFORE:
                raise Killed
            case Trouble.NOT_SENT:
                raise errors.ConnectionFailed("refused")
            case Trouble.BUSY:
                return Response(503, {"content-type": "text/plain"}, b"Service Unavailable")
            case Trouble.LOGIN_PAGE:
                return Response(200, {"content-type": "text/html"}, b"<html>Sign in</html>")
            case Trouble.TOKEN_OVER:
                self.world.expire_tokens()
        answer = endpoints.handle(self.world, replace(request, url=self.paths[-1]))
        if trouble is Trouble.KILLED_AFTER:
            raise Killed
        if trouble is Trouble.LOST_ANSWER:
            raise errors.ConnectionLost("reset")
        if answer.status == 202:
            self.when_taken(answer)
        self._owner(answer)
        return answer

    def _owner(self, answer: Response) -> None:
        """Decides when the device has seen its pending record in the list."""
        if self.paths[-1].endswith("retrieve-profile-devices") and b"pending" in answer.body:
            self.lists += 1
            if self.lists >= 2 and not self.disk.asked.approve:
                for seen in self.world.devices():
                    if seen.state is DeviceState.PENDING:
                        self.owner_decides(self.world, seen.identifier)

    # What the technician does

    def run(self, goal: Goal = Goal.ENROLL) -> errors.EnrollerError | None:
        """One process, from the disk to its end."""
        session = Session(
            self.disk, Privicore(), jitter=lambda: 0.5, nonce=lambda: "a-nonce", goal=goal, patient=self.patient
        )
        return enroll(
            session,
            sender=self,
            listener=self,
            store=self,
            clock=self.clock,
            inbox=self.inbox,
            publish=self.news.append,
        )

    def persist(self) -> errors.EnrollerError | None:
        """Processes, until one comes to its end and is not to be started again."""
        for _ in range(4):
            try:
                error = self.run()
            except Killed:
                continue
            if isinstance(error, errors.Unreachable):
                continue  # the first request of all had no connection
            return error
        pytest.fail("it does not end")

    def happened(self) -> list[str]:
        return [one.happening.name for one in self.news]

    def moments(self, *calls: str) -> list[float]:
        """When these were asked for, by the boot clock."""
        return [at for path, at in self.asked_at if any(call in path for call in calls)]

    def count(self, path: str) -> int:
        return sum(one.rpartition("/")[2] == path for one in self.paths)


def check_enrolled_once(machine: Machine) -> None:
    """One device, one key, and the device is the one that is stored."""
    assert machine.disk.state is State.ENROLLED
    (device,) = machine.world.devices()
    assert device.identifier == machine.disk.progress.device_identifier
    assert device.state is DeviceState.APPROVED
    assert machine.world.public_key(OWNER) == machine.disk.key.public_key
    assert machine.disk.grant is not None
    assert machine.disk.grant.configuration is not None
    assert (machine.disk.credential, machine.disk.authorization) == (None, None), "what is needed no more is not kept"


def test_the_calls_of_an_enrollment() -> None:
    machine = Machine()
    assert machine.run() is None
    check_enrolled_once(machine)
    told = [one for one in machine.happened() if one != "ASKING"]
    assert told == ["SUBMITTING", "REGISTERED", "PENDING", "PENDING", "APPROVED", "SAVED"]
    assert [path.rpartition("/")[2] for path in machine.paths if "request-status" not in path] == [
        "authenticate", "retrieve-public-key", "register-public-key", "retrieve-profile-devices",
        "request-unique-identifier", "retrieve-unique-identifier", "retrieve-profile-devices",
        "retrieve-profile-devices", "retrieve-profile-devices", machine.disk.progress.device_identifier,
    ]  # fmt: skip


LENGTH = 16
"""More requests than an enrollment has: 12, and 14 with lag."""


@pytest.mark.parametrize("lag", [0.0, 4.0])
@pytest.mark.parametrize("number", range(LENGTH))
@pytest.mark.parametrize("trouble", Trouble)
def test_one_trouble_at_any_request_costs_nothing(trouble: Trouble, number: int, lag: float) -> None:
    machine = Machine({number: trouble}, lag=lag)
    assert machine.persist() is None
    check_enrolled_once(machine)


@pytest.mark.parametrize("first", [Trouble.LOST_ANSWER, Trouble.KILLED_AFTER])
@pytest.mark.parametrize("number", range(LENGTH))
def test_nor_does_a_second_one_right_after_it(first: Trouble, number: int) -> None:
    for second in (Trouble.LOST_ANSWER, Trouble.BUSY, Trouble.KILLED_AFTER):
        machine = Machine({number: first, number + 1: second}, lag=1.0)
        assert machine.persist() is None
        check_enrolled_once(machine)


@pytest.mark.parametrize("number", range(LENGTH))
@pytest.mark.parametrize("trouble", [Trouble.LOST_ANSWER, Trouble.KILLED_AFTER, Trouble.TOKEN_OVER])
def test_nor_where_this_account_approves(trouble: Trouble, number: int) -> None:
    machine = Machine({number: trouble}, asked=asked(username=OWNER, approve=True), lag=1.0)
    assert machine.persist() is None
    check_enrolled_once(machine)


def test_another_machines_device_of_the_same_name_is_never_taken_for_ours() -> None:
    """Ours was killed before it had asked; another asks under the same name before ours goes on."""
    machine = Machine({5: Trouble.KILLED_BEFORE})
    with pytest.raises(Killed):
        machine.run()
    machine.clock.now += 60
    machine.world.accept(CommandKind.REQUEST_IDENTIFIER, OWNER, name=NAME)
    (others,) = machine.world.devices()
    machine.world.approve(others.identifier)
    assert machine.run() is None
    assert machine.disk.progress.device_identifier != others.identifier


def test_a_device_of_the_same_name_that_was_there_before_is_never_taken_for_ours() -> None:
    machine = Machine()
    machine.world.accept(CommandKind.REQUEST_IDENTIFIER, OWNER, name=NAME)
    (old,) = machine.world.devices()
    number = 5
    machine.troubles = {number: Trouble.LOST_ANSWER}
    assert machine.run() is None
    assert machine.paths[number].endswith("request-unique-identifier")
    assert len(machine.world.devices()) == 2
    assert machine.disk.progress.device_identifier != old.identifier


def test_check_now_means_now() -> None:
    machine = Machine(owner_decides=lambda world, identifier: None, asked=asked(username=OWNER, poll_interval=60.0))
    machine.disk = replace(machine.disk, interval=60.0)
    pressed: list[float] = []

    def publish(snapshot: Snapshot) -> None:
        if snapshot.happening is Happening.PENDING and not pressed:
            pressed.append(machine.clock.boot())
            machine.owner_decides = PrivicoreWorld.approve
            machine.lists = 1
            machine.inbox.put(CheckNow())

    machine.news = Publishing(publish)
    assert machine.run() is None
    asked_again = min(at for at in machine.moments("retrieve-profile-devices") if at > pressed[0])
    assert asked_again - pressed[0] <= 1.03


class TestDecisions:
    def test_a_rejection_ends_the_wait(self) -> None:
        machine = Machine(owner_decides=PrivicoreWorld.reject)
        assert isinstance(machine.run(), errors.Denied)
        assert machine.disk.state is State.DENIED

    def test_a_rejection_that_nobody_saw_coming_ends_it_too(self) -> None:
        """Left before the first look at the list; the owner rejects; somebody resumes in the morning."""
        machine = Machine({8: Trouble.KILLED_BEFORE})
        with pytest.raises(Killed):
            machine.run()
        (device,) = machine.world.devices()
        machine.world.reject(device.identifier)
        machine.clock.now += 36_000
        assert isinstance(machine.run(), errors.Denied)

    def test_there_is_no_end_to_the_wait(self) -> None:
        machine = Machine()
        machine.run()
        waited = [one for one in machine.news if one.happening is Happening.PENDING]
        assert waited
        assert all(one.deadline is None and one.expires_at is None for one in waited)

    def test_an_approval_of_ours_is_never_asked_for_by_default(self) -> None:
        machine = Machine()
        machine.run()
        assert machine.count("approve-device") == 0

    def test_an_approval_of_ours_that_is_rejected_leaves_the_request_waiting(self) -> None:
        machine = Machine(asked=asked(username=OWNER, approve=True))
        machine.world.shapes = Shapes(status=CommandStatus.OBJECT)  # the one that gives reasons
        machine.world.reject_commands(CommandKind.APPROVE, "Only on Mondays")
        error = machine.run()
        assert isinstance(error, errors.CommandRejected)
        assert "Only on Mondays" in error.message
        assert machine.disk.state is State.AWAITING_APPROVAL
        machine.world.approve(machine.disk.progress.device_identifier or "")
        assert machine.run() is None
        assert machine.count("approve-device") == 1

    def test_a_rejected_request_can_be_repeated(self) -> None:
        machine = Machine()
        machine.world.reject_commands(CommandKind.REQUEST_IDENTIFIER, "Too many devices")
        error = machine.run()
        assert isinstance(error, errors.CommandRejected)
        assert machine.disk.state is State.FAILED
        assert machine.run() is None
        check_enrolled_once(machine)


def test_a_request_that_is_refused_has_made_no_device() -> None:
    machine = Machine(asked=asked(username=OWNER, device_name=" "))
    assert isinstance(machine.run(), errors.Refused)
    assert machine.count("request-unique-identifier") == 1
    assert machine.disk.progress.requested_at is None


class TestProfileKey:
    def test_one_that_is_there_is_kept(self) -> None:
        machine = Machine()
        machine.world.set_public_key(OWNER, key_pair(1).public_key)
        assert machine.run() is None
        assert machine.world.public_key(OWNER) == key_pair(1).public_key
        assert machine.count("register-public-key") == 0
        assert machine.disk.progress.profile_key is ProfileKey.KEPT
        assert machine.disk.progress.kept_key == key_pair(1).fingerprint

    def test_it_is_replaced_by_explicit_choice(self) -> None:
        machine = Machine(asked=asked(username=OWNER, replace_profile_key=True))
        machine.world.set_public_key(OWNER, key_pair(1).public_key)
        assert machine.run() is None
        check_enrolled_once(machine)

    def test_another_device_that_was_quicker_is_not_robbed_of_its_key(self) -> None:
        """None was there; while our registration of ours was lost on the way, another device registered its own."""
        machine = Machine({2: Trouble.NOT_SENT})
        machine.troubles[3] = Trouble.BUSY
        original = machine.send

        def send(request: Request, via: Via) -> Response:
            answer = original(request, via)
            if len(machine.paths) == 4:
                machine.world.set_public_key(OWNER, key_pair(1).public_key)
            return answer

        machine.send = send  # type: ignore[method-assign]
        assert machine.run() is None
        assert machine.world.public_key(OWNER) == key_pair(1).public_key
        assert machine.disk.progress.profile_key is ProfileKey.KEPT


class TestTokens:
    def test_one_that_ends_is_replaced_by_the_password_without_a_word(self) -> None:
        machine = Machine({8: Trouble.TOKEN_OVER})
        assert machine.run() is None
        assert machine.count("authenticate") == 2

    def test_a_password_that_was_changed_meanwhile_is_asked_for(self) -> None:
        machine = Machine({8: Trouble.TOKEN_OVER})
        machine.world.change_password("a-new-password")
        machine.disk = replace(machine.disk, credential=Credential(CredentialKind.PASSWORD, Secret("a-new-password")))
        real = machine.send

        def send(request: Request, via: Via) -> Response:
            if len(machine.paths) == 8:
                machine.world.change_password("another-one")
            return real(request, via)

        machine.send = send  # type: ignore[method-assign]
        error = machine.run()
        assert isinstance(error, errors.SignInNeeded)
        assert "--password-file" in error.advice
        assert machine.disk.state is State.AWAITING_APPROVAL
        assert machine.count("authenticate") == 2, "a refused password is not tried again and again"
        machine.disk = Privicore().accept(machine.disk, Credential(CredentialKind.PASSWORD, Secret("another-one")))
        assert machine.run() is None
        assert len(machine.world.devices()) == 1

    def test_in_the_window_a_new_one_is_taken_in_place(self) -> None:
        machine = Machine(patient=True)
        token, _ = machine.world.authenticate(OWNER, machine.world.password) or ("", 0)
        machine.disk = replace(machine.disk, credential=Credential(CredentialKind.TOKEN, Secret(token)))
        machine.troubles = {7: Trouble.TOKEN_OVER}

        def publish(snapshot: Snapshot) -> None:
            if snapshot.happening is Happening.CREDENTIAL_WANTED:
                new, _ = machine.world.authenticate(OWNER, machine.world.password) or ("", 0)
                machine.inbox.put(NewCredential(Credential(CredentialKind.TOKEN, Secret(new))))

        machine.news = Publishing(publish)
        assert machine.run() is None
        assert "CREDENTIAL_WANTED" in machine.happened()
        check_enrolled_once(machine)

    def test_a_pasted_token_is_kept_alive_while_nobody_decides(self) -> None:
        machine = Machine(owner_decides=lambda world, identifier: None)
        token, _ = machine.world.authenticate(OWNER, machine.world.password) or ("", 0)
        machine.disk = replace(
            machine.disk,
            credential=Credential(CredentialKind.TOKEN, Secret(token)),
            asked=replace(machine.disk.asked, poll_interval=3600.0),
            interval=3600.0,
        )

        def decide(world: PrivicoreWorld, identifier: str) -> None:
            if machine.lists > 72:  # three days, at a check an hour; a token lives for one
                world.approve(identifier)

        machine.owner_decides = decide
        assert machine.run() is None
        assert machine.count("reauthorize-authorization-token") >= 3
        assert "CREDENTIAL_WANTED" not in machine.happened()


class Publishing(list[Snapshot]):
    """News that somebody reacts to."""

    def __init__(self, react: Callable[[Snapshot], None]) -> None:
        super().__init__()
        self._react = react

    def append(self, snapshot: Snapshot) -> None:
        super().append(snapshot)
        self._react(snapshot)


class TestChannel:
    def machine(self) -> Machine:
        return Machine(asked=asked(username=OWNER, websocket_url="wss://cab.example"))

    def test_it_is_joined_before_each_command_and_left_when_none_is_under_way(self) -> None:
        machine = self.machine()
        machine.run()
        by_call = dict(zip([path.rpartition("/")[2] for path in machine.paths], machine.joined, strict=True))
        assert by_call["authenticate"] is None
        assert by_call["register-public-key"] is not None
        assert by_call["request-unique-identifier"] is not None
        assert None not in machine.joined[1:7], "it is joined once for all of them"
        assert by_call["retrieve-profile-devices"] is None

    def test_a_pushed_outcome_ends_the_wait_at_once(self) -> None:
        machine = self.machine()

        def push(answer: Response) -> None:
            """As the service does, with what concerns others before it, and everything twice."""
            command = json.loads(answer.body)
            told = {"type": "X-DPT-CAB-ID", "id": command, "command_status": 2, "body": ""}
            for data in (
                {**told, "type": "X-OTHER"},
                {**told, "id": "another"},
                {**told, "command_status": 1},
                told,
                told,
            ):
                machine.inbox.put(Pushed(json.dumps({"data": data}).encode()))

        machine.when_taken = push
        assert machine.run() is None
        assert not any("request-status" in path for path in machine.paths)
        check_enrolled_once(machine)

    def test_a_pushed_rejection_is_a_rejection(self) -> None:
        machine = self.machine()

        def push(answer: Response) -> None:
            told = {"type": "X-DPT-CAB-ID", "id": json.loads(answer.body), "command_status": 3, "body": "No."}
            machine.inbox.put(Pushed(json.dumps({"data": told}).encode()))

        machine.when_taken = push
        error = machine.run()
        assert isinstance(error, errors.CommandRejected)
        assert "No." in error.message

    def test_after_a_change_of_the_channel_the_command_is_asked_for_at_once(self) -> None:
        machine = self.machine()
        machine.when_taken = lambda _: machine.inbox.put(ChannelChanged())
        assert machine.run() is None
        asked_at = machine.moments("request-status")
        taken_at = machine.moments("register-public-key", "request-unique-identifier")
        assert asked_at == taken_at

    def test_a_change_while_nothing_is_under_way_means_nothing(self) -> None:
        machine = Machine()
        machine.inbox.put(ChannelChanged())
        machine.inbox.put(Pushed(b"{}"))
        assert machine.run() is None
        told = [one for one in machine.happened() if one != "ASKING"]
        assert told == ["SUBMITTING", "REGISTERED", "PENDING", "PENDING", "APPROVED", "SAVED"]


class TestSlowWork:
    def test_it_is_looked_at_soon_and_then_at_each_interval(self) -> None:
        machine = Machine(lag=12.0)
        machine.run()
        begin, *looks = machine.moments("register-public-key", "request-status")
        waits = [round(later - earlier, 1) for earlier, later in pairwise([begin, *looks[:5]])]
        assert waits == [0.5, 1.1, 2.1, 5.3, 5.3]

    def test_people_are_told_where_it_takes_long(self) -> None:
        machine = Machine(lag=30.0)
        machine.run()
        problems = [one.problem for one in machine.news if one.happening is Happening.RETRYING]
        assert problems
        assert all(isinstance(one, errors.Busy) and "still at work" in one.message for one in problems)


class TestAfterwards:
    @pytest.fixture
    def enrolled(self) -> Machine:
        machine = Machine()
        machine.run()
        machine.paths.clear()
        machine.news.clear()
        return machine

    def test_a_refresh_is_one_call(self, enrolled: Machine) -> None:
        old = enrolled.disk.grant
        enrolled.clock.now += 3600
        assert enrolled.run(Goal.REFRESH) is None
        assert enrolled.paths == ["/profile/reauthorize-authorization-token"]
        assert enrolled.disk.grant is not None
        assert old is not None
        assert enrolled.disk.grant.expires_at > old.expires_at
        assert enrolled.disk.grant.configuration == old.configuration

    def test_a_renewal_reads_the_configuration_again(self, enrolled: Machine) -> None:
        assert enrolled.run(Goal.RENEW) is None
        assert enrolled.paths[-1].startswith("/device/retrieve-device-configuration/")
        check_enrolled_once(enrolled)

    @pytest.mark.parametrize("goal", [Goal.REFRESH, Goal.RENEW, Goal.REMOVE])
    def test_a_token_that_is_over_is_asked_for_and_nothing_is_lost(self, enrolled: Machine, goal: Goal) -> None:
        enrolled.world.expire_tokens()
        error = enrolled.run(goal)
        assert isinstance(error, errors.SignInNeeded)
        assert enrolled.disk.state is State.ENROLLED
        password = Credential(CredentialKind.PASSWORD, Secret(enrolled.world.password))
        enrolled.disk = Privicore().accept(enrolled.disk, password)
        assert enrolled.run(goal) is None
        assert enrolled.disk.credential is None or goal is Goal.REMOVE

    @pytest.mark.parametrize("goal", [Goal.REFRESH, Goal.RENEW])
    def test_a_password_given_for_it_is_not_kept_where_it_fails(self, enrolled: Machine, goal: Goal) -> None:
        wrong = Credential(CredentialKind.PASSWORD, Secret("wrong"))
        enrolled.disk = Privicore().accept(enrolled.disk, wrong)
        assert isinstance(enrolled.run(goal), errors.SignInNeeded)
        assert (enrolled.disk.state, enrolled.disk.credential) == (State.ENROLLED, None)

    def test_a_password_given_though_all_is_done_is_not_kept(self, enrolled: Machine) -> None:
        """As after a kill right before the end was shown: the same command is typed again, with the password."""
        password = Credential(CredentialKind.PASSWORD, Secret(enrolled.world.password))
        enrolled.disk = Privicore().accept(enrolled.disk, password)
        assert enrolled.run() is None
        assert (enrolled.disk.state, enrolled.disk.credential) == (State.ENROLLED, None)
        assert enrolled.paths == []

    def test_a_removal_of_what_waits_that_fails_leaves_it_waiting_with_its_password(self) -> None:
        machine = Machine(owner_decides=lambda world, identifier: None)
        machine.troubles = {8: Trouble.KILLED_BEFORE}
        with pytest.raises(Killed):
            machine.run()
        assert machine.disk.state is State.AWAITING_APPROVAL
        machine.world.reject_commands(CommandKind.REMOVE, "No")
        assert isinstance(machine.run(Goal.REMOVE), errors.CommandRejected)
        assert machine.disk.state is State.AWAITING_APPROVAL
        assert machine.disk.credential is not None
        assert machine.run(Goal.REMOVE) is None

    def test_a_removal_at_the_service(self, enrolled: Machine) -> None:
        assert enrolled.run(Goal.REMOVE) is None
        (device,) = enrolled.world.devices()
        assert device.state is DeviceState.REMOVED
        assert enrolled.happened()[-1] == "REMOVED"

    @pytest.mark.parametrize("trouble", [Trouble.LOST_ANSWER, Trouble.BUSY])
    @pytest.mark.parametrize("goal", [Goal.REFRESH, Goal.RENEW, Goal.REMOVE])
    def test_trouble_on_the_way_costs_time_alone(self, enrolled: Machine, goal: Goal, trouble: Trouble) -> None:
        enrolled.troubles = {0: trouble, 1: trouble}
        assert enrolled.run(goal) is None

    def test_nobody_there_ends_it_and_keeps_all(self, enrolled: Machine) -> None:
        enrolled.troubles = {0: Trouble.NOT_SENT}
        assert isinstance(enrolled.run(Goal.RENEW), errors.ConnectionFailed)
        assert enrolled.disk.state is State.ENROLLED
        assert enrolled.disk.progress.approval is not Approval.ASKED
