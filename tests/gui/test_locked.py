"""What the administrator has decided: shown with who has set it, and no way in the window leads round it."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QRadioButton

from enroller.errors import KeyStoreAbsent
from enroller.gui.locked import Lock
from enroller.gui.prefill import Prefill
from enroller.model import ClientType, KeyType, Protection, ServiceName
from enroller.preset import parse
from enroller.sandbox.server import Sandbox
from enroller.steps import NewVia
from enroller.vault import Vault
from tests.conftest import API_KEY
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, submits, with_asked
from tests.http.servers import certificate
from tests.settings.conftest import Write, site

__all__ = ["site"]

SAID = "Set by your administrator, in "


@pytest.fixture
def all_locked(site: Write, sandbox: Sandbox) -> Path:
    """The settings file that decides every field."""
    return site(
        'service = "safeq-cloud"\nclient_type = "printer"\ndescription = "Printer of the reception"\nkey_type = "rsa"\n'
        f'rsa_bits = 2048\nprotect = "file"\nproxy = "direct"\nserver = "{sandbox.url}"\n'
        f'ca_file = "{sandbox.ca_file}"\nlocked = true'
    )


def locks(person: Person) -> list[str]:
    """What each visible lock says to a screen reader."""
    return [lock.accessibleName() for lock in person.seen(Lock)]


class TestEachPage:
    def test_the_server_its_service_and_the_way_there(
        self, open_window: Open, all_locked: Path, sandbox: Sandbox
    ) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        for name, value in (
            ("Server address", sandbox.url),
            ("CA file (optional)", str(sandbox.ca_file)),
            ("Proxy", "none, straight to every server"),
        ):
            field = person.field(name)
            person.enters(name, "other")
            assert field.text() == value, "typing changes nothing"
            assert field.toolTip() == field.accessibleDescription() == f"{SAID}{all_locked}"
        assert locks(person) == [f"{SAID}{all_locked}"] * 4
        assert person.sees(f"{SAID}{all_locked}")
        assert not person.can_press("Browse…")
        assert not person.button("Privicore").isEnabled()
        assert person.button("YSoft SAFEQ Cloud").isChecked()

    def test_the_connection_can_be_checked_all_the_same(self, open_window: Open, all_locked: Path) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        person.waits_until(lambda: person.focus is person.button("Next"), "the focus on what is left to do")
        person.clicks("Next")
        person.waits_for("Identity of this device")

    def test_the_identity(self, open_window: Open, all_locked: Path) -> None:
        person = open_window()
        goes_to(person, "Identity of this device")
        person.enters("Description", "Mine")
        assert person.field("Description").text() == "Printer of the reception"
        kind = person.choice("Kind of device")
        assert (kind.currentText(), kind.isEnabled(), kind.toolTip()) == ("Printer", False, f"{SAID}{all_locked}")
        assert len(locks(person)) == 2
        assert not person.field("Client id").isReadOnly()

    def test_the_key_and_what_keeps_it(self, open_window: Open, all_locked: Path) -> None:
        person = open_window()
        goes_to(person, "Identity of this device")
        person.enters("API key", API_KEY)
        person.clicks("Next")
        person.waits_for("Key of this device", "SHA256:")
        for name, value in (("Key type", "RSA"), ("Key length", "2048 bits")):
            assert (person.choice(name).currentText(), person.choice(name).isEnabled()) == (value, False)
        chosen = [each for each in person.seen(QRadioButton) if each.isEnabled()]
        assert [each.text().replace("&", "") for each in chosen] == ["In a plain file that only this user can read"]
        assert chosen[0].isChecked()
        assert len(locks(person)) == 3

    def test_what_is_submitted_is_what_was_decided(
        self, open_window: Open, all_locked: Path, sandbox: Sandbox, data_dir: Path
    ) -> None:
        person = open_window()
        goes_to(person, "Identity of this device")
        person.enters("API key", API_KEY)
        for title in ("Key of this device", "Review and submit"):
            person.clicks("Next")
            person.waits_for(title)
        person.clicks("Submit")
        person.waits_for("Waiting for approval", "Not approved yet")
        [one] = Vault(data_dir).list()
        assert (one.server, one.description, one.key_type, one.protection) == (
            sandbox.url,
            "Printer of the reception",
            KeyType.RSA,
            Protection.FILE,
        )
        [request] = sandbox.world.requests()
        assert request.client_type == ClientType.PRINTER

    def test_privicore_has_its_own(self, open_window: Open, site: Write, filled_privicore: Prefill) -> None:
        site('description = "Reception"\nkey_type = "rsa"\nclient_type = "printer"\nlocked = true')
        person = open_window(filled_privicore)
        goes_to(person, "Identity of this device")
        assert person.field("Description (optional)").isReadOnly()
        assert person.field("Description (optional)").text() == "Reception"
        assert len(locks(person)) == 1


class TestNothingLocked:
    def test_there_is_no_lock_anywhere(self, open_window: Open, site: Write, filled: Prefill) -> None:
        person = open_window(filled)
        for title in ("Service and server", "Identity of this device", "Key of this device"):
            goes_to(person, title)
            assert locks(person) == []
            assert not person.sees("Set by your administrator")
            assert not any(each.isReadOnly() for each in person.seen(QLineEdit))
            person.window.restart()
            person.waits_for("Enroll this device")

    def test_what_is_only_suggested_can_be_changed(self, open_window: Open, site: Write) -> None:
        site('server = "acme.example"\nclient_type = "printer"')
        person = open_window()
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == "acme.example"
        person.enters("Server address", "other.example")
        assert person.field("Server address").text() == "other.example"

    def test_what_was_suggested_is_nothing_that_somebody_has_typed(self, open_window: Open, site: Write) -> None:
        site('server = "acme.example"')
        person = open_window()
        goes_to(person, "Service and server")
        person.presses(Key.Key_Escape)
        person.waits_until(lambda: not person.window.isVisible(), "the window to close")
        assert person.questions == []

    def test_the_service_that_is_suggested_is_chosen(self, open_window: Open, site: Write) -> None:
        site('service = "privicore"')
        person = open_window()
        goes_to(person, "Service and server")
        assert person.button("Privicore").isChecked()
        person.clicks("YSoft SAFEQ Cloud")
        assert person.button("YSoft SAFEQ Cloud").isChecked()


class TestNoWayRound:
    def test_a_preset_takes_no_locked_value_and_that_is_said(self, open_window: Open, site: Write) -> None:
        site('server = "gateway.acme.example"\nclient_type = "printer"\nlocked = true')
        person = open_window()
        preset = 'server = "evil.example"\nclient_type = "server"\nclient_id = "laptop-17"'
        person.window.start_page.offer(parse(preset, Path("/tmp/x.enroll")))
        person.waits_for("Use this preset?", "not taken from the preset: Server, Kind of device.", "laptop-17")
        assert not person.sees("evil.example")
        person.clicks("Use it")
        person.waits_for("The form is filled in by the preset.", "not taken from the preset: Server, Kind of device.")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == "gateway.acme.example"

    def test_a_preset_for_another_service_is_not_used(self, open_window: Open, site: Write) -> None:
        site('service = "safeq-cloud"\nlocked = true')
        person = open_window()
        person.window.start_page.offer(parse('service = "privicore"\nserver = "evil.example"', Path("/tmp/x.enroll")))
        person.waits_for("The preset was not used: it is for Privicore")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == ""

    def test_a_preset_chooses_no_plain_file_where_none_is_wanted(self, open_window: Open, site: Write) -> None:
        site("plain_file = false")
        person = open_window()
        person.window.start_page.offer(parse('server = "a.example"\nprotect = "file"', Path("/tmp/x.enroll")))
        person.waits_for("not taken from the preset: Secrets.")
        person.clicks("Use it")
        assert person.window.draft.protection is Protection.KEYRING

    def test_another_enrollment_keeps_to_it(self, open_window: Open, all_locked: Path, sandbox: Sandbox) -> None:
        sandbox.world.set_trust(True)
        person = open_window()
        goes_to(person, "Identity of this device")
        person.enters("API key", API_KEY)
        person.clicks("Next")
        person.clicks("Next")
        person.clicks("Submit")
        person.waits_for("This device is enrolled")
        person.clicks("Enroll another")
        goes_to(person, "Identity of this device", second=True)
        assert person.field("Description").text() == "Printer of the reception"
        assert person.choice("Kind of device").currentText() == "Printer"

    def test_a_copied_disk_becomes_a_device_of_the_locked_server(
        self, open_window: Open, filled: Prefill, site: Write, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submits(open_window(filled))
        [known] = Vault(data_dir).list()
        site('service = "privicore"\nserver = "privicore.acme.example"\nlocked = true')
        person = open_window()
        person.window.enroll_anew(known)
        person.waits_for("Service and server")
        draft = person.window.draft
        assert (draft.service, draft.server, draft.ca_file) == (ServiceName.PRIVICORE, "privicore.acme.example", "")
        assert draft.copy_of == known.id

    def test_the_other_service_cannot_be_chosen_by_the_keyboard_either(self, open_window: Open, site: Write) -> None:
        site('service = "safeq-cloud"\nlocked = true')
        person = open_window()
        goes_to(person, "Service and server")
        person.alt("p")
        person.button("YSoft SAFEQ Cloud").setFocus()
        person.presses(Key.Key_Right)
        assert person.window.draft.service is ServiceName.SAFEQ_CLOUD
        person.window.choose(ServiceName.PRIVICORE)
        assert person.window.draft.service is ServiceName.SAFEQ_CLOUD

    def test_what_comes_in_all_the_same_is_refused_before_anything_is_stored(
        self, open_window: Open, filled: Prefill, site: Write, data_dir: Path
    ) -> None:
        person = open_window(filled)
        goes_to(person, "Review and submit")
        path = site('server = "gateway.acme.example"\nlocked = true')
        person.clicks("Submit")
        person.waits_for(f"The server is set for this device: gateway.acme.example, by {path}.", "it is IT's turn")
        assert Vault(data_dir).list() == []

    def test_no_other_root_certificate_can_be_imported(
        self, open_window: Open, filled: Prefill, site: Write, tmp_path: Path
    ) -> None:
        path = _other_root(site, tmp_path)
        person = open_window(filled)
        goes_to(person, "Service and server")
        person.clicks("Next")
        person.waits_for("which this device does not know", f"is set by your administrator, in {path}.")
        assert not person.can_press("Import a root certificate…")

    def test_nor_for_what_waits(self, open_window: Open, filled: Prefill, site: Write, tmp_path: Path) -> None:
        person = open_window(filled)
        submits(person)
        path = _other_root(site, tmp_path)
        person.window.tell(NewVia("old.pem", certificate("An old root").public.decode()))
        person.waits_for("which this device does not know", f"is set by your administrator, in {path}.")
        assert not person.can_press("Import a root certificate…")


def _other_root(site: Write, folder: Path) -> Path:
    """The settings file that trusts another root than the service's, and nobody else."""
    root = folder / "root.pem"
    root.write_bytes(certificate("Acme Root").public)
    return site(f'ca_file = "{root}"\nlocked = true')


class TestNoPlainFile:
    @pytest.fixture
    def person(self, open_window: Open, filled: Prefill, site: Write, monkeypatch: pytest.MonkeyPatch) -> Person:
        """Somebody at the key's page, without a key store."""

        def none(_vault: Vault) -> str:
            raise KeyStoreAbsent("No key store.")

        monkeypatch.setattr(Vault, "probe_key_store", none)
        self.path = site("plain_file = false")
        person = open_window(with_asked(filled, protection=Protection.KEYRING))
        goes_to(person, "Key of this device")
        return person

    def test_it_cannot_be_chosen_and_who_decided_is_said(self, person: Person) -> None:
        plain_file = person.button("In a plain file that only this user can read")
        assert not plain_file.isEnabled()
        assert plain_file.toolTip() == f"{SAID}{self.path}"
        assert locks(person) == [f"{SAID}{self.path}"]

    def test_nobody_is_sent_there(self, person: Person) -> None:
        person.waits_for("No key store.", "Choose a passphrase.")
        assert not person.sees("knowingly, the plain file")
        person.clicks("Sealed with a passphrase of yours")
        person.waits_for("Nobody can recover a lost one.")


def test_a_locked_key_store_that_is_absent_leaves_nothing_else_to_choose(
    open_window: Open, filled: Prefill, site: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_vault: Vault) -> str:
        raise KeyStoreAbsent("No key store.")

    monkeypatch.setattr(Vault, "probe_key_store", none)
    site('protect = "keyring"\nlocked = true')
    person = open_window(filled)
    goes_to(person, "Key of this device")
    person.waits_for("No key store.", "belong there, and nowhere else")
    assert not person.sees("Choose a passphrase")
    assert not person.can_press("Next")


def test_a_lock_changes_its_colour_with_the_desktop(open_window: Open, all_locked: Path) -> None:
    from PySide6.QtGui import QColor, QPalette
    from PySide6.QtWidgets import QApplication

    person = open_window()
    goes_to(person, "Service and server")
    [first, *_] = person.seen(Lock)
    light = QApplication.palette()
    assert _darkest(first) < 100
    try:
        QApplication.setPalette(QPalette(QColor("#3a3d41"), QColor("#26282b")))
        person.waits_until(lambda: _darkest(first) > 150, "a light lock")
    finally:
        QApplication.setPalette(light)


def _darkest(lock: QLabel) -> int:
    picture = lock.pixmap().toImage()
    points = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return min(point.lightness() for point in points if point.alpha() > 200)
