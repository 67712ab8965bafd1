"""Proxies: which one, and what it is called when it does not let us through."""

import pytest

from enroller import errors
from enroller.http import proxy_for
from tests.http.asking import Serve, failure, send
from tests.http.servers import (
    answering,
    proxying,
)


class TestProxy:
    @pytest.mark.parametrize(
        ("environment", "url", "proxy"),
        [
            ({}, "https://acme.example", None),
            ({"https_proxy": "http://proxy.example:3128"}, "https://acme.example", "http://proxy.example:3128"),
            ({"HTTPS_PROXY": "proxy.example:3128"}, "https://acme.example", "http://proxy.example:3128"),
            ({"all_proxy": "socks5://proxy.example"}, "https://acme.example", "socks5://proxy.example"),
            ({"http_proxy": "http://proxy.example"}, "https://acme.example", None),
            ({"https_proxy": "http://p", "no_proxy": "acme.example"}, "https://acme.example", None),
            ({"https_proxy": "http://p", "no_proxy": ".example"}, "https://gw.acme.example:7400", None),
            ({"https_proxy": "http://p", "no_proxy": "other.example"}, "https://acme.example", "http://p"),
            ({"https_proxy": "http://p", "no_proxy": "*"}, "https://acme.example", None),
            ({"https_proxy": ""}, "https://acme.example", None),
        ],
    )
    def test_which_one_the_environment_names(
        self, environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert proxy_for(url) == proxy

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

    def test_one_that_wants_them_and_gets_none(
        self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy = serve(proxying(wanted="Basic am9lOnB3"), None)
        monkeypatch.setenv("https_proxy", proxy.replace("http://", "http://joe:wrong-password@"))
        error = failure(serve(answering()), ca_file)
        assert type(error) is errors.ProxyLogin
        assert proxy.removeprefix("http://") in error.message
        assert "wrong-password" not in error.message
        assert not error.sent

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

    def test_one_that_refuses(self, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", serve(answering(b"", "403 Forbidden"), None))
        assert type(failure(serve(answering()), ca_file)) is errors.ProxyFailed

    def test_a_strangers_certificate_behind_it_is_the_certificates_fault(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(proxying(), None))
        assert type(failure(serve(answering()), None)) is errors.UntrustedIssuer
