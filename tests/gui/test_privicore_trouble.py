"""Privicore's account and its service in trouble: what is mended in place, and what is never made twice."""

from pathlib import Path

import pytest

from enroller.gui.prefill import Prefill
from enroller.model import Credential, CredentialKind, Secret, State
from enroller.sandbox.faults import Fault, Where
from enroller.sandbox.privicore.values import CommandKind, DeviceState
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key, Person
from tests.gui.privicore_stories import a_token, assert_enrolled, device, stored, stored_id
from tests.gui.stories import OTHER_KEY, Open, goes_to, submits, with_asked

RETURN = Key.Key_Return


@pytest.fixture
def person(open_window: Open, filled_privicore: Prefill) -> Person:
    """Somebody whose device waits for approval."""
    person = open_window(filled_privicore)
    submits(person)
    return person


class TestSignIn:
    def test_a_wrong_password_is_mended_in_place(
        self, open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, data_dir: Path
    ) -> None:
        wrong = Prefill(filled_privicore.asked, Credential(CredentialKind.PASSWORD, Secret("wrong")))
        person = open_window(wrong)
        goes_to(person, "Review and submit")
        person.clicks("Submit")
        person.waits_for("The user name or the password of", "is wrong", "Check the user name and the password")
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
        person.waits_for("Waiting for approval", "Not approved yet")
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
