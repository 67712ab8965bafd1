"""What a technician does with an installed Enroller, whatever it was installed from, and what has to be true of it."""

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.linux.proof.chroot import USER, Chroot
from installer.release import Build
from installer.steps import Problem, stop

API_KEY = "proof-of-an-installation"
DATA = f"home/{USER}/.local/share/enroller"


@dataclass(frozen=True)
class Service:
    """A sandbox that approves everything: its address, and the file with its root certificate."""

    address: str
    ca_file: Path


@contextmanager
def service(build: Build) -> Iterator[Service]:
    """A sandbox out here, which programs in the clean system reach: they have the same loopback. Raises Problem."""
    ca_file = build.work / "sandbox-ca.pem"
    options = ["--port", "0", "--admin-port", "0", "--trust", "--api-key", API_KEY, "--ca-out", str(ca_file), "--json"]
    command = [str(build.checkout.python), "-m", "enroller", "sandbox", *options]
    with subprocess.Popen(command, cwd=build.checkout.root, env=build.env, stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else b""
            if not line:
                raise Problem("The sandbox for the proof did not start.")
            yield Service(json.loads(line)["service_url"], ca_file)
        finally:
            stop(process)


@dataclass(frozen=True)
class Journey:
    """The ordinary user's way with the program at `program` (and `program`-wizard) in a clean system."""

    chroot: Chroot
    service: Service
    display: Mapping[str, str]
    program: str

    def run(self, title: str, *arguments: str) -> str:
        return self.chroot.run(title, self.program, *arguments, user=True, env=self.display)

    def look_at_itself(self, version: str) -> None:
        """The program says its version, finds itself whole, and opens its window."""
        told = self.run("It says its version", "--version").strip()
        if told != f"enroller {version}":
            raise Problem(f"It calls itself {told!r} and not {version}.")
        examined = json.loads(self.run("It examines itself", "self-test", "--json"))
        failed = [check for check in examined["checks"] if not check["ok"]]
        if not examined["ok"] or failed or not any(check["name"] == "window" for check in examined["checks"]):
            raise Problem(f"The self-test is not content: {failed or examined}")
        wizard = (f"{self.program}-wizard", "--exit-after-start")
        self.chroot.run("It opens its window", *wizard, user=True, env=self.display)

    def enroll(self) -> None:
        """The device is enrolled with the sandbox, and a token comes."""
        ca_file = self.chroot.put(self.service.ca_file, "/opt/ca.pem")
        key = self.chroot.root / "opt" / "key.txt"
        key.write_text(f"{API_KEY}\n")
        key.chmod(0o644)
        said = self.run(
            "It enrolls the device",
            *("enroll", "--server", self.service.address, "--api-key-file", "/opt/key.txt"),
            *("--ca-file", ca_file, "--protect", "file", "--poll-interval", "1", "--json"),
        )
        events = [json.loads(line)["event"] for line in said.splitlines()]
        if events[-1:] != ["saved"]:
            raise Problem(f"The enrollment ended with {events[-1:]} and not with “saved”.")
        self.get_token()

    def get_token(self) -> None:
        """What was enrolled before gives a token."""
        if not self.run("It gives a token", "token").strip():
            raise Problem("The token is empty.")

    def kept(self) -> dict[str, str]:
        """The user's credentials: the files, and sums of what is in them."""
        folder = self.chroot.root / DATA / "enrollments"
        files = [file for file in sorted(folder.rglob("*.json")) if file.is_file()]
        return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def require_kept(before: Mapping[str, str], after: Mapping[str, str], what: str) -> None:
    """Raises Problem where a user's credentials are not what they were."""
    if not before or before != after:
        raise Problem(f"After {what} the user's credentials are not what they were: {sorted(set(before) ^ set(after))}")


def require_gone(before: set[str], after: set[str], what: str) -> None:
    """Raises Problem where something is left in the system, or is missing, that was not so before."""
    if before != after:
        raise Problem(f"After {what} the system differs: {sorted(before ^ after)[:10]}")
