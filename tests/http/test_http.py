"""Requests over real sockets: what arrives, what is refused, and what each kind of failure is called."""

import datetime as dt
import gc
import socket
import threading
import time

import pytest

from enroller import __version__, errors, http
from enroller.http import LARGEST_ANSWER, Http, read_ca_file
from enroller.model import Request, Via
from tests.http.asking import SECRET, Serve, failure, send
from tests.http.servers import (
    Handler,
    answering,
    dripping,
    hang,
    request,
    reset,
)

BRIEF = 0.5
"""A total deadline for servers that would hold us for ever."""

Validity = dict[str, dt.timedelta]


class TestAnExchange:
    def test_the_answer_comes_back_as_a_plain_value(self, serve: Serve, ca_file: str) -> None:
        got = send(serve(answering(b'{"a": 1}', "400 Bad Request", "X-Thing: yes")), ca_file)
        assert (got.status, got.headers["x-thing"], got.body) == (400, "yes", b'{"a": 1}')

    def test_what_is_sent(self, serve: Serve, ca_file: str) -> None:
        seen: list[bytes] = []

        def handle(connection: socket.socket) -> None:
            seen.append(request(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        send(serve(handle), ca_file)
        head, _, body = seen[0].partition(b"\r\n\r\n")
        lines = head.lower().decode().split("\r\n")
        assert lines[0] == "post /token http/1.1"
        assert any(line.startswith(f"user-agent: enroller/{__version__} (") for line in lines)
        assert "accept-encoding: identity" in lines
        assert "x-ours: 1" in lines
        assert body == SECRET

    def test_no_cookie_is_kept_and_no_connection_either(self, serve: Serve, ca_file: str) -> None:
        seen: list[bytes] = []

        def handle(connection: socket.socket) -> None:
            seen.append(request(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
            assert connection.recv(1) == b""

        url, client, via = serve(handle), Http(), Via(read_ca_file(ca_file))
        for _ in range(2):
            client.send(Request("POST", f"{url}/token"), via)
        assert len(seen) == 2
        assert b"cookie" not in seen[1].lower()

    def test_a_header_that_comes_twice_is_one_list(self, serve: Serve, ca_file: str) -> None:
        got = send(serve(answering(b"", "200 OK", "X-Thing: a", "x-thing: b", "X-Other: \xe9")), ca_file)
        assert (got.headers["x-thing"], got.headers["x-other"]) == ("a, b", "é")

    @pytest.mark.parametrize("headers", [{"X-Ours": "\u20ac"}, {"X-Ours": "a\r\nB: c"}, {"X\u00fc": "a"}])
    def test_a_request_that_is_none_is_not_sent(self, headers: dict[str, str], serve: Serve, ca_file: str) -> None:
        url, via = serve(answering()), Via(read_ca_file(ca_file))
        with pytest.raises(errors.Unreachable, match="the request is not valid") as found:
            Http().send(Request("GET", url, headers), via)
        assert not found.value.sent

    def test_an_answer_without_a_length_ends_with_the_connection(self, serve: Serve, ca_file: str) -> None:
        """Inside TLS many servers end without TLS's own farewell."""

        def handle(connection: socket.socket) -> None:
            request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")

        assert send(serve(handle), ca_file).body == b"{}"

    def test_a_redirect_is_not_followed(self, serve: Serve, ca_file: str) -> None:
        def stranger(_: socket.socket) -> None:
            pytest.fail("the API key was carried to a stranger")

        elsewhere = serve(stranger)
        got = send(serve(answering(b"", "307 Temporary Redirect", f"Location: {elsewhere}/")), ca_file)
        assert (got.status, got.headers["location"]) == (307, f"{elsewhere}/")

    def test_an_answer_of_just_the_limit_is_taken(self, serve: Serve, ca_file: str) -> None:
        assert len(send(serve(answering(b"x" * LARGEST_ANSWER)), ca_file).body) == LARGEST_ANSWER

    def test_a_larger_one_is_refused(self, serve: Serve, ca_file: str) -> None:
        assert type(failure(serve(answering(b"x" * (LARGEST_ANSWER + 1))), ca_file)) is errors.TooLarge

    def test_an_endless_one_is_refused_as_soon_as_it_is_too_large(self, serve: Serve, ca_file: str) -> None:
        start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        assert type(failure(serve(dripping(start, chunk)), ca_file)) is errors.TooLarge

    def test_a_compressed_bomb_is_not_unpacked(self, serve: Serve, ca_file: str) -> None:
        import gzip

        bomb = gzip.compress(bytes(10_000_000))
        got = send(serve(answering(bomb, "200 OK", "Content-Encoding: gzip")), ca_file)
        assert got.body == bomb

    def test_endless_headers_are_refused(self, serve: Serve, ca_file: str) -> None:
        error = failure(serve(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Y: " + b"z" * 60_000 + b"\r\n")), ca_file)
        assert type(error) is errors.ConnectionLost


class TestNoConnection:
    def test_refused(self, ca_file: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        error = failure(f"https://127.0.0.1:{port}", ca_file)
        assert type(error) is errors.ConnectionFailed
        assert f"port {port}: connection refused" in error.message
        assert not error.sent

    def test_reset_in_the_handshake(self, serve: Serve, ca_file: str) -> None:
        error = failure(serve(reset, None).replace("http:", "https:"), ca_file)
        assert type(error) is errors.ConnectionFailed
        assert not error.sent
        del error
        gc.collect()

    def test_a_server_that_hangs_up_in_the_handshake(self, serve: Serve, ca_file: str) -> None:
        url = serve(lambda connection: None, None).replace("http:", "https:")
        assert type(failure(url, ca_file)) is errors.ConnectionFailed


class TestTheAnswerIsLost:
    """The request has arrived, so nobody knows what became of it."""

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
            b"\x00\x01\r\n\r\n",
            b"220 smtp\r\n",
        ],
    )
    def test_cut_off(self, answer: bytes, serve: Serve, ca_file: str) -> None:
        def handle(connection: socket.socket) -> None:
            request(connection)
            connection.sendall(answer)

        error = failure(serve(handle), ca_file)
        assert type(error) is errors.ConnectionLost
        assert error.sent

    def test_reset(self, serve: Serve, ca_file: str) -> None:
        def handle(connection: socket.socket) -> None:
            request(connection)
            reset(connection)

        assert failure(serve(handle), ca_file).sent


class TestTotalDeadline:
    """One for the whole exchange, in however many pieces it comes."""

    @pytest.mark.parametrize(
        "handler",
        [
            hang,
            dripping(b"", b"H"),
            dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
            dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"),
            dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ],
        ids=["hang", "status", "headers", "body", "chunks", "informational"],
    )
    def test_no_server_holds_us_longer(self, handler: Handler, serve: Serve, ca_file: str) -> None:
        url, begun = serve(handler), time.monotonic()
        error = failure(url, ca_file, deadline=BRIEF)
        assert type(error) is errors.TimedOut
        assert error.sent
        assert BRIEF * 0.9 < time.monotonic() - begun < BRIEF + 2

    def test_nor_in_the_handshake(self, serve: Serve, ca_file: str) -> None:
        begun = time.monotonic()
        failure(serve(hang, None).replace("http:", "https:"), ca_file, deadline=BRIEF)
        assert time.monotonic() - begun < BRIEF + 2

    def test_nothing_is_left_behind(self, serve: Serve, ca_file: str) -> None:
        """Each exchange ends its timer and its sockets; a warning about an open socket would fail the run."""
        url, before = serve(answering()), threading.active_count()
        for _ in range(3):
            send(url, ca_file)
        gc.collect()
        assert (
            sum(
                thread.name.startswith("Thread-") and isinstance(thread, threading.Timer)
                for thread in threading.enumerate()
            )
            == 0
        )
        assert threading.active_count() <= before + 1


def test_the_agent_says_who_it_is() -> None:
    assert http.USER_AGENT.startswith(f"Enroller/{__version__} (")
