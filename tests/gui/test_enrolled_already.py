"""A second enrollment with the same server: asked before anything is typed for it, and never by a Return too many."""

from pathlib import Path

import pytest

from enroller import machine
from enroller.gui.prefill import Prefill
from enroller.model import State
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, with_asked

QUESTION = "This device is enrolled there already, as “Reception laptop 7”."


@pytest.fixture
def done(open_window: Open, filled: Prefill, sandbox: Sandbox) -> Person:
    """Somebody whose device was enrolled just now."""
    sandbox.world.set_trust(True)
    person = open_window(filled)
    goes_to(person, "Review and submit")
    person.clicks("Submit")
    person.waits_for("This device is enrolled")
    return person


@pytest.fixture
def person(done: Person, open_window: Open, filled: Prefill) -> Person:
    """Somebody who begins another enrollment later, and is asked."""
    done.clicks("Finish")
    person = open_window(with_asked(filled, client_id="laptop-18"))
    goes_to(person, "Service and server")
    person.clicks("Next")
    person.waits_for(QUESTION)
    return person


def test_nothing_goes_on_before_it_is_answered(person: Person) -> None:
    assert not person.can_press("Next")
    person.waits_until(lambda: person.focus is person.button("Keep it"), "the focus on what changes nothing")


def test_kept_it_is_on_the_first_page_to_be_renewed(person: Person, data_dir: Path) -> None:
    person.clicks("Keep it")
    person.waits_for("Enroll this device", "Enrolled.")
    assert person.can_press("Renew")
    assert len(Vault(data_dir).list()) == 1


def test_replaced_it_goes_once_the_new_one_is_enrolled(person: Person, data_dir: Path) -> None:
    [old] = Vault(data_dir).list()
    person.clicks("Replace it")
    for title in ("Identity of this device", "Key of this device"):
        person.waits_for(title)
        person.clicks("Next")
    person.clicks("Submit")
    person.waits_for("This device is enrolled")
    [one] = Vault(data_dir).list()
    assert (one.identity, one.state) == ("laptop-18", State.ENROLLED)
    assert one.id != old.id


def test_a_second_identity_stands_beside_it_and_is_asked_about_once(person: Person, data_dir: Path) -> None:
    person.clicks("Enroll a second identity")
    person.waits_for("Identity of this device")
    person.clicks("Back")
    person.clicks("Next")
    person.waits_for("Identity of this device")
    person.clicks("Next")
    person.clicks("Next")
    person.clicks("Submit")
    person.waits_for("This device is enrolled")
    assert {one.identity for one in Vault(data_dir).list()} == {"laptop-17", "laptop-18"}


def test_another_address_takes_the_question_away(person: Person) -> None:
    person.enters("Server address", "other.example")
    assert not person.sees(QUESTION)
    assert person.can_press("Next")


def test_enroll_another_meets_the_same_question(done: Person) -> None:
    done.clicks("Enroll another")
    goes_to(done, "Service and server")
    done.presses(Key.Key_Return)
    done.waits_for(QUESTION)


def test_what_a_copied_disk_brought_is_not_this_devices(
    done: Person, open_window: Open, filled: Prefill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "evidence", lambda: ("hw:another", "os:another"))
    done.clicks("Finish")
    person = open_window(with_asked(filled, client_id="laptop-18"))
    goes_to(person, "Identity of this device")
