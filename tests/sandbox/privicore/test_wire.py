"""Privicore over real sockets: curl by the public documents, a WebSocket client of another make, and faults."""

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from enroller.sandbox.faults import HUGE_PADDING, Fault
from enroller.sandbox.server import Sandbox
from tests.sandbox.privicore.client import PASSWORD, USERNAME, new_key


@dataclass
class Curl:
    """Follows the documents' examples: `--data-urlencode`, and the header with the token."""

    sandbox: Sandbox
    token: str = ""

    def __call__(self, path: str, *data: str, method: str | None = None) -> tuple[int, Any]:
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "10"]
        command += ["--cacert", str(self.sandbox.ca_file), "--write-out", "\n%{http_code}"]
        command += ["--request", method or ("POST" if data else "GET")]
        if self.token:
            command += ["--header", f"X-DPT-AUTHORIZATION: {self.token}"]
        for each in data:
            command += ["--data-urlencode", each]
        line = [*command, self.sandbox.privicore_url + path]
        answer, _, status = subprocess.run(line, capture_output=True, text=True, check=True).stdout.rpartition("\n")
        return int(status), json.loads(answer) if answer else None

    def command(self, path: str, *data: str) -> str:
        """A command that is taken and succeeds."""
        status, command_id = self(path, *data)
        assert status == 202
        assert self(f"/request-status/{command_id}") == (200, "succeeded")
        return str(command_id)

    def devices(self) -> list[dict[str, Any]]:
        status, found = self("/device/retrieve-profile-devices")
        assert status == 200
        assert isinstance(found, list)
        return found


@pytest.fixture
def curl(sandbox: Sandbox) -> Curl:
    return Curl(sandbox)


def test_a_client_that_follows_the_documents_goes_all_the_way(curl: Curl) -> None:
    assert curl("/health")[0] == 200
    kim = ("username=kim@example.test", "password=a b&c=d é")
    curl.command("/profile/register-profile", *kim)
    status, signed_in = curl("/profile/authenticate", *kim)
    assert status == 200
    curl.token = signed_in["authorizationToken"]

    assert curl("/public-key/retrieve-public-key")[0] == 404
    key = new_key()
    curl.command("/public-key/register-public-key", f"publicKey={key}")
    assert curl("/public-key/retrieve-public-key") == (200, {"publicKey": key})
    assert len(curl("/dptcab/public-key")[1]["publicKey"]) == 200

    requested = curl.command("/device/request-unique-identifier", "deviceName=Reception")
    identifier = curl("/device/retrieve-unique-identifier", f"id={requested}")[1]["deviceIdentifier"]
    unwanted = curl.command("/device/request-unique-identifier", "deviceName=Unwanted")
    other = curl("/device/retrieve-unique-identifier", f"id={unwanted}")[1]["deviceIdentifier"]
    assert [device["deviceName"] for device in curl.devices()] == ["Reception", "Unwanted"]
    assert curl(f"/device/retrieve-device-configuration/{identifier}")[0] == 404

    this = f"deviceIdentifier={identifier}"
    curl.command("/device/approve-device", this)
    curl.command("/device/reject-device", f"deviceIdentifier={other}")
    curl.command("/device/configure-meta", this, "name=Front desk")
    [device] = curl.devices()
    assert (device["deviceIdentifier"], device["status"]) == (identifier, "approved")
    status, configuration = curl(f"/device/retrieve-device-configuration/{identifier}")
    assert (status, configuration["device-identifier"]) == (200, identifier)
    assert curl("/device/download-device-configuration", this) == (200, configuration)

    curl.command("/device/remove", this)
    assert curl.devices() == []
    assert curl("/profile/authorization-token/expiry", method="POST") == (200, {"expiresAt": signed_in["expiresAt"]})
    assert curl("/profile/reauthorize-authorization-token", "ttl=60")[0] == 200
    assert curl("/profile/revoke-authorization-token", method="POST")[0] == 200
    assert curl("/device/retrieve-profile-devices")[0] == 401


class Owner:
    """The ready-made profile over HTTP, signed in."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.context = ssl.create_default_context(cafile=sandbox.ca_file)
        self.http = httpx.Client(verify=self.context, trust_env=False, timeout=10, base_url=sandbox.privicore_url)
        credentials = {"username": USERNAME, "password": PASSWORD}
        self.token: str = self.http.post("/profile/authenticate", data=credentials).json()["authorizationToken"]
        self.http.headers["X-DPT-AUTHORIZATION"] = self.token

    def request(self) -> str:
        """Requests a device; gives the command's id."""
        return str(self.http.post("/device/request-unique-identifier", data={"deviceName": "laptop"}).json())


@pytest.fixture
def owner(sandbox: Sandbox) -> Iterator[Owner]:
    owner = Owner(sandbox)
    yield owner
    owner.http.close()


@pytest.fixture
def socket(sandbox: Sandbox, owner: Owner) -> Iterator[ClientConnection]:
    """A connection that has not joined anything yet."""
    with connect(sandbox.websocket_url, ssl=owner.context, proxy=None) as connection:
        yield connection


def hear(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=10))
    return message


def join(connection: ClientConnection, token: str) -> None:
    joining = {"action": "joinChannel", "data": {"authorizationToken": token, "correlationId": "mine"}}
    connection.send(json.dumps(joining))
    reply = hear(connection)
    assert (reply["status"], reply["correlationId"]) == (200, "mine")


class TestTheWebSocket:
    def test_tells_a_commands_outcome_when_it_is_known(
        self, sandbox: Sandbox, owner: Owner, socket: ClientConnection
    ) -> None:
        join(socket, owner.token)
        sandbox.privicore.lag = 0.2
        command_id = owner.request()
        started, ended = hear(socket)["data"], hear(socket)["data"]
        assert (started["id"], started["command_status"]) == (command_id, 1)
        assert (ended["id"], ended["command_status"], ended["type"]) == (command_id, 2, "X-DPT-CAB-ID")

    def test_says_nothing_before_a_good_join(self, owner: Owner, socket: ClientConnection) -> None:
        socket.send("what is this?")
        socket.send(json.dumps({"action": "joinChannel", "data": {"authorizationToken": "wrong"}}))
        owner.request()
        join(socket, owner.token)  # the first thing to be heard is the answer to this

    def test_takes_no_binary_message_for_anything(self, owner: Owner, socket: ClientConnection) -> None:
        socket.send(b"\x00\x01")
        join(socket, owner.token)

    def test_answers_pings(self, socket: ClientConnection) -> None:
        assert socket.ping().wait(10)

    def test_is_dropped_without_a_word(self, sandbox: Sandbox, owner: Owner, socket: ClientConnection) -> None:
        join(socket, owner.token)
        sandbox.privicore.drop_sockets()
        with pytest.raises(ConnectionClosedError) as caught:
            socket.recv(timeout=10)
        assert caught.value.rcvd is None, "no close frame came"
        with connect(sandbox.websocket_url, ssl=owner.context, proxy=None) as again:
            join(again, owner.token)
            owner.request()
            assert hear(again)["data"]["command_status"] == 1

    def test_is_forgotten_when_its_client_goes(self, sandbox: Sandbox, owner: Owner) -> None:
        world, gone = sandbox.privicore, threading.Event()
        with connect(sandbox.websocket_url, ssl=owner.context, proxy=None) as connection:
            join(connection, owner.token)
            assert world.sockets() == 1
            end = world.subscribe(lambda: gone.set() if world.sockets() == 0 else None)
        assert gone.wait(10)
        end()

    def test_takes_no_huge_message(self, socket: ClientConnection) -> None:
        def shout() -> None:
            socket.send("x" * 100_000)  # may notice the end already
            socket.recv(timeout=10)

        with pytest.raises(ConnectionClosed) as caught:
            shout()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009  # message too big: RFC 6455, section 7.4.1

    def test_is_at_its_own_port_alone(self, sandbox: Sandbox, owner: Owner) -> None:
        wish = {"connection": "upgrade", "upgrade": "websocket"}
        wish |= {"sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
        answers = [owner.http.get(url + "/health", headers=wish) for url in (sandbox.privicore_url, sandbox.url)]
        assert [answer.status_code for answer in answers] == [200, 404]

    def test_is_no_place_for_plain_requests(self, sandbox: Sandbox, owner: Owner) -> None:
        address = f"https://127.0.0.1:{urlsplit(sandbox.websocket_url).port}/"
        answer = owner.http.get(address)
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")


class TestFaults:
    def test_strike_one_endpoint(self, sandbox: Sandbox, owner: Owner) -> None:
        sandbox.privicore.inject("server_error", path="request-status")
        command_id = owner.request()
        assert owner.http.get(f"/request-status/{command_id}").status_code == 503
        assert owner.http.get(f"/request-status/{command_id}").json() == "succeeded"

    def test_can_lose_the_answer_to_a_command_that_was_taken(self, sandbox: Sandbox, owner: Owner) -> None:
        before = len(sandbox.privicore.devices())
        sandbox.privicore.inject("lost_answer", path="request-unique-identifier")
        with pytest.raises(httpx.TransportError):
            owner.request()
        assert len(sandbox.privicore.devices()) == before + 1

    @pytest.mark.parametrize("shape", ["string", "array", "object"])
    def test_can_make_any_answer_huge_or_broken(self, sandbox: Sandbox, owner: Owner, shape: str) -> None:
        sandbox.privicore.shapes = sandbox.privicore.shapes.changed("command_id", shape)
        sandbox.privicore.inject("huge")
        answer = owner.http.post("/device/request-unique-identifier", data={"deviceName": "laptop"})
        assert len(answer.content) > HUGE_PADDING
        assert answer.json()
        sandbox.privicore.inject("broken_json")
        answer = owner.http.post("/device/request-unique-identifier", data={"deviceName": "laptop"})
        with pytest.raises(ValueError, match=r"."):
            answer.json()

    def test_of_every_kind_leave_the_service_alive(self, sandbox: Sandbox, owner: Owner) -> None:
        slow = {Fault.HANG, Fault.SLOW_DRIP, Fault.LATENCY}
        for fault in set(sandbox.privicore.possible_faults) - slow:
            sandbox.privicore.inject(fault)
            with suppress(httpx.TransportError):
                owner.http.get("/health")
            assert owner.http.get("/health").status_code == 200
        assert sandbox.privicore.faults() == []

    def test_are_counted_with_all_that_arrives(self, sandbox: Sandbox, owner: Owner) -> None:
        before = sandbox.privicore.counts()
        sandbox.privicore.inject("server_error", path="health")
        owner.http.get("/health")
        owner.request()
        owner.http.get("/nowhere")
        after = sandbox.privicore.counts()
        assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
            "health": 1,
            "request-unique-identifier": 1,
        }

    def test_of_one_service_leave_the_other_one_alone(self, sandbox: Sandbox, owner: Owner) -> None:
        sandbox.world.inject("server_error")
        assert owner.http.get("/health").status_code == 200
        assert len(sandbox.world.faults()) == 1


def test_a_body_that_is_too_large_is_refused(owner: Owner) -> None:
    answer = owner.http.post("/device/request-unique-identifier", data={"deviceName": "x" * 70_000})
    assert (answer.status_code, answer.json()["message"]) == (413, "The body is too large.")
