"""The way to the service on the server's page: a line for each check as it is done, and when it goes on by itself."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from enroller.app import App
from enroller.errors import ConnectionFailed
from enroller.gui import work
from enroller.gui.one_line import OneLine
from enroller.gui.prefill import Prefill
from enroller.preflight import NAMES, Check, Target, Verdict
from enroller.sandbox.faults import Fault
from enroller.sandbox.server import Sandbox
from tests.gui.person import Person
from tests.gui.stories import Open, goes_to, with_asked

PROXY = Check("proxy", Verdict.PASSED, "There is no proxy.")
NAME = Check("name", Verdict.PASSED, "gateway.acme.example has one address.")
CLOCK = Check("clock", Verdict.NOTED, "This device's clock is 3 minutes behind.")
REFUSED = Check("connection", Verdict.FAILED, "Nobody answers.", ConnectionFailed("Nobody answers at port 7400."))
SKIPPED = Check("tls", Verdict.SKIPPED, "Could not be asked.")


class Examination:
    """Finds what it is told, each only when it is let on; remembers what it was asked."""

    def __init__(self) -> None:
        self.finds: list[Check] = []
        self.asked: list[tuple[Target, bool]] = []
        self.gate = threading.Semaphore(0)

    def __call__(
        self, _app: App, target: Target, report: Callable[[Check], None], *, local: bool = True
    ) -> list[Check]:
        self.asked.append((target, local))
        for check in self.finds:
            self.gate.acquire(timeout=20)
            report(check)
        return self.finds

    def goes_on(self, checks: int = len(NAMES)) -> None:
        """Lets so many checks be done."""
        self.gate.release(checks)


@pytest.fixture
def examination(monkeypatch: pytest.MonkeyPatch) -> Iterator[Examination]:
    """In the place of the real one."""
    examination = Examination()
    monkeypatch.setattr(work, "examine", examination)
    yield examination
    examination.goes_on()


@pytest.fixture
def person(open_window: Open, filled: Prefill, examination: Examination) -> Person:
    """Somebody at the form."""
    person = open_window(filled)
    goes_to(person, "Service and server")
    return person


def test_each_line_is_there_as_soon_as_its_check_is_done(person: Person, examination: Examination) -> None:
    examination.finds = [PROXY, NAME]
    person.clicks("Next")
    person.waits_for("Checking the connection to")
    assert not person.sees("There is no proxy.")
    examination.goes_on(1)
    person.waits_for("Proxy", "There is no proxy.", "Checking the connection to")
    assert not person.sees("has one address")
    examination.goes_on(1)
    person.waits_for("Identity of this device")


def test_nothing_is_asked_of_the_store_and_nothing_secret_is_given(person: Person, examination: Examination) -> None:
    person.clicks("Next")
    person.waits_for("Identity of this device")
    [(target, local)] = examination.asked
    assert not local
    assert target.proxy_login is None
    assert "BEGIN CERTIFICATE" in (target.ca_pem or "")


def test_what_is_to_be_noted_stays_until_somebody_goes_on(person: Person, examination: Examination) -> None:
    examination.finds = [PROXY, CLOCK, NAME]
    examination.goes_on()
    person.clicks("Next")
    person.waits_for("The service answers. Please note this, then go on:", "Clock", "3 minutes behind")
    assert person.sees("Service and server")
    person.clicks("Next")
    person.waits_for("Identity of this device")
    assert len(examination.asked) == 1


def test_what_failed_is_explained_and_what_was_skipped_is_not_listed(person: Person, examination: Examination) -> None:
    examination.finds = [PROXY, REFUSED, SKIPPED]
    examination.goes_on()
    person.clicks("Next")
    person.waits_for("Nobody answers at port 7400.", "Check the address and the port.", "Connection")
    assert not person.sees("Could not be asked.")
    person.clicks("Next")
    person.waits_for("Nobody answers at port 7400.")
    assert len(examination.asked) == 2, "Next asks once more"


def test_each_line_says_its_verdict_to_who_cannot_see_the_icon(person: Person, examination: Examination) -> None:
    examination.finds = [PROXY, CLOCK]
    examination.goes_on()
    person.clicks("Next")
    person.waits_for("Please note this", "Clock")
    said = [label.accessibleName() for label in person.seen(QLabel)]
    assert {"passed", "to be noted", CLOCK.found} <= set(said)


def test_another_address_makes_the_lines_go(person: Person, examination: Examination) -> None:
    examination.finds = [PROXY, REFUSED]
    examination.goes_on()
    person.clicks("Next")
    person.waits_for("Nobody answers at port 7400.")
    person.enters("Server address", "other.example")
    assert not person.sees("There is no proxy.")
    assert not person.sees("Nobody answers")


def test_stop_drops_what_comes_late(person: Person, examination: Examination) -> None:
    examination.finds = [PROXY, NAME]
    person.clicks("Next")
    person.clicks("Stop")
    examination.goes_on()
    person.enters("Server address", "other.example")
    person.waits_until(lambda: not person.sees("Checking the connection"), "the check to stop")
    assert not person.sees("There is no proxy.")
    assert person.can_press("Next")


class TestForReal:
    def test_all_lines_pass_and_it_goes_on(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(filled)
        goes_to(person, "Identity of this device")
        assert person.sees("Identity of this device")

    def test_a_login_page_is_found_behind_all_that_works(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox
    ) -> None:
        person = open_window(filled)
        goes_to(person, "Service and server")
        sandbox.world.inject(Fault.LOGIN_PAGE)
        person.clicks("Next")
        person.waits_for("Open a browser, sign in to this network", "Certificate", "Login page")

    def test_a_name_that_nobody_has(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(with_asked(filled, server="gateway.acme.invalid"))  # RFC 6761, section 6.4
        goes_to(person, "Service and server")
        person.clicks("Next")
        person.waits_for("gateway.acme.invalid", "Fill in the rest first", "Name")


def test_what_a_server_has_put_into_a_line_is_no_html_in_its_tool_tip(qtbot: QtBot) -> None:
    line = OneLine("issued by “<img src='file:///etc/passwd'>”" + " and so on" * 30)
    qtbot.addWidget(line)
    line.resize(100, 20)
    line.show()
    assert "<img" not in line.toolTip()
    assert "&lt;img" in line.toolTip()
