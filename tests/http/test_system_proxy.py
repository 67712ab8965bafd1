"""The system's own settings: asked with a limit, and not again and again."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller.http import system_proxy
from enroller.http.system_proxy import by_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the other systems have other libraries")

Ask = Callable[[str], list[str]]
Settings = Callable[[Ask], None]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the system says; nothing is known from before."""
    monkeypatch.setattr(system_proxy, "_known", {})
    monkeypatch.setattr(system_proxy, "_free", threading.Semaphore())

    def say(ask: Ask) -> None:
        monkeypatch.setattr(system_proxy, "_asker", lambda: ask)

    return say


@pytest.mark.parametrize(
    ("said", "used"),
    [
        (["http://p:3128", "direct://"], "http://p:3128"),
        (["direct://", "http://p:3128"], None),
        (["socks://p:1080"], "socks5://p:1080"),
        (["socks4://p:1080", "http://q:3128"], "http://q:3128"),
        ([], None),
    ],
)
def test_the_first_that_we_know_how_to_use(said: list[str], used: str | None, settings: Settings) -> None:
    settings(lambda _: said)
    assert by_system("https://acme.example") == (None if used is None else (used, "the system's settings"))


def test_a_script_sees_no_more_than_the_servers_address(settings: Settings) -> None:
    seen: list[str] = []

    def ask(place: str) -> list[str]:
        seen.append(place)
        return []

    settings(ask)
    by_system("https://acme.example:7400/oauth/v1/register?secret=1")
    by_system("wss://cab.example/socket")
    assert seen == ["https://acme.example:7400", "https://cab.example"]


def test_it_is_asked_once_for_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(place: str) -> list[str]:
        asked.append(place)
        return ["http://p:3128"]

    settings(ask)
    assert [by_system("https://acme.example") for _ in range(3)] == [("http://p:3128", system_proxy.SOURCE)] * 3
    assert len(asked) == 1
    later = time.monotonic() + system_proxy.KEPT + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    by_system("https://acme.example")
    assert len(asked) == 2


def test_one_that_hangs_costs_its_limit_once_and_is_not_asked_beside(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_proxy, "PATIENCE", 0.2)
    released, asked = threading.Event(), threading.Semaphore(0)

    def ask(_: str) -> list[str]:
        asked.release()
        released.wait(20)
        return []

    settings(ask)
    begun = time.monotonic()
    assert by_system("https://acme.example") is None
    assert by_system("https://other.example") is None, "while the first question hangs"
    assert time.monotonic() - begun < 1
    released.set()
    assert asked.acquire(timeout=1)
    assert not asked.acquire(blocking=False)


@pytest.mark.parametrize("error", [OSError("no such library"), AttributeError("px_proxy_factory_new")])
def test_without_the_library_there_is_no_proxy(error: Exception, settings: Settings) -> None:
    def ask(_: str) -> list[str]:
        raise error

    settings(ask)
    assert by_system("https://acme.example") is None


class TestLibproxy:
    """The real library, in a process of its own: it reads the environment that a process was started with."""

    def proxies(self, place: str, **environment: str) -> list[str]:
        program = f"from enroller.http.libproxy import proxies; print(*proxies({place!r}))"
        try:
            import ctypes

            ctypes.CDLL("libproxy.so.1")
        except OSError:
            if os.environ.get("CI"):
                pytest.fail("libproxy is missing, and CI must not skip what needs it")
            pytest.skip("libproxy is not installed")
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.stdout.split()

    def test_what_it_names(self) -> None:
        assert self.proxies("https://acme.example", https_proxy="http://p.example:3128")[0] == "http://p.example:3128"

    def test_nothing_is_named(self) -> None:
        assert self.proxies("https://acme.example") == ["direct://"]

    def test_a_script(self, tmp_path: Path) -> None:
        script = tmp_path / "proxy.pac"
        script.write_text(
            "function FindProxyForURL(url, host) {"
            ' if (shExpMatch(host, "*.acme.example")) return "PROXY proxy.acme.example:3128; DIRECT";'
            ' return "DIRECT"; }'
        )
        setting = {"https_proxy": f"pac+{script.as_uri()}"}
        inside = self.proxies("https://gw.acme.example:7400", **setting)
        if inside == ["direct://"]:
            pytest.skip("this libproxy has nothing that runs scripts (Debian: libproxy1-plugin-webkit)")
        assert inside == ["http://proxy.acme.example:3128", "direct://"]
        assert self.proxies("https://other.example", **setting) == ["direct://"]
