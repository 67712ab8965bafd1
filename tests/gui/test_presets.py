"""Presets: whom this device trusts fills in the form, and any other asks first."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from enroller.gui import start
from enroller.gui.claim import Call
from enroller.gui.opened import Opened
from enroller.gui.prefill import Prefill
from enroller.model import Secret
from enroller.preset import signature
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, submits
from tests.settings.conftest import Write, site

__all__ = ["site"]

SAID = 'server = "gateway.acme.example:7400"\nclient_id = "laptop-17"\nprotect = "passphrase"\n'
NOT_SIGNED = "It is not signed, so anybody may have made it."
LINK = "enroller://preset?server=gateway.acme.example%3A7400&client_id=laptop-17"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A preset file that nobody has signed."""
    path = tmp_path / "reception.enroll"
    path.write_text(SAID)
    return path


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, str]:
    """A preset file that Acme's IT has signed, and their public key."""
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()).decode()
    said, public = signature.signed(SAID, Secret(pem))
    path = tmp_path / "signed.enroll"
    path.write_text(said)
    return path, public


@pytest.fixture
def person(open_window: Open, site: Write) -> Person:
    """Somebody at the first page of a device without settings."""
    return open_window()


def hand_over(person: Person, word: str) -> None:
    """What the desktop does with what somebody opens there."""
    start.hand_over(person.window, word)


class TestAnyOtherAsksFirst:
    def test_it_tells_what_it_would_fill_in_and_where_it_comes_from(self, person: Person, file: Path) -> None:
        hand_over(person, str(file))
        person.waits_for("Use this preset?", NOT_SIGNED, "Nothing is filled in yet")
        assert person.sees(
            file.name,
            "YSoft SAFEQ Cloud",
            "https://gateway.acme.example:7400",
            "laptop-17",
            "Sealed with a passphrase of yours",
        )
        assert person.window.draft.server == "", "nothing is filled in yet"

    def test_the_safe_answer_is_the_one_that_return_gives(self, person: Person, file: Path) -> None:
        hand_over(person, str(file))
        person.waits_for("Use this preset?")
        person.waits_until(lambda: person.focus is person.button("Do not use it"), "the focus on what is safe")
        assert not person.can_press("Next")
        person.presses(Key.Key_Return)
        person.waits_for("Enroll this device", "You need:")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == ""

    def test_used_it_fills_in_the_form(self, person: Person, file: Path) -> None:
        hand_over(person, file.as_uri())
        person.clicks("Use it")
        person.waits_for("Enroll this device", "The form is filled in by the preset.")
        person.waits_until(lambda: person.focus is person.button("Next"), "the focus on what comes next")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == "gateway.acme.example:7400"

    def test_a_link_says_that_it_is_one(self, person: Person) -> None:
        hand_over(person, LINK)
        person.waits_for("Use this preset?", "a link", "https://gateway.acme.example:7400", NOT_SIGNED)
        person.clicks("Use it")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == "gateway.acme.example:7400"

    def test_a_signature_of_a_stranger_is_no_better(self, person: Person, signed: tuple[Path, str]) -> None:
        hand_over(person, str(signed[0]))
        person.waits_for("Use this preset?", "It is signed, but not by anybody whom this device trusts.")

    def test_where_it_names_a_server_somebody_should_know_that(self, person: Person) -> None:
        hand_over(person, LINK)
        person.waits_for("Make sure that you know the server: what you type later is sent there.")
        hand_over(person, "enroller://preset?client_id=laptop-17")
        person.waits_until(lambda: not person.sees("Make sure"), "no word about a server")
        assert person.sees(NOT_SIGNED)

    def test_a_later_one_takes_the_place_of_the_question(self, person: Person, file: Path) -> None:
        hand_over(person, str(file))
        person.waits_for("Use this preset?", "laptop-17")
        hand_over(person, "enroller://preset?service=privicore&server=other.example&username=kim")
        person.waits_for("https://other.example", "Account:", "kim")
        assert not person.sees("laptop-17")

    def test_an_address_shows_whose_it_is_however_long(self, person: Person) -> None:
        long = "gateway.acme.example." + "a" * 60 + "." + "b" * 60 + ".evil.example"
        hand_over(person, f"enroller://preset?server={long}")
        person.waits_for("Use this preset?", "https://gateway.acme", ".evil.example")

    def test_what_would_harm_other_devices_is_told(self, person: Person, tmp_path: Path) -> None:
        path = tmp_path / "x.enroll"
        path.write_text('service = "privicore"\nserver = "a.example"\nreplace_profile_key = true\npoll_interval = 2.5')
        hand_over(person, str(path))
        person.waits_for("The account's key:", "replaced by this one", "every 2.5 seconds")


class TestSomebodyWhomThisDeviceTrusts:
    def test_fills_in_the_form_at_once_and_is_named(
        self, person: Person, site: Write, signed: tuple[Path, str]
    ) -> None:
        path, public = signed
        site(f'preset_keys = ["Acme IT: {public}"]')
        hand_over(person, str(path))
        person.waits_for(
            "Enroll this device", "The form is filled in by a preset of “Acme IT”, whom this device trusts."
        )
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == "gateway.acme.example:7400"

    def test_changed_after_it_was_signed_it_is_refused(
        self, person: Person, site: Write, signed: tuple[Path, str]
    ) -> None:
        path, public = signed
        site(f'preset_keys = ["Acme IT: {public}"]')
        path.write_text(path.read_text().replace("gateway", "geteway"))
        hand_over(person, str(path))
        person.waits_for(f"The preset {path} cannot be used: line 4", "it was changed after it was signed")
        assert person.window.draft.server == ""

    def test_is_overruled_by_the_administrator_and_that_is_said(
        self, person: Person, site: Write, signed: tuple[Path, str]
    ) -> None:
        path, public = signed
        site(f'preset_keys = ["Acme IT: {public}"]\nserver = "acme.example"\nlocked = ["server"]')
        hand_over(person, str(path))
        person.waits_for("“Acme IT”", "Set by your administrator, and so not taken from the preset: Server.")
        assert (person.window.draft.server, person.window.draft.client_id) == ("acme.example", "laptop-17")


class TestABadOne:
    @pytest.mark.parametrize(
        ("said", "what"),
        [
            ("server = 7400", "line 1, column 10: “server” has to be a text."),
            ('server = "a.example"\nsrever = "b"', "line 2, column 10: it has “srever”"),
            ('server = "a', "line 1, column 12"),
        ],
    )
    def test_is_told_with_its_place_and_nothing_is_applied(
        self, person: Person, file: Path, said: str, what: str
    ) -> None:
        file.write_text(said)
        hand_over(person, str(file))
        person.waits_for(f"The preset {file} cannot be used:", what, "Nothing was applied.")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == ""

    def test_a_link_too(self, person: Person) -> None:
        hand_over(person, "enroller://preset?ca_file=/etc/passwd")
        person.waits_for("The link cannot be used: it may not say “ca_file”.")

    def test_one_that_is_not_there(self, person: Person, tmp_path: Path) -> None:
        hand_over(person, str(tmp_path / "gone.enroll"))
        person.waits_for("gone.enroll cannot be used: No such file or directory.")

    def test_the_next_good_one_takes_its_place(self, person: Person, file: Path) -> None:
        hand_over(person, "enroller://nonsense")
        person.waits_for("The link cannot be used")
        hand_over(person, str(file))
        person.waits_for("Use this preset?")
        person.clicks("Do not use it")
        assert not person.sees("cannot be used")


class TestWhileSomethingIsUnderWay:
    def test_it_is_not_used_and_that_is_said(self, person: Person, file: Path) -> None:
        goes_to(person, "Service and server")
        person.enters("Server address", "mine.example")
        hand_over(person, str(file))
        person.waits_until(lambda: bool(person.questions), "a word about it")
        assert person.questions[0].startswith("The preset was not used, since something is under way here.")
        assert person.field("Server address").text() == "mine.example"

    def test_a_bad_one_is_told_all_the_same(self, person: Person) -> None:
        goes_to(person, "Service and server")
        hand_over(person, "enroller://nonsense")
        person.waits_until(lambda: bool(person.questions), "a word about it")
        assert person.questions[0].startswith("The link cannot be used")

    def test_what_waits_on_the_device_is_nothing_under_way(
        self, person: Person, open_window: Open, filled: Prefill, file: Path
    ) -> None:
        submits(open_window(filled))
        person.window.restart()
        person.waits_for("Resume")
        hand_over(person, str(file))
        person.waits_for("Use this preset?")
        person.clicks("Do not use it")
        person.waits_for("Resume")


def test_another_enrollment_says_nothing_of_a_preset_any_more(person: Person, file: Path) -> None:
    hand_over(person, str(file))
    person.clicks("Use it")
    person.waits_for("filled in by the preset")
    person.window.begin_again()
    person.waits_until(lambda: not person.sees("filled in by the preset"), "the note to go")


def test_a_start_begins_with_what_it_was_told(open_window: Open, site: Write, file: Path) -> None:
    person = open_window()
    start._take_up(person.window, Call(preset=SAID, preset_path=str(file)))
    person.waits_for("Use this preset?", file.name)


def test_whoever_calls_from_another_version_breaks_nothing(person: Person) -> None:
    assert start._take_up(person.window, Call(preset="nonsense"))
    person.waits_for("The link cannot be used")


class TestMacOs:
    """What macOS sends, sent here by hand."""

    def test_an_opened_file_asks(self, person: Person, qapp: QApplication, file: Path) -> None:
        opened = Opened(qapp, lambda word: hand_over(person, word))
        QApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(file))))
        person.waits_for("Use this preset?", file.name)
        opened.deleteLater()

    def test_an_opened_link_asks(self, person: Person, qapp: QApplication) -> None:
        opened = Opened(qapp, lambda word: hand_over(person, word))
        QApplication.sendEvent(qapp, QFileOpenEvent(QUrl(LINK)))
        person.waits_for("Use this preset?", "https://gateway.acme.example:7400")
        opened.deleteLater()
