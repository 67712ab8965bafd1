"""From the first page to credentials on disk, and what can happen on the way there."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from enroller.gui.prefill import Prefill
from enroller.model import Asked, Protection, State
from enroller.sandbox.faults import Fault
from enroller.sandbox.server import Sandbox
from enroller.vault import Summary, Unlock, Vault
from tests.conftest import API_KEY
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, newest, submits, with_api_key, with_asked

RETURN, DOWN, ESCAPE = Key.Key_Return, Key.Key_Down, Key.Key_Escape
CONTROL = Qt.KeyboardModifier.ControlModifier


def stored(data_dir: Path) -> Summary:
    """The one enrollment that is kept."""
    [one] = Vault(data_dir).list()
    return one


def assert_credentials_work(data_dir: Path, sandbox: Sandbox) -> None:
    """What is on disk is what the service granted, for the device that the service knows."""
    one = stored(data_dir)
    assert one.state is State.ENROLLED
    with Vault(data_dir).open(one.id, Unlock(), wait=5) as opened:
        enrollment = opened.enrollment
    assert enrollment.grant is not None
    assert sandbox.world.access_holder(enrollment.grant.access_token.reveal()) == one.client_id
    known = sandbox.world.known_key(one.client_id)
    assert known is not None
    assert known.fingerprint == one.fingerprint


class TestTheWholeWay:
    def test_by_keyboard_alone(self, open_window: Open, sandbox: Sandbox, data_dir: Path) -> None:
        person = open_window(Prefill(Asked(server="", client_id="", poll_interval=0.2)))
        person.waits_for("Enroll this device", "what lets you in")
        person.presses(RETURN)
        person.waits_for("Service and server")
        person.waits_until(lambda: person.focus is person.field("Server address"), "the focus in the first field")
        person.types(sandbox.url)
        person.alt("c")
        person.types(str(sandbox.ca_file))
        person.presses(RETURN)
        person.waits_for("Identity of this device")
        person.waits_until(lambda: person.focus is person.field("API key"), "the focus in the first field")
        person.types(API_KEY)
        person.alt("d")
        person.presses(Key.Key_A, CONTROL)
        person.types("Reception laptop 7")
        person.alt("k")
        person.presses(DOWN)
        person.presses(RETURN)
        person.waits_for("Key of this device", "SHA256:")
        person.alt("f")
        person.waits_for("Whoever can read this user's files")
        person.alt("n")
        person.waits_for("Review and submit", "Reception laptop 7", "Printer", "entered, not shown", "Ed25519")
        assert not person.sees(API_KEY)
        person.waits_until(lambda: person.focus is person.button("Submit"), "the focus on Submit")
        person.presses(RETURN)
        person.waits_for("Waiting for approval", "The request ends in 3 d", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled", f"token {stored(data_dir).id}")
        person.waits_until(lambda: person.focus is person.button("Finish"), "the focus on Finish")
        person.presses(RETURN)
        person.waits_until(person.window.isHidden, "the window to close")
        assert_credentials_work(data_dir, sandbox)
        assert sandbox.world.requests()[0].description == "Reception laptop 7"
        assert sandbox.world.requests()[0].client_type == "printer"

    def test_by_mouse(self, open_window: Open, sandbox: Sandbox, data_dir: Path) -> None:
        person = open_window(Prefill(Asked(server="", client_id="", poll_interval=0.2, protection=Protection.FILE)))
        person.clicks("Next")
        person.waits_for("Service and server")
        person.enters("Server address", sandbox.url)
        person.files = [sandbox.ca_file]
        person.clicks("Browse…")
        person.clicks("Trust it")
        person.clicks("Next")
        person.waits_for("Identity of this device")
        person.enters("API key", API_KEY)
        person.clicks("Next")
        person.waits_for("Key of this device")
        person.clicks("In a plain file that only this user can read")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        person.clicks("Finish")
        assert_credentials_work(data_dir, sandbox)

    def test_with_automatic_trust_nobody_waits(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        sandbox.world.set_trust(True)
        person = open_window(filled)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.waits_for("This device is enrolled")
        assert_credentials_work(data_dir, sandbox)

    def test_the_next_device_is_another_one(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        sandbox.world.set_trust(True)
        person = open_window(filled)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.clicks("Enroll another")
        person.waits_for("Enroll this device", "Enrolled.")
        goes_to(person, "Identity of this device", second=True)
        assert person.field("Client id").text() not in ("", "laptop-17")
        assert person.field("API key").text() == ""
        assert not person.can_press("Next")
        person.enters("API key", API_KEY)
        person.clicks("Next")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("This device is enrolled")
        keys = {one.fingerprint for one in Vault(data_dir).list()}
        assert len(keys) == 2


class TestGoingBack:
    def test_no_input_is_lost(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(filled)
        goes_to(person, "Identity of this device")
        person.enters("API key", "typed by hand")
        person.enters("Description", "Another laptop")
        person.enters("Client id", "laptop-18")
        person.chooses("Kind of device", "Server")
        person.clicks("Next")
        person.waits_for("Key of this device", "SHA256:")
        person.clicks("Sealed with a passphrase of yours")
        person.enters("Passphrase", "correct horse")
        person.enters("The same again", "battery")
        fingerprint = next(line for line in person.reads().splitlines() if line.startswith("SHA256:"))
        for title in ("Identity of this device", "Service and server", "Enroll this device"):
            person.clicks("Back")
            person.waits_for(title)
        person.clicks("Next")
        person.waits_for("Service and server")
        assert person.field("Server address").text() == filled.asked.server
        assert person.field("CA file (optional)").text() == filled.asked.ca_file
        person.clicks("Next")
        person.waits_for("Identity of this device")
        assert person.field("API key").text() == "typed by hand"
        assert person.field("Description").text() == "Another laptop"
        assert person.field("Client id").text() == "laptop-18"
        assert person.choice("Kind of device").currentText() == "Server"
        person.clicks("Next")
        person.waits_for("Key of this device", fingerprint)
        assert person.field("Passphrase").text() == "correct horse"
        assert person.field("The same again").text() == "battery"

    def test_there_is_no_way_back_once_the_request_is_made(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox
    ) -> None:
        person = open_window(filled)
        submits(person)
        assert not person.can_press("Back")
        person.alt("b")
        assert person.sees("Waiting for approval")
        assert sandbox.world.counts()["register"] == 1


class TestSubmitting:
    def test_a_double_click_registers_once(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
        person = open_window(filled)
        goes_to(person, "Review and submit")
        person.double_clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 1

    def test_a_second_return_does_nothing(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
        sandbox.world.inject(Fault.LATENCY, path="register", seconds=0.3)
        person = open_window(filled)
        goes_to(person, "Review and submit")
        sandbox.world.inject(Fault.LATENCY, path="register", seconds=0.3)
        person.waits_until(lambda: person.focus is person.button("Submit"), "the focus on Submit")
        person.presses(RETURN)
        person.waits_for("Submitting to")
        assert not person.can_press("Submit")
        assert not person.can_press("Back")
        person.presses(RETURN)
        person.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 1

    def test_a_wrong_api_key_is_mended_in_place(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        person = open_window(with_api_key(filled, "not the key"))
        goes_to(person, "Key of this device")
        person.waits_for("SHA256:")
        fingerprint = next(line for line in person.reads().splitlines() if line.startswith("SHA256:"))
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("The API key is wrong", "Ask the administrator for the current API key")
        assert not person.sees("--api-key-file")
        assert Vault(data_dir).list() == []
        person.clicks("Change the identity")
        person.waits_for("Identity of this device", "The API key is wrong")
        person.waits_until(lambda: person.focus is person.field("API key"), "the focus where it can be mended")
        person.types(API_KEY)
        person.waits_until(lambda: not person.sees("The API key is wrong"), "the old error to go")
        for _ in range(2):
            person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", fingerprint)
        assert [(one.client_id, one.fingerprint) for one in sandbox.world.requests()] == [("laptop-17", fingerprint)]
        assert stored(data_dir).state is State.AWAITING_APPROVAL

    def test_a_lost_answer_is_asked_for_again_with_the_same_key(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        person = open_window(filled)
        goes_to(person, "Review and submit")
        sandbox.world.inject(Fault.LOST_ANSWER, path="register")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 2
        [request] = [one for one in sandbox.world.requests() if one.state == "pending"]
        assert (request.client_id, request.fingerprint) == ("laptop-17", stored(data_dir).fingerprint)

    def test_a_busy_service_is_said_and_the_window_may_be_closed(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        person = open_window(filled)
        goes_to(person, "Review and submit")
        sandbox.world.inject(Fault.SERVER_ERROR, count=None, path="register")
        person.clicks("Submit")
        person.waits_for("The service is busy", "It is tried again by itself")
        person.presses(ESCAPE)
        person.waits_until(person.window.isHidden, "the window to close")
        assert person.questions == []
        assert stored(data_dir).client_id == "laptop-17"

    def test_a_server_that_went_away_leads_back_to_its_page(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        ca_file = shutil.copy(sandbox.ca_file, tmp_path / "ca.pem")
        person = open_window(with_asked(filled, ca_file=str(ca_file)))
        goes_to(person, "Review and submit")
        sandbox.stop()
        person.clicks("Submit")
        person.waits_for("connection refused")
        person.clicks("Change the server")
        person.waits_for("Service and server", "connection refused")
        assert person.field("Server address").text() == filled.asked.server


class TestAlreadyEnrolled:
    @pytest.fixture
    def person(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> Person:
        """Somebody who submits a device that is enrolled already."""
        sandbox.world.set_trust(True)
        first = open_window(filled)
        goes_to(first, "Review and submit")
        first.clicks("Submit")
        first.waits_for("This device is enrolled")
        first.clicks("Finish")
        sandbox.world.set_trust(False)
        person = open_window(filled)
        person.waits_for("Enrolled.")
        goes_to(person, "Review and submit", second=True)
        person.clicks("Submit")
        person.waits_for("laptop-17 is enrolled with", "renew it from the first page, or replace it")
        return person

    def test_it_is_kept_unless_somebody_says_otherwise(self, person: Person, data_dir: Path, sandbox: Sandbox) -> None:
        person.answers = ["Close"]
        person.clicks("Close")
        assert_credentials_work(data_dir, sandbox)
        assert sandbox.world.counts()["register"] == 1

    def test_replaced_it_goes_when_the_new_one_is_saved(self, person: Person, data_dir: Path, sandbox: Sandbox) -> None:
        old = stored(data_dir).id
        person.clicks("Replace it")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert old in [one.id for one in Vault(data_dir).list()]
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert stored(data_dir).id != old
        assert_credentials_work(data_dir, sandbox)

    def test_a_confirmation_is_for_this_device_only(self, person: Person, data_dir: Path, sandbox: Sandbox) -> None:
        """Replacing was confirmed, then failed; under another client id it would have taken the wrong one away."""
        sandbox.world.rotate_api_key("another")
        old = stored(data_dir).id
        person.clicks("Replace it")
        person.waits_for("The API key is wrong")
        person.clicks("Change the identity")
        person.waits_for("Identity of this device")
        person.enters("API key", "another")
        person.enters("Client id", "laptop-18")
        for _ in range(2):
            person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert old in [one.id for one in Vault(data_dir).list()]
