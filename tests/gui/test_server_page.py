"""The server's page: the address is checked as it is typed, and asked before any secret is."""

from pathlib import Path

import pytest

from enroller.gui.prefill import Prefill
from enroller.sandbox.faults import Fault
from enroller.sandbox.server import Sandbox
from tests.conftest import API_KEY
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, with_asked


@pytest.fixture
def empty(open_window: Open) -> Person:
    """Somebody at the empty form."""
    person = open_window()
    goes_to(person, "Service and server")
    return person


@pytest.fixture
def person(open_window: Open, filled: Prefill) -> Person:
    """Somebody at the form with the sandbox's address."""
    person = open_window(filled)
    goes_to(person, "Service and server")
    return person


class TestAsItIsTyped:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("acme.example", "Will connect to https://acme.example"),
            ("  https://Acme.Example:7400/oauth/v1/ ", "Will connect to https://acme.example:7400"),
            ("http://acme.example", "Plain http would show what is secret"),
            ("acme example", "An address has no spaces inside."),
            ("ftp://acme.example", "starts with https://, not with ftp://"),
            ("acme.example:99999", "The port or the host of this address is not usable."),
            ("<b>acme</b>", "This is not the name or the number of a server."),
        ],
    )
    def test_it_is_said_what_will_be_asked_or_what_is_wrong(self, empty: Person, typed: str, said: str) -> None:
        empty.enters("Server address", typed)
        assert empty.sees(said)

    def test_an_empty_address_leads_nowhere(self, empty: Person) -> None:
        assert not empty.can_press("Next")
        empty.enters("Server address", "   ")
        assert not empty.can_press("Next")

    def test_a_bad_address_is_explained_on_next_and_kept(self, empty: Person) -> None:
        empty.enters("Server address", "acme example")
        empty.presses(Key.Key_Return)
        empty.waits_for("An address has no spaces inside.", "For example acme.example or acme.example:8443.")
        assert empty.field("Server address").text() == "acme example"


class TestTheConnection:
    def test_a_refused_connection_is_said_in_place(self, empty: Person) -> None:
        empty.enters("Server address", "127.0.0.1:1")
        empty.clicks("Next")
        empty.waits_for("No connection to 127.0.0.1, port 1: connection refused.", "Check the address and the port.")
        assert empty.sees("Service and server")
        assert empty.field("Server address").text() == "127.0.0.1:1"

    def test_a_login_page_is_recognised(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.inject(Fault.LOGIN_PAGE)
        person.clicks("Next")
        person.waits_for("answered instead of the service", "Open a browser, sign in to this network")
        assert not person.sees("room"), "the page itself is nobody's business"
        person.clicks("Next")
        person.waits_for("Identity of this device")

    def test_somebody_who_knows_better_goes_on_all_the_same(self, empty: Person) -> None:
        empty.enters("Server address", "127.0.0.1:1")
        empty.clicks("Next")
        empty.clicks("Fill in the rest first")
        empty.waits_for("Identity of this device")
        empty.clicks("Back")
        empty.waits_for("Service and server")
        empty.clicks("Next")
        empty.waits_for("Identity of this device")

    def test_a_ca_file_that_is_none_is_no_matter_of_knowing_better(
        self, open_window: Open, filled: Prefill, tmp_path: Path
    ) -> None:
        person = open_window(with_asked(filled, ca_file=str(tmp_path / "missing.pem")))
        goes_to(person, "Service and server")
        person.clicks("Next")
        person.waits_for("missing.pem cannot be read: No such file or directory.")
        assert not person.can_press("Fill in the rest first")

    def test_what_looks_like_markup_in_an_error_stays_text(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(with_asked(filled, ca_file="/nowhere/<b>root</b>.pem"))
        goes_to(person, "Service and server")
        person.clicks("Next")
        person.waits_for("The CA file /nowhere/<b>root</b>.pem cannot be read")

    def test_checking_is_shown_and_can_be_stopped(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.inject(Fault.HANG)
        person.clicks("Next")
        person.waits_for(f"Checking the connection to {sandbox.url}")
        assert not person.can_press("Next")
        person.waits_until(lambda: not sandbox.world.faults(), "the request to arrive")
        person.clicks("Stop")
        person.waits_until(lambda: not person.sees("Checking"), "the check to end")
        sandbox.world.clear_faults()
        person.clicks("Next")
        person.waits_for("Identity of this device")

    def test_typing_stops_a_check_of_what_stood_there(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.inject(Fault.HANG)
        person.clicks("Next")
        person.waits_for("Checking the connection")
        person.enters("Server address", "127.0.0.1:1")
        assert not person.sees("Checking the connection")
        assert person.can_press("Next")

    def test_going_back_stops_it_too(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.inject(Fault.LATENCY, seconds=0.3)
        person.clicks("Next")
        person.waits_for("Checking the connection")
        person.clicks("Back")
        person.waits_for("Enroll this device")
        person.clicks("Next")
        person.waits_for("Service and server")
        assert person.can_press("Next")


class TestTheService:
    def test_safeq_cloud_is_chosen_first(self, empty: Person) -> None:
        assert empty.button("YSoft SAFEQ Cloud").isChecked()
        assert "7400" in empty.field("Server address").placeholderText()
        assert not empty.sees("WebSocket")

    def test_privicore_has_an_example_and_a_field_of_its_own(self, empty: Person) -> None:
        empty.clicks("Privicore")
        assert "9009" in empty.field("Server address").placeholderText()
        assert empty.field("WebSocket address (optional)").placeholderText() == "wss://cab.example:8083"
        assert empty.sees("There the service tells results at once.")

    def test_it_is_chosen_by_the_arrow_keys(self, empty: Person) -> None:
        empty.tabs_to(empty.button("YSoft SAFEQ Cloud"))
        empty.presses(Key.Key_Right)
        assert empty.sees("WebSocket address (optional):")
        empty.presses(Key.Key_Left)
        assert not empty.sees("WebSocket address (optional):")

    def test_what_was_typed_for_the_other_one_comes_back_with_it(self, empty: Person) -> None:
        empty.enters("Server address", "gateway.acme.example:7400")
        empty.clicks("Privicore")
        assert empty.field("Server address").text() == ""
        assert not empty.can_press("Next")
        empty.enters("Server address", "privicore.example")
        empty.enters("WebSocket address (optional)", "cab.example:8083")
        empty.clicks("YSoft SAFEQ Cloud")
        assert empty.field("Server address").text() == "gateway.acme.example:7400"
        assert empty.sees("Will connect to https://gateway.acme.example:7400")
        empty.clicks("Privicore")
        assert empty.field("Server address").text() == "privicore.example"
        assert empty.field("WebSocket address (optional)").text() == "cab.example:8083"

    def test_each_has_identity_key_and_secret_of_its_own(self, open_window: Open, filled: Prefill) -> None:
        person = open_window(filled)
        goes_to(person, "Key of this device")
        person.waits_for("SHA256:")
        for _ in range(2):
            person.clicks("Back")
        person.waits_for("Service and server")
        person.clicks("Privicore")
        person.enters("Server address", "127.0.0.1:1")
        person.clicks("Next")
        person.clicks("Fill in the rest first")
        person.waits_for("Identity of this device")
        assert person.field("Password").text() == ""
        person.enters("User name", "kim")
        person.enters("Password", "secret")
        person.clicks("Next")
        person.waits_for("Key of this device", "X25519", "SHA256:")
        for _ in range(2):
            person.clicks("Back")
        person.waits_for("Service and server")
        person.clicks("YSoft SAFEQ Cloud")
        person.clicks("Next")
        person.waits_for("Identity of this device")
        assert person.field("API key").text() == API_KEY
        assert person.field("Client id").text() == "laptop-17"
        person.clicks("Next")
        person.waits_for("Key of this device", "SHA256:")
        assert person.choice("Key type").currentText() == "Ed25519 (recommended)"

    def test_a_check_for_one_service_is_none_for_the_other(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox
    ) -> None:
        person = open_window(filled)
        goes_to(person, "Identity of this device")
        person.clicks("Back")
        person.waits_for("Service and server")
        person.clicks("Privicore")
        person.enters("Server address", sandbox.url)
        person.enters("CA file (optional)", str(sandbox.ca_file))
        person.clicks("Next")
        person.waits_for("Fill in the rest first")
        assert person.sees("Service and server")

    def test_choosing_stops_a_check(self, person: Person, sandbox: Sandbox) -> None:
        sandbox.world.inject(Fault.HANG)
        person.clicks("Next")
        person.waits_for("Checking the connection")
        person.clicks("Privicore")
        assert not person.sees("Checking the connection")


class TestTheWebSocketAddress:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("cab.example:8083", "Will listen at wss://cab.example:8083"),
            ("https://cab.example:8083/", "Will listen at wss://cab.example:8083"),
            ("ws://cab.example", "Plain ws would show what is secret"),
            ("ftp://cab.example", "starts with wss://, not with ftp://"),
        ],
    )
    def test_it_is_said_what_it_means_or_what_is_wrong(self, empty: Person, typed: str, said: str) -> None:
        empty.clicks("Privicore")
        empty.enters("WebSocket address (optional)", typed)
        assert empty.sees(said)

    def test_a_bad_one_leads_nowhere(self, empty: Person) -> None:
        empty.clicks("Privicore")
        empty.enters("Server address", "privicore.example")
        empty.enters("WebSocket address (optional)", "cab example")
        empty.clicks("Next")
        empty.waits_for("An address has no spaces inside.", "Service and server")
        assert empty.focus is empty.field("WebSocket address (optional)")
