"""A world with a clock that stands still until it is moved, and a sandbox on real sockets."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from enroller.model import Request
from enroller.sandbox.server import Options, Sandbox
from enroller.sandbox.world import Memory, World
from tests.sandbox.devices import API_KEY


class Clock:
    """Seconds since the Unix epoch, moved by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(Memory(api_key=API_KEY), now=clock)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """One sandbox for a module's tests: they use devices of their own."""
    with Sandbox(Options(port=0, admin_port=0, api_key=API_KEY)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.world.clear_faults()
    running.world.set_trust(False)


class Wire:
    """Sends a request value to a sandbox as a client would: TLS checked, no proxy, no redirect."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.url
        context = ssl.create_default_context(cafile=sandbox.ca_file)
        self._client = httpx.Client(verify=context, trust_env=False, timeout=10)

    def send(self, request: Request, *, timeout: float = 10) -> httpx.Response:
        return self._client.request(
            request.method,
            self._url + request.url,
            headers=dict(request.headers),
            content=request.body,
            timeout=timeout,
        )

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    client = Wire(sandbox)
    yield client
    client.close()


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"
