"""The services on this machine's loopback, which the programs in wine enroll with."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.release import Build
from installer.steps import Problem, stop


@dataclass(frozen=True)
class Services:
    """Where SAFEQ Cloud's stand-in is, what it takes, and whom to trust."""

    server: str
    key_file: Path
    ca_file: Path


@contextmanager
def sandbox(build: Build, folder: Path) -> Iterator[Services]:
    """The sandbox, which approves by itself; it ends with the block. Raises Problem where it does not begin."""
    ca_file, key_file = folder / "ca.pem", folder / "key.txt"
    key_file.write_text("a key for the proof")
    command = [str(build.checkout.python), "-m", "enroller", "sandbox", "--json", "--trust", "--port", "0"]
    options = ["--admin-port", "0", "--api-key", key_file.read_text(), "--ca-out", str(ca_file)]
    with build.steps.log.open("ab") as log:
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=log, env=dict(build.env), cwd=build.checkout.root
        )
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise Problem(f"The sandbox did not begin. Its words: {build.steps.log}")
        # By its name: wine 8 compares a certificate's names with names alone.
        server = json.loads(line)["service_url"].replace("127.0.0.1", "localhost")
        yield Services(server, key_file, ca_file)
    finally:
        stop(process)
