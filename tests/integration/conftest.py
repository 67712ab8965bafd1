"""The command `enroller` as its users have it: a process of its own, against the sandbox over TLS."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from enroller import keys
from enroller.app import App
from enroller.model import Asked, KeyType, Protection
from enroller.sandbox.server import Sandbox
from enroller.sandbox.world import RequestState
from enroller.vault import Unlock
from tests.conftest import API_KEY
from tests.fakes import api_key

ROOT = Path(__file__).parent.parent.parent
INTERVAL = 0.05
"""Seconds between two polls; a person would take 5."""

PATIENCE = 20.0
"""Seconds after which a command that should have said something is stuck."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[Event]:
        """What `--json` said, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> Any:
        """What `--json` said, as one document."""
        return json.loads(self.out)

    def event(self, name: str) -> Event:
        """The only event of that name."""
        (found,) = (event for event in self.events if event["event"] == name)
        return found


class Running:
    """A command that is under way; what it says is read as it comes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._said: SimpleQueue[str] = SimpleQueue()
        self._out: list[str] = []
        self._err: list[str] = []
        self._readers = [threading.Thread(target=self._read_out), threading.Thread(target=self._read_err)]
        for reader in self._readers:
            reader.start()

    def until(self, name: str, **members: object) -> Event:
        """The next event of that name (with those members). Fails where the command ends or hangs before it."""
        while True:
            try:
                line = self._said.get(timeout=PATIENCE)
            except Empty:
                line = ""
            if not line:
                pytest.fail(f"no {name} {members}; it said {self._out}\n{''.join(self._err)}")
            event: Event = json.loads(line)
            if event["event"] == name and all(event[key] == value for key, value in members.items()):
                return event

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """As Ctrl-C does, or a system that shuts down."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()

    def end(self) -> Done:
        """Waits for its end."""
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"it does not end; it said {self._out}\n{''.join(self._err)}")
        for reader in self._readers:
            reader.join()
        return Done(status, "".join(self._out), "".join(self._err))

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        self.end()

    def _read_out(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._out.append(line)
                self._said.put(line)
        self._said.put("")

    def _read_err(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            self._err.extend(stream)


class Cli:
    """Runs `enroller` with a data folder of the test's own. `secrets` must never appear where they do not belong.

    `through`: a program and its options that starts it in other surroundings.
    """

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.through: tuple[str, ...] = ()
        self.secrets = [API_KEY]
        self._running: list[Running] = []

    def start(self, *arguments: str, stdin: str | None = None, **environment: str) -> Running:
        """Begins a command."""
        assert not any(secret in argument for argument in arguments for secret in self.secrets)
        process = subprocess.Popen(
            [*self.through, sys.executable, "-m", "enroller", "--data-dir", str(self.data_dir), *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(self.data_dir.parent), **environment},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if stdin is not None:
            assert process.stdin is not None
            with process.stdin as stream:
                stream.write(stdin)
        self._running.append(Running(process))
        return self._running[-1]

    def run(self, *arguments: str, stdin: str | None = None, **environment: str) -> Done:
        """Runs a command to its end."""
        return self.start(*arguments, stdin=stdin, **environment).end()

    def folders(self) -> list[Path]:
        """The enrollments on disk."""
        return sorted((self.data_dir / "enrollments").iterdir())

    def close(self) -> None:
        for running in self._running:
            running.close()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command; when the test is over, no secret has got into the public files or the log."""
    cli = Cli(tmp_path)
    yield cli
    cli.close()
    public = [*cli.data_dir.glob("logs/*"), *cli.data_dir.glob("enrollments/*/enrollment.json*")]
    for path in public:
        content = path.read_text()
        assert not any(secret in content for secret in cli.secrets), path


Enroll = Callable[..., tuple[str, ...]]


@pytest.fixture
def enroll(sandbox: Sandbox, api_key_file: Path) -> Enroll:
    """The arguments of an enrollment with the sandbox that asks often."""
    return lambda *more: enroll_with(sandbox, api_key_file, *more)


def enroll_with(sandbox: Sandbox, api_key_file: Path, *more: str) -> tuple[str, ...]:
    """The arguments of an enrollment with that sandbox."""
    where = ("--server", sandbox.url, "--ca-file", str(sandbox.ca_file), "--api-key-file", str(api_key_file))
    what = ("--client-id", "laptop-17", "--protect", "file", "--poll-interval", str(INTERVAL))
    return ("enroll", "--json", *where, *what, *more)


def approve_pending(sandbox: Sandbox) -> int:
    """The administrator approves whatever waits; returns how many that were."""
    pending = [seen for seen in sandbox.world.requests() if seen.state is RequestState.PENDING]
    for seen in pending:
        sandbox.world.approve(seen.id)
    return len(pending)


@pytest.fixture
def enrolled(cli: Cli, sandbox: Sandbox) -> Cli:
    """A device that is enrolled with the sandbox; no process was needed for it, which is quicker."""
    app = App(cli.data_dir)
    asked = Asked(
        server=sandbox.url,
        client_id="laptop-17",
        ca_file=str(sandbox.ca_file),
        poll_interval=INTERVAL,
        protection=Protection.FILE,
    )
    key = keys.generate(KeyType.ED25519, rsa_bits=3072, device=asked.client_id, now=time.time())
    sandbox.world.set_trust(True)
    with app.create(asked, key, api_key(API_KEY), Unlock()) as opened:
        assert app.run(opened, inbox=SimpleQueue(), publish=lambda _: None) is None
        grant = opened.enrollment.grant
        assert grant is not None
        cli.secrets += [grant.access_token.reveal(), key.private_key.reveal()]
    sandbox.world.set_trust(False)
    return cli


@pytest.fixture
def stale(enrolled: Cli) -> Cli:
    """The same, an hour later: the access token has ended."""
    age(enrolled, 3601)
    return enrolled


def age(cli: Cli, seconds: float) -> None:
    """Makes the token of the only enrollment that much older."""
    with App(cli.data_dir).vault.open(cli.folders()[0].name, Unlock()) as opened:
        grant = opened.enrollment.grant
        assert grant is not None
        past = replace(grant, issued_at=grant.issued_at - seconds, expires_at=grant.expires_at - seconds)
        opened.save(replace(opened.enrollment, grant=past))
