"""A window on a real display over a real sandbox, and somebody in front of it."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from enroller.app import App
from enroller.errors import Interrupted
from enroller.gui.bridge import Bridge
from enroller.gui.prefill import Prefill
from enroller.gui.wizard import EnrollWizard
from enroller.model import Asked, Credential, CredentialKind, Protection, Secret, ServiceName
from enroller.sandbox.server import Sandbox
from enroller.steps import Leave
from tests.conftest import API_KEY
from tests.gui.person import Person
from tests.gui.stories import Open

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    if os.environ.get("CI"):
        raise RuntimeError("the window's tests need a display, and CI must not skip them")
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where the windows of a test keep their enrollments."""
    return tmp_path / "data"


@pytest.fixture
def open_window(qtbot: QtBot, data_dir: Path) -> Iterator[Open]:
    """Opens windows, which are gone with the test; each of their questions was expected."""
    defects: list[BaseException] = []
    people: list[Person] = []

    def open_one(prefill: Prefill | None = None) -> Person:
        window = EnrollWizard(App(data_dir), Bridge(defects.append), prefill)
        person = Person(qtbot, window)
        people.append(person)
        window.show()
        qtbot.waitActive(window, timeout=10_000).__enter__()
        person.waits_until(window.isActiveWindow, "the window to be active")
        return person

    yield open_one
    for person in people:
        person.window.abandon(Leave(Interrupted()))
        person.leaves()
    for thread in threading.enumerate():
        if thread.name == "engine":
            thread.join(20)
    assert not defects
    assert not [answer for person in people for answer in person.answers], "a question was not asked"


@pytest.fixture
def filled(sandbox: Sandbox) -> Prefill:
    """The form with all that the sandbox asks for, a plain file for the secrets, and quick polls."""
    asked = Asked(
        server=sandbox.url,
        client_id="laptop-17",
        description="Reception laptop 7",
        ca_file=str(sandbox.ca_file),
        poll_interval=0.2,
        protection=Protection.FILE,
    )
    return Prefill(asked, Credential(CredentialKind.API_KEY, Secret(API_KEY)))


@pytest.fixture
def filled_privicore(sandbox: Sandbox) -> Prefill:
    """The form with all that Privicore asks for: an account and its password."""
    asked = Asked(
        service=ServiceName.PRIVICORE,
        server=sandbox.privicore_url,
        device_name="laptop-17",
        username=sandbox.privicore.username,
        ca_file=str(sandbox.ca_file),
        poll_interval=0.2,
        protection=Protection.FILE,
    )
    return Prefill(asked, Credential(CredentialKind.PASSWORD, Secret(sandbox.privicore.password)))
