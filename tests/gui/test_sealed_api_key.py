"""An API key inside a preset: its passphrase is asked for in the place of the key, which nobody ever sees."""

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit

from enroller.gui.prefill import Prefill
from enroller.model import Credential, Secret
from enroller.preset import Preset, parse, seal
from enroller.sandbox.server import Sandbox
from tests.conftest import API_KEY
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to
from tests.settings.conftest import Write, site

__all__ = ["site"]

PASSPHRASE = "correct horse battery"


@pytest.fixture
def sealed(sandbox: Sandbox) -> Preset:
    """A preset for the sandbox with its API key inside."""
    return _preset(sandbox, API_KEY)


@pytest.fixture
def person(open_window: Open, filled: Prefill, sealed: Preset, site: Write) -> Person:
    """Somebody at the identity's page who was given that preset."""
    person = open_window(Prefill(filled.asked, sealed=sealed))
    goes_to(person, "Identity of this device")
    return person


def _preset(sandbox: Sandbox, api_key: str) -> Preset:
    inside = seal.sealed(Secret(api_key), Secret(PASSPHRASE), sandbox.url)
    return parse(f'server = "{sandbox.url}"\nsealed_api_key = "{inside}"', Path("/tmp/x.enroll"))


def everything(person: Person) -> str:
    """All texts of all fields, whether they are shown or not, as they are and not as they look."""
    return "\n".join(field.text() for field in person.window.findChildren(QLineEdit))


def test_the_way_through_the_question(open_window: Open, sandbox: Sandbox, sealed: Preset, site: Write) -> None:
    site(f'ca_file = "{sandbox.ca_file}"')
    person = open_window()
    person.window.start_page.offer(sealed)
    person.waits_for("Use this preset?", "API key:", "in the preset, sealed with a passphrase")
    person.clicks("Use it")
    goes_to(person, "Identity of this device")
    person.waits_until(lambda: person.focus is person.field("Passphrase"), "the focus on the passphrase")


def test_the_passphrase_opens_it_and_it_is_what_is_sent(person: Person, sandbox: Sandbox) -> None:
    assert not person.can_press("Next")
    person.enters("Passphrase", PASSPHRASE)
    person.clicks("Next")
    person.waits_for("Key of this device", "SHA256:")
    person.clicks("Next")
    person.waits_for("Review and submit", "API key:", "entered, not shown")
    assert API_KEY not in everything(person)
    person.clicks("Submit")
    person.waits_for("Waiting for approval", "Not approved yet")
    assert len(sandbox.world.requests()) == 1


def test_a_wrong_passphrase_is_told_in_place_and_kept(person: Person) -> None:
    person.enters("Passphrase", "correct horse")
    person.clicks("Next")
    person.waits_for("The passphrase does not open the API key of this preset.", "Or type the API key itself.")
    field = person.field("Passphrase")
    assert (field.text(), field.echoMode()) == ("correct horse", QLineEdit.EchoMode.Password)
    person.waits_until(lambda: person.focus is field, "the focus where it is mended")
    person.types(" battery")
    assert not person.sees("does not open")
    person.presses(Key.Key_Return)
    person.waits_for("Key of this device")


def test_what_was_opened_is_opened_no_second_time(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person.enters("Passphrase", PASSPHRASE)
    person.clicks("Next")
    person.waits_for("Key of this device")
    monkeypatch.delattr(seal, "opened")
    person.clicks("Back")
    assert person.field("Passphrase").text() == PASSPHRASE
    person.clicks("Next")
    person.waits_for("Key of this device")


def test_another_passphrase_opens_it_anew(person: Person) -> None:
    person.enters("Passphrase", PASSPHRASE)
    person.clicks("Next")
    person.waits_for("Key of this device")
    person.clicks("Back")
    person.enters("Passphrase", "another one")
    person.clicks("Next")
    person.waits_for("The passphrase does not open the API key of this preset.")


def test_it_can_be_typed_instead(person: Person) -> None:
    person.clicks("the administrator, typed here")
    person.waits_until(lambda: person.focus is person.field("API key"), "the focus on the key")
    assert not person.can_press("Next")
    person.types(API_KEY)
    person.clicks("Next")
    person.waits_for("Key of this device")
    assert person.window.draft.credential is not None
    assert person.window.draft.credential.secret == Secret(API_KEY)
    person.clicks("Back")
    assert person.button("the administrator, typed here").isChecked()
    assert person.field("API key").text() == API_KEY


def test_the_window_goes_on_living_while_it_is_opened(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    here, release = threading.get_ident(), threading.Event()
    opened_on: list[int] = []

    def slowly(preset: Preset, passphrase: Secret) -> Credential:
        opened_on.append(threading.get_ident())
        release.wait(20)
        return real(preset, passphrase)

    real = seal.opened
    monkeypatch.setattr(seal, "opened", slowly)
    person.enters("Passphrase", PASSPHRASE)
    person.clicks("Next")
    person.waits_for("Opening the API key of the preset …")
    assert not person.can_press("Next")
    release.set()
    person.waits_for("Key of this device")
    assert opened_on != [here]


def test_whoever_goes_back_meanwhile_is_not_pulled_on(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, release, over = threading.Event(), threading.Event(), threading.Event()

    def slowly(preset: Preset, passphrase: Secret) -> Credential:
        begun.set()
        release.wait(20)
        over.set()
        return real(preset, passphrase)

    real = seal.opened
    monkeypatch.setattr(seal, "opened", slowly)
    person.enters("Passphrase", PASSPHRASE)
    person.clicks("Next")
    person.waits_until(begun.is_set, "it to be opened")
    person.clicks("Back")
    person.waits_for("Service and server")
    release.set()
    person.waits_until(over.is_set, "it to be open")
    person.clicks("Next")
    person.waits_for("Identity of this device")
    assert person.field("Passphrase").text() == PASSPHRASE


def test_for_another_server_it_is_not_on_offer(person: Person) -> None:
    person.clicks("Back")
    person.waits_for("Service and server")
    person.enters("Server address", "evil.example")
    person.clicks("Next")
    person.clicks("Fill in the rest first")
    person.waits_for("Identity of this device")
    assert not person.sees("API key from:")
    assert person.field("API key").text() == ""
    assert not person.can_press("Next")


def test_a_key_that_is_wrong_by_now_can_be_typed_at_once(
    open_window: Open, filled: Prefill, sandbox: Sandbox, site: Write
) -> None:
    person = open_window(Prefill(filled.asked, sealed=_preset(sandbox, "an-old-key")))
    goes_to(person, "Identity of this device")
    person.enters("Passphrase", PASSPHRASE)
    for title in ("Key of this device", "Review and submit"):
        person.clicks("Next")
        person.waits_for(title)
    person.clicks("Submit")
    person.clicks("Change the identity")
    person.waits_for("The API key is wrong")
    person.clicks("Type the API key")
    person.waits_until(lambda: person.focus is person.field("API key"), "the focus on the key")
    person.types(API_KEY)
    for title in ("Key of this device", "Review and submit"):
        person.clicks("Next")
        person.waits_for(title)
    person.clicks("Submit")
    person.waits_for("Waiting for approval", "Not approved yet")


def test_another_enrollment_wants_the_passphrase_once_more(person: Person) -> None:
    person.enters("Passphrase", PASSPHRASE)
    person.clicks("Next")
    person.waits_for("Key of this device")
    person.window.begin_again()
    goes_to(person, "Identity of this device")
    assert person.field("Passphrase").text() == ""
    assert person.window.draft.credential is None
