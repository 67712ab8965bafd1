"""Privicore from the first page to a configuration on disk, and what can happen on the way there."""

import json
from pathlib import Path

import pytest

from enroller import keys
from enroller.gui.prefill import Prefill
from enroller.model import Credential, CredentialKind, Enrollment, KeyType, Secret, State
from enroller.sandbox.faults import Fault, Where
from enroller.sandbox.privicore.values import CommandKind, DeviceState, Seen
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock, Vault
from tests.gui.person import Key, Person
from tests.gui.stories import OTHER_KEY, Open, goes_to, submits, with_asked

RETURN = Key.Key_Return


def device(sandbox: Sandbox) -> Seen:
    """The one device that was ever made."""
    [one] = sandbox.privicore.devices()
    return one


def stored(data_dir: Path) -> Enrollment:
    """The one enrollment that is kept, secrets included."""
    [one] = Vault(data_dir).list()
    with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
        return opened.enrollment


def stored_fingerprint(data_dir: Path) -> str:
    """Of the key that this device has made."""
    [one] = Vault(data_dir).list()
    return one.fingerprint


def stored_id(data_dir: Path) -> str:
    """Of the one enrollment that is kept."""
    [one] = Vault(data_dir).list()
    return one.id


def stored_public_key(data_dir: Path) -> str:
    """The key that this device has made, as the service gets it."""
    [one] = Vault(data_dir).list()
    return one.public_key


def assert_enrolled(data_dir: Path, sandbox: Sandbox) -> None:
    """What is on disk is the device's own, and the password is not."""
    enrollment = stored(data_dir)
    assert enrollment.state is State.ENROLLED
    assert enrollment.grant is not None
    assert enrollment.grant.configuration is not None
    members = json.loads(enrollment.grant.configuration.reveal())
    assert members["device-identifier"] == device(sandbox).identifier
    assert enrollment.credential is None
    holder = sandbox.privicore.holder(enrollment.grant.access_token.reveal())
    assert holder is not None
    assert holder.profile == sandbox.privicore.username


def a_token(sandbox: Sandbox) -> str:
    """A good token of the account."""
    made = sandbox.privicore.authenticate(sandbox.privicore.username, sandbox.privicore.password)
    assert made is not None
    return made[0]


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
        person.waits_for("This device is enrolled", f"trusts {name}.", "The password was not kept.")
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
        goes_to(person, "Identity of this device")
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
        person.waits_for("The request was rejected", "rejected or removed this device: it is listed no more.")
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


class TestSignIn:
    def test_a_wrong_password_is_mended_in_place(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        wrong = Prefill(filled_privicore.asked, Credential(CredentialKind.PASSWORD, Secret("wrong")))
        person = open_window(wrong)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.waits_for("The user name or the password of", "is wrong", "enter them here")
        assert not person.sees("--password-file")
        assert Vault(data_dir).list() == []
        person.clicks("Change the identity")
        person.waits_for("Identity of this device", "is wrong")
        person.waits_until(lambda: person.focus is person.field("Password"), "the focus where it can be mended")
        person.types(sandbox.privicore.password)
        person.clicks("Next")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert device(sandbox).name == "laptop-17"

    def test_a_token_that_ends_is_had_anew_with_the_password(
        self, person: Person, sandbox: Sandbox, data_dir: Path
    ) -> None:
        sandbox.privicore.expire_tokens()
        person.waits_until(lambda: sandbox.privicore.counts()[Where.AUTHENTICATE] == 2, "another sign-in")
        assert not person.sees("Password of")
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        assert_enrolled(data_dir, sandbox)

    def test_a_password_that_was_changed_is_asked_for(self, person: Person, sandbox: Sandbox, data_dir: Path) -> None:
        sandbox.privicore.change_password("another one")
        sandbox.privicore.expire_tokens()
        field = f"Password of {sandbox.privicore.username}"
        person.waits_for("is wrong.", "no new approval is needed.")
        person.waits_until(lambda: person.focus is person.field(field), "the focus in the field")
        person.types("another one")
        assert not person.sees("another one")
        person.presses(RETURN)
        person.waits_for("Not approved yet")
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        assert_enrolled(data_dir, sandbox)

    def test_a_pasted_token_that_ends_is_asked_for_anew(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        token = Credential(CredentialKind.TOKEN, Secret(a_token(sandbox)))
        person = open_window(Prefill(filled_privicore.asked, token))
        submits(person)
        sandbox.privicore.expire_tokens()
        person.waits_until(lambda: person.focus is person.field("New token"), "the focus in the field")
        person.types(a_token(sandbox))
        person.clicks("Use it")
        person.waits_for("Not approved yet")
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        assert_enrolled(data_dir, sandbox)


class TestWhileItIsSubmitted:
    def test_a_service_that_takes_long_is_at_work_and_it_is_shown(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.lag = 1.0
        person = open_window(filled_privicore)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.waits_for("Submitting to")
        assert not person.can_press("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")

    def test_trouble_in_the_middle_is_said_and_goes_by(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.inject(Fault.SERVER_ERROR, path=Where.REQUEST_IDENTIFIER, count=1)
        person = open_window(filled_privicore)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.waits_for("The service is busy", "It is tried again by itself")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert device(sandbox).state is DeviceState.PENDING

    def test_a_password_that_is_wanted_before_the_device_is_registered_is_asked_for_in_place(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox
    ) -> None:
        token = Credential(CredentialKind.TOKEN, Secret(a_token(sandbox)))
        person = open_window(Prefill(filled_privicore.asked, token))
        goes_to(person, "Review and submit")
        sandbox.privicore.lag = 2.0
        sandbox.privicore.set_public_key(None, OTHER_KEY)
        person.clicks("Submit")
        person.waits_until(lambda: sandbox.privicore.counts()[Where.REQUEST_IDENTIFIER] == 1, "the request")
        sandbox.privicore.expire_tokens()
        person.waits_for("Registering this device", "Enter a new token of the account.")
        person.waits_until(lambda: person.focus is person.field("New token"), "the focus in the field")
        assert not person.sees("For the approver to compare")
        person.types(a_token(sandbox))
        person.presses(RETURN)
        person.waits_for("Waiting for approval", "Not approved yet", "For the approver to compare")
        assert device(sandbox).state is DeviceState.PENDING

    def test_what_is_refused_after_that_leads_back_to_the_form(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        token = Credential(CredentialKind.TOKEN, Secret(a_token(sandbox)))
        person = open_window(Prefill(filled_privicore.asked, token))
        goes_to(person, "Review and submit")
        sandbox.privicore.lag = 2.0
        sandbox.privicore.set_public_key(None, OTHER_KEY)
        sandbox.privicore.reject_commands(CommandKind.REQUEST_IDENTIFIER, "The name is taken.")
        person.clicks("Submit")
        person.waits_until(lambda: sandbox.privicore.counts()[Where.REQUEST_IDENTIFIER] == 1, "the request")
        sandbox.privicore.expire_tokens()
        person.waits_until(lambda: person.focus is person.field("New token"), "the focus in the field")
        person.types(a_token(sandbox))
        person.presses(RETURN)
        person.waits_for("The service rejected the command")
        assert Vault(data_dir).list() == []
        person.clicks("To the first page")
        goes_to(person, "Identity of this device")
        assert person.field("Device name").text() == "laptop-17"


class TestOnceADeviceMayHaveBeenMade:
    """The answer to the request was lost, and two new devices of the name are there: only one of them can be ours."""

    @pytest.fixture
    def person(self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox) -> Person:
        """Somebody whose submission has ended so, and another technician's device of the same name was rejected."""
        person = open_window(with_asked(filled_privicore, poll_interval=1.0))
        goes_to(person, "Review and submit")
        sandbox.privicore.inject(Fault.LOST_ANSWER, path=Where.REQUEST_IDENTIFIER)
        person.clicks("Submit")
        person.waits_until(lambda: len(sandbox.privicore.devices()) == 1, "the request")
        name = sandbox.privicore.username
        sandbox.privicore.accept(CommandKind.REQUEST_IDENTIFIER, name, name="laptop-17")
        person.waits_for("2 new devices of this name", "only one of them can be ours")
        another, _ours = sandbox.privicore.devices()
        sandbox.privicore.reject(another.identifier)
        return person

    def test_it_is_kept_and_the_next_submission_goes_on_with_it(
        self, person: Person, sandbox: Sandbox, data_dir: Path
    ) -> None:
        before = stored(data_dir)
        assert before.state is State.FAILED
        person.clicks("Back")
        person.waits_for("Key of this device", "The service may have this device already", before.key.fingerprint)
        assert not person.can_press("New key")
        person.clicks("Back")
        person.waits_for("Identity of this device")
        person.enters("Description (optional)", "Reception")
        for _ in range(2):
            person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet", "Description: Reception")
        _another, ours = sandbox.privicore.devices()
        sandbox.privicore.approve(ours.identifier)
        person.waits_for("This device is enrolled")
        after = stored(data_dir)
        assert (after.id, after.key, after.asked.description) == (before.id, before.key, "Reception")
        assert after.grant is not None
        assert after.progress.device_identifier == ours.identifier

    def test_a_new_password_goes_with_it(self, person: Person, sandbox: Sandbox, data_dir: Path) -> None:
        before = stored(data_dir)
        sandbox.privicore.change_password("another one")
        sandbox.privicore.expire_tokens()
        for _ in range(2):
            person.clicks("Back")
        person.waits_for("Identity of this device")
        person.enters("Password", "another one")
        for _ in range(2):
            person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        assert stored_id(data_dir) == before.id
        assert len(sandbox.privicore.devices()) == 2

    def test_another_name_is_another_device(self, person: Person, sandbox: Sandbox, data_dir: Path) -> None:
        before = stored_id(data_dir)
        for _ in range(2):
            person.clicks("Back")
        person.waits_for("Identity of this device")
        person.enters("Device name", "laptop-18")
        person.clicks("Next")
        person.waits_for("Key of this device")
        assert person.can_press("New key")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Device name: laptop-18", "Not approved yet")
        assert before in [one.id for one in Vault(data_dir).list()], "it is for somebody to decide"

    def test_closing_asks_nothing_since_it_is_kept(self, person: Person, open_window: Open) -> None:
        person.presses(Key.Key_Escape)
        person.waits_until(person.window.isHidden, "the window to close")
        assert person.questions == []
        again = open_window()
        again.waits_for("Refused by the service.", "laptop-17")
        again.clicks("Start again")
        again.waits_for("Waiting for approval", "Not approved yet")


class TestRenew:
    def test_it_needs_no_approval(self, person: Person, open_window: Open, sandbox: Sandbox, data_dir: Path) -> None:
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        person.clicks("Finish")
        before = stored(data_dir).grant
        again = open_window()
        again.clicks("Renew")
        again.waits_for("This device is enrolled")
        after = stored(data_dir).grant
        assert before is not None
        assert after is not None
        assert after.issued_at > before.issued_at
        assert after.configuration == before.configuration

    def test_a_token_that_is_over_is_had_with_the_password(
        self, person: Person, open_window: Open, sandbox: Sandbox
    ) -> None:
        sandbox.privicore.approve(device(sandbox).identifier)
        person.waits_for("This device is enrolled")
        person.clicks("Finish")
        sandbox.privicore.expire_tokens()
        again = open_window()
        again.clicks("Renew")
        again.waits_for("Renewing this device's credentials", "this device has been approved already")
        again.waits_for("Enter the password of this account.")
        again.enters(f"Password of {sandbox.privicore.username}", sandbox.privicore.password)
        assert not again.sees("For the approver to compare")
        again.clicks("Use it")
        again.waits_for("This device is enrolled")
        assert device(sandbox).state is DeviceState.APPROVED
