"""The identity's page: the API key stays hidden, and every text is checked in place."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

from enroller.form import host_name
from enroller.gui.prefill import Prefill
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, with_api_key, with_asked

SECRET = "sk-very-secret"


@pytest.fixture
def person(open_window: Open, filled: Prefill) -> Person:
    """Somebody at the page, without an API key yet."""
    person = open_window(with_api_key(filled, ""))
    goes_to(person, "Identity of this device")
    return person


class TestTheApiKey:
    def test_it_is_hidden_until_somebody_wants_to_see_it(self, person: Person) -> None:
        person.enters("API key", SECRET)
        assert not person.sees(SECRET)
        person.clicks("Show")
        assert person.sees(SECRET)
        person.clicks("Show")
        assert not person.sees(SECRET)

    def test_it_is_hidden_again_when_the_page_is_left(self, person: Person) -> None:
        person.enters("API key", SECRET)
        person.clicks("Show")
        person.clicks("Next")
        person.waits_for("Key of this device")
        person.clicks("Back")
        person.waits_for("Identity of this device")
        assert not person.sees(SECRET)
        assert person.field("API key").text() == SECRET

    def test_a_hidden_key_cannot_be_copied_out_of_the_field(self, person: Person) -> None:
        QGuiApplication.clipboard().setText("something else")
        person.enters("API key", SECRET)
        person.field("API key").selectAll()
        person.field("API key").copy()
        assert person.field("API key").echoMode() is QLineEdit.EchoMode.Password
        assert QGuiApplication.clipboard().text() == "something else"

    def test_it_is_pasted_without_the_blanks_around_it(self, person: Person) -> None:
        QGuiApplication.clipboard().setText(f"  {SECRET}\n")
        person.clicks("Paste")
        assert person.field("API key").text() == SECRET

    def test_pasting_two_lines_is_answered_in_place(self, person: Person) -> None:
        QGuiApplication.clipboard().setText(f"{SECRET}\n{SECRET}")
        person.clicks("Paste")
        person.clicks("Next")
        person.waits_for("The API key has more than one line.", "Give the one text alone.")
        assert person.sees("Identity of this device")

    def test_it_comes_from_a_file(self, person: Person, tmp_path: Path) -> None:
        file = tmp_path / "api-key.txt"
        file.write_text(SECRET + "\n")
        person.files = [file]
        person.clicks("From file…")
        person.waits_until(lambda: person.field("API key").text() == SECRET, "the key of the file")
        assert not person.sees(SECRET)

    def test_a_file_of_no_use_is_answered_in_place_and_the_field_kept(self, person: Person, tmp_path: Path) -> None:
        file = tmp_path / "picture.png"
        file.write_bytes(b"\x89PNG\xff\xfe")
        person.enters("API key", SECRET)
        person.files = [file]
        person.clicks("From file…")
        person.waits_for("The API key file is not UTF-8 text.")
        assert person.field("API key").text() == SECRET


class TestTheRest:
    def test_nothing_goes_on_without_an_api_key_or_a_client_id(self, person: Person) -> None:
        assert not person.can_press("Next")
        person.enters("API key", SECRET)
        assert person.can_press("Next")
        person.enters("Client id", " ")
        assert not person.can_press("Next")

    def test_a_client_id_can_be_made_anew(self, person: Person) -> None:
        person.clicks("Generate")
        made = person.field("Client id").text()
        assert made not in ("", "laptop-17")
        person.clicks("Generate")
        assert person.field("Client id").text() != made

    def test_a_client_id_that_is_too_long_is_answered_in_place(self, person: Person) -> None:
        person.enters("API key", SECRET)
        person.field("Client id").setText("x" * 256)
        person.clicks("Next")
        person.waits_for("The client id has 256 characters; at most 255 are possible.")
        assert person.field("Client id").text() == "x" * 256

    def test_all_five_kinds_of_device_are_on_offer(self, person: Person) -> None:
        box = person.choice("Kind of device")
        assert [box.itemText(index) for index in range(box.count())] == [
            "Desktop client",
            "Printer",
            "Chrome extension",
            "Mobile device",
            "Server",
        ]

    def test_what_looks_like_markup_stays_text(self, person: Person) -> None:
        person.enters("API key", SECRET)
        person.enters("Description", "<h1>Laptop</h1> &amp;")
        for _ in range(2):
            person.clicks("Next")
        person.waits_for("Review and submit", "<h1>Laptop</h1> &amp;")


class TestPrivicore:
    @pytest.fixture
    def person(self, open_window: Open, filled_privicore: Prefill) -> Person:
        """Somebody at Privicore's page, without a name, a user name or a password yet."""
        empty = with_asked(filled_privicore, device_name="", username="")
        person = open_window(replace(empty, credential=None))
        goes_to(person, "Identity of this device")
        return person

    def test_the_device_has_the_name_of_the_host(self, person: Person) -> None:
        assert person.field("Device name").text() == host_name()
        assert person.field("Description (optional)").text() == ""

    def test_nothing_goes_on_without_a_user_name_and_a_password(self, person: Person) -> None:
        assert not person.can_press("Next")
        person.enters("User name", "kim")
        assert not person.can_press("Next")
        person.enters("Password", SECRET)
        assert person.can_press("Next")
        person.enters("User name", " ")
        assert not person.can_press("Next")

    def test_a_token_needs_no_user_name(self, person: Person) -> None:
        person.clicks("A token")
        assert not person.sees("User name:")
        assert not person.can_press("Next")
        person.enters("Token", SECRET)
        assert person.can_press("Next")
        assert not person.sees(SECRET)

    def test_the_way_to_sign_in_is_chosen_by_keyboard(self, person: Person) -> None:
        person.tabs_to(person.button("User name and password"))
        person.presses(Key.Key_Right)
        person.waits_for("Token:")
        person.alt("u")
        person.waits_for("Password:")

    def test_both_secrets_are_kept_as_typed_and_hidden_again(self, person: Person) -> None:
        person.enters("User name", "kim")
        person.enters("Password", SECRET)
        person.clicks("Show")
        assert person.sees(SECRET)
        person.clicks("A token")
        person.enters("Token", "a-token")
        person.clicks("Show")
        person.clicks("Next")
        person.waits_for("Where the key and the tokens are kept:")
        person.clicks("Back")
        person.waits_for("Identity of this device")
        assert person.field("Token").text() == "a-token"
        assert not person.sees("a-token")
        person.clicks("User name and password")
        assert person.field("Password").text() == SECRET
        assert not person.sees(SECRET)

    def test_a_token_comes_from_a_file(self, person: Person, tmp_path: Path) -> None:
        file = tmp_path / "token.txt"
        file.write_text(SECRET + "\n")
        person.clicks("A token")
        person.files = [file]
        person.clicks("From file…")
        person.waits_until(lambda: person.field("Token").text() == SECRET, "the token of the file")

    def test_a_file_of_no_use_is_called_by_its_name(self, person: Person, tmp_path: Path) -> None:
        file = tmp_path / "picture.png"
        file.write_bytes(b"\x89PNG\xff\xfe")
        person.files = [file]
        person.clicks("From file…")
        person.waits_for("The password file is not UTF-8 text.")

    @pytest.mark.parametrize(
        ("field", "said"),
        [
            ("Device name", "The device name has 256 characters; at most 255 are possible."),
            ("Description (optional)", "The description has 256 characters; at most 255 are possible."),
            ("User name", "The user name has 256 characters; at most 255 are possible."),
        ],
    )
    def test_what_is_too_long_is_answered_in_place(self, person: Person, field: str, said: str) -> None:
        person.enters("User name", "kim")
        person.enters("Password", SECRET)
        person.field(field).setText("x" * 256)
        person.clicks("Next")
        person.waits_for(said)
        assert person.focus is person.field(field)

    def test_a_device_name_that_was_emptied_is_the_hosts_again(self, person: Person) -> None:
        person.enters("User name", "kim")
        person.enters("Password", SECRET)
        person.enters("Device name", " ")
        for _ in range(2):
            person.clicks("Next")
        person.waits_for("Review and submit", host_name())
