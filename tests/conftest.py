"""What every test may use: a surrounding without the machine's own settings, and a sandbox on real sockets."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from enroller.http import trust
from enroller.sandbox.server import Options, Sandbox
from enroller.settings import here
from installer.display import own_display

# A busy machine makes a slow example, not a wrong one; a run finds the same examples each time.
settings.register_profile("enroller", deadline=None, derandomize=True, database=None)
settings.load_profile("enroller")

# What stands outside test files explains its failed assertions as well.
pytest.register_assert_rewrite("tests.fakes", "tests.session_steps", "tests.services.contract", "tests.http.asking")

# A shell's background job ignores Ctrl-C, and so would every program that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

API_KEY = "an-api-key-for-tests"
PASSWORD = "a-password-for-tests"

_OURS = ("ENROLLER_API_KEY", "ENROLLER_DATA_DIR", "REQUEST_METHOD")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")

_OF_THIS_WORKER = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Where several processes share the tests, each has a display: a display has one window with the focus."""
    if hasattr(config, "workerinput"):
        log = Path(__file__).parent.parent / ".dev" / "displays.txt"
        log.parent.mkdir(exist_ok=True)
        env = _OF_THIS_WORKER.enter_context(own_display(os.environ, log))
        for name in os.environ.keys() - env.keys():
            del os.environ[name]
        os.environ.update(env)


def pytest_unconfigure() -> None:
    """The display goes with its worker."""
    _OF_THIS_WORKER.close()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, API key or data folder of whoever runs the tests."""
    for name in (*_OURS, *_PROXIES, *(proxy.upper() for proxy in _PROXIES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_settings_of_another_test() -> Iterator[None]:
    """What an administrator has decided is read once for a process, and a test's process goes on."""
    yield
    here.current.cache_clear()
    trust.managed_roots.cache_clear()


@pytest.fixture(scope="session")
def _endings() -> Iterator[list[threading.Thread]]:
    """Sandboxes that are ending: each takes a fifth of a second, for which no test has to wait."""
    endings: list[threading.Thread] = []
    yield endings
    for ending in endings:
        ending.join()


@pytest.fixture
def sandbox(_endings: list[threading.Thread]) -> Iterator[Sandbox]:
    """A fresh SAFEQ Cloud over TLS on a free port of loopback, with `API_KEY`; it takes a tenth of a second.

    `sandbox.url` and `sandbox.ca_file` are what a client needs. `sandbox.world` is the administrator: `requests()` (the
    newest first), `approve(id)`, `reject(id)`, `expire(id)`, `set_trust(True)`, `rotate_api_key(new)`,
    `forget_tokens(client_id)`, `remove(client_id)`, `inject(fault, count, path, seconds)`, and `counts()` of what was
    asked.
    """
    running = Sandbox(Options(port=0, admin_port=0, api_key=API_KEY, password=PASSWORD))
    running.start()
    yield running
    _endings.append(threading.Thread(target=running.stop))
    _endings[-1].start()


@pytest.fixture(scope="session")
def openssl() -> str:
    """The openssl command, an independent reader of our keys."""
    return required_program("openssl")


def required_program(name: str) -> str:
    """Where `name` is; skips the test, or fails it where CI runs, if it is missing."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI must not skip what needs it")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def api_key_file(tmp_path: Path) -> Path:
    """A file with `API_KEY`, as a technician has it."""
    path = tmp_path / "api-key.txt"
    path.write_text(API_KEY + "\n")
    return path


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """A file with `PASSWORD`, as a technician has it."""
    path = tmp_path / "password.txt"
    path.write_text(PASSWORD + "\n")
    return path
