"""Privicore from the first page to a configuration on disk."""

from pathlib import Path

import pytest

from enroller import keys
from enroller.gui.prefill import Prefill
from enroller.model import KeyType
from enroller.sandbox.faults import Where
from enroller.sandbox.privicore.values import CommandKind, DeviceState
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key, Person
from tests.gui.privicore_stories import a_token, assert_enrolled, device, stored_fingerprint, stored_public_key
from tests.gui.stories import OTHER_KEY, Open, goes_to, submits

RETURN = Key.Key_Return


@pytest.fixture
def person(open_window: Open, filled_privicore: Prefill) -> Person:
    """Somebody whose device waits for approval."""
    person = open_window(filled_privicore)
    submits(person)
    return person


class TestTheWholeWay:
    def test_by_keyboard_alone(self, open_window: Open, sandbox: Sandbox, data_dir: Path) -> None:
        person = open_window()
        person.presses(RETURN)
        person.waits_for("Service and server")
        person.alt("p")
        person.waits_for("WebSocket address (optional):")
        person.alt("s")
        person.types(sandbox.privicore_url)
        person.alt("w")
        person.types(sandbox.websocket_url)
        person.alt("c")
        person.types(str(sandbox.ca_file))
        person.presses(RETURN)
        person.waits_for("Identity of this device")
        person.waits_until(lambda: person.focus is person.field("Device name"), "the focus in the first field")
        person.presses(Key.Key_End)
        person.types("-7")
        person.alt("d")
        person.types("Reception laptop 7")
        person.alt("e")
        person.types(sandbox.privicore.username)
        person.alt("w")
        person.types(sandbox.privicore.password)
        person.presses(RETURN)
        person.waits_for("Key of this device", "SHA256:", "X25519")
        person.alt("f")
        person.waits_for("Whoever can read this user's files")
        person.alt("n")
        person.waits_for("Review and submit", "Reception laptop 7", sandbox.privicore.username, sandbox.websocket_url)
        assert not person.sees(sandbox.privicore.password)
        person.waits_until(lambda: person.focus is person.button("Submit"), "the focus on Submit")
        person.presses(RETURN)
        person.waits_for("Waiting for approval", "Waiting since", "The account owner's turn")
        name = device(sandbox).name
        assert name.endswith("-7")
        assert person.sees(f"Device name: {name}", f"Identifier: {device(sandbox).identifier}")
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled", f"trusts {name}.", "The password was not kept")
        [one] = Vault(data_dir).list()
        assert person.sees(f"token {one.id}", f"configuration {one.id}")
        assert_enrolled(data_dir, sandbox)
        assert device(sandbox).meta_name == "Reception laptop 7"

    def test_with_a_pasted_token(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        token = a_token(sandbox)
        person = open_window(filled_privicore)
        goes_to(person, "Identity of this device")
        person.clicks("A token")
        assert not person.sees("User name:")
        person.enters("Token", token)
        person.clicks("Next")
        person.waits_for("Where the key and the tokens are kept:")
        person.clicks("Next")
        person.waits_for("Review and submit", "that of a pasted token", "Token:")
        assert not person.sees(token)
        assert not person.sees(sandbox.privicore.username)
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert not person.sees("Account:")
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        assert not person.sees("password")
        assert_enrolled(data_dir, sandbox)

    def test_the_next_device_is_another_one(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.privicore.approve(device(sandbox).identifier)
        person.clicks("Enroll another")
        goes_to(person, "Identity of this device", second=True)
        assert person.field("Device name").text() != "laptop-17"
        assert person.field("User name").text() == sandbox.privicore.username
        assert person.field("Password").text() == ""


class TestTheAccountsKey:
    def test_one_that_is_there_is_kept_and_it_is_said(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        sandbox.privicore.set_public_key(None, OTHER_KEY)
        kept = keys.fingerprint(KeyType.X25519, bytes(range(32)))
        person = open_window(filled_privicore)
        goes_to(person, "Review and submit")
        assert person.sees("kept, where it has one already")
        person.clicks("Submit")
        person.waits_for("It was kept, and this device's own key is not registered.")
        assert person.sees(f"Key of the account, kept: {kept}")
        assert not person.sees(stored_fingerprint(data_dir))
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled", "Account's key, kept:", kept)
        assert sandbox.privicore.public_key() == OTHER_KEY

    def test_one_is_replaced_only_by_an_explicit_choice(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        sandbox.privicore.set_public_key(None, OTHER_KEY)
        person = open_window(filled_privicore)
        goes_to(person, "Key of this device")
        assert person.sees("Other devices of the account that depend on its old key stop working.")
        replace = person.button("Replace the key that the account may already have")
        assert not replace.isChecked()
        person.alt("r")
        person.waits_until(replace.isChecked, "the tick")
        person.clicks("Next")
        person.waits_for("Review and submit", "replaced by this one")
        person.clicks("Submit")
        person.waits_for("Waiting for approval")
        assert person.sees(f"Fingerprint: {stored_fingerprint(data_dir)}")
        assert stored_public_key(data_dir) == sandbox.privicore.public_key() != OTHER_KEY
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        assert not person.sees("Account's key, kept:")


class TestWaiting:
    def test_it_says_since_when_and_no_end(self, person: Person) -> None:
        assert person.sees("Waiting since", "Next check in")
        assert not person.sees("The request ends in")

    def test_rejected(self, person: Person, sandbox: Sandbox) -> None:
        person.waits_until(lambda: sandbox.privicore.counts()[Where.DEVICES] >= 2, "the device to be listed")
        sandbox.privicore.reject(device(sandbox).identifier)
        person.waits_for("The request was rejected", "rejected or removed this device: it is not listed any more.")
        assert person.sees("Ask the owner of the account why.")
        assert not person.can_press("Approve with this account")

    def test_after_a_rejection_the_same_key_asks_for_another_device(self, person: Person, sandbox: Sandbox) -> None:
        person.waits_until(lambda: sandbox.privicore.counts()[Where.DEVICES] >= 2, "the device to be listed")
        sandbox.privicore.reject(device(sandbox).identifier)
        person.clicks("Start again")
        person.waits_for("Waiting for approval", "Not approved yet")
        newest, rejected = sandbox.privicore.devices()
        assert (newest.state, rejected.state) == (DeviceState.PENDING, DeviceState.REJECTED)
        assert newest.fingerprint == rejected.fingerprint
        sandbox.privicore.approve(newest.identifier)
        person.waits_for("This device is enrolled")

    def test_closed_and_resumed(self, person: Person, open_window: Open, sandbox: Sandbox, data_dir: Path) -> None:
        person.presses(Key.Key_Escape)
        again = open_window()
        again.waits_for("Enroll this device", "Waiting for approval.", "laptop-17")
        again.clicks("Resume")
        again.waits_for("Waiting for approval", "Waiting since", "Not approved yet")
        sandbox.privicore.approve(device(sandbox).identifier)
        again.waits_for("This device is enrolled")
        assert_enrolled(data_dir, sandbox)

    def test_given_up_it_can_be_resumed(self, person: Person, sandbox: Sandbox) -> None:
        person.clicks("Give up the request")
        person.waits_for("The request was given up", "the owner of the account still sees the device")
        person.clicks("To the first page")
        person.waits_for("Given up.")
        person.clicks("Resume")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert device(sandbox).state is DeviceState.PENDING

    def test_the_next_form_is_for_the_service_of_the_last_one(self, person: Person, open_window: Open) -> None:
        person.presses(Key.Key_Escape)
        again = open_window()
        again.clicks("New enrollment")
        again.waits_for("Service and server", "WebSocket address (optional):")


class TestApproveWithThisAccount:
    def test_it_is_done_only_when_somebody_wants_it(self, person: Person, sandbox: Sandbox, data_dir: Path) -> None:
        assert device(sandbox).state is DeviceState.PENDING
        person.alt("a")
        person.waits_for("This device is enrolled")
        assert sandbox.privicore.counts()[Where.APPROVE] == 1
        assert_enrolled(data_dir, sandbox)

    def test_while_it_is_done_it_is_said_and_not_offered_again(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.privicore.lag = 0.6
        person.clicks("Approve with this account")
        person.waits_for("Approving with this account …")
        assert not person.can_press("Approve with this account")
        person.waits_for("This device is enrolled")

    def test_a_rejection_is_said_in_place_and_the_owner_may_still_approve(
        self, person: Person, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.reject_commands(CommandKind.APPROVE, "You are not an approver.")
        person.clicks("Approve with this account")
        person.waits_for("The approval with this account was rejected", "Ask the owner of the account")
        assert not person.sees("enroller resume")
        polls = sandbox.privicore.counts()[Where.DEVICES]
        person.waits_until(lambda: sandbox.privicore.counts()[Where.DEVICES] > polls + 1, "two more checks")
        assert person.sees("The approval with this account was rejected"), "it stays until it was read"
        assert person.can_press("Approve with this account")
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")

    def test_it_is_not_done_for_the_next_device_because_it_was_wanted_for_the_last_one(
        self, person: Person, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.reject_commands(CommandKind.APPROVE, "You are not an approver.")
        person.clicks("Approve with this account")
        person.waits_for("The approval with this account was rejected")
        sandbox.privicore.reject(device(sandbox).identifier)
        person.clicks("Start again")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert person.can_press("Approve with this account")
        assert sandbox.privicore.devices()[0].state is DeviceState.PENDING
