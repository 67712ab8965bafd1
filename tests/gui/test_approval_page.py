"""The waiting: what is happening in words, what can be done about it, and that nothing ends it by accident."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from enroller.clock import Clock
from enroller.gui.prefill import Prefill
from enroller.model import State
from enroller.sandbox.faults import Fault
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock, Vault
from tests.conftest import API_KEY
from tests.gui.person import Key, Person
from tests.gui.stories import Open, newest, submits, with_asked

DAY = 86_400.0


@pytest.fixture
def person(open_window: Open, filled: Prefill) -> Person:
    """Somebody whose request waits for approval."""
    person = open_window(filled)
    submits(person)
    return person


class TestWhatIsShown:
    def test_how_long_and_for_whom(self, person: Person, sandbox: Sandbox) -> None:
        [request] = sandbox.world.requests()
        assert person.sees("The administrator's turn.", "The request ends in 3 d 0 h", "Next check in")
        assert person.sees("Device: Reception laptop 7", "Client id: laptop-17", f"Server: {sandbox.url}")
        assert person.sees(f"Fingerprint: {request.fingerprint}", f"By telephone: {request.spoken}")

    def test_the_countdown_goes_on(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(with_asked(filled, poll_interval=30.0))
        submits(person)

        def seconds() -> int:
            said = re.search(r"Next check in (\d+) s\.", person.reads())
            return int(said[1]) if said else 0

        first = seconds()
        assert 30 <= first <= 33, "the interval, and a little for jitter"
        person.waits_until(lambda: 0 < seconds() <= first - 2, "two seconds to be counted down")

    def test_the_approver_gets_a_fingerprint_and_no_secret(self, person: Person, data_dir: Path) -> None:
        person.alt("c")
        person.waits_for("Copied")
        copied = QGuiApplication.clipboard().text()
        assert "SHA256:" in copied
        assert "laptop-17" in copied
        [one] = Vault(data_dir).list()
        person.presses(Key.Key_Escape)
        with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
            enrollment = opened.enrollment
        assert enrollment.ticket is not None
        assert enrollment.credential is not None
        for secret in (enrollment.credential.secret, enrollment.key.private_key, enrollment.ticket.device_code):
            assert secret.reveal() not in copied

    def test_a_request_of_hostile_words_is_shown_as_text(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(with_asked(filled, description="<img src=x><h1>Approve me</h1>"))
        submits(person)
        assert person.sees("Device: <img src=x><h1>Approve me</h1>")


class TestWhatCanBeDone:
    def test_check_now_does_not_wait(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
        person = open_window(with_asked(filled, poll_interval=3.0))
        submits(person)
        sandbox.world.approve(newest(sandbox))
        before = person.window.app.clock.boot()
        person.clicks("Check now")
        person.waits_for("This device is enrolled")
        # One interval may be left to wait since the registration, but never the one after it.
        assert person.window.app.clock.boot() - before < 5

    def test_given_up_it_can_be_resumed_from_the_first_page(self, person: Person, sandbox: Sandbox) -> None:
        person.clicks("Give up the request")
        person.waits_for("The request was given up", "Nothing is asked any more.")
        assert person.can_press("Close")
        person.clicks("To the first page")
        person.waits_for("Enroll this device", "Given up.")
        person.clicks("Resume")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 1

    def test_given_up_it_asks_no_more(self, person: Person, data_dir: Path) -> None:
        person.clicks("Give up the request")
        [one] = Vault(data_dir).list()
        with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
            assert opened.enrollment.state is State.CANCELLED


class TestHowItEnds:
    def test_rejected(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.reject(newest(sandbox))
        person.waits_for("The request was rejected", "The administrator rejected this device.", "asks once more")
        assert not person.sees("Waiting for approval")
        assert not person.can_press("Check now")
        assert person.can_press("Close")

    def test_after_a_rejection_the_same_key_asks_once_more(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.reject(newest(sandbox))
        person.clicks("Start again")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 2
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        first, second = sandbox.world.requests()
        assert (first.client_id, first.fingerprint) == (second.client_id, second.fingerprint)

    def test_expired_and_started_again_with_the_same_key(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.expire(newest(sandbox))
        person.waits_for("Nobody approved in time", "start again")
        person.clicks("Start again")
        person.waits_for("Waiting for approval", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert len({one.fingerprint for one in sandbox.world.requests()}) == 1

    def test_a_request_that_the_service_forgot_can_be_started_again(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.remove("laptop-17")
        person.waits_for("The service says:")
        assert person.can_press("Start again")


class TestTrouble:
    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            (Fault.SERVER_ERROR, "The service is busy (status 503)."),
            (Fault.CUT_OFF, "cut off"),
            (Fault.RESET, "cut off"),
            (Fault.LOGIN_PAGE, "A web page of 127.0.0.1 answered instead of the service"),
            (Fault.BROKEN_JSON, "cut off"),
        ],
    )
    def test_it_is_said_and_survived(self, person: Person, sandbox: Sandbox, fault: Fault, said: str) -> None:
        sandbox.world.inject(fault, count=2)
        person.waits_for(said, "Still waiting; nothing is lost.", "Next check in")
        person.waits_until(lambda: not person.sees("Still waiting; nothing is lost."), "the trouble to pass")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert sandbox.world.counts()["register"] == 1

    def test_an_approval_whose_answer_was_lost_needs_no_second_one(self, person: Person, sandbox: Sandbox) -> None:
        with sandbox.world.locked():
            sandbox.world.inject(Fault.LOST_ANSWER, path="token")
            sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert sandbox.world.requests()[0].signed
        assert sandbox.world.counts()["register"] == 2

    def test_while_a_key_is_asked_for_it_is_the_technicians_turn_and_the_time_passes(
        self, person: Person, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = Clock.boot
        sandbox.world.rotate_api_key("the-new-one")
        person.waits_for("The API key is wrong", "Your turn:", "The request ends in 3 d 0 h")
        assert not person.sees("The administrator's turn.")
        assert not person.can_press("Check now")
        monkeypatch.setattr(Clock, "boot", lambda clock: real(clock) + DAY)
        person.waits_for("The request ends in 1 d 23 h")
        person.types("the-new")
        monkeypatch.setattr(Clock, "boot", lambda clock: real(clock) + 3 * DAY + 1)
        person.waits_for("The request has ended.", "if nobody approved in time, you can start again")
        assert not person.sees("No new approval is needed.")
        assert person.field("New API key").text(), "what is typed stays"
        monkeypatch.undo()
        person.types("-one")
        person.presses(Key.Key_Return)
        person.waits_for("The administrator's turn.", "Not approved yet", "The request ends in")

    def test_a_new_api_key_is_taken_in_place_and_costs_no_new_approval(
        self, person: Person, sandbox: Sandbox, data_dir: Path
    ) -> None:
        sandbox.world.rotate_api_key("the-new-one")
        person.waits_for("The API key is wrong", "No new approval is needed.")
        assert not person.sees("Asking the service")
        person.waits_until(lambda: person.focus is person.field("New API key"), "the focus in the field")
        person.types("not this one")
        person.presses(Key.Key_Return)
        person.waits_until(lambda: person.field("New API key").text() == "", "the field to be empty again")
        person.waits_for("The API key is wrong")
        person.types("the-new-one")
        assert not person.sees("the-new-one")
        person.clicks("Use it")
        person.waits_for("Not approved yet")
        assert not person.sees("The API key is wrong")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert sandbox.world.counts()["register"] == 1
        [one] = Vault(data_dir).list()
        with Vault(data_dir).open(one.id, Unlock(), wait=5) as opened:
            credential = opened.enrollment.credential
        assert credential is not None
        assert credential.secret.reveal() == "the-new-one" != API_KEY


class TestOutOfSight:
    def test_minimized_no_timer_runs_and_restored_it_goes_on(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(with_asked(filled, poll_interval=30.0))
        submits(person)
        assert any(timer.isActive() for timer in person.window.findChildren(QTimer))
        person.window.showMinimized()
        # The window manager takes its time; asked for both at once, it might minimize last.
        surface = person.window.windowHandle()
        person.waits_until(
            lambda: person.window.isMinimized() and not surface.isExposed(), "the window to be minimized"
        )
        person.waits_until(
            lambda: not any(timer.isActive() for timer in person.window.findChildren(QTimer)), "all timers to stop"
        )
        shown = person.reads()
        person.window.showNormal()
        person.waits_until(lambda: not person.window.isMinimized(), "the window to be back")
        person.waits_until(lambda: person.reads() != shown, "the countdown to go on")
