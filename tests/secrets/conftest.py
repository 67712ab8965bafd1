"""A sandbox whose secrets are canaries, the program in a home of its own, and a search that leaves nothing out."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from enroller.errors import Damaged
from enroller.model import Protection, Secret
from enroller.sandbox.server import Options, Sandbox
from enroller.vault import seal
from tests.secrets import processes
from tests.secrets.canaries import Canaries, files_under

API_KEY = "kanari-api/key+ä&1=\"x'"
PASSWORD = "kanari-password/+ö&2=\"y'"
PASSPHRASE = "kanari passphrase/+ü&3=\"z'"
PROXY_PASSWORD = "kanari-proxy/+4=\"q'"
MISTYPED = "kanari-mistyped/+5=\"w'"

REPORT = pytest.StashKey[dict[str, int]]()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Both services; what lets somebody ask there is a canary."""
    with Sandbox(Options(port=0, admin_port=0, api_key=API_KEY, password=PASSWORD)) as running:
        yield running


@cache
def key_of(opener: seal.Scrypt) -> bytes:
    """The key that the passphrase gives, worked out once: it takes half a second."""
    return opener.derive(Secret(PASSPHRASE))


@dataclass
class Program:
    """The command, as a technician types it. After each run everything that it left is searched.

    `base`: its home, its temporary files and its data are in there. `given`: where the files with secrets are, which
    the technician has made.
    """

    base: Path
    given: Path
    canaries: Canaries
    protection: Protection = Protection.FILE
    places: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("runs", "files", "streams", "processes"), 0))

    @property
    def data(self) -> Path:
        return self.base / "data"

    def file(self, name: str, secret: str) -> str:
        """A file with a secret in it."""
        path = self.given / name
        path.write_text(secret + "\n", encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    def only(self) -> str:
        """The id of the only enrollment."""
        (folder,) = (self.data / "enrollments").iterdir()
        return folder.name

    def run(
        self,
        *arguments: str,
        module: str = "enroller",
        prints_secrets: bool = False,
        python: tuple[str, ...] = processes.DEVELOPED,
        interrupt_at: bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> processes.Ended:
        """One command, with everything searched afterwards. `prints_secrets`: on its standard output, as is its job."""
        command = ["--data-dir", str(self.data), "--verbose", *arguments]
        done = processes.run(
            command, module=module, folder=self.base, python=python, interrupt_at=interrupt_at, env=env
        )
        self._learn()
        self._search(" ".join(arguments[:1]), done, prints_secrets=prints_secrets)
        return done

    def _learn(self) -> None:
        """Notes what the service and the program have made meanwhile, from each generation that is stored."""
        for path in self.data.glob("enrollments/*/sealed.json*"):
            with suppress(Damaged):  # by the test's own hand
                envelope = seal.read(path.read_bytes(), path.parent.name)
                key = key_of(envelope.opener) if isinstance(envelope.opener, seal.Scrypt) else b""
                if key:
                    self.canaries.add("the key of the seal", key)
                self.canaries.add_all_of(envelope.unseal(key))

    def _search(self, command: str, done: processes.Ended, *, prints_secrets: bool) -> None:
        places = {"standard error": done.err} | ({} if prints_secrets else {"standard output": done.out})
        self.places["streams"] += len(places)
        self.places["processes"] += len(done.seen)
        found = [path for path in files_under(self.base) if not self._may_hold(path)]
        self.places["files"] += len(found)
        self.places["runs"] += 1
        paths = "\n".join(str(path.relative_to(self.base)) for path in self.base.rglob("*"))
        places |= {**done.seen, "names of files": os.fsencode(paths)}
        places |= {str(path.relative_to(self.base)): path.read_bytes() for path in found}
        leaks = {place: names for place, content in places.items() if (names := self.canaries.found_in(content))}
        assert not leaks, f"{command}: {leaks}"

    def _may_hold(self, path: Path) -> bool:
        """The sealed file of who chose the plain one."""
        return self.protection is Protection.FILE and path.name.startswith("sealed.json")


@pytest.fixture
def program(tmp_path: Path, sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Program]:
    """The command and the search, in fresh folders."""
    base, given = tmp_path / "home", tmp_path / "given"
    base.mkdir()
    given.mkdir()
    canaries = Canaries()
    for name, secret in {
        "the API key": API_KEY,
        "the password": PASSWORD,
        "the passphrase": PASSPHRASE,
        "the proxy's password": PROXY_PASSWORD,
        "what was mistyped": MISTYPED,
    }.items():
        canaries.add(name, secret)
    program = Program(base, given, canaries)
    yield program
    report = request.config.stash.setdefault(REPORT, {})
    counted = {"forms": canaries.forms, "secrets": len(canaries.names), "places": canaries.searched}
    for name, number in {**program.places, **counted, "looks": canaries.forms * canaries.searched}.items():
        report[name] = report.get(name, 0) + number


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures for the README."""
    report = config.stash.get(REPORT, {})
    if report:
        terminalreporter.write_line(
            f"canaries: {report['secrets']} secrets in {report['forms']} forms, looked for in {report['places']} "
            f"places ({report['files']} files, {report['streams']} outputs, {report['processes']} arguments and "
            f"environments of {report['runs']} runs): {report['looks']} looks"
        )
