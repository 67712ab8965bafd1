"""Trusting the company's root: two clicks, and its fingerprint to compare before the second."""

import hashlib
import re
import ssl
from pathlib import Path

import pytest

from enroller.gui.prefill import Prefill
from enroller.sandbox.server import Sandbox
from enroller.steps import NewVia
from tests.gui.person import Key, Person
from tests.gui.privicore_stories import stored
from tests.gui.stories import Open, goes_to, newest, submits, with_asked
from tests.http.servers import certificate

IMPORT = "Import a root certificate…"


@pytest.fixture
def person(open_window: Open, filled: Prefill) -> Person:
    """Somebody whose server shows a certificate of an issuer that the device does not know."""
    person = open_window(with_asked(filled, ca_file=None))
    goes_to(person, "Service and server")
    person.clicks("Next")
    person.waits_for("which this device does not know", "Certificate checking cannot be switched off")
    return person


def fingerprint(file: Path) -> str:
    """Of the first certificate in a file, in the way that openssl and browsers write it."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).hexdigest().upper()
    return ":".join(re.findall("..", digest))


class TestOnTheServersPage:
    def test_two_clicks_and_the_connection_is_checked_again(self, person: Person, sandbox: Sandbox) -> None:
        person.files = [sandbox.ca_file]
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?", "valid until")
        person.clicks("Trust it")
        person.waits_for("Identity of this device")

    def test_the_fingerprint_to_compare_is_the_certificates(self, person: Person, sandbox: Sandbox) -> None:
        person.files = [sandbox.ca_file]
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?")
        assert fingerprint(sandbox.ca_file) in person.reads().replace("\n", "")

    def test_nothing_is_trusted_without_the_second(self, person: Person, sandbox: Sandbox) -> None:
        person.files = [sandbox.ca_file]
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?")
        assert person.focus is person.button("Do not trust it"), "a Return too many trusts nobody"
        person.clicks("Do not trust it")
        person.waits_for("which this device does not know")
        assert not person.sees("Trust this certificate?")
        assert person.field("CA file (optional)").text() == ""
        person.clicks("Next")
        person.waits_for("which this device does not know")
        assert person.sees("Service and server")

    def test_what_was_compared_is_what_is_trusted(
        self, person: Person, sandbox: Sandbox, tmp_path: Path, data_dir: Path
    ) -> None:
        stick = tmp_path / "root.pem"
        stick.write_bytes(sandbox.ca_file.read_bytes())
        person.files = [stick]
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?")
        stick.write_bytes(certificate("Somebody else's root").public)
        person.clicks("Trust it")
        person.waits_for("Identity of this device")
        stick.unlink()  # and the stick is pulled out
        person.clicks("Next")
        person.waits_for("Key of this device", "SHA256:")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        person.presses(Key.Key_Escape)
        assert (stored(data_dir).ca_pem or "nothing") in sandbox.ca_file.read_text()

    def test_return_neither_trusts_nor_passes_the_question_over(self, person: Person, sandbox: Sandbox) -> None:
        person.files = [sandbox.ca_file]
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?")
        assert not person.can_press("Next")
        person.waits_until(lambda: person.focus is person.button("Do not trust it"), "the focus in the question")
        person.presses(Key.Key_Return)
        person.waits_for("which this device does not know")
        assert person.field("CA file (optional)").text() == ""
        assert person.can_press("Next")

    def test_by_keyboard_alone(self, person: Person, sandbox: Sandbox) -> None:
        person.files = [sandbox.ca_file]
        person.alt("i")
        person.waits_for("Trust this certificate?")
        person.alt("t")
        person.waits_for("Identity of this device")

    def test_a_file_that_is_none_is_said_and_another_can_be_chosen(
        self, person: Person, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        letter = tmp_path / "letter.txt"
        letter.write_text("Dear IT")
        person.files = [letter, sandbox.ca_file]
        person.clicks(IMPORT)
        person.waits_for("letter.txt holds no usable certificate.", "Ask IT for the root certificate.")
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?")

    def test_a_bundle_that_nobody_can_compare_is_refused(
        self, person: Person, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        bundle = tmp_path / "bundle.pem"
        bundle.write_text(sandbox.ca_file.read_text() * 3)
        person.files = [bundle]
        person.clicks(IMPORT)
        person.waits_for("The file holds 3 certificates, too many to compare.", "the root certificate alone")

    def test_each_certificate_of_a_file_is_shown(self, person: Person, sandbox: Sandbox, tmp_path: Path) -> None:
        both = tmp_path / "both.pem"
        other = certificate("A root that came along")
        both.write_text(sandbox.ca_file.read_text() + other.public.decode())
        person.files = [both]
        person.clicks(IMPORT)
        person.waits_for("Trust this certificate?", "A root that came along", "Enroller sandbox")

    def test_browse_asks_as_well_and_goes_nowhere(self, open_window: Open, sandbox: Sandbox) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        person.enters("Server address", sandbox.url)
        person.files = [sandbox.ca_file]
        person.clicks("Browse…")
        person.waits_for("Trust this certificate?")
        person.clicks("Trust it")
        person.waits_until(
            lambda: person.field("CA file (optional)").text() == str(sandbox.ca_file), "the file in the field"
        )
        assert person.sees("Service and server")
        assert not person.sees("Trust this certificate?")


class TestWhileARequestWaits:
    @pytest.fixture
    def waiting(self, open_window: Open, filled: Prefill) -> Person:
        """Somebody whose request waits, and whose server shows another certificate by now."""
        person = open_window(filled)
        submits(person)
        person.window.tell(NewVia("old-root.pem", certificate("An old root").public.decode()))
        person.waits_for("which this device does not know", "Still waiting; nothing is lost.")
        return person

    def test_it_goes_on_with_another_root_and_no_new_request(
        self, waiting: Person, sandbox: Sandbox, data_dir: Path
    ) -> None:
        waiting.files = [sandbox.ca_file]
        waiting.clicks(IMPORT)
        waiting.waits_for("Trust this certificate?", "Next try" if waiting.sees("Next try") else "Next check")
        waiting.clicks("Trust it")
        waiting.waits_until(lambda: not waiting.sees("does not know"), "the trouble to pass")
        sandbox.world.approve(newest(sandbox))
        waiting.waits_for("This device is enrolled")
        assert sandbox.world.counts()["register"] == 1
        assert stored(data_dir).asked.ca_file == str(sandbox.ca_file)
        assert (stored(data_dir).ca_pem or "nothing") in sandbox.ca_file.read_text()

    def test_who_compares_a_fingerprint_is_not_disturbed_by_the_next_try(
        self, waiting: Person, sandbox: Sandbox
    ) -> None:
        waiting.files = [sandbox.ca_file]
        waiting.clicks(IMPORT)
        waiting.waits_for("Trust this certificate?")
        tries = waiting.window.snapshot
        waiting.clicks("Check now")
        waiting.waits_until(lambda: waiting.window.snapshot is not tries, "the next try")
        waiting.waits_until(lambda: waiting.sees("Next check"), "it to fail as well")
        assert waiting.sees("Trust this certificate?")
        assert not waiting.sees("does not know"), "there is room for one thing"
        waiting.clicks("Do not trust it")
        waiting.waits_for("which this device does not know")

    def test_before_a_renewal(self, waiting: Person, open_window: Open, sandbox: Sandbox, data_dir: Path) -> None:
        waiting.files = [sandbox.ca_file]
        waiting.clicks(IMPORT)
        waiting.clicks("Trust it")
        sandbox.world.approve(newest(sandbox))
        waiting.waits_for("This device is enrolled")
        waiting.clicks("Finish")
        forget_the_root(data_dir)
        again = open_window()
        again.clicks("Renew")
        again.waits_for("which this device does not know")
        again.files = [sandbox.ca_file]
        again.clicks(IMPORT)
        again.clicks("Trust it")
        again.waits_for("This device is enrolled")

    def test_return_presses_what_has_the_focus(self, waiting: Person, sandbox: Sandbox) -> None:
        waiting.files = [sandbox.ca_file]
        waiting.clicks(IMPORT)
        waiting.waits_for("Trust this certificate?")
        waiting.tabs_to(waiting.button("Trust it"))
        waiting.presses(Key.Key_Space)
        waiting.waits_until(lambda: not waiting.sees("Trust this certificate?"), "the question to be answered")


def forget_the_root(data_dir: Path) -> None:
    """As if the server had got another certificate after the enrollment."""
    from dataclasses import replace

    from enroller.vault import Unlock, Vault

    [one] = Vault(data_dir).list()
    with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
        opened.save(replace(opened.enrollment, ca_pem=certificate("An old root").public.decode()))
