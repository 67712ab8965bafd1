"""Running programs and reading what they cost, from /proc (proc(5), Linux)."""

import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def seconds_of(command: Sequence[str]) -> float:
    """How long one run takes. Raises CalledProcessError."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def medians(rounds: int, *commands: Sequence[str]) -> list[float]:
    """The median time of each command; they take turns, so that noise meets all of them alike."""
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(rounds + 1):
        for command, taken in zip(commands, times, strict=True):
            taken.append(seconds_of(command))
    return [statistics.median(taken[1:]) for taken in times]  # the first round warms the caches


@contextmanager
def running(command: Sequence[str], seconds: float) -> Iterator[int]:
    """The process id of a program that has been running for `seconds`; it is ended afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(seconds)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def resident(pid: int) -> float:
    """MiB of memory in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS in /proc")


class SandboxProcess:
    """A sandbox in a process of its own, so that its work is not counted as the window's."""

    def __init__(self, folder: Path) -> None:
        ca_file = folder / "ca.pem"
        command = [sys.executable, "-m", "enroller", "sandbox", "--json", "--port", "0", "--admin-port", "0"]
        self._process = subprocess.Popen([*command, "--ca-out", str(ca_file)], stdout=subprocess.PIPE, text=True)
        if self._process.stdout is None:
            raise RuntimeError("the sandbox has no output")
        told = json.loads(self._process.stdout.readline())
        self.url: str = told["service_url"]
        self.ca_file: str = told["ca_file"]
        self.api_key: str = told["api_key"]
        self._admin: str = told["admin_url"]

    def inject(self, fault: str, path: str) -> None:
        """Makes calls of `path` fail like that until it is cleared."""
        self._call("POST", "api/faults", {"fault": fault, "path": path, "count": None})

    def clear(self) -> None:
        """No more faults."""
        self._call("DELETE", "api/faults", None)

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._admin + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            answer.read()
