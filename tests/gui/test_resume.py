"""Coming back: what is on this device stands on the first page, and goes on where it was left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from enroller.gui.prefill import Prefill
from enroller.model import State
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock, Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, newest, submits

CLOSINGS: list[Callable[[Person], None]] = [
    lambda person: person.presses(Key.Key_Escape),
    Person.closes,
    lambda person: person.clicks("Continue later"),
]


class TestClosedWhileWaiting:
    @pytest.mark.parametrize("close", CLOSINGS, ids=["Escape", "the window's button", "Continue later"])
    def test_nothing_is_asked_and_nothing_is_lost(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path, close: Callable[[Person], None]
    ) -> None:
        person = open_window(filled)
        submits(person)
        close(person)
        person.waits_until(person.window.isHidden, "the window to close")
        assert person.questions == []
        again = open_window()
        again.waits_for("Enroll this device", "Waiting for approval. The request ends in", "Reception laptop 7")
        sandbox.world.approve(newest(sandbox))
        again.clicks("Resume")
        again.waits_for("This device is enrolled")
        assert sandbox.world.counts()["register"] == 1
        assert [one.state for one in Vault(data_dir).list()] == [State.ENROLLED]

    def test_by_keyboard_alone(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
        person = open_window(filled)
        submits(person)
        person.presses(Key.Key_Escape)
        again = open_window()
        again.tabs_to(again.button("Resume"))
        again.presses(Key.Key_Space)
        again.waits_for("Waiting for approval", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        again.waits_for("This device is enrolled")

    def test_back_from_the_waiting_keeps_it_too(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
        person = open_window(filled)
        submits(person)
        person.presses(Key.Key_Escape)
        again = open_window()
        again.clicks("Resume")
        again.waits_for("Not approved yet")
        again.clicks("Back")
        again.waits_for("Enroll this device", "Waiting for approval.")
        again.clicks("Resume")
        again.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 1

    def test_rejected_meanwhile(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
        person = open_window(filled)
        submits(person)
        person.presses(Key.Key_Escape)
        sandbox.world.reject(newest(sandbox))
        again = open_window()
        again.clicks("Resume")
        again.waits_for("The request was rejected")
        again.clicks("Back")
        again.waits_for("Rejected by the administrator.")
        again.clicks("Start again")
        again.waits_for("Waiting for approval", "Not approved yet")
        assert sandbox.world.counts()["register"] == 2

    def test_a_new_enrollment_after_a_resumed_one_is_a_new_one(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox
    ) -> None:
        person = open_window(filled)
        submits(person)
        person.presses(Key.Key_Escape)
        sandbox.world.set_trust(True)
        again = open_window(filled)
        again.clicks("Resume")
        again.clicks("Enroll another")
        sandbox.world.set_trust(False)
        goes_to(again, "Service and server")
        again.enters("Server address", sandbox.url)
        again.enters("CA file (optional)", str(sandbox.ca_file))
        again.clicks("Next")
        again.clicks("Enroll a second identity")
        again.waits_for("Identity of this device")
        again.enters("API key", sandbox.world.api_key)
        made = again.field("Client id").text()
        again.clicks("Next")
        again.clicks("Next")
        again.clicks("Submit")
        again.waits_for("Waiting for approval", f"Client id: {made}", "Not approved yet")


class TestRenew:
    @pytest.fixture
    def person(self, open_window: Open, filled: Prefill, sandbox: Sandbox) -> Person:
        """Somebody at the first page of an enrolled device."""
        sandbox.world.set_trust(True)
        person = open_window(filled)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.waits_for("This device is enrolled")
        person.clicks("Finish")
        sandbox.world.set_trust(False)
        again = open_window()
        again.waits_for("Enrolled. The token is valid until")
        return again

    def test_it_needs_no_approval(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.inject("latency", path="register", seconds=0.3)
        person.clicks("Renew")
        person.waits_for("Renewing this device's credentials", "No approval is needed")
        person.waits_for("This device is enrolled")
        assert sandbox.world.counts()["register"] == 2
        assert sandbox.world.requests()[0].signed

    def test_a_device_that_the_service_forgot_needs_one_and_it_is_said(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.remove("laptop-17")
        person.clicks("Renew")
        person.waits_for("Waiting for approval", "the administrator has to approve once more", "SHA256:")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")


def test_what_was_repaired_is_said_while_it_waits_and_when_it_has_failed(
    open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
) -> None:
    person = open_window(filled)
    submits(person)
    person.presses(Key.Key_Escape)
    [one] = Vault(data_dir).list()
    with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
        newest_record = opened.path / "sealed.json"
    newest_record.write_bytes(newest_record.read_bytes()[:100])
    again = open_window()
    again.clicks("Resume")
    again.waits_for("Waiting for approval", "so the one before it is used.", "Not approved yet")
    sandbox.world.reject(newest(sandbox))
    again.waits_for("The request was rejected", "so the one before it is used.")
    again.clicks("Start again")
    again.waits_for("Not approved yet")
    assert not again.sees("so the one before it is used."), "it was said"


def test_a_damaged_store_is_said_and_not_taken_for_an_empty_one(
    open_window: Open, filled: Prefill, sandbox: Sandbox, data_dir: Path
) -> None:
    person = open_window(filled)
    submits(person)
    person.presses(Key.Key_Escape)
    for file in data_dir.glob("enrollments/*/enrollment.json*"):
        file.write_bytes(b"\0\0\0")
    again = open_window()
    again.waits_for("Enroll this device", "is damaged")
    assert not again.sees("You need:")
