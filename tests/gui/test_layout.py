"""Whatever a page has to say, it fits: nothing cut off, nothing off the screen, at the scale the tests run at."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from enroller.gui.prefill import Prefill
from enroller.model import Credential, CredentialKind, KeyType, Protection, Secret
from enroller.sandbox.faults import Fault
from enroller.sandbox.privicore.values import CommandKind
from enroller.sandbox.server import Sandbox
from enroller.steps import NewVia
from tests.gui.person import Key, Person
from tests.gui.stories import OTHER_KEY, Open, goes_to, newest, with_api_key, with_asked
from tests.http.servers import certificate, proxying, serving

SCALED = "QT_SCALE_FACTOR"


def cut_off(person: Person) -> list[str]:
    """The visible parts of a window that have less room than their words need, or lie outside of it."""
    window = person.window
    found = []
    for part in person.seen(QWidget):
        if not isinstance(part, QLabel | QAbstractButton | QLineEdit):
            continue
        words = part.text() if not isinstance(part, QLineEdit) else part.accessibleName()
        needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.minimumSizeHint().height()
        if part.height() < needed:
            found.append(f"“{words}” is {part.height()} high and needs {needed}")
        if part.width() < part.minimumSizeHint().width():
            found.append(f"“{words}” is {part.width()} wide and needs {part.minimumSizeHint().width()}")
        corner = part.mapTo(window, part.rect().bottomRight())
        if not window.rect().contains(part.mapTo(window, part.rect().topLeft())) or not window.rect().contains(corner):
            found.append(f"“{words}” lies outside of the window")
    screen = QApplication.primaryScreen().availableGeometry()
    if not screen.contains(window.frameGeometry()):
        found.append(f"the window's {window.frameGeometry()} is not on the screen's {screen}")
    return found


class Fits:
    """Looks at each state by name, so that a failure says which one."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.found: dict[str, list[str]] = {}

    def look(self, state: str) -> None:
        """Notes what is wrong with it once its layout has come to rest."""
        try:
            self._person.waits_until(lambda: not cut_off(self._person), "everything to fit")
        except AssertionError:
            self.found[state] = cut_off(self._person)


def two_roots(ca_file: Path, folder: Path) -> Path:
    """As many certificates as are compared in one go, one of them with a long name."""
    both = folder / "both.pem"
    long = certificate("ACME Corporation, Network Security, Web Gateway Inspection Root")
    both.write_text(ca_file.read_text() + long.public.decode())
    return both


def test_every_page_fits_with_the_longest_that_it_has_to_say(
    open_window: Open, filled: Prefill, sandbox: Sandbox, tmp_path: Path
) -> None:
    long = with_asked(
        with_api_key(filled, "wrong"),
        client_id="5b0f2f3e-8f2b-4c3f-9d35-6a1f3c1e7d21",
        description="The laptop at the reception desk on the second floor, left of the lifts",
        key_type=KeyType.X509,
        rsa_bits=2048,
        protection=Protection.PASSPHRASE,
        ca_file="",
    )
    person = open_window(long)
    fits = Fits(person)
    fits.look("start")
    goes_to(person, "Service and server")
    person.clicks("Next")
    person.waits_for("which this device does not know")
    fits.look("server: unknown issuer")
    person.files = [two_roots(sandbox.ca_file, tmp_path)]
    person.clicks("Import a root certificate…")
    person.waits_for("Trust this certificate?")
    fits.look("server: a file with two certificates")
    person.clicks("Trust it")
    person.waits_for("Identity of this device")
    fits.look("identity")
    person.clicks("Next")
    person.waits_for("Key of this device", "SHA256:")
    person.enters("Passphrase", "correct horse")
    person.enters("The same again", "correct hose")
    person.clicks("Next")
    person.waits_for("The two passphrases differ.")
    fits.look("key: passphrases differ")
    person.enters("The same again", "correct horse")
    person.clicks("Next")
    person.clicks("Submit")
    person.waits_for("The API key is wrong")
    fits.look("review: wrong API key")
    person.clicks("Change the identity")
    person.waits_for("The API key is wrong")
    fits.look("identity: wrong API key")
    person.enters("API key", sandbox.world.api_key)
    person.clicks("Next")
    person.clicks("Next")
    person.clicks("Submit")
    person.waits_for("Not approved yet")
    fits.look("approval")
    sandbox.world.inject(Fault.LOGIN_PAGE)
    person.waits_for("answered instead of the service")
    fits.look("approval: a login page")
    person.window.tell(NewVia("old.pem", certificate("An old root").public.decode()))
    person.waits_for("which this device does not know")
    fits.look("approval: unknown issuer")
    person.files = [two_roots(sandbox.ca_file, tmp_path)]
    person.clicks("Import a root certificate…")
    person.waits_for("Trust this certificate?")
    fits.look("approval: a file with two certificates")
    person.clicks("Trust it")
    sandbox.world.rotate_api_key("another")
    person.waits_for("The API key is wrong")
    fits.look("approval: another API key")
    person.types("another")
    person.presses(Key.Key_Return)
    person.waits_for("Not approved yet")
    sandbox.world.expire(newest(sandbox))
    person.waits_for("Nobody approved in time")
    fits.look("approval: expired")
    person.clicks("Start again")
    person.waits_for("Not approved yet")
    sandbox.world.approve(newest(sandbox))
    person.waits_for("This device is enrolled")
    fits.look("done")
    person.clicks("Enroll another")
    person.waits_for("Enrolled.")
    fits.look("start: enrolled")
    goes_to(person, "Service and server")
    person.clicks("Next")
    person.waits_for("This device is enrolled there already")
    fits.look("server: enrolled already")
    assert fits.found == {}


def test_every_page_of_privicore_fits_too(
    open_window: Open, filled_privicore: Prefill, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.privicore.set_public_key(None, OTHER_KEY)
    wrong = Prefill(filled_privicore.asked, Credential(CredentialKind.PASSWORD, Secret("wrong")))
    long = with_asked(
        wrong,
        device_name="laptop-at-the-reception-desk-on-the-second-floor",
        description="The laptop at the reception desk on the second floor, left of the lifts",
        protection=Protection.PASSPHRASE,
        replace_profile_key=False,
    )
    person = open_window(long)
    fits = Fits(person)
    goes_to(person, "Service and server")
    fits.look("server")
    sandbox.privicore.inject(Fault.LOGIN_PAGE, count=None)
    person.clicks("Next")
    person.waits_for("Fill in the rest first")
    fits.look("server: a login page")
    sandbox.privicore.clear_faults()
    person.enters("CA file (optional)", "")
    person.clicks("Next")
    person.waits_for("which this device does not know")
    fits.look("server: unknown issuer")
    person.files = [two_roots(sandbox.ca_file, tmp_path)]
    person.clicks("Import a root certificate…")
    person.waits_for("Trust this certificate?")
    fits.look("server: a file with two certificates")
    person.clicks("Do not trust it")
    person.enters("CA file (optional)", str(sandbox.ca_file))
    with serving(proxying("Basic nobody")) as port, pytest.MonkeyPatch.context() as settings:
        settings.setenv("https_proxy", f"http://127.0.0.1:{port}")
        person.clicks("Next")
        person.waits_for("wants a user name and password")
        fits.look("server: a proxy that wants a login")
    person.enters("WebSocket address (optional)", "wss://cab acme example")
    person.clicks("Next")
    person.waits_for("An address has no spaces inside.")
    fits.look("server: a bad WebSocket address")
    person.enters("WebSocket address (optional)", sandbox.websocket_url)
    person.clicks("Next")
    person.waits_for("Identity of this device")
    fits.look("identity")
    person.clicks("Next")
    person.waits_for("Key of this device", "SHA256:")
    person.enters("Passphrase", "correct horse")
    person.enters("The same again", "correct hose")
    person.clicks("Next")
    person.waits_for("The two passphrases differ.")
    fits.look("key: passphrases differ")
    person.enters("The same again", "correct horse")
    person.clicks("Next")
    person.waits_for("Review and submit")
    fits.look("review")
    person.clicks("Submit")
    person.waits_for("Change the identity")
    fits.look("review: wrong password")
    person.clicks("Change the identity")
    person.waits_for("is wrong")
    fits.look("identity: wrong password")
    person.enters("Password", sandbox.privicore.password)
    person.clicks("Next")
    person.clicks("Next")
    person.clicks("Submit")
    person.waits_for("Not approved yet", "It was kept")
    fits.look("approval: the account's key is kept")
    sandbox.privicore.reject_commands(CommandKind.APPROVE, "Only an approver may do that.")
    person.clicks("Approve with this account")
    person.waits_for("The approval with this account was rejected")
    fits.look("approval: rejected with this account")
    sandbox.privicore.inject(Fault.LOGIN_PAGE)
    person.waits_for("answered instead of the service")
    fits.look("approval: a login page")
    sandbox.privicore.change_password("another")
    sandbox.privicore.expire_tokens()
    person.waits_for("Enter the password of this account.")
    fits.look("approval: another password")
    person.types("another")
    person.presses(Key.Key_Return)
    person.waits_for("Not approved yet")
    person.clicks("Approve with this account")
    person.waits_for("This device is enrolled")
    fits.look("done")
    person.clicks("Enroll another")
    person.waits_for("Enrolled.")
    fits.look("start: enrolled")
    goes_to(person, "Service and server")
    person.clicks("Next")
    person.waits_for("This device is enrolled there already")
    fits.look("server: enrolled already")
    assert fits.found == {}


@pytest.mark.skipif(SCALED in os.environ, reason="this is the run at another scale")
def test_all_of_that_holds_at_150_percent() -> None:
    """A scale is chosen before Qt starts, so it takes another process."""
    here = Path(__file__)
    managed = here.with_name("test_managed_for_everybody.py")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(here), str(managed)],
        env={**os.environ, SCALED: "1.5"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert "13 passed, 1 skipped" in run.stdout
