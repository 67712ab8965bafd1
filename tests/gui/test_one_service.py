"""Nobody who enrolls with one service sees a word of the other, but for the choice itself."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QRadioButton, QWidget

from enroller.errors import KeyStoreAbsent
from enroller.gui.prefill import Prefill
from enroller.model import Credential, CredentialKind, Secret
from enroller.sandbox.faults import Fault, Where
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Person
from tests.gui.stories import OTHER_KEY, Open, goes_to, newest, submits, with_asked

OF_SAFEQ_CLOUD = (
    "safeq", "ysoft", "api key", "client id", "gateway", "the administrator", "ed25519", "rsa", "kind of device",
)  # fmt: skip
"""“The service's administrator”, who keeps its servers running, is no word of one service."""

OF_PRIVICORE = (
    "privicore", "websocket", "x25519", "account", "owner", "password", "user name", "identifier", "device name",
)  # fmt: skip


def shown(person: Person) -> Iterator[str]:
    """All that can be seen, pointed at or heard; the choice of the service left out."""
    for each in person.seen(QWidget):
        if isinstance(each, QRadioButton) and each.text().replace("&", "") in ("YSoft SAFEQ Cloud", "Privicore"):
            continue
        yield from (each.toolTip(), each.statusTip(), each.whatsThis())
        yield from (each.accessibleName(), each.accessibleDescription())
        if isinstance(each, QLineEdit):
            yield each.placeholderText()
        if isinstance(each, QComboBox):
            yield from (each.itemText(index) for index in range(each.count()))
    yield from (line for line in person.reads().splitlines() if line not in ("YSoft SAFEQ Cloud", "Privicore"))


def foreign(person: Person, words: tuple[str, ...]) -> list[str]:
    """What is shown and has one of these words in it."""
    return [said for said in shown(person) if any(word in said.replace("&", "").lower() for word in words)]


class Reader:
    """Reads each page, and whatever happens on it, for words of the other service."""

    def __init__(self, person: Person, words: tuple[str, ...]) -> None:
        self._person = person
        self._words = words
        self.found: dict[str, list[str]] = {}

    def look(self, state: str) -> None:
        """Notes what does not belong there."""
        if found := foreign(self._person, self._words):
            self.found[state] = found


@pytest.fixture(autouse=True)
def _no_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(_vault: Vault) -> str:
        raise KeyStoreAbsent

    monkeypatch.setattr(Vault, "probe_key_store", probe)


def walk_the_form(person: Person, reader: Reader, sandbox: Sandbox) -> None:
    """To the review, with what can go wrong on the way."""
    goes_to(person, "Service and server")
    reader.look("server")
    address, ca_file = person.field("Server address").text(), person.field("CA file (optional)").text()
    person.enters("Server address", "")
    reader.look("server: empty")
    person.enters("Server address", "http://acme.example")
    person.clicks("Next")
    reader.look("server: plain http")
    person.enters("Server address", address)
    person.enters("CA file (optional)", " ")
    person.clicks("Next")
    person.waits_for("which this device does not know")
    reader.look("server: unknown issuer")
    person.enters("CA file (optional)", ca_file)
    for fault in (Fault.LOGIN_PAGE, Fault.REDIRECT, Fault.SERVER_ERROR):
        sandbox.world.inject(fault)
        sandbox.privicore.inject(fault)
        person.clicks("Next")
        person.waits_for("Fill in the rest first")
        reader.look(f"server: {fault}")
        sandbox.world.clear_faults()
        sandbox.privicore.clear_faults()
    person.clicks("Next")
    person.waits_for("Identity of this device")
    reader.look("identity")
    person.clicks("Next")
    person.waits_for("Key of this device", "SHA256:")
    reader.look("key")
    for choice in (
        "this computer's key store: only you can open it (recommended)",
        "Sealed with a passphrase of yours",
    ):
        person.clicks(f"In {choice}" if choice.startswith("this") else choice)
        reader.look(f"key: {choice}")
    person.clicks("In a plain file that only this user can read")
    person.clicks("Next")
    person.waits_for("Review and submit")
    reader.look("review")


def test_safeq_cloud(open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
    person = open_window(filled)
    reader = Reader(person, OF_PRIVICORE)
    walk_the_form(person, reader, sandbox)
    person.clicks("Submit")
    person.waits_for("Waiting for approval", "Not approved yet")
    reader.look("approval")
    sandbox.world.inject(Fault.SERVER_ERROR)
    person.waits_for("The service is busy")
    reader.look("approval: busy")
    sandbox.world.rotate_api_key("another")
    person.waits_for("The API key is wrong")
    reader.look("approval: another API key")
    person.types("another")
    person.clicks("Use it")
    person.waits_for("Not approved yet")
    sandbox.world.reject(newest(sandbox))
    person.waits_for("The request was rejected")
    reader.look("approval: rejected")
    person.clicks("Start again")
    person.waits_for("Waiting for approval", "Not approved yet")
    sandbox.world.approve(newest(sandbox))
    person.waits_for("This device is enrolled")
    reader.look("done")
    assert reader.found == {}


def test_privicore(open_window: Open, filled_privicore: Prefill, sandbox: Sandbox) -> None:
    person = open_window(with_asked(filled_privicore, description="Reception"))
    reader = Reader(person, OF_SAFEQ_CLOUD)
    sandbox.privicore.set_public_key(None, OTHER_KEY)
    walk_the_form(person, reader, sandbox)
    person.clicks("Submit")
    person.waits_for("Waiting for approval", "Not approved yet")
    reader.look("approval")
    sandbox.privicore.inject(Fault.SERVER_ERROR)
    person.waits_for("The service is busy")
    reader.look("approval: busy")
    sandbox.privicore.change_password("another")
    sandbox.privicore.expire_tokens()
    person.waits_for("Enter the password of this account.")
    reader.look("approval: another password")
    person.types("another")
    person.clicks("Use it")
    person.waits_for("Not approved yet")
    polls = sandbox.privicore.counts()[Where.DEVICES]
    person.waits_until(lambda: sandbox.privicore.counts()[Where.DEVICES] > polls, "another check")
    sandbox.privicore.reject(sandbox.privicore.devices()[0].identifier)
    person.waits_for("The request was rejected")
    reader.look("approval: rejected")
    person.clicks("Start again")
    person.waits_for("Waiting for approval", "Not approved yet")
    person.clicks("Approve with this account")
    person.waits_for("This device is enrolled")
    reader.look("done")
    assert reader.found == {}


def test_privicore_with_a_token_that_is_wrong(open_window: Open, filled_privicore: Prefill, sandbox: Sandbox) -> None:
    person = open_window(Prefill(filled_privicore.asked, Credential(CredentialKind.TOKEN, Secret("wrong"))))
    reader = Reader(person, OF_SAFEQ_CLOUD)
    goes_to(person, "Review and submit")
    reader.look("review")
    person.clicks("Submit")
    person.waits_for("Change the identity")
    reader.look("review: a wrong token")
    person.clicks("Change the identity")
    person.waits_for("Identity of this device")
    reader.look("identity: a wrong token")
    assert reader.found == {}


def test_the_list_has_words_that_fit_each(
    open_window: Open, filled: Prefill, filled_privicore: Prefill, sandbox: Sandbox
) -> None:
    person = open_window(with_asked(filled_privicore, description="Reception"))
    submits(person)
    polls = sandbox.privicore.counts()[Where.DEVICES]
    person.waits_until(lambda: sandbox.privicore.counts()[Where.DEVICES] > polls, "another check")
    sandbox.privicore.reject(sandbox.privicore.devices()[0].identifier)
    person.waits_for("The request was rejected")
    person.clicks("Close")
    again = open_window(filled)
    again.waits_for("Rejected by the owner of the account.", "Reception · laptop-17")
    assert foreign(again, OF_SAFEQ_CLOUD) == []
