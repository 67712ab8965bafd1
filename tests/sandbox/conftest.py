"""A world with a clock that stands still until it is moved, and a sandbox on real sockets."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium import webdriver

from enroller.model import Request
from enroller.sandbox.privicore.shapes import Shapes
from enroller.sandbox.privicore.values import Memory as PrivicoreMemory
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.server import Options, Sandbox
from enroller.sandbox.world import Memory, World
from tests.sandbox.devices import API_KEY
from tests.sandbox.page import browser
from tests.sandbox.privicore.client import PASSWORD, USERNAME


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


@pytest.fixture
def privicore(clock: Clock) -> PrivicoreWorld:
    return PrivicoreWorld(PrivicoreMemory(), username=USERNAME, password=PASSWORD, now=clock)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """One sandbox for a module's tests: they use devices of their own."""
    with Sandbox(Options(port=0, admin_port=0, api_key=API_KEY, username=USERNAME, password=PASSWORD)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.world.clear_faults()
    running.world.set_trust(False)
    running.privicore.clear_faults()
    running.privicore.shapes = Shapes()
    running.privicore.lag = 0.0


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


class Admin:
    """Calls the administrator's port as curl would."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.address = sandbox.admin_url.removesuffix("/")

    def call(self, method: str, path: str, document: object = None, **headers: str) -> tuple[int, dict[str, Any]]:
        data = None if document is None else json.dumps(document).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.address + path, data, names, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


@pytest.fixture
def admin(sandbox: Sandbox) -> Admin:
    for seen in sandbox.world.requests():
        sandbox.world.remove(seen.client_id)
    return Admin(sandbox)


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests of the page."""
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def fresh(driver: webdriver.Chrome) -> Iterator[Sandbox]:
    """A sandbox of its own for one test of the page, which must end without a word on the browser's console."""
    options = Options(port=0, admin_port=0, api_key=API_KEY, username=USERNAME, password=PASSWORD)
    with Sandbox(options) as sandbox:
        yield sandbox
        complaints = driver.get_log("browser")  # type: ignore[no-untyped-call]
        driver.get("about:blank")
    assert complaints == []
