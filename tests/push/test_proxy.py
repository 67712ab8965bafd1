"""Through the proxies that the requests go through."""

import socket

import pytest

from enroller.model import Login, Secret
from enroller.push import Patience
from tests.http.servers import answering, dripping, hang, proxying, request
from tests.push.conftest import TOKEN, Listen, Serve
from tests.push.servers import PushServer, in_pieces, relay, socks


class TestProxy:
    def test_through_it(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[bytes] = []
        monkeypatch.setenv("https_proxy", serve(proxying(seen=seen), scheme="http", tls=False))
        assert listener(server.url).push.listen(TOKEN)
        assert seen[0].startswith(b"CONNECT " + server.url.removeprefix("wss://").encode())
        assert TOKEN.reveal().encode() not in seen[0]

    def test_with_a_name_and_a_password(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy = serve(proxying(wanted="Basic am9lOnB3"), scheme="http", tls=False)
        monkeypatch.setenv("https_proxy", proxy.replace("http://", "http://joe:pw@"))
        assert listener(server.url).push.listen(TOKEN)

    def test_with_those_that_somebody_has_given(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(proxying(wanted="Basic am9lOnB3"), scheme="http", tls=False))
        assert not listener(server.url).push.listen(TOKEN)
        assert listener(server.url, login=Login("joe", Secret("pw"))).push.listen(TOKEN)

    def test_one_that_answers_in_pieces(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(in_pieces(proxying()), scheme="http", tls=False))
        assert listener(server.url).push.listen(TOKEN)

    @pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
    def test_of_the_socks_kind(
        self, scheme: str, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("all_proxy", serve(socks(), scheme=scheme, tls=False))
        assert listener(server.url).push.listen(TOKEN)

    @pytest.mark.parametrize("password", ["p%40w", "wrong"])
    def test_of_the_socks_kind_with_a_name_and_a_password(
        self, password: str, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy = serve(socks(login=(b"joe", b"p@w")), scheme="socks5", tls=False)
        monkeypatch.setenv("https_proxy", proxy.replace("://", f"://joe:{password}@"))
        assert listener(server.url).push.listen(TOKEN) is (password == "p%40w")

    def test_of_the_socks_kind_that_wants_a_login_and_gets_none(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(socks(login=(b"joe", b"pw")), scheme="socks5", tls=False))
        assert not listener(server.url).push.listen(TOKEN)

    def test_not_where_no_proxy_says_so(
        self, server: PushServer, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert listener(server.url).push.listen(TOKEN)

    def test_a_strangers_certificate_behind_it_is_not_trusted(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(proxying(), scheme="http", tls=False))
        assert not listener(server.url, ca_pem=None).push.listen(TOKEN)
        assert server.joins.empty()

    @pytest.mark.parametrize(
        "setting",
        [
            "http://127.0.0.1:1",
            "ftp://127.0.0.1",
            "http://[",
            "http://127.0.0.1:x",
            "http://joe@127.0.0.1:1",
            "https://127.0.0.1:1",
            "socks4://127.0.0.1:1",
            "socks5://127.0.0.1:1",
        ],
    )
    def test_one_that_cannot_be_used(
        self, setting: str, server: PushServer, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", setting)
        assert not listener(server.url).push.listen(TOKEN)

    @pytest.mark.parametrize("scheme", ["http", "socks5"])
    @pytest.mark.parametrize("answer", [b"", b"\x00", b"220 smtp\r\n\r\n", b"x" * 100_000])
    def test_one_that_is_none(
        self, answer: bytes, scheme: str, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def handle(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(answer)

        monkeypatch.setenv("https_proxy", serve(handle, scheme=scheme, tls=False))
        assert not listener("wss://cab.example").push.listen(TOKEN)

    @pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "302 Found"])
    def test_one_that_refuses(
        self, status: str, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        headers = [f"Location: {server.url}"]
        monkeypatch.setenv("https_proxy", serve(answering(b"", status, *headers), scheme="http", tls=False))
        assert not listener(server.url).push.listen(TOKEN)
        assert server.joins.empty()

    def test_one_that_refuses_is_believed_whatever_it_does_then(
        self, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def handle(connection: socket.socket) -> None:
            request(connection)
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as target:
                relay(connection, target)

        monkeypatch.setenv("https_proxy", serve(handle, scheme="http", tls=False))
        assert not listener(server.url).push.listen(TOKEN)

    def test_one_that_never_comes_to_an_end(
        self, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each byte is in time, and the whole is not; the fixture sees that the thread has ended."""
        monkeypatch.setenv("https_proxy", serve(dripping(b"", b"x"), scheme="http", tls=False))
        assert not listener("wss://cab.example", patience=Patience(opening=0.2, joining=0.1)).push.listen(TOKEN)

    @pytest.mark.parametrize("scheme", ["http", "socks5"])
    def test_one_that_hangs(
        self, scheme: str, server: PushServer, serve: Serve, listener: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(hang, scheme=scheme, tls=False))
        assert not listener(server.url, patience=Patience(opening=0.3)).push.listen(TOKEN)
