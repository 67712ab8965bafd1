"""Proxies: which one, and what it is called when it does not let us through."""

import socket

import pytest

from enroller import errors
from enroller.http import system_proxy
from enroller.http.proxy import proxy_for, schemes
from enroller.model import Login, Secret
from tests.http.asking import Serve, failure, send
from tests.http.servers import (
    Certificate,
    answering,
    hang,
    proxying,
)
from tests.push.servers import in_pieces, socks

JOE = Login("joe", Secret("pw"))


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_proxy, "by_system", lambda _: None)


class TestProxy:
    @pytest.mark.parametrize(
        ("environment", "url", "proxy"),
        [
            ({}, "https://acme.example", None),
            ({"https_proxy": "http://proxy.example:3128"}, "https://acme.example", "http proxy.example:3128"),
            ({"HTTPS_PROXY": "proxy.example:3128"}, "https://acme.example", "http proxy.example:3128"),
            ({"all_proxy": "socks5://proxy.example"}, "https://acme.example", "socks5 proxy.example:1080"),
            ({"https_proxy": "https://[2001:db8::1]"}, "https://acme.example", "https 2001:db8::1:443"),
            ({"http_proxy": "http://proxy.example"}, "https://acme.example", None),
            ({"https_proxy": "http://p", "no_proxy": "acme.example"}, "https://acme.example", None),
            ({"https_proxy": "http://p", "no_proxy": ".example"}, "https://gw.acme.example:7400", None),
            ({"https_proxy": "http://p", "no_proxy": "other.example"}, "https://acme.example", "http p:80"),
            ({"https_proxy": "http://p", "no_proxy": "*"}, "https://acme.example", None),
            ({"no_proxy": "acme.example"}, "https://acme.example", None),
            ({"http_proxy": "http://p", "all_proxy": "http://p"}, "http://127.0.0.1:7400", None),
            ({"https_proxy": "http://p"}, "wss://acme.example", "http p:80"),
            ({"https_proxy": "http://p"}, "ws://127.0.0.1:8083", None),
            ({"https_proxy": ""}, "https://acme.example", None),
        ],
    )
    def test_which_one_the_environment_names(
        self, environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = proxy_for(url)
        assert (f"{found.kind} {found.name}" if found else None) == proxy

    def test_through_it(self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bytes] = []
        target = serve(answering(b'{"through": 1}'))
        monkeypatch.setenv("https_proxy", serve(proxying(seen=seen), None))
        assert send(target, ca_file).body == b'{"through": 1}'
        assert seen[0].startswith(b"CONNECT " + target.removeprefix("https://").encode())
        assert b"hunter2" not in seen[0]

    def test_not_where_no_proxy_says_so(self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert send(serve(answering()), ca_file).status == 200

    def test_with_a_name_and_a_password(self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
        proxy = serve(proxying(wanted="Basic am9lOnB3"), None)
        monkeypatch.setenv("https_proxy", proxy.replace("http://", "http://joe:pw@"))
        assert send(serve(answering()), ca_file).status == 200

    def test_where_it_is_named_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://joe:hunter2@proxy.example:3128")
        found = proxy_for("https://acme.example")
        assert found is not None
        assert (found.source, found.name) == ("the environment variable HTTPS_PROXY", "proxy.example:3128")
        assert "hunter2" not in repr(found)

    def test_a_script_in_the_environment_is_left_to_the_system(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", "pac+http://wpad.example/proxy.pac")
        monkeypatch.setattr(system_proxy, "by_system", lambda _: ("http://p:3128", system_proxy.SOURCE))
        found = proxy_for("https://acme.example")
        assert found is not None
        assert (found.name, found.source) == ("p:3128", "the system's settings")

    def test_the_environment_goes_before_the_system(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system_proxy, "by_system", lambda _: pytest.fail("not asked"))
        monkeypatch.setenv("https_proxy", "http://p")
        assert proxy_for("https://acme.example") is not None
        monkeypatch.setenv("no_proxy", "acme.example")
        assert proxy_for("https://acme.example") is None

    def test_one_inside_tls(
        self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch, server_certificate: Certificate
    ) -> None:
        """TLS inside TLS."""
        seen: list[bytes] = []
        monkeypatch.setenv("https_proxy", serve(proxying(seen=seen), server_certificate))
        assert send(serve(answering(b"x" * 100_000)), ca_file).body == b"x" * 100_000
        assert b"hunter2" not in seen[0]
        error = failure(serve(answering()), None)
        assert type(error) is errors.ProxyFailed
        assert "its certificate cannot be trusted" in error.message

    @pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
    def test_of_the_socks_kind_in_whatever_pieces_it_answers(
        self, scheme: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = serve(in_pieces(socks(login=(b"joe", b"pw"))), None).replace("http", scheme)
        monkeypatch.setenv("all_proxy", address)
        assert send(serve(answering()), ca_file, login=JOE).status == 200
        assert type(failure(serve(answering()), ca_file)) is errors.ProxyLogin
        assert type(failure(serve(answering()), ca_file, login=Login("joe", Secret("x")))) is errors.ProxyLogin


class TestLogin:
    """407: who wants it, by which scheme, and what can be done."""

    @pytest.fixture
    def strict(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> str:
        address = serve(proxying(wanted="Basic am9lOnB3"), None)
        monkeypatch.setenv("https_proxy", address)
        return address.removeprefix("http://")

    def test_host_and_scheme_are_shown(self, strict: str, serve: Serve, ca_file: str) -> None:
        error = failure(serve(answering()), ca_file)
        assert type(error) is errors.ProxyLogin
        assert error.message == f"The proxy {strict} wants a user name and password (Basic)."
        assert (error.whose, error.sent) == ("technician", False)

    def test_one_that_is_given_is_used(self, strict: str, serve: Serve, ca_file: str) -> None:
        assert send(serve(answering()), ca_file, login=JOE).status == 200

    def test_a_wrong_one_is_told_apart_and_not_shown(self, strict: str, serve: Serve, ca_file: str) -> None:
        error = failure(serve(answering()), ca_file, login=Login("joe", Secret("wrong-password")))
        assert type(error) is errors.ProxyLogin
        assert error.message == f"The proxy {strict} does not accept the user name and password (Basic)."

    def test_one_that_refuses_a_login_as_a_server_would(
        self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """tinyproxy does."""
        address = serve(answering(b"", "401 Unauthorized"), None)
        monkeypatch.setenv("https_proxy", address)
        error = failure(serve(answering()), ca_file, login=JOE)
        assert type(error) is errors.ProxyLogin
        assert "does not accept the user name and password" in error.message

    def test_one_in_the_settings_is_used_unless_one_is_given(
        self, strict: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", f"http://joe:p%77@{strict}")
        assert send(serve(answering()), ca_file).status == 200
        monkeypatch.setenv("https_proxy", f"http://joe:an-old-one@{strict}")
        assert send(serve(answering()), ca_file, login=JOE).status == 200
        assert "an-old-one" not in failure(serve(answering()), ca_file).message

    @pytest.mark.parametrize(
        ("challenges", "offered"),
        [
            (["Negotiate", "NTLM"], "Negotiate or NTLM"),
            (['Digest realm="x", nonce="a, b", qop="auth"'], "Digest"),
        ],
    )
    def test_a_scheme_that_we_have_not_is_its_administrators_turn(
        self, challenges: list[str], offered: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        headers = [f"Proxy-Authenticate: {one}" for one in challenges]
        address = serve(answering(b"", "407 Proxy Authentication Required", *headers), None)
        monkeypatch.setenv("https_proxy", address)
        error = failure(serve(answering()), ca_file, login=JOE)
        assert type(error) is errors.ProxyFailed, "no login is asked for that would not help"
        assert f"only lets in who logs in by {offered}, which Enroller cannot." in error.message
        assert error.whose == "IT"

    @pytest.mark.parametrize(
        ("challenges", "found"),
        [
            (["Negotiate, Basic realm=x"], ["Negotiate", "Basic"]),
            (['Basic realm="a \\" b, NTLM"'], ["Basic"]),
            (["NTLM TlRMTVNTUAAC"], ["NTLM"]),
            (["basic", "Basic realm=y"], ["basic", "Basic"]),
            (["", ",,", "="], []),
        ],
    )
    def test_the_schemes_of_a_challenge(self, challenges: list[str], found: list[str]) -> None:
        assert schemes(challenges) == found


class TestTrouble:
    @pytest.mark.parametrize(
        "setting", ["http://127.0.0.1:1", "ftp://127.0.0.1", "http://[", "socks4://127.0.0.1:1", "http://127.0.0.1:x"]
    )
    def test_one_that_cannot_be_used(
        self, setting: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", setting)
        error = failure(serve(answering()), ca_file)
        assert type(error) is errors.ProxyFailed
        assert not error.sent

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            ("403 Forbidden", "does not let us through to 127.0.0.1, port"),
            ("502 Bad Gateway", "does not reach 127.0.0.1, port"),
        ],
    )
    def test_one_that_refuses(
        self, status: str, said: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(answering(b"", status), None))
        error = failure(serve(answering()), ca_file)
        assert type(error) is errors.ProxyFailed
        assert said in error.message
        assert f"({status})" in error.message

    def test_one_that_cannot_be_reached_is_named_with_where_it_is_named(
        self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
        assert failure(serve(answering()), ca_file).message == (
            "The proxy in the environment variable https_proxy cannot be reached. "
            "No connection to 127.0.0.1, port 1: connection refused."
        )

    @pytest.mark.parametrize("kind", ["http", "socks5"])
    def test_one_that_hangs(self, kind: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", serve(hang, None).replace("http", kind))
        error = failure(serve(answering()), ca_file, deadline=0.4)
        assert type(error) is errors.ProxyFailed
        assert error.message.endswith("takes the connection, and then is silent.")

    @pytest.mark.parametrize("kind", ["http", "socks5"])
    @pytest.mark.parametrize("answer", [b"", b"220 smtp\r\n\r\n", b"x" * 100_000])
    def test_one_that_is_none(
        self, answer: bytes, kind: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def handle(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(answer)

        monkeypatch.setenv("https_proxy", serve(handle, None).replace("http", kind))
        error = failure(serve(answering()), ca_file)
        assert type(error) is errors.ProxyFailed
        assert not error.sent

    @pytest.mark.parametrize(
        ("code", "said"), [(2, "its rules forbid it"), (5, "the connection is refused"), (99, "it does not know how")]
    )
    def test_a_socks_proxy_that_cannot(
        self, code: int, said: str, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def handle(connection: socket.socket) -> None:
            connection.recv(3)
            connection.sendall(b"\x05\x00")
            connection.recv(64)
            connection.sendall(bytes([5, code, 0, 1]) + bytes(6))

        monkeypatch.setenv("all_proxy", serve(handle, None).replace("http", "socks5"))
        error = failure(serve(answering()), ca_file)
        assert type(error) is errors.ProxyFailed
        assert error.message.endswith(f": {said}.")

    def test_a_strangers_certificate_behind_it_is_the_certificates_fault(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(proxying(), None))
        error = failure(serve(answering()), None)
        assert type(error) is errors.UntrustedIssuer
        assert "“The company's root”" in error.message, "the second look goes the same way"
