"""Pictures of every page, light and dark, from the real window over a real sandbox.

They are kept in `installer/screenshots`, where the README and the packages take them from. `--check` compares them with
what the window looks like now; texts that differ each time (ids, fingerprints) are a small part of a picture.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton

from enroller import settings
from enroller.app import App
from enroller.errors import BadSettings, DiskFull
from enroller.gui.notice import Notice
from enroller.gui.order import PageId
from enroller.gui.prefill import Prefill
from enroller.gui.start import after_start, application, open_wizard
from enroller.gui.wizard import EnrollWizard
from enroller.model import Asked, Credential, CredentialKind, Enrollment, Protection, Secret, ServiceName, State
from enroller.preset import parse, seal
from enroller.preset.content import sum_of
from enroller.sandbox.faults import Fault
from enroller.sandbox.server import Options, Sandbox
from enroller.settings import Layer, Settings, Source, merged
from enroller.steps import NewCredential
from enroller.vault import Opened, Vault
from tests.http.servers import proxying, serving
from tests.screenshots.scenery import HOST, PROXY, answer_for_the_hosts, dark

KEPT = Path(__file__).parents[2] / "installer" / "screenshots"
MOST_THAT_MAY_DIFFER = 0.04
"""The part of a picture's pixels that ids and fingerprints take; measured: below 0.02."""

_WINDOWS: list[EnrollWizard] = []
"""All that were opened. Python might clean up after one on a thread of the sandbox's, which Qt does not survive."""

_PRIVICORE_PAGES = {
    PageId.SERVER: "2-server-privicore",
    PageId.IDENTITY: "3-identity-privicore",
    PageId.KEY: "4-key-privicore",
    PageId.REVIEW: "5-review-privicore",
}


class Photographer:
    """Drives the window from page to page and takes a picture of each state."""

    def __init__(self, sandbox: Sandbox, folder: Path, scheme: str, into: Path) -> None:
        self._sandbox = sandbox
        self._scheme = scheme
        self._into = into
        self._folder = folder
        self._wizard: EnrollWizard

    def take_safeq_cloud(self) -> None:
        """Every page once, in order, then what an enrollment looks like later."""
        self._open(self._safeq_cloud())
        self._take("1-start")
        self._go_to(PageId.SERVER)
        self._take("2-server")
        self._go_to(PageId.IDENTITY)
        self._take("3-identity")
        self._go_to(PageId.KEY)
        self._until(self._wizard.currentPage().isComplete)
        self._take("4-key")
        self._go_to(PageId.REVIEW)
        self._take("5-review")
        self._go_to(PageId.APPROVAL)
        self._live(1.2)
        self._take("6-approval")
        self._wizard.reject()
        self._open(self._safeq_cloud())
        self._take("1-start-pending")
        self._sandbox.world.inject(Fault.SERVER_ERROR, count=1)
        self._press("Resume")
        self._live(1.5)
        self._take("6-approval-busy")
        for seen in self._sandbox.world.requests():
            if seen.state == "pending":
                self._sandbox.world.approve(seen.id)
        self._press("Check now")
        self._until(lambda: self._wizard.currentId() == PageId.DONE)
        self._take("7-done")
        self._wizard.reject()

    def take_mending(self) -> None:
        """What the server's page asks for: the company's root, and a login for the proxy."""
        known = self._safeq_cloud()
        self._open(replace(known, asked=replace(known.asked, ca_file=None)))
        self._go_to(PageId.SERVER)
        self._check()
        self._take("2-server-untrusted")
        with patch.object(QFileDialog, "getOpenFileName", lambda *_: (str(self._sandbox.ca_file), "")):
            self._press("Import a root certificate…")
        self._until(lambda: self._shows("Trust it"))
        self._take("2-server-import")
        self._close()
        with serving(proxying("Basic nobody")) as port, patch.dict(os.environ, https_proxy=f"http://{PROXY}:{port}"):
            self._open(known)
            self._go_to(PageId.SERVER)
            self._check()
            self._take("2-server-proxy")
            self._close()

    def take_questions(self) -> None:
        """What is asked where this device is enrolled already, the key was changed, and the disk is full."""
        known = self._safeq_cloud()
        self._open(replace(known, asked=replace(known.asked, client_id="0d6c5b1e-77aa-4d6e-a1b8-1f0a6a1c2b3d")))
        self._go_to(PageId.SERVER)
        self._wizard.next()
        self._until(lambda: self._shows("Keep it"))
        self._take("2-server-enrolled")
        self._press("Enroll a second identity")
        if self._wizard.currentId() == PageId.SERVER:
            self._wizard.next()
        self._until(lambda: self._wizard.currentId() == PageId.IDENTITY)
        for page in (PageId.KEY, PageId.REVIEW, PageId.APPROVAL):
            self._go_to(page)
        key = self._sandbox.world.api_key
        self._sandbox.world.rotate_api_key("another-key")
        self._press("Check now")
        self._until(lambda: self._shows("Use it"))
        self._take("6-approval-key-wanted")
        self._sandbox.world.rotate_api_key(key)
        for seen in self._sandbox.world.requests():
            if seen.state == "pending":
                self._sandbox.world.approve(seen.id)
        save = Opened.save

        def full(opened: Opened, enrollment: Enrollment) -> Enrollment:
            if enrollment.state is State.ENROLLED:
                raise DiskFull(f"There is no space left for {opened.path / 'sealed.json'}.")
            return save(opened, enrollment)

        with patch.object(Opened, "save", full):
            self._wizard.tell(NewCredential(Credential(CredentialKind.API_KEY, Secret(key))))
            self._until(lambda: self._shows("Save in another folder…"))
            self._take("6-approval-not-stored")
        self._press("Try again")
        self._until(lambda: self._wizard.currentId() == PageId.DONE)
        self._wizard.reject()

    def take_privicore(self, *, whole: bool) -> None:
        """Every page that has something of its own for this service; not `whole`: the approval alone."""
        self._open(self._privicore())
        for page, name in _PRIVICORE_PAGES.items():
            self._go_to(page)
            self._until(self._wizard.currentPage().isComplete)
            if whole:
                self._take(name)
        self._wizard.next()
        self._until(lambda: self._wizard.currentId() == PageId.APPROVAL)
        self._live(2.2)
        self._take("6-approval-privicore")
        [device] = self._sandbox.privicore.devices()
        self._sandbox.privicore.approve(device.identifier)
        self._press("Check now")
        self._until(lambda: self._wizard.currentId() == PageId.DONE)
        if whole:
            self._take("7-done-privicore")
        self._wizard.reject()

    def take_managed(self) -> None:
        """What an administrator has decided: the fields with their locks."""
        values = {
            "service": "safeq-cloud",
            "server": f"{HOST}:7400",
            "ca_file": str(self._sandbox.ca_file),
            "proxy": "direct",
            "client_type": "desktop_client",
            "description": "Reception laptop 7",
            "key_type": "rsa",
            "rsa_bits": 3072,
            "protect": "keyring",
            "plain_file": False,
        }
        layer = Layer(Source.FILE, "/etc/xdg/enroller/settings.toml", values, frozenset(values))
        held = patch.object(settings, "current", lambda: merged([layer]))
        with held, patch.object(Vault, "probe_key_store", lambda _vault: "Secret Service"):
            self._open(None)
            self._go_to(PageId.SERVER)
            self._take("2-server-locked")
            self._go_to(PageId.IDENTITY)
            self._fill("API key", self._sandbox.world.api_key)
            self._take("3-identity-locked")
            self._go_to(PageId.KEY)
            self._until(self._wizard.currentPage().isComplete)
            self._take("4-key-locked")
            self._close()

    def take_unusable_settings(self) -> None:
        """What the first page says where they are broken."""
        where = "The settings file /etc/xdg/enroller/settings.toml cannot be used: line 3, column 10: "
        told = f"{where}“server” has to be a text."
        with patch.object(settings, "current", lambda: Settings(problem=BadSettings(told))):
            self._open(None)
            self._take("1-start-settings")
            self._close()

    def take_presets(self) -> None:
        """A preset that asks, one of somebody who is trusted, and the API key inside."""
        path, said = Path("/home/kim/Downloads/reception.enroll"), 'service = "safeq-cloud"\n'
        said += f'server = "{HOST}:7400"\ndescription = "Reception laptop 7"\nclient_id = "laptop-17"\n'
        covered, passphrase = sum_of(str(self._sandbox.ca_file)), Secret("correct horse battery")
        said += f'protect = "file"\nca_file = "{self._sandbox.ca_file}"\nca_sha256 = "{covered}"\n'
        sealed = seal.sealed(Secret(self._sandbox.world.api_key), passphrase, f"{HOST}:7400", covered)
        said += f'sealed_api_key = "{sealed}"\n'
        preset = parse(said, path)
        self._open(None)
        self._wizard.start_page.offer(preset)
        self._take("1-start-preset")
        self._wizard.start_page.offer(replace(preset, signed=True, signer="Acme IT"))
        self._take("1-start-trusted")
        self._go_to(PageId.SERVER)
        self._go_to(PageId.IDENTITY)
        self._fill("Passphrase", "correct horse")
        self._wizard.next()
        self._until(lambda: "does not open" in self._notices())
        self._take("3-identity-sealed")
        self._close()

    def _fill(self, name: str, words: str) -> None:
        for field in self._wizard.findChildren(QLineEdit):
            if field.accessibleName() == name and field.isVisible():
                field.setText(words)

    def _notices(self) -> str:
        return " ".join(one.words() for one in self._wizard.findChildren(Notice) if one.isVisible())

    def _safeq_cloud(self) -> Prefill:
        asked = Asked(
            server=self._sandbox.url,
            client_id="5b0f2f3e-8f2b-4c3f-9d35-6a1f3c1e7d21",
            description="Reception laptop 7",
            ca_file=str(self._sandbox.ca_file),
            protection=Protection.FILE,
            poll_interval=4.0,
        )
        return Prefill(asked, Credential(CredentialKind.API_KEY, Secret(self._sandbox.world.api_key)))

    def _privicore(self) -> Prefill:
        asked = Asked(
            service=ServiceName.PRIVICORE,
            server=self._sandbox.privicore_url,
            websocket_url=self._sandbox.websocket_url,
            device_name="laptop-7",
            description="Reception laptop 7",
            username=self._sandbox.privicore.username,
            ca_file=str(self._sandbox.ca_file),
            protection=Protection.FILE,
            poll_interval=4.0,
        )
        return Prefill(asked, Credential(CredentialKind.PASSWORD, Secret(self._sandbox.privicore.password)))

    def _open(self, prefill: Prefill | None) -> None:
        self._wizard = open_wizard(App(self._folder), prefill)
        _WINDOWS.append(self._wizard)
        self._live(0.3)
        after_start(self._wizard)
        self._live(0.3)

    def _take(self, name: str) -> None:
        self._live(0.3)
        # No transparency, and the strongest compression (0) that the format has.
        picture = self._wizard.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        picture.save(str(self._into / f"{name}-{self._scheme}.png"), "PNG", 0)  # type: ignore[call-overload]

    def _go_to(self, page: PageId) -> None:
        self._until(lambda: self._wizard.currentPage().isComplete())
        self._wizard.next()
        self._until(lambda: self._wizard.currentId() == page)

    def _check(self) -> None:
        """Asks for the connection's check, and waits for its end on the same page."""
        page = self._wizard.currentPage()
        self._wizard.next()
        self._until(lambda: not page.isComplete())
        self._until(page.isComplete)

    def _close(self) -> None:
        """From the first page, where nobody asks whether to stay."""
        self._wizard.restart()
        self._wizard.reject()

    def _press(self, words: str) -> None:
        self._buttons(words)[0].click()

    def _shows(self, words: str) -> bool:
        return bool(self._buttons(words))

    def _buttons(self, words: str) -> list[QPushButton]:
        every = self._wizard.findChildren(QPushButton)
        return [one for one in every if one.text().replace("&", "") == words and one.isVisible()]

    def _until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"still on page {self._wizard.currentId()}")
            self._live(0.02)

    def _live(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)


def take(into: Path) -> None:
    """All pictures, into a folder."""
    answer_for_the_hosts()
    qt = application(["enroller"])
    for scheme in ("light", "dark"):
        if scheme == "dark":
            qt.setPalette(dark())
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            options = Options(host=HOST, port=7400, admin_port=0, ca_file=Path(name) / "acme-root.pem")
            with Sandbox(options) as sandbox:
                Photographer(sandbox, folder / "data", scheme, into).take_safeq_cloud()
                Photographer(sandbox, folder / "data", scheme, into).take_mending()
                Photographer(sandbox, folder / "data", scheme, into).take_questions()
                managed = Photographer(sandbox, folder / "managed", scheme, into)
                managed.take_managed()
                managed.take_unusable_settings()
                managed.take_presets()
                Photographer(sandbox, folder / "privicore", scheme, into).take_privicore(whole=scheme == "light")


def check() -> int:
    """Compares new pictures with those that are kept; says which differ."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        take(Path(name))
        made = {path.name for path in Path(name).glob("*.png")}
        kept = {path.name for path in KEPT.glob("*.png")}
        wrong += [f"{one}: not kept" for one in sorted(made - kept)]
        wrong += [f"{one}: made no more" for one in sorted(kept - made)]
        for one in sorted(made & kept):
            part = difference(QImage(str(Path(name) / one)), QImage(str(KEPT / one)))
            if part > MOST_THAT_MAY_DIFFER:
                wrong.append(f"{one}: {part:.0%} of it looks different")
    for line in wrong:
        print(line)
    print("The pictures are current." if not wrong else "Make them anew: python3 installer/dev.py screenshots")
    return 1 if wrong else 0


def difference(one: QImage, other: QImage) -> float:
    """The part of the pixels that differ; 1 where the sizes do."""
    if one.size() != other.size():
        return 1.0
    kind = QImage.Format.Format_Grayscale8
    pixels = [bytes(image.convertToFormat(kind).constBits()) for image in (one, other)]
    differing = sum(abs(a - b) > 24 for a, b in zip(pixels[0], pixels[1], strict=True))
    return differing / max(1, len(pixels[0]))


def main() -> int:
    """Takes or checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        return check()
    KEPT.mkdir(exist_ok=True)
    take(KEPT)
    print(f"{len(list(KEPT.glob('*.png')))} pictures in {os.path.relpath(KEPT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
