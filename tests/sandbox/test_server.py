"""The sandbox on real sockets: TLS, curl, the start and the end."""

import json
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from enroller.errors import InputError
from enroller.model import Request
from enroller.sandbox import safeq
from enroller.sandbox.privicore.shapes import Shapes
from enroller.sandbox.server import Options, Sandbox
from tests.sandbox.conftest import Wire
from tests.sandbox.devices import API_KEY, FORM, device

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/safeq-ed25519.json").read_bytes())


@pytest.fixture(scope="module")
def published() -> Iterator[Sandbox]:
    with Sandbox(Options(port=0, admin_port=0, api_key="mykey")) as sandbox:
        yield sandbox


def curl(sandbox: Sandbox, path: str, body: str, *headers: str) -> tuple[str, str]:
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "10"]
    command += ["--cacert", str(sandbox.ca_file), "--write-out", "\n%{http_code}", "--data-binary", body]
    for header in headers:
        command += ["--header", header]
    done = subprocess.run([*command, sandbox.url + path], capture_output=True, text=True, check=True)
    answer, _, status = done.stdout.rpartition("\n")
    return status, answer


def test_the_published_bodies_sent_by_curl_get_the_published_answers(published: Sandbox) -> None:
    status, answer = curl(published, "/oauth/v1/register", VECTOR["register_body"])
    assert status == "200"
    assert json.loads(answer) == VECTOR["register_response"]
    signature = "HCP-Request-Signature: " + VECTOR["token_signature_base64"]
    status, answer = curl(published, "/oauth/v1/token", VECTOR["token_body"], signature)
    assert status == "400"
    assert answer == '{"error":"authorization_pending","error_description":"Authorization pending"}'


def test_a_device_enrolls_refreshes_and_is_counted(sandbox: Sandbox, wire: Wire) -> None:
    before = sandbox.world.counts()
    laptop = device(client_id="over tls")
    code = wire.send(laptop.register(state="n")).json()["device_code"]
    assert wire.send(laptop.poll(code)).json()["error"] == "authorization_pending"
    sandbox.world.approve(sandbox.world.requests()[0].id)
    tokens = wire.send(laptop.poll(code)).json()
    fresh = wire.send(laptop.refresh(tokens["refresh_token"])).json()
    bearer = {"authorization": f"Bearer {fresh['access_token']}"}
    assert wire.send(Request("GET", safeq.WHOAMI, bearer)).json() == {"client_id": "over tls"}
    wire.send(Request("POST", safeq.REGISTER, FORM))
    after = sandbox.world.counts()
    assert {kind: after[kind] - before[kind] for kind in after} == {"register": 1, "token": 2, "refresh": 1, "probe": 1}


def test_a_body_that_is_too_large_is_refused(wire: Wire) -> None:
    answer = wire.send(Request("POST", safeq.REGISTER, FORM, b"a=" + b"x" * (64 * 1024)))
    assert answer.status_code == 413
    assert answer.json()["error"] == "invalid_request"


def test_the_answers_say_nothing_about_the_server_but_the_time(wire: Wire) -> None:
    answer = wire.send(device().register())
    assert "server" not in answer.headers
    assert "date" in answer.headers


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_speaks_tls_of_today(sandbox: Sandbox, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


def test_no_session_ticket_meets_a_client_that_writes(sandbox: Sandbox) -> None:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    for url in (sandbox.url, sandbox.privicore_url, sandbox.websocket_url):
        with (
            socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert secure.recv(10_000).startswith(b"HTTP/1.1 ")
            assert secure.session is not None
            assert not secure.session.has_ticket


def test_plain_http_on_the_service_port_gets_no_answer(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with suppress(ConnectionResetError):
            assert not plain.recv(1000).startswith(b"HTTP")


class TestTheStart:
    def test_makes_an_api_key(self) -> None:
        first, second = (Sandbox().world.api_key for _ in range(2))
        assert first != second
        assert len(first) >= 32

    def test_puts_the_ca_file_where_it_is_wanted(self, tmp_path: Path) -> None:
        place = tmp_path / "ca.pem"
        with Sandbox(Options(port=0, admin_port=0, ca_file=place)) as sandbox:
            assert sandbox.ca_file == place
        assert place.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        if sys.platform != "win32":
            assert stat.S_IMODE(place.stat().st_mode) == 0o644

    def test_takes_up_the_state_of_an_earlier_run(self, state_file: Path) -> None:
        options = Options(port=0, admin_port=0, state=state_file)
        with Sandbox(options) as first:
            first.world.set_trust(True)
        with Sandbox(options) as second:
            assert second.world.trust
            assert second.world.api_key == first.world.api_key
        assert Sandbox(Options(state=state_file, api_key="a new one")).world.api_key == "a new one"

    @pytest.mark.parametrize("field", ["port", "privicore_port", "websocket_port", "admin_port"])
    def test_names_a_port_that_is_taken_and_holds_on_to_nothing(self, field: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            free = Options(port=0, privicore_port=0, websocket_port=0, admin_port=0)
            sandbox = Sandbox(replace(free, **{field: taken}))
            with pytest.raises(InputError, match=f"Port {taken} of 127.0.0.1 cannot be used") as caught:
                sandbox.start()
            assert caught.value.field == field
        with sandbox:
            assert sandbox.url

    @pytest.mark.parametrize(
        ("host", "port", "field"), [("no-such-host.invalid", 0, "host"), ("127.0.0.1", 70_000, "port")]
    )
    def test_names_an_address_that_is_none(self, host: str, port: int, field: str) -> None:
        with pytest.raises(InputError) as caught:
            Sandbox(Options(host=host, port=port, admin_port=0)).start()
        assert caught.value.field == field

    def test_has_the_vendors_ports_for_privicore_unless_any_free_one_will_do(self) -> None:
        assert tuple(Options().ports().values()) == (7400, 9009, 8083, 7480)
        assert tuple(Options(port=0, admin_port=0).ports().values()) == (0, 0, 0, 0)
        assert tuple(Options(port=0, privicore_port=9010, websocket_port=0).ports().values()) == (0, 9010, 0, 7480)

    def test_makes_a_password(self) -> None:
        first, second = (Sandbox().privicore.password for _ in range(2))
        assert first != second
        assert Sandbox(Options(username="kim", password="mine")).privicore.password == "mine"

    def test_sets_privicore_up_as_it_is_told(self) -> None:
        shapes = Shapes().changed("join", "bare")
        world = Sandbox(Options(wire=shapes, token_life=60, lag=1.5)).privicore
        assert (world.shapes, world.token_life, world.lag) == (shapes, 60, 1.5)

    def test_listens_on_ipv6(self) -> None:
        with Sandbox(Options(host="::1", port=0, admin_port=0, api_key=API_KEY)) as sandbox:
            assert sandbox.url.startswith("https://[::1]:")
            assert sandbox.privicore_url.startswith("https://[::1]:")
            assert sandbox.websocket_url.startswith("wss://[::1]:")
            assert sandbox.admin_url.startswith("http://127.0.0.1:")
            wire = Wire(sandbox)
            assert wire.send(device().register()).status_code == 200
            wire.close()


class TestTheEnd:
    def test_is_prompt_whatever_is_under_way(self) -> None:
        sandbox = Sandbox(Options(port=0, admin_port=0, api_key=API_KEY))
        sandbox.start()
        sandbox.world.inject("hang")
        stream = urllib.request.urlopen(sandbox.admin_url + "api/events", timeout=10)
        silent = socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port), timeout=10)
        context = ssl.create_default_context(cafile=sandbox.ca_file)
        listening = ExitStack()
        listening.enter_context(connect(sandbox.websocket_url, ssl=context, proxy=None))
        wire = Wire(sandbox)
        failed = threading.Event()

        def hang() -> None:
            try:
                wire.send(device().register())
            except Exception:  # any failure will do: the connection was cut
                failed.set()

        client = threading.Thread(target=hang)
        client.start()
        while b'"faults": []' not in stream.readline():
            pass  # the stream says that the fault has struck
        begin = time.perf_counter()
        sandbox.stop()
        assert time.perf_counter() - begin < 2
        assert failed.wait(10)
        client.join()
        wire.close()
        stream.close()
        silent.close()
        listening.close()

    def test_leaves_nothing_behind(self) -> None:
        before = set(threading.enumerate())
        with Sandbox(Options(port=0, admin_port=0)) as sandbox:
            assert set(threading.enumerate()) != before
            port, folder = urlsplit(sandbox.url).port, sandbox.ca_file.parent
        assert not folder.exists()
        assert set(threading.enumerate()) == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)

    def test_may_come_twice(self) -> None:
        sandbox = Sandbox(Options(port=0, admin_port=0))
        sandbox.start()
        sandbox.stop()
        sandbox.stop()
