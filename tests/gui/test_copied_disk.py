"""A disk in another machine: a device of its own, or the same one repaired. Somebody decides; nothing is guessed."""

from pathlib import Path

import pytest

from enroller import machine
from enroller.gui.prefill import Prefill
from enroller.model import ServiceName, State
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, newest, submits


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this is another machine."""
    monkeypatch.setattr(machine, "evidence", lambda: ("hw:another", "os:another"))


@pytest.fixture
def person(open_window: Open, filled: Prefill, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody who has a copy of a disk on which a request waits."""
    monkeypatch.setattr(machine, "evidence", lambda: ("hw:one", "os:one"))
    person = open_window(filled)
    submits(person)
    person.presses(Key.Key_Escape)
    return open_window(filled)


def test_the_first_page_says_so_before_anything_is_pressed(person: Person, open_window: Open, elsewhere: None) -> None:
    assert person.sees("Waiting for approval.")
    again = open_window()
    again.waits_for("Made on another machine", "Reception laptop 7")
    assert not again.sees("Waiting for approval.")


@pytest.mark.usefixtures("person")
class TestACopiedDisk:
    @pytest.fixture(autouse=True)
    def _found(self, person: Person, elsewhere: None) -> None:
        person.clicks("Resume")
        person.waits_for("This enrollment was made on another machine", "lock each other out")
        assert not person.sees("same-machine"), "an option of the command line means nothing here"

    def test_nothing_is_asked_of_the_service(self, sandbox: Sandbox, person: Person) -> None:
        before = sandbox.world.counts()
        person.waits_for("A copy: enroll as a new device", "The same machine, repaired: keep it")
        assert sandbox.world.counts() == before

    def test_the_same_machine_goes_on(self, person: Person, sandbox: Sandbox) -> None:
        person.clicks("The same machine, repaired: keep it")
        person.waits_for("Waiting for approval", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        assert sandbox.world.counts()["register"] == 1

    def test_a_copy_becomes_a_device_of_its_own_and_the_old_entry_goes(
        self, person: Person, sandbox: Sandbox, data_dir: Path
    ) -> None:
        [old] = Vault(data_dir).list()
        person.clicks("A copy: enroll as a new device")
        person.waits_for("Service and server")
        assert person.field("Server address").text() == sandbox.url
        person.clicks("Next")
        person.waits_for("Identity of this device")
        made = person.field("Client id").text()
        assert made not in ("", "laptop-17")
        person.enters("API key", sandbox.world.api_key)
        person.clicks("Next")
        person.waits_for("Key of this device", "SHA256:")
        person.clicks("In a plain file that only this user can read")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet", f"Client id: {made}")
        assert {one.id for one in Vault(data_dir).list()} > {old.id}, "until the new one is stored"
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
        [one] = Vault(data_dir).list()
        assert (one.identity, one.state, one.service) == (made, State.ENROLLED, ServiceName.SAFEQ_CLOUD)
        assert one.id != old.id

    def test_back_and_nothing_was_decided(self, person: Person, data_dir: Path) -> None:
        person.clicks("Back")
        person.waits_for("Enroll this device", "Made on another machine")
        goes_to(person, "Service and server")
        assert [one.state for one in Vault(data_dir).list()] == [State.AWAITING_APPROVAL]
