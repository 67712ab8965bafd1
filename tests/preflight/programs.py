"""Real proxies on free ports of loopback: one that inspects (mitmproxy), one that wants a password (tinyproxy)."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import required_program
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
MITMDUMP = ROOT / ".dev" / "mitmproxy" / ("Scripts/mitmdump.exe" if sys.platform == "win32" else "bin/mitmdump")
STARTING = 30.0
"""Seconds that a program may take until it listens, on a busy machine."""


@contextmanager
def mitmproxy(folder: Path, upstream_ca: Path) -> Iterator[tuple[str, Path]]:
    """A proxy that re-signs every certificate; its address, and its own root. `upstream_ca`: whom it trusts itself."""
    if not MITMDUMP.exists():
        missing = "mitmproxy is missing; `dev.py test` makes its environment"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    port = free_port()
    options = ("--set", f"confdir={folder}", "--set", f"ssl_verify_upstream_trusted_ca={upstream_ca}")
    command = [str(MITMDUMP), "--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(port), *options]
    with running(command, port):
        yield f"http://127.0.0.1:{port}", folder / "mitmproxy-ca-cert.pem"


@contextmanager
def tinyproxy(folder: Path, name: str, password: str) -> Iterator[str]:
    """A proxy that tunnels for who brings a name and a password (Basic); its address."""
    program, port = required_program("tinyproxy"), free_port()
    settings = folder / "tinyproxy.conf"
    settings.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 30\nBasicAuth {name} {password}\n")
    with running([program, "-d", "-c", str(settings)], port):
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """The program, from when it listens until the test ends."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as program:
        try:
            until(lambda: _listens(port) or program.poll() is not None, f"{command[0]} does not listen", STARTING)
            assert program.poll() is None, f"{command[0]} has ended with {program.returncode}"
            yield
        finally:
            program.terminate()
            program.wait(10)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
