"""A whole life of an enrollment, at both services: no secret gets anywhere but into the sealed file.

After each command every file under its home, its output, its arguments and its children's surroundings are searched
for every secret in every form; `conftest.py` says where exactly.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote

import pytest

from enroller.model import Protection
from enroller.sandbox.privicore.values import DeviceState
from enroller.sandbox.server import Sandbox
from enroller.sandbox.world import RequestState
from tests.http.servers import certificate, proxying, request, serving
from tests.secrets.conftest import API_KEY, MISTYPED, PASSPHRASE, PASSWORD, PROXY_PASSWORD, Program
from tests.secrets.processes import ROOT

INTERVAL = ("--poll-interval", "0.05")


@pytest.fixture
def by_passphrase(program: Program) -> Program:
    """The program; what is stored is sealed, so that no file at all may show a secret."""
    program.protection = Protection.PASSPHRASE
    return program


def opening(program: Program, secret: str = PASSPHRASE) -> tuple[str, ...]:
    """The options that open what is stored."""
    if program.protection is Protection.FILE:
        return ()
    return ("--passphrase-file", program.file("passphrase", secret))


def safeq(program: Program, sandbox: Sandbox, api_key: str = API_KEY) -> tuple[str, ...]:
    """The options of an enrollment with SAFEQ Cloud."""
    where = ("--server", sandbox.url, "--ca-file", str(sandbox.ca_file), "--client-id", "laptop-17")
    key = ("--api-key-file", program.file("api-key", api_key))
    return (*where, *key, *INTERVAL, "--protect", program.protection, *opening(program))


def privicore(program: Program, sandbox: Sandbox, password: str = PASSWORD) -> tuple[str, ...]:
    """The options of an enrollment with Privicore, which tells outcomes by its channel as well."""
    where = ("--service", "privicore", "--server", sandbox.privicore_url, "--ca-file", str(sandbox.ca_file))
    who = ("--username", sandbox.privicore.username, "--password-file", program.file("password", password))
    channel = ("--websocket-url", sandbox.websocket_url)
    return (*where, *who, *channel, *INTERVAL, "--protect", program.protection, *opening(program))


def test_safeq_cloud(program: Program, sandbox: Sandbox) -> None:
    run, ca = program.run, ("--ca-file", str(sandbox.ca_file))
    run("doctor", "--server", sandbox.url, *ca, "--json")
    assert run("enroll", *safeq(program, sandbox, MISTYPED), "--json").status == 6
    assert run("enroll", *safeq(program, sandbox), "--no-wait").status == 3
    for words in (("list",), ("list", "--json"), ("show",), ("show", "--json")):
        assert run(*words).status == 0
    assert run("resume", "--json", interrupt_at=b'"pending"').status == 130
    for seen in sandbox.world.requests():
        if seen.state is RequestState.PENDING:
            sandbox.world.reject(seen.id)
    assert run("resume", "--json").status == 4
    sandbox.world.set_trust(True)
    assert run("enroll", *safeq(program, sandbox)).status == 0
    assert run("token", prints_secrets=True).out.strip()
    assert run("token", "--json", prints_secrets=True).status == 0
    assert run("renew", "--json").status == 0
    assert run("resume", "--json").status == 0
    assert run("configuration").status == 2
    damage(program)
    assert b"not readable" in run("token", prints_secrets=True).err
    assert run("remove", program.only()).status == 0
    assert {"the API key", "grant.access_token", "ticket.device_code", "key.private_key"} <= program.canaries.names


def test_safeq_cloud_by_passphrase(by_passphrase: Program, sandbox: Sandbox) -> None:
    run, opened = by_passphrase.run, opening(by_passphrase)
    assert run("enroll", *safeq(by_passphrase, sandbox), "--no-wait", "--json").status == 3
    for seen in sandbox.world.requests():
        if seen.state is RequestState.PENDING:
            sandbox.world.approve(seen.id)
    assert run("resume", "--json", *opened).status == 0
    assert run("token", *opening(by_passphrase, MISTYPED)).status == 8
    assert run("token", *opening(by_passphrase), prints_secrets=True).status == 0
    damage(by_passphrase)
    assert b"not readable" in run("token", *opened, prints_secrets=True).err
    assert run("show").status == 0


def test_privicore(program: Program, sandbox: Sandbox) -> None:
    run = program.run
    sandbox.privicore.lag = 0.1
    assert run("enroll", *privicore(program, sandbox, MISTYPED), "--json").status == 6
    assert run("enroll", *privicore(program, sandbox), "--no-wait").status == 3
    assert run("show", "--json").status == 0
    assert run("resume", "--json", interrupt_at=b'"pending"').status == 130
    for device in sandbox.privicore.devices():
        if device.state is DeviceState.PENDING:
            sandbox.privicore.reject(device.identifier)
    assert run("resume", "--json").status == 4
    assert run("enroll", *privicore(program, sandbox), "--approve").status == 0
    assert run("token", "--json", prints_secrets=True).status == 0
    assert run("configuration", prints_secrets=True).status == 0
    assert run("configuration", "--get", "client-id").status == 0
    assert run("renew").status == 0
    assert run("show", program.only()).status == 0
    assert run("remove", program.only(), "--at-service").status == 0
    wanted = {"the password", "authorization.token", "configuration.client-secret", "configuration.rabbit-pass"}
    assert wanted <= program.canaries.names


def test_privicore_by_passphrase(by_passphrase: Program, sandbox: Sandbox) -> None:
    run, opened = by_passphrase.run, opening(by_passphrase)
    assert run("enroll", *privicore(by_passphrase, sandbox), "--approve").status == 0
    assert run("configuration", *opened, prints_secrets=True).status == 0
    assert run("renew", "--json", *opened).status == 0
    assert run("remove", by_passphrase.only(), "--at-service", *opened).status == 0


def damage(program: Program) -> None:
    """Changes one character in the middle of the newest generation."""
    (sealed,) = program.data.glob("enrollments/*/sealed.json")
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    sealed.write_bytes(content)


def test_a_password_that_was_used_up_is_in_no_file_at_all(program: Program, sandbox: Sandbox) -> None:
    assert program.run("enroll", *privicore(program, sandbox), "--approve").status == 0
    for path in program.data.rglob("*"):
        if path.is_file():
            assert "the password" not in program.canaries.found_in(path.read_bytes()), path


def test_a_key_from_the_environment_is_used(program: Program, sandbox: Sandbox) -> None:
    sandbox.world.set_trust(True)
    given = safeq(program, sandbox)
    at = given.index("--api-key-file")
    assert program.run("enroll", *given[:at], *given[at + 2 :], env={"ENROLLER_API_KEY": API_KEY}).status == 0


WITH_A_CHILD = """
import subprocess, sys
from enroller.cli import commands
from enroller.cli.main import main
from enroller.gui import start

def child(*_, **__):
    return subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"]).returncode

commands.list_ = start.run = child
sys.argv = ["enroller", *sys.argv[1:]]
sys.exit(main())
"""


@pytest.mark.parametrize("command", ["list", "wizard"])
def test_a_key_from_the_environment_is_in_no_childs(command: str, program: Program) -> None:
    env = {"ENROLLER_API_KEY": API_KEY, "KEPT": "so", "PYTHONPATH": str(ROOT), "HOME": str(program.base)}
    done = subprocess.run([sys.executable, "-c", WITH_A_CHILD, command], env=env, capture_output=True, check=True)
    assert b"'KEPT': 'so'" in done.stdout
    assert program.canaries.found_in(done.stdout) == []


@pytest.mark.parametrize("setting", ["in the address", "by the options"])
def test_a_proxys_password(setting: str, program: Program, sandbox: Sandbox) -> None:
    sandbox.world.set_trust(True)
    right = base64.b64encode(f"joe:{PROXY_PASSWORD}".encode()).decode()
    with serving(proxying(wanted=f"Basic {right}")) as port:
        for secret, status in ((MISTYPED, 7), (PROXY_PASSWORD, 0)):
            who, options = "", ["--proxy-user", "joe", "--proxy-password-file", program.file("proxy", secret)]
            if setting == "in the address":
                who, options = f"joe:{quote(secret, safe='')}@", []
            env = {"https_proxy": f"http://{who}127.0.0.1:{port}"}
            program.run("doctor", "--json", "--server", sandbox.url, "--ca-file", str(sandbox.ca_file), env=env)
            done = program.run("enroll", "--json", *safeq(program, sandbox), *options, "--timeout", "20", env=env)
            assert done.status == status, done.err.decode()


def echoing(status: str, wrap: Callable[[str], str]) -> Callable[..., None]:
    """A service that says back whatever it was sent."""

    def handle(connection: object) -> None:
        body = request(connection).partition(b"\r\n\r\n")[2].decode()  # type: ignore[arg-type]
        said = wrap(body).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n"
        connection.sendall((head + "Connection: close\r\n\r\n").encode() + said)  # type: ignore[attr-defined]

    return handle


def in_description(body: str) -> str:
    sent = " ".join(value for values in parse_qs(body).values() for value in values)
    return json.dumps({"error": "invalid_request", "error_description": f"bad: {sent} / {body}"})


@pytest.mark.parametrize(
    ("status", "wrap"),
    [("400 Bad Request", in_description), ("500 Oops", lambda body: body), ("200 OK", lambda body: body)],
    ids=["as an OAuth error", "as a stack trace", "as an answer"],
)
def test_what_the_service_says_back(
    status: str, wrap: Callable[[str], str], program: Program, sandbox: Sandbox, tmp_path: Path
) -> None:
    shown = certificate("echo", hosts=("127.0.0.1",))
    (tmp_path / "echo.pem").write_bytes(shown.public)
    with serving(echoing(status, wrap), shown.context(tmp_path)) as port:
        where = ("--server", f"https://127.0.0.1:{port}", "--ca-file", str(tmp_path / "echo.pem"))
        key = ("--api-key-file", program.file("api-key", API_KEY), "--protect", "file", *INTERVAL)
        done = program.run("enroll", "--json", *where, *key, "--timeout", "2")
    assert done.status in (6, 7), done
