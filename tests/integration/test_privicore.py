"""Privicore from the command line to the credentials, over real sockets, in every shape of its wire."""

import json
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from enroller import keys
from enroller.app import App
from enroller.model import (
    Asked,
    Credential,
    CredentialKind,
    KeyType,
    ProfileKey,
    Protection,
    Secret,
    ServiceName,
    State,
)
from enroller.sandbox.privicore import shapes
from enroller.sandbox.privicore.shapes import Shapes
from enroller.sandbox.privicore.values import CommandKind, DeviceState
from enroller.sandbox.server import Sandbox
from enroller.services import Goal
from enroller.steps import Happening, Snapshot
from enroller.vault import Unlock
from tests.conftest import PASSWORD
from tests.integration.conftest import Cli, Done
from tests.privicore_fakes import CONFIGURATION, key_pair

INTERVAL = 0.05
Arguments = Callable[..., tuple[str, ...]]


@pytest.fixture
def enroll(sandbox: Sandbox, password_file: Path, cli: Cli) -> Arguments:
    """The arguments of an enrollment that asks often."""
    cli.secrets.append(PASSWORD)
    where = ("--service", "privicore", "--server", sandbox.privicore_url, "--ca-file", str(sandbox.ca_file))
    who = ("--username", sandbox.privicore.username, "--password-file", str(password_file))
    what = ("--device-name", "Laptop 17", "--protect", "file", "--poll-interval", str(INTERVAL))
    return lambda *more: ("enroll", "--json", *where, *who, *what, *more)


def approve_pending(sandbox: Sandbox) -> int:
    """The owner approves whatever waits; returns how many that were."""
    pending = [seen for seen in sandbox.privicore.devices() if seen.state is DeviceState.PENDING]
    for seen in pending:
        sandbox.privicore.approve(seen.identifier)
    return len(pending)


def one_device(sandbox: Sandbox, cli: Cli) -> None:
    """The service knows one device, approved, and it is the one that is stored."""
    (device,) = sandbox.privicore.devices()
    assert device.state is DeviceState.APPROVED
    (stored,) = cli.folders()
    shown = cli.run("show", stored.name, "--json").document
    assert (shown["state"], shown["device_identifier"]) == ("enrolled", device.identifier)
    assert sandbox.privicore.public_key() == shown["public_key"]


# Every shape, without a process of its own for each


def in_process(sandbox: Sandbox, folder: Path, **more: Any) -> tuple[App, str, list[Snapshot]]:
    """One enrollment that this account approves."""
    app = App(folder / "data")
    asked = Asked(
        server=sandbox.privicore_url,
        service=ServiceName.PRIVICORE,
        device_name="Laptop 17",
        username=sandbox.privicore.username,
        ca_file=str(sandbox.ca_file),
        key_type=KeyType.X25519,
        poll_interval=INTERVAL,
        protection=Protection.FILE,
        **more,
    )
    key = keys.generate(KeyType.X25519, rsa_bits=0, device="", now=0.0)
    told: list[Snapshot] = []

    def publish(snapshot: Snapshot) -> None:
        told.append(snapshot)
        if snapshot.happening is Happening.PENDING and not asked.approve:
            approve_pending(sandbox)

    credential = Credential(CredentialKind.PASSWORD, Secret(PASSWORD))
    with app.create(asked, key, credential, Unlock()) as opened:
        assert app.run(opened, inbox=SimpleQueue(), publish=publish) is None
        assert opened.enrollment.state is State.ENROLLED
        return app, opened.enrollment.id, told


CHOICES = [(each.name, choice) for each in fields(Shapes) for choice in type(getattr(Shapes(), each.name))]


@pytest.mark.parametrize(("name", "choice"), CHOICES, ids=str)
def test_every_shape(name: str, choice: str, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.privicore.shapes = Shapes().changed(name, choice)
    app, found, _ = in_process(sandbox, tmp_path)
    with app.vault.open(found, Unlock()) as opened:
        for goal in (Goal.REFRESH, Goal.RENEW, Goal.REMOVE):
            assert app.run(opened, inbox=SimpleQueue(), publish=lambda _: None, goal=goal) is None
    assert [seen.state for seen in sandbox.privicore.devices()] == [DeviceState.REMOVED]


CHANNELS = [
    *(Shapes().changed("command_id", each) for each in shapes.CommandId),
    *(Shapes().changed("join", each) for each in shapes.Join),
    *(Shapes().changed("messages", each).changed("join", "bare") for each in shapes.Messages),
]


@pytest.mark.parametrize("chosen", CHANNELS, ids=lambda one: f"{one.command_id}-{one.join}-{one.messages}")
def test_every_shape_with_the_channel(chosen: Shapes, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.privicore.shapes = chosen
    in_process(sandbox, tmp_path, websocket_url=sandbox.websocket_url, approve=True)
    assert len(sandbox.privicore.devices()) == 1


class TestChannel:
    def test_the_outcome_is_pushed_and_hardly_asked_for(self, sandbox: Sandbox, tmp_path: Path) -> None:
        sandbox.privicore.lag = 0.01
        in_process(sandbox, tmp_path, websocket_url=sandbox.websocket_url)
        assert sandbox.privicore.counts()["join"] >= 1
        assert sandbox.privicore.counts()["request-status"] == 0

    def test_nobody_listens_while_a_person_decides(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        running = cli.start(*enroll("--websocket-url", sandbox.websocket_url))
        running.until("registered")
        for _ in range(100):
            if sandbox.privicore.sockets() == 0:
                break
            running.until("pending")
        assert sandbox.privicore.sockets() == 0
        assert sandbox.privicore.counts()["join"] == 1
        approve_pending(sandbox)
        assert running.end().status == 0

    def test_a_dropped_socket_loses_nothing(self, sandbox: Sandbox, tmp_path: Path) -> None:
        sandbox.privicore.lag = 1.0
        ended = threading.Event()

        def drop() -> None:
            while not ended.wait(0.1):
                sandbox.privicore.drop_sockets()

        dropper = threading.Thread(target=drop)
        dropper.start()
        try:
            in_process(sandbox, tmp_path, websocket_url=sandbox.websocket_url)
        finally:
            ended.set()
            dropper.join()
        assert len(sandbox.privicore.devices()) == 1
        assert sandbox.privicore.counts()["request-status"] > 0

    def test_where_nobody_answers_there_is_polling(self, sandbox: Sandbox, tmp_path: Path) -> None:
        in_process(sandbox, tmp_path, websocket_url="wss://127.0.0.1:9")
        assert sandbox.privicore.counts()["join"] == 0


# The command line


class TestEnroll:
    def test_an_enrollment_from_its_beginning_to_its_end(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        running = cli.start(*enroll())
        assert running.until("key_ready")["key_type"] == "x25519"
        assert running.until("registered")["expires_at"] is None
        assert running.until("pending")["expires_in"] is None
        approve_pending(sandbox)
        done = running.end()
        assert done.status == 0
        names = [event["event"] for event in done.events]
        assert names[:4] == ["key_ready", "submitting", "registered", "pending"]
        assert names[-2:] == ["approved", "saved"]
        one_device(sandbox, cli)
        assert "API key" not in done.err
        assert "administrator" not in done.err

    def test_with_a_pasted_token(self, cli: Cli, enroll: Arguments, sandbox: Sandbox, tmp_path: Path) -> None:
        found = sandbox.privicore.authenticate(sandbox.privicore.username, PASSWORD)
        assert found is not None
        cli.secrets.append(found[0])
        (tmp_path / "token").write_text(found[0])
        arguments = list(enroll("--approve", "--token-file", str(tmp_path / "token")))
        for name in ("--username", "--password-file"):
            del arguments[arguments.index(name) : arguments.index(name) + 2]
        assert cli.run(*arguments).status == 0
        one_device(sandbox, cli)
        assert cli.run("token").out.strip() == found[0]

    def test_this_account_approves_by_explicit_choice(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        assert cli.run(*enroll("--approve", "--description", "Room 7")).status == 0
        one_device(sandbox, cli)
        assert sandbox.privicore.devices()[0].meta_name == "Room 7"

    def test_a_rejection_is_4(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        running = cli.start(*enroll())
        running.until("pending")
        running.until("pending")
        sandbox.privicore.reject(sandbox.privicore.devices()[0].identifier)
        done = running.end()
        assert (done.status, done.events[-1]["code"]) == (4, "access_denied")
        assert "rejected or removed" in done.events[-1]["message"]

    def test_after_a_rejection_a_new_device_is_asked_for_with_the_same_key(
        self, cli: Cli, enroll: Arguments, sandbox: Sandbox
    ) -> None:
        running = cli.start(*enroll())
        running.until("pending")
        running.until("pending")
        sandbox.privicore.reject(sandbox.privicore.devices()[0].identifier)
        first = running.end()
        done = cli.run(*enroll("--approve"))
        assert done.status == 0
        assert done.event("key_ready") == first.event("key_ready")
        approved = [seen for seen in sandbox.privicore.devices() if seen.state is DeviceState.APPROVED]
        assert len(approved) == 1

    def test_a_second_enrollment_of_the_same_device_is_9(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        assert cli.run(*enroll("--approve")).status == 0
        assert cli.run(*enroll()).status == 9
        assert len(sandbox.privicore.devices()) == 1

    def test_a_rejected_command_is_6_and_says_why(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        sandbox.privicore.shapes = Shapes().changed("status", "object")
        sandbox.privicore.reject_commands(CommandKind.REQUEST_IDENTIFIER, "Too many devices")
        done = cli.run(*enroll())
        assert (done.status, done.events[-1]["code"]) == (6, "command_rejected")
        assert "Too many devices" in done.events[-1]["message"]
        assert cli.run(*enroll("--approve")).status == 0, "the same enrollment, tried again"
        assert len(cli.folders()) == 1

    def test_a_wrong_password_is_6_and_names_the_account(
        self, cli: Cli, enroll: Arguments, sandbox: Sandbox, password_file: Path
    ) -> None:
        password_file.write_text("wrong-password")
        done = cli.run(*enroll())
        assert (done.status, done.events[-1]["code"]) == (6, "sign_in_needed")
        assert sandbox.privicore.username in done.events[-1]["message"]
        assert sandbox.privicore.devices() == []
        password_file.write_text(PASSWORD)
        assert cli.run(*enroll("--approve")).status == 0
        assert len(cli.folders()) == 1

    @pytest.mark.parametrize(
        ("more", "field"),
        [(("--client-id", "x"), "client-id"), (("--key-type", "rsa"), "key-type"), (("--rsa-bits", "2048"), "rsa-bits"),
         (("--api-key-file", "-"), "api-key"), (("--websocket-url", "http://far.example"), "Plain http"),
         (("--token-file", "-"), "not both")],
    )  # fmt: skip
    def test_what_does_not_fit_is_2(self, more: tuple[str, ...], field: str, cli: Cli, enroll: Arguments) -> None:
        done = cli.run(*enroll(*more), stdin="secret-text")
        assert done.status == 2
        assert field in done.events[-1]["message"].replace("_", "-")

    def test_the_other_services_options_are_refused_by_the_first(self, cli: Cli, sandbox: Sandbox) -> None:
        done = cli.run("enroll", "--json", "--server", sandbox.url, "--device-name", "x")
        assert done.status == 2
        assert "device-name" in done.events[-1]["message"]

    def test_an_account_takes_over_what_a_token_began(
        self, cli: Cli, enroll: Arguments, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        found = sandbox.privicore.authenticate(sandbox.privicore.username, PASSWORD)
        assert found is not None
        cli.secrets.append(found[0])
        (tmp_path / "token").write_text(found[0])
        arguments = list(enroll("--no-wait", "--token-file", str(tmp_path / "token")))
        for name in ("--username", "--password-file"):
            del arguments[arguments.index(name) : arguments.index(name) + 2]
        assert cli.run(*arguments).status == 3
        sandbox.privicore.expire_tokens()
        assert cli.run(*enroll("--approve")).status == 0
        one_device(sandbox, cli)

    def test_time_that_is_up_while_the_service_works_leaves_it_pending(
        self, cli: Cli, enroll: Arguments, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.set_public_key(sandbox.privicore.username, key_pair(1).public_key)
        sandbox.privicore.lag = 60.0
        done = cli.run(*enroll("--timeout", "4"))
        assert (done.status, done.events[-1]["event"]) == (3, "left_pending")
        sandbox.privicore.lag = 0.0

    def test_a_password_without_a_user_name_is_2(self, cli: Cli, sandbox: Sandbox, password_file: Path) -> None:
        where = ("--service", "privicore", "--server", sandbox.privicore_url)
        done = cli.run("enroll", "--json", *where, "--password-file", str(password_file))
        assert (done.status, done.events[-1]["code"]) == (2, "bad_input")

    def test_nobody_there_is_7_and_names_the_port(self, cli: Cli, password_file: Path) -> None:
        where = ("--service", "privicore", "--server", "localhost")
        who = ("--username", "kim", "--password-file", str(password_file), "--protect", "file")
        done = cli.run("enroll", "--json", *where, *who)
        assert done.status == 7
        assert "9009" in done.events[-1]["advice"]


class TestProfileKey:
    def test_one_that_is_there_is_kept_and_said(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        sandbox.privicore.set_public_key(sandbox.privicore.username, key_pair(1).public_key)
        done = cli.run(*enroll("--approve"))
        assert done.status == 0
        assert f"kept: {key_pair(1).fingerprint}" in done.err
        shown = cli.run("show", "--json").document
        assert (shown["profile_key"], shown["kept_key"]) == (ProfileKey.KEPT, key_pair(1).fingerprint)
        assert sandbox.privicore.public_key() == key_pair(1).public_key

    def test_it_is_replaced_by_explicit_choice(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        sandbox.privicore.set_public_key(sandbox.privicore.username, key_pair(1).public_key)
        assert cli.run(*enroll("--approve", "--replace-profile-key")).status == 0
        one_device(sandbox, cli)
        assert cli.run("show", "--json").document["profile_key"] == ProfileKey.REGISTERED


class TestSurvival:
    @pytest.mark.parametrize("moment", ["key_ready", "submitting", "registered", "pending", "approved"])
    def test_a_kill_at_any_moment_leaves_one_device_and_one_key(
        self, moment: str, cli: Cli, enroll: Arguments, sandbox: Sandbox
    ) -> None:
        running = cli.start(*enroll())
        if moment == "approved":
            running.until("pending")
            approve_pending(sandbox)
        running.until(moment)
        running.kill()
        running.end()
        resumed = cli.start("resume", "--json")
        if moment in ("key_ready", "submitting"):
            resumed.until("registered")
        approve_pending(sandbox)
        assert resumed.end().status == 0
        one_device(sandbox, cli)

    @pytest.mark.parametrize(
        "path",
        ["authenticate", "retrieve-public-key", "register-public-key", "request-status", "request-unique-identifier",
         "retrieve-unique-identifier", "retrieve-profile-devices", "approve-device", "retrieve-device-configuration"],
    )  # fmt: skip
    @pytest.mark.parametrize("fault", ["lost_answer", "login_page"])
    def test_a_fault_at_any_call_costs_a_retry(
        self, path: str, fault: str, cli: Cli, enroll: Arguments, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.inject(fault, 1, path)
        done = cli.run(*enroll("--approve"))
        if done.status == 7:  # the first request of all: a wrong address, as far as anybody can tell
            assert (path, fault) == ("authenticate", "login_page")
            done = cli.run("resume", "--json")
        assert done.status == 0, done.err
        one_device(sandbox, cli)

    def test_a_token_that_ends_while_it_waits_is_no_matter(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        running = cli.start(*enroll())
        running.until("pending")
        sandbox.privicore.expire_tokens()
        running.until("pending")
        approve_pending(sandbox)
        assert running.end().status == 0
        assert sandbox.privicore.counts()["authenticate"] == 2

    def test_a_changed_password_is_taken_in_place(
        self, cli: Cli, enroll: Arguments, sandbox: Sandbox, password_file: Path
    ) -> None:
        assert cli.run(*enroll("--no-wait")).status == 3
        sandbox.privicore.change_password("the-new-password")
        sandbox.privicore.expire_tokens()
        done = cli.run("resume", "--json")
        assert (done.status, done.events[-1]["code"]) == (6, "sign_in_needed")
        approve_pending(sandbox)
        password_file.write_text("the-new-password")
        cli.secrets.append("the-new-password")
        assert cli.run("resume", "--json", "--password-file", str(password_file)).status == 0
        one_device(sandbox, cli)

    def test_left_and_resumed(self, cli: Cli, enroll: Arguments, sandbox: Sandbox) -> None:
        done = cli.run(*enroll("--no-wait"))
        assert done.status == 3
        assert done.event("left_pending")["expires_at"] is None
        approve_pending(sandbox)
        assert cli.run(*enroll()).status == 0, "enroll goes on with what waits"
        one_device(sandbox, cli)


class TestAfterwards:
    @pytest.fixture
    def enrolled(self, cli: Cli, sandbox: Sandbox, tmp_path: Path) -> Cli:
        cli.secrets.append(PASSWORD)
        in_process(sandbox, tmp_path, approve=True)
        assert cli.folders()
        return cli

    def test_the_configuration_for_programs(self, enrolled: Cli, sandbox: Sandbox) -> None:
        document = enrolled.run("configuration", "--json").document
        (device,) = sandbox.privicore.devices()
        assert document["device-identifier"] == device.identifier
        assert set(document) == set(CONFIGURATION)
        assert json.loads(enrolled.run("configuration").out) == document
        assert enrolled.run("configuration", "--get", "rabbit-port").out == f"{document['rabbit-port']}\n"
        assert enrolled.run("list", "--json").document[0]["client_id"] == document["client-id"]
        assert enrolled.run("configuration", "--get", "nonsense").status == 2

    def test_no_list_shows_a_secret_of_it(self, enrolled: Cli) -> None:
        document = enrolled.run("configuration", "--json").document
        for done in (enrolled.run("list", "--json"), enrolled.run("show", "--json"), enrolled.run("show")):
            assert document["client-secret"] not in done.out
            assert document["rabbit-pass"] not in done.out

    def test_the_password_is_not_kept(self, enrolled: Cli) -> None:
        for path in enrolled.folders()[0].iterdir():
            assert PASSWORD not in path.read_text()

    def test_a_token_is_valid(self, enrolled: Cli, sandbox: Sandbox) -> None:
        assert sandbox.privicore.holder(enrolled.run("token").out.strip()) is not None

    def test_a_token_that_the_service_ended_is_renewed_with_the_password(
        self, enrolled: Cli, sandbox: Sandbox, password_file: Path
    ) -> None:
        sandbox.privicore.expire_tokens()
        done = enrolled.run("renew", "--json")
        assert (done.status, done.events[-1]["code"]) == (6, "sign_in_needed")
        assert "--password-file" in done.events[-1]["advice"]
        assert enrolled.run("renew", "--json", "--password-file", str(password_file)).status == 0
        assert sandbox.privicore.holder(enrolled.run("token").out.strip()) is not None
        self.test_the_password_is_not_kept(enrolled)

    def test_a_password_given_for_a_token_that_is_fresh_is_not_kept(self, enrolled: Cli, password_file: Path) -> None:
        assert enrolled.run("token", "--password-file", str(password_file)).status == 0
        self.test_the_password_is_not_kept(enrolled)

    def test_a_token_that_is_given_takes_the_place_of_one_that_seems_fresh(
        self, enrolled: Cli, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        sandbox.privicore.expire_tokens()
        token, _ = sandbox.privicore.authenticate(sandbox.privicore.username, PASSWORD) or ("", 0.0)
        (tmp_path / "token").write_text(token)
        enrolled.secrets.append(token)
        assert enrolled.run("token", "--token-file", str(tmp_path / "token")).out.strip() == token

    def test_a_removal_here_leaves_the_service_alone(self, enrolled: Cli, sandbox: Sandbox) -> None:
        done: Done = enrolled.run("remove", enrolled.folders()[0].name)
        assert done.status == 0
        assert enrolled.folders() == []
        assert sandbox.privicore.devices()[0].state is DeviceState.APPROVED

    def test_a_removal_at_the_service_as_well(self, enrolled: Cli, sandbox: Sandbox) -> None:
        assert enrolled.run("remove", enrolled.folders()[0].name, "--at-service").status == 0
        assert enrolled.folders() == []
        assert sandbox.privicore.devices()[0].state is DeviceState.REMOVED

    def test_where_the_service_cannot_be_asked_nothing_is_forgotten(self, enrolled: Cli, sandbox: Sandbox) -> None:
        sandbox.stop()
        assert enrolled.run("remove", enrolled.folders()[0].name, "--at-service").status == 7
        assert len(enrolled.folders()) == 1
