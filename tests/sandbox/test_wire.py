"""Faults as a client meets them on the wire, and what they leave behind at the service."""

import os
import socket
import ssl
import time
from urllib.parse import urlsplit

import httpx
import pytest

from enroller.model import Request
from enroller.sandbox.faults import HUGE_PADDING
from enroller.sandbox.server import Sandbox
from enroller.sandbox.world import RequestState
from tests.sandbox.conftest import Wire
from tests.sandbox.devices import Device, device


def approved(sandbox: Sandbox, wire: Wire, who: Device) -> str:
    """The device code of a request whose next poll gets tokens."""
    code = str(wire.send(who.register()).json()["device_code"])
    sandbox.world.approve(sandbox.world.requests()[0].id)
    return code


def state(sandbox: Sandbox) -> RequestState:
    return sandbox.world.requests()[0].state


def raw(sandbox: Sandbox, request: Request) -> ssl.SSLSocket:
    """A connection that has sent `request`, to look at the bytes that come back."""
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    plain = socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port), timeout=10)
    secure = context.wrap_socket(plain, server_hostname="localhost")
    headers = {"host": "localhost", **request.headers, "content-length": str(len(request.body))}
    lines = [f"{request.method} {request.url} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    secure.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + request.body)
    return secure


def is_reset(connection: ssl.SSLSocket) -> bool:
    """Whether the connection ends with a TCP RST. Asked of TCP itself: Python's TLS takes a reset for an end."""
    with socket.socket(fileno=os.dup(connection.fileno())) as tcp:
        tcp.settimeout(10)
        try:
            while tcp.recv(10_000):
                pass
        except ConnectionResetError:
            return True
    return False


@pytest.mark.parametrize(("fault", "status"), [("server_error", 503), ("retry_after", 429), ("slow_down", 400)])
def test_another_answer_leaves_the_service_untouched(sandbox: Sandbox, wire: Wire, fault: str, status: int) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject(fault, path="token")
    assert wire.send(laptop.poll(code)).status_code == status
    assert wire.send(laptop.poll(code)).status_code == 200


def test_a_login_page_is_served_as_a_page(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.world.inject("login_page", path="register")
    answer = wire.send(device().register())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_redirect_points_elsewhere(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.world.inject("redirect")
    answer = wire.send(device().register())
    assert answer.is_redirect
    assert "hotel" in answer.headers["location"]


def test_a_reset_comes_before_the_request_is_handled(sandbox: Sandbox, wire: Wire) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject("reset")
    with raw(sandbox, laptop.poll(code)) as connection:
        assert is_reset(connection)
    assert state(sandbox) is RequestState.APPROVED


def test_a_lost_answer_has_spent_the_code(sandbox: Sandbox, wire: Wire) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject("lost_answer")
    with raw(sandbox, laptop.poll(code)) as connection:
        assert is_reset(connection)
    assert wire.send(laptop.poll(code)).json()["error"] == "invalid_grant"
    assert wire.send(laptop.register(signed=True)).status_code == 200, "the device is known, so it can prove itself"


def test_a_cut_off_answer_has_spent_the_code(sandbox: Sandbox, wire: Wire) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject("cut_off")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        wire.send(laptop.poll(code))
    assert wire.send(laptop.poll(code)).json()["error"] == "invalid_grant"


def test_broken_json_has_spent_the_code(sandbox: Sandbox, wire: Wire) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject("broken_json")
    answer = wire.send(laptop.poll(code))
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()
    assert state(sandbox) is RequestState.ENROLLED


def test_a_hanging_service_has_done_nothing(sandbox: Sandbox, wire: Wire) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject("hang")
    with pytest.raises(httpx.ReadTimeout):
        wire.send(laptop.poll(code), timeout=0.3)
    assert wire.send(laptop.poll(code)).status_code == 200


def test_latency_delays_the_answer_to_a_handled_request(sandbox: Sandbox, wire: Wire) -> None:
    laptop = device()
    code = approved(sandbox, wire, laptop)
    sandbox.world.inject("latency", seconds=0.3)
    begin = time.perf_counter()
    assert wire.send(laptop.poll(code)).status_code == 200
    assert time.perf_counter() - begin >= 0.3
    sandbox.world.inject("latency", seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        wire.send(device(client_id="impatient").register(), timeout=0.3)
    assert sandbox.world.requests()[0].client_id == "impatient"


def test_a_slow_drip_sends_single_bytes(sandbox: Sandbox) -> None:
    sandbox.world.inject("slow_drip", seconds=0.001)
    received: list[bytes] = []
    with raw(sandbox, device().register(client_secret="wrong")) as connection:
        while b"".join(received)[-1:] != b"}":
            received.append(connection.recv(10_000))
    head, *drops = received
    assert head.endswith(b"\r\n\r\n")
    assert {len(drop) for drop in drops} == {1}
    assert b"".join(drops) == b'{"error":"invalid_client","error_description":"The API key is wrong"}'


def test_a_huge_answer_is_huge(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.world.inject("huge")
    answer = wire.send(device().register())
    assert len(answer.content) > HUGE_PADDING
    assert "device_code" in answer.json()


def test_a_wrong_state_is_not_the_one_that_was_sent(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.world.inject("wrong_state")
    assert wire.send(device().register(state="ours")).json()["state"] != "ours"
    assert wire.send(device().register(state="ours")).json()["state"] == "ours"


def test_other_clients_are_served_while_one_hangs(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.world.inject("hang")
    with raw(sandbox, device().register()):
        while sandbox.world.faults():
            pass  # until the fault has struck
        assert wire.send(device().register(), timeout=5).status_code == 200


def test_a_path_that_does_not_exist_meets_no_fault(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.world.inject("hang")
    assert wire.send(Request("POST", "/elsewhere")).status_code == 404
    assert len(sandbox.world.faults()) == 1
