"""Requests over real sockets: what arrives, what is refused, and what each kind of failure is called."""

import datetime as dt
import gc
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from enroller import __version__, errors, http
from enroller.http import LARGEST_ANSWER, Http, read_ca_file, tls_context
from enroller.model import Request
from tests.http.asking import SECRET, Serve, failure, send
from tests.http.servers import (
    DAY,
    Certificate,
    Handler,
    answering,
    certificate,
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

        url, client = serve(handle), Http(ca_pem=read_ca_file(ca_file))
        for _ in range(2):
            client.send(Request("POST", f"{url}/token"))
        assert len(seen) == 2
        assert b"cookie" not in seen[1].lower()

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


class TestTrust:
    def test_the_systems_store_does_not_know_our_authority(self, serve: Serve) -> None:
        error = failure(serve(answering()), None)
        assert type(error) is errors.UntrustedIssuer
        assert not error.sent

    def test_the_issuer_is_named_since_an_inspecting_proxy_may_be_it(self, serve: Serve) -> None:
        inspecting = certificate("ACME Inspection CA")
        error = failure(serve(answering(), certificate("server", issuer=inspecting, hosts=("127.0.0.1",))), None)
        assert type(error) is errors.UntrustedIssuer
        assert "“ACME Inspection CA”" in error.message

    def test_another_authoritys_file_does_not_help(self, serve: Serve, tmp_path: Path) -> None:
        (tmp_path / "other.pem").write_bytes(certificate("Another root").public)
        assert type(failure(serve(answering()), str(tmp_path / "other.pem"))) is errors.UntrustedIssuer

    def test_a_gateways_own_certificate_is_trusted_by_its_file(self, serve: Serve, tmp_path: Path) -> None:
        own = certificate("gateway", hosts=("127.0.0.1",))
        (tmp_path / "own.pem").write_bytes(own.public)
        assert send(serve(answering(), own), str(tmp_path / "own.pem")).status == 200

    def test_a_leaf_can_be_trusted_without_its_root(self, serve: Serve, ca: Certificate, tmp_path: Path) -> None:
        leaf = certificate("gateway", issuer=ca, hosts=("127.0.0.1",))
        (tmp_path / "leaf.pem").write_bytes(leaf.public)
        assert send(serve(answering(), leaf), str(tmp_path / "leaf.pem")).status == 200

    def test_an_older_companys_root_is_trusted_on_every_version_of_python(self, serve: Serve, tmp_path: Path) -> None:
        root = certificate("Old root", modern=False)
        (tmp_path / "old.pem").write_bytes(root.public)
        leaf = certificate("server", issuer=root, hosts=("127.0.0.1",), modern=False)
        assert send(serve(answering(), leaf), str(tmp_path / "old.pem")).status == 200

    def test_the_context_is_the_same_on_every_version_of_python(self) -> None:
        context = tls_context(None)
        assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2

    @pytest.mark.parametrize(
        ("validity", "kind"),
        [
            ({"begins": -3 * DAY, "ends": -2 * DAY}, errors.CertificateExpired),
            ({"begins": 2 * DAY, "ends": 3 * DAY}, errors.CertificateNotYetValid),
        ],
    )
    def test_validity(
        self,
        validity: dict[str, dt.timedelta],
        kind: type[errors.TlsFailed],
        serve: Serve,
        ca: Certificate,
        ca_file: str,
    ) -> None:
        shown = certificate("server", issuer=ca, hosts=("127.0.0.1",), **validity)  # type: ignore[arg-type]
        error = failure(serve(answering(), shown), ca_file)
        assert type(error) is kind
        assert "clock" in error.advice
        day = (
            dt.datetime.now(dt.UTC) + (validity["ends"] if validity["ends"] < dt.timedelta() else validity["begins"])
        ).date()
        assert str(day) in error.message

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_wrong_name(self, host: str, serve: Serve, ca: Certificate, ca_file: str) -> None:
        shown = certificate("server", issuer=ca, hosts=("other.example", "192.0.2.1"))
        error = failure(serve(answering(), shown, host=host), ca_file)
        assert type(error) is errors.WrongName
        assert host in error.message
        assert "other.example, 192.0.2.1" in error.message

    def test_a_ca_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(errors.InputError, match="cannot be read") as refused:
            read_ca_file(str(tmp_path / "none.pem"))
        assert refused.value.field == "ca_file"

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"0hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    )
    def test_a_ca_file_that_is_none(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_bytes(content)
        with pytest.raises(errors.InputError, match="no usable certificate") as refused:
            read_ca_file(str(tmp_path / "ca.pem"))
        assert refused.value.field == "ca_file"

    def test_a_ca_file_in_der_as_windows_exports_it(self, ca_file: str, tmp_path: Path) -> None:
        pem = Path(ca_file).read_text()
        (tmp_path / "ca.cer").write_bytes(ssl.PEM_cert_to_DER_cert(pem))
        assert read_ca_file(str(tmp_path / "ca.cer")).split() == pem.split()

    def test_what_stands_around_the_certificates_of_a_ca_file_does_not_matter(
        self, ca_file: str, tmp_path: Path
    ) -> None:
        pem = Path(ca_file).read_text()
        (tmp_path / "ca.pem").write_text(f"Firma Müller, Wurzel:\n{pem}\n{pem}", encoding="latin-1")
        assert read_ca_file(str(tmp_path / "ca.pem")).count("BEGIN CERTIFICATE") == 2


class TestNoConnection:
    def test_refused(self, ca_file: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        error = failure(f"https://127.0.0.1:{port}", ca_file)
        assert type(error) is errors.ConnectionFailed
        assert f"port {port}: connection refused" in error.message
        assert not error.sent

    def test_plain_http_on_the_port(self, serve: Serve, ca_file: str) -> None:
        def handle(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        url = serve(handle, None).replace("http:", "https:")
        assert type(failure(url, ca_file)) is errors.TlsFailed

    # CPython (ssl.SSLSocket._create) leaves a socket that is reset so early to the garbage collector.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_reset_in_the_handshake(self, serve: Serve, ca_file: str) -> None:
        error = failure(serve(reset, None).replace("http:", "https:"), ca_file)
        assert type(error) is errors.ConnectionFailed
        assert not error.sent
        del error
        gc.collect()

    def test_a_server_that_hangs_up_in_the_handshake(self, serve: Serve, ca_file: str) -> None:
        url = serve(lambda connection: None, None).replace("http:", "https:")
        assert type(failure(url, ca_file)) is errors.ConnectionFailed

    @pytest.mark.parametrize(
        ("number", "kind"),
        [
            (socket.EAI_NONAME, errors.NameNotFound),
            (socket.EAI_NODATA, errors.NameNotFound),
            (socket.EAI_AGAIN, errors.NoNetwork),
            (socket.EAI_FAIL, errors.NoNetwork),
        ],
    )
    def test_a_name_that_does_not_exist_differs_from_a_network_that_does_not(
        self, number: int, kind: type[errors.Unreachable], monkeypatch: pytest.MonkeyPatch, ca_file: str
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise socket.gaierror(number, "as the resolver says")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        error = failure("https://acme.example", ca_file)
        assert type(error) is kind
        assert "acme.example" in error.message
        assert not error.sent

    def test_no_network_at_all(self, monkeypatch: pytest.MonkeyPatch, ca_file: str) -> None:
        import errno

        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

        monkeypatch.setattr(socket, "create_connection", fail)
        assert type(failure("https://192.0.2.1", ca_file)) is errors.NoNetwork


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
    """httpx's timeouts are for each operation; ours is for the whole exchange."""

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
