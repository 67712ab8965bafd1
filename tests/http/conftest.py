"""Servers with certificates of a company's own authority."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http.asking import Serve
from tests.http.servers import Certificate, Handler, certificate, serving


@pytest.fixture(scope="session")
def ca() -> Certificate:
    return certificate("The company's root")


@pytest.fixture(scope="session")
def server_certificate(ca: Certificate) -> Certificate:
    return certificate("server", issuer=ca, hosts=("127.0.0.1", "localhost"))


@pytest.fixture
def ca_file(ca: Certificate, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ca.public)
    return str(path)


@pytest.fixture
def serve(server_certificate: Certificate, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server with a handler; returns its address. `shown=None`: plain HTTP."""
    with ExitStack() as stack:

        def start(
            handler: Handler,
            shown: Certificate | ssl.SSLContext | None = server_certificate,
            *,
            host: str = "127.0.0.1",
        ) -> str:
            context = shown.context(tmp_path) if isinstance(shown, Certificate) else shown
            return f"{'https' if shown else 'http'}://{host}:{stack.enter_context(serving(handler, context))}"

        yield start
