"""From a name to a connection: one limit for all of it, and a cause for each way to fail."""

import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from enroller import errors
from enroller.http import dial
from enroller.http.dial import Address, connect, look_up
from tests.http.asking import Serve, failure
from tests.http.servers import hang

V4, V6 = socket.AF_INET, socket.AF_INET6


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


@pytest.fixture
def black_hole() -> Iterator[Address]:
    """An address where nobody accepts: the queue of who waits to be let in is full, so what comes is dropped."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        while True:
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.2)
            try:
                waiting.connect(place)
            except TimeoutError:
                break
        yield Address(V4, place)


@pytest.fixture
def listening() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Address(V4, listener.getsockname())


@pytest.fixture
def nobody() -> Address:
    """An address that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Address(V4, listener.getsockname())


class TestConnect:
    @staticmethod
    def answering(addresses: list[Address]) -> Address:
        """The address of who answers first."""
        sock, address = connect(addresses, "acme.example", 443, soon(10))
        with sock:
            assert sock.getpeername() == address.place
        return address

    def test_an_address_that_leads_nowhere_costs_its_head_start_and_not_the_whole_time(
        self, black_hole: Address, listening: Address
    ) -> None:
        begun = time.monotonic()
        assert self.answering([black_hole, black_hole, listening]) == listening
        assert time.monotonic() - begun < 2 * dial.ATTEMPT_DELAY + 2

    def test_one_that_refuses_costs_nothing(self, nobody: Address, listening: Address) -> None:
        begun = time.monotonic()
        assert self.answering([nobody, nobody, nobody, listening]) == listening
        assert time.monotonic() - begun < dial.ATTEMPT_DELAY

    def test_a_slow_one_is_not_given_up_when_the_next_has_its_turn(
        self, listening: Address, black_hole: Address
    ) -> None:
        assert self.answering([listening, black_hole]) == listening

    def test_the_limit_is_for_all_addresses_together(self, black_hole: Address) -> None:
        begun = time.monotonic()
        with pytest.raises(errors.ConnectionFailed, match=r"Nobody answered in time at acme.example, port 443"):
            connect([black_hole] * 20, "acme.example", 443, soon(0.6))
        assert 0.5 < time.monotonic() - begun < 2

    def test_that_nobody_is_there_says_more_than_that_one_family_has_no_way(self, nobody: Address) -> None:
        without_way = Address(socket.AF_APPLETALK, ("::1",))
        with pytest.raises(
            errors.ConnectionFailed, match=r"No connection to acme.example, port 443: connection refused"
        ):
            connect([without_way, nobody], "acme.example", 443, soon())

    @pytest.mark.parametrize("code", [errno.ENETUNREACH, errno.ENETDOWN])
    def test_without_any_way_there_is_no_network(self, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: code)
        with pytest.raises(errors.NoNetwork, match=r"There is no way to acme.example: this device has no network"):
            connect([Address(V4, ("192.0.2.1", 443))], "acme.example", 443, soon())

    def test_the_families_take_turns(self) -> None:
        addresses = [Address(V6, (str(n),)) for n in range(3)] + [Address(V4, (str(n),)) for n in range(3, 5)]
        assert [str(one) for one in dial._taking_turns(addresses)] == ["0", "3", "1", "4", "2"]
        assert dial._taking_turns([]) == []


class TestName:
    @pytest.fixture(autouse=True)
    def _in_a_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dial, "local_addresses", lambda: ("192.0.2.9",))

    @staticmethod
    def _resolver_says(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise socket.gaierror(number, "as the resolver says")

        monkeypatch.setattr(socket, "getaddrinfo", fail)

    @pytest.mark.parametrize(
        ("number", "kind"),
        [
            (socket.EAI_NONAME, errors.NameNotFound),
            (socket.EAI_NODATA, errors.NameNotFound),
            (socket.EAI_AGAIN, errors.NoNetwork),
            (socket.EAI_FAIL, errors.NoNetwork),
        ],
    )
    def test_one_that_does_not_exist_differs_from_name_servers_that_do_not_answer(
        self, number: int, kind: type[errors.Unreachable], monkeypatch: pytest.MonkeyPatch, ca_file: str
    ) -> None:
        self._resolver_says(number, monkeypatch)
        error = failure("https://acme.example", ca_file)
        assert type(error) is kind
        assert "acme.example" in error.message
        assert not error.sent

    def test_without_a_network_no_name_is_blamed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some systems say then that there is no such name."""
        self._resolver_says(socket.EAI_NONAME, monkeypatch)
        monkeypatch.setattr(dial, "local_addresses", tuple)
        with pytest.raises(errors.NoNetwork, match=r"There is no way to acme.example: this device has no network"):
            look_up("acme.example", 443, soon())

    def test_a_name_server_that_is_silent_does_not_hold_us(self, monkeypatch: pytest.MonkeyPatch, ca_file: str) -> None:
        released = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20) and [])
        begun = time.monotonic()
        error = failure("https://acme.example", ca_file, deadline=0.4)
        released.set()
        assert type(error) is errors.NoNetwork
        assert error.message == "The name acme.example could not be looked up: the name server is silent."
        assert time.monotonic() - begun < 2

    def test_a_name_that_cannot_be_one(self) -> None:
        with pytest.raises(errors.NameNotFound):
            look_up("x" * 80 + ".example", 443, soon())

    def test_a_number_is_its_own_address(self) -> None:
        assert [str(one) for one in look_up("127.0.0.1", 443, soon())] == ["127.0.0.1"]


class TestHandshake:
    """Somebody takes the connection, and is no server of TLS."""

    def test_one_that_is_silent(self, serve: Serve, ca_file: str) -> None:
        error = failure(serve(hang, None).replace("http:", "https:"), ca_file, deadline=0.4)
        assert type(error) is errors.ConnectionFailed
        assert error.message.endswith("takes the connection, and then is silent.")
        assert not error.sent

    def test_one_that_speaks_plain_http(self, serve: Serve, ca_file: str) -> None:
        def handle(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        error = failure(serve(handle, None).replace("http:", "https:"), ca_file)
        assert type(error) is errors.TlsFailed
        assert error.message.endswith("does not speak TLS.")
        assert error.advice.startswith("Check the port")
