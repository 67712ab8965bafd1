"""The key's page: making a key never holds anything up, and where the secrets go is somebody's own choice."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QComboBox, QProgressBar

from enroller import keys
from enroller.errors import KeyStoreAbsent, KeyStoreLocked, StorageError
from enroller.gui.prefill import Prefill
from enroller.model import KeyPair, KeyType, Protection
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, newest, with_asked


@pytest.fixture
def person(open_window: Open, filled: Prefill) -> Person:
    """Somebody at the page, with an Ed25519 key."""
    person = open_window(filled)
    goes_to(person, "Key of this device")
    person.waits_for("SHA256:")
    return person


@pytest.fixture
def hold_rsa(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """RSA keys take until the event is set."""
    release = threading.Event()
    real = keys.generate

    def slow(key_type: KeyType, *, rsa_bits: int, device: str, now: float) -> KeyPair:
        if key_type is not KeyType.ED25519:
            release.wait(60)
            rsa_bits = 2048
        return real(key_type, rsa_bits=rsa_bits, device=device, now=now)

    monkeypatch.setattr(keys, "generate", slow)
    yield release
    release.set()


def fingerprint(person: Person) -> str:
    """The fingerprint on the page."""
    return next((line for line in person.reads().splitlines() if line.startswith("SHA256:")), "")


class TestTheKey:
    def test_it_is_there_without_being_asked_for(self, person: Person) -> None:
        made = fingerprint(person)
        assert person.sees(keys.spoken(made), "(by telephone)")
        assert person.choice("Key type").currentText() == "Ed25519 (recommended)"

    def test_a_new_one_is_made_on_request(self, person: Person) -> None:
        old = fingerprint(person)
        person.clicks("New key")
        person.waits_until(lambda: fingerprint(person) not in ("", old), "another fingerprint")

    def test_rsa_4096_takes_its_time_and_the_window_lives(self, person: Person) -> None:
        old = fingerprint(person)
        person.chooses("Key type", "RSA")
        person.waits_until(lambda: fingerprint(person) not in ("", old), "a fingerprint")
        person.chooses("Key length", "4096 bits")
        assert person.seen(QProgressBar)
        assert not person.can_press("Next")
        person.waits_until(lambda: person.can_press("Next"), "the key")
        person.clicks("Next")
        person.waits_for("Review and submit", "RSA, 4096 bits")

    def test_making_it_can_be_cancelled(self, person: Person, hold_rsa: threading.Event) -> None:
        person.chooses("Key type", "RSA")
        person.waits_for("Generating …")
        person.clicks("Cancel")
        person.waits_for("There is no key yet.")
        assert not person.can_press("Next")
        hold_rsa.set()
        person.clicks("Generate")
        person.waits_until(lambda: bool(fingerprint(person)), "a fingerprint")
        assert person.can_press("Next")

    def test_the_arrow_keys_go_through_the_types_while_keys_are_made(
        self, person: Person, hold_rsa: threading.Event
    ) -> None:
        box = person.choice("Key type")
        box.setFocus()
        person.presses(Key.Key_Down)
        person.waits_for("Generating …")
        assert person.focus is box
        person.presses(Key.Key_Down)
        assert box.currentText() == "RSA with a certificate (X.509)"
        assert person.focus is box

    def test_going_back_and_forth_keeps_it(self, person: Person) -> None:
        made = fingerprint(person)
        person.clicks("Back")
        person.clicks("Next")
        person.waits_for("Key of this device")
        assert fingerprint(person) == made

    def test_a_certificate_names_the_device_that_is_enrolled(self, person: Person) -> None:
        person.chooses("Key type", "RSA with a certificate (X.509)")
        person.waits_until(lambda: person.can_press("Next"), "the key")
        made = fingerprint(person)
        person.clicks("Back")
        person.waits_for("Identity of this device")
        person.enters("Client id", "laptop-18")
        person.clicks("Next")
        person.waits_until(lambda: fingerprint(person) not in ("", made), "a certificate for the other name")


class TestPrivicoresKey:
    @pytest.fixture
    def person(self, open_window: Open, filled_privicore: Prefill) -> Person:
        """Somebody at the page, with an X25519 key."""
        person = open_window(filled_privicore)
        goes_to(person, "Key of this device")
        person.waits_for("SHA256:")
        return person

    def test_there_is_nothing_to_choose_from(self, person: Person) -> None:
        assert person.sees("Key type:", "X25519")
        assert person.seen(QComboBox) == []

    def test_a_new_one_is_made_on_request(self, person: Person) -> None:
        old = fingerprint(person)
        person.clicks("New key")
        person.waits_until(lambda: fingerprint(person) not in ("", old), "another fingerprint")

    def test_the_password_is_said_to_go(self, person: Person) -> None:
        assert person.sees("(the password only until the device is enrolled)")

    def test_replacing_the_accounts_key_is_kept_as_chosen(self, person: Person) -> None:
        person.clicks("Replace the key that the account may already have")
        person.clicks("Back")
        person.waits_for("Identity of this device")
        person.clicks("Next")
        person.waits_for("Key of this device")
        assert person.button("Replace the key that the account may already have").isChecked()


class TestAPassphrase:
    @pytest.fixture
    def passphrase(self, person: Person) -> Person:
        """Somebody who has chosen a passphrase, and typed none yet."""
        person.clicks("Sealed with a passphrase of yours")
        person.waits_for("Nobody can recover a lost one.")
        return person

    def test_choosing_it_leads_into_its_field(self, passphrase: Person) -> None:
        assert passphrase.focus is passphrase.field("Passphrase")

    def test_the_arrow_keys_pass_it_by(self, person: Person) -> None:
        plain_file = person.button("In a plain file that only this user can read")
        plain_file.setFocus()
        person.presses(Key.Key_Up)
        person.waits_for("Nobody can recover a lost one.")
        assert person.focus is person.button("Sealed with a passphrase of yours")

    def test_it_is_typed_twice(self, passphrase: Person) -> None:
        assert not passphrase.can_press("Next")
        passphrase.enters("Passphrase", "correct horse")
        assert not passphrase.can_press("Next")
        passphrase.enters("The same again", "correct horse")
        assert passphrase.can_press("Next")
        assert not passphrase.sees("correct horse")

    @pytest.mark.parametrize(
        ("first", "second", "said"),
        [
            ("short", "short", "The passphrase is shorter than 8 characters."),
            ("correct horse", "correct hose", "The two passphrases differ."),
            ("          ", "          ", "The Passphrase is empty."),
        ],
    )
    def test_a_bad_one_is_answered_in_place_and_kept(
        self, passphrase: Person, first: str, second: str, said: str
    ) -> None:
        passphrase.enters("Passphrase", first)
        passphrase.enters("The same again", second)
        passphrase.clicks("Next")
        passphrase.waits_for(said)
        assert passphrase.field("Passphrase").text() == first
        passphrase.enters("Passphrase", "another")
        assert not passphrase.sees(said)

    def test_a_good_one_seals_what_is_stored(self, passphrase: Person, sandbox: Sandbox, open_window: Open) -> None:
        passphrase.enters("Passphrase", "correct horse")
        passphrase.enters("The same again", "correct horse")
        passphrase.clicks("Next")
        passphrase.waits_for("Review and submit", "Sealed with a passphrase of yours")
        assert not passphrase.sees("correct horse")
        passphrase.clicks("Submit")
        passphrase.waits_for("Waiting for approval", "Not approved yet")
        passphrase.presses(Key.Key_Escape)
        again = open_window()
        again.clicks("Resume")
        again.waits_for("This enrollment is sealed with a passphrase.")
        again.waits_until(lambda: again.focus is again.field("Passphrase"), "the focus in the field")
        again.types("wrong horse")
        again.presses(Key.Key_Return)
        again.waits_for("The passphrase does not open this enrollment.", "Try again.")
        again.types("correct horse")
        again.presses(Key.Key_Return)
        again.presses(Key.Key_Return)  # once too often must do nothing
        again.waits_for("Waiting for approval", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        again.waits_for("This device is enrolled")


class TestTheKeyStore:
    @pytest.fixture
    def keystore(
        self, open_window: Open, filled: Prefill, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[StorageError | None], Person]:
        """Somebody at the page on a machine whose key store is well, or has this error."""

        def open_page(error: StorageError | None) -> Person:
            def probe(_vault: Vault) -> str:
                if error is not None:
                    raise error
                return "Secret Service"

            monkeypatch.setattr(Vault, "probe_key_store", probe)
            person = open_window(with_asked(filled, protection=Protection.KEYRING))
            goes_to(person, "Key of this device")
            return person

        return open_page

    def test_one_that_is_there_is_named(self, keystore: Callable[[StorageError | None], Person]) -> None:
        keystore(None).waits_for("Secret Service is there and unlocked.")

    def test_none_is_said_in_place_and_a_file_is_a_way_on(
        self, keystore: Callable[[StorageError | None], Person], sandbox: Sandbox
    ) -> None:
        person = keystore(KeyStoreAbsent("No key store of the operating system answers in this session."))
        person.waits_for("No key store of the operating system", "Choose a passphrase or, knowingly, the plain file.")
        assert not person.sees("--protect")
        assert not person.can_press("Next")
        person.clicks("In a plain file that only this user can read")
        person.waits_for("Whoever can read this user's files can use the key.")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")

    def test_a_locked_one_is_asked_again_once_it_is_unlocked(
        self, keystore: Callable[[StorageError | None], Person], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        person = keystore(KeyStoreLocked("The key store is locked, and nobody unlocked it."))
        person.waits_for("The key store is locked", "Unlock it")
        monkeypatch.setattr(Vault, "probe_key_store", lambda _vault: "Secret Service")
        assert not person.can_press("Next")
        person.clicks("Try again")
        person.waits_for("Secret Service is there and unlocked.")
        assert person.can_press("Next")

    def test_none_at_submit_leads_back_to_the_choice(
        self, keystore: Callable[[StorageError | None], Person], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        person = keystore(None)
        person.waits_for("Secret Service is there and unlocked.")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("as the key store: it is none.")
        person.clicks("Change the protection")
        person.waits_for("Key of this device", "as the key store: it is none.")
        person.clicks("In a plain file that only this user can read")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
