"""A defect of ours, wherever it strikes: what is said of it holds no secret, and no memory reaches the disk."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from enroller.sandbox.server import Sandbox
from tests.secrets.conftest import API_KEY, MISTYPED, PASSPHRASE, PASSWORD, PROXY_PASSWORD, Program
from tests.secrets.crashing import POINTS
from tests.secrets.processes import DEVELOPED, ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc as Linux has them")

QUIET = {"the channel", "a finalizer"}
"""Points whose breaking does not end the command: outcomes are asked for as well."""


def enroll(program: Program, sandbox: Sandbox, point: str) -> list[str]:
    """The arguments of an enrollment that comes past that point."""
    where = ("--service", "privicore", "--server", sandbox.privicore_url, "--ca-file", str(sandbox.ca_file))
    who = ("--username", sandbox.privicore.username, "--password-file", program.file("password", PASSWORD))
    more = ("--websocket-url", sandbox.websocket_url, "--poll-interval", "0.05", "--approve", "--timeout", "20")
    return ["enroll", *where, *who, *more, "--protect", "keyring" if point == "the key store" else "file"]


def breaking(program: Program, point: str, how: str) -> dict[str, str]:
    """The environment that makes the command break."""
    secrets = program.file("in-the-error", " ".join((API_KEY, PASSWORD, PASSPHRASE, PROXY_PASSWORD, MISTYPED)))
    return {"CRASH_AT": point, "CRASH_HOW": how, "CRASH_WITH": secrets}


@pytest.mark.parametrize("how", ["raise", "raise from"])
@pytest.mark.parametrize("point", POINTS)
def test_an_error_that_nobody_expected(point: str, how: str, program: Program, sandbox: Sandbox) -> None:
    sandbox.privicore.lag = 0.2
    options = enroll(program, sandbox, point)
    done = program.run(*options, module="tests.secrets.crashing", env=breaking(program, point, how))
    expected = 8 if point == "the key store" else 0 if point in QUIET else 1
    assert done.status == expected, done.err.decode()
    assert b"Traceback" not in done.err
    if expected != 8:
        assert b"in crashing.py, line" in done.err, "it was not broken there"


@pytest.mark.parametrize(("how", "number"), [("abort", signal.SIGABRT), ("segfault", signal.SIGSEGV)])
def test_the_end_of_the_process(how: str, number: signal.Signals, program: Program, sandbox: Sandbox) -> None:
    env = breaking(program, "the request", how)
    options = enroll(program, sandbox, "the request")
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard != resource.RLIM_INFINITY:
        pytest.skip("this process may not allow core dumps")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # the child inherits it
    try:
        done = program.run(*options, module="tests.secrets.crashing", env=env)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert done.status == -number
    assert b"Current thread" in done.err, "faulthandler has said where"
    assert not list(program.base.glob("core*"))


DUMPS = """
import os, signal, sys
from enroller import core_dumps
if sys.argv[1] == "prevented":
    core_dumps.prevent()
os.kill(os.getpid(), signal.SIGSEGV)
"""


def crash(folder: Path, how: str) -> int:
    """How many core dumps a process leaves that crashes in `folder`."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    subprocess.run(
        [sys.executable, "-c", DUMPS, how],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited),
        check=False,
    )
    return len(list(folder.iterdir()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may lift a limit")
def test_a_core_dump_is_prevented_that_there_would_have_been(tmp_path: Path) -> None:
    if Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "@", "/")):
        pytest.skip("here core dumps go elsewhere")
    assert crash(tmp_path, "allowed") == 1
    for path in tmp_path.iterdir():
        path.unlink()
    assert crash(tmp_path, "prevented") == 0


def test_what_takes_dumps_elsewhere_gets_nothing() -> None:
    ask = """
import resource
from enroller import core_dumps
core_dumps.prevent()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], open("/proc/self/coredump_filter").read().strip())
"""
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    # One byte: the only limit at which Linux hands no dump to a program either.
    assert done.stdout.split() in (["1", "00000000"], ["0", "00000000"])


def test_every_command_begins_with_it(program: Program) -> None:
    script = """
import sys
from enroller import core_dumps
core_dumps.prevent = lambda: sys.exit(77)
from enroller.cli.main import main
sys.argv = ["enroller", *sys.argv[1:]]
main()
"""
    for words in (["list"], ["wizard"], [], ["token"], ["sandbox"], ["enroll", "--server", "x"]):
        done = subprocess.run(
            [sys.executable, *DEVELOPED, "-c", script, *words], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 77, words
