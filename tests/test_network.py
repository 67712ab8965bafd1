"""Which network this machine is in."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from enroller import network

ROOT = Path(__file__).parent.parent


def test_the_way_out_is_looked_up_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Way:
        def __init__(self, family: int, kind: int) -> None:
            assert kind == socket.SOCK_DGRAM, "connecting such a socket sends nothing: udp(7)"
            self.family = family

        def __enter__(self) -> "Way":
            return self

        def __exit__(self, *_: object) -> None:
            asked.append(self.family)

        def connect(self, _: tuple[str, int]) -> None:
            if self.family == socket.AF_INET6:
                raise OSError(101, "Network is unreachable")

        def getsockname(self) -> tuple[str, int]:
            return "192.168.1.17", 40_000

    monkeypatch.setattr(socket, "socket", Way)
    assert network.local_addresses() == ("192.168.1.17",)
    assert asked == [socket.AF_INET, socket.AF_INET6], "each is closed"


def test_here_it_ends_in_addresses_or_none() -> None:
    for address in network.local_addresses():
        assert socket.getaddrinfo(address, None, flags=socket.AI_NUMERICHOST)


def test_a_machine_without_a_network_has_none() -> None:
    command = ["unshare", "--net", sys.executable, "-c", "from enroller.network import *; print(local_addresses())"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr or os.name != "posix":
        pytest.skip("a network namespace is root's to make")
    assert done.stdout.strip() == "()", done.stderr
