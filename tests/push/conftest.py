"""Push servers behind TLS with a company's own authority, and somebody who listens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue

import pytest

from enroller.model import Login, Secret, Via
from enroller.push import Patience, Push
from tests.http.servers import Certificate, Handler, certificate, serving
from tests.push.servers import PushServer, pushing

Serve = Callable[..., str]
Listen = Callable[..., "Listener"]

BRIEF = Patience(opening=3.0, joining=0.4, keepalive=20.0, pauses=(0.01,))
"""As patient as a test may be."""

NEVER_AGAIN = Patience(opening=3.0, joining=0.4, pauses=(3600.0,))
"""Whoever waits for the next attempt by the clock waits for an hour."""

TOKEN = Secret("a-token-for-tests")


class Listener:
    """A `Push`, and what it was told."""

    def __init__(self, url: str, via: Via, patience: Patience) -> None:
        self.heard: Queue[bytes] = Queue()
        self.changed: Queue[None] = Queue()
        self.push = Push(url, via=via, heard=self.heard.put, changed=lambda: self.changed.put(None), patience=patience)

    def hears(self) -> str:
        """The next message; fails the test where none comes."""
        return self.heard.get(timeout=5).decode()

    def is_told_of_a_change(self) -> bool:
        self.changed.get(timeout=5)
        return True


@pytest.fixture(scope="session")
def ca() -> Certificate:
    return certificate("The company's root")


@pytest.fixture(scope="session")
def server_certificate(ca: Certificate) -> Certificate:
    return certificate("server", issuer=ca, hosts=("127.0.0.1",))


@pytest.fixture
def server(server_certificate: Certificate, tmp_path: Path) -> Iterator[PushServer]:
    """A push server over TLS."""
    running = PushServer()
    with pushing(running, server_certificate.context(tmp_path)):
        yield running


@pytest.fixture
def plain_server() -> Iterator[PushServer]:
    """A push server without TLS."""
    running = PushServer()
    with pushing(running, None):
        yield running


@pytest.fixture
def serve(server_certificate: Certificate, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server that hands each connection to a function; returns its address. `tls=False`: without TLS."""
    with ExitStack() as stack:

        def start(handler: Handler, *, scheme: str = "wss", tls: bool = True) -> str:
            context = server_certificate.context(tmp_path) if tls else None
            return f"{scheme}://127.0.0.1:{stack.enter_context(serving(handler, context))}"

        yield start


@pytest.fixture
def listener(ca: Certificate) -> Iterator[Listen]:
    """Makes listeners, who trust the company's root unless told otherwise, and closes them when the test ends."""
    made: list[Listener] = []

    def make(
        url: str,
        *,
        ca_pem: str | None = ca.public.decode(),
        patience: Patience = BRIEF,
        login: Login | None = None,
    ) -> Listener:
        made.append(Listener(url, Via(ca_pem, login), patience))
        return made[-1]

    before = set(threading.enumerate())
    yield make
    for one in made:
        one.push.close()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "push":
            thread.join(5)
            assert not thread.is_alive()
