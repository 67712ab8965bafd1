"""What both installers are put through, once they have installed."""

import json
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from installer.product import Product
from installer.release import Build, ready
from installer.steps import Problem
from installer.windows import layout, settings
from tests.installer.windows.wine.prefix import Prefix, trust, windows_path
from tests.installer.windows.wine.sandbox import Services

CREDENTIALS = "/drive_c/users/"
PATIENCE = 60.0
"""Seconds for what happens in the background: the uninstaller goes on in a copy of itself."""

_LEFT_BEHIND = "packages/enroller/of_an_older_version.py"
_GRAB = """
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv[:1])
app.primaryScreen().grabWindow(0).save(sys.argv[1])
"""


@dataclass(frozen=True)
class Installed:
    """An installation: where it is on C:, and how it is called."""

    prefix: Prefix
    folder: str

    def enroller(self, *arguments: str) -> str:
        """What the program prints. Raises Problem where it does not end with 0."""
        program = self.prefix.program(self.folder)
        return self.prefix.run(program, *arguments).good(f"enroller {' '.join(arguments)}").out

    def setting(self, name: str) -> str:
        """A managed setting, and who has set it: `VALUE (SOURCE)`."""
        known = json.loads(self.enroller("settings", "--json"))["settings"]
        one = next(one for one in known if one["name"] == name)
        return f"{one['value']} ({one['source']})"

    def has(self, place: str) -> bool:
        """Whether there is such a file."""
        return (self.prefix.drive / self.folder / place).exists()


def expect(found: object, wanted: object, what: str) -> None:
    """Raises Problem where `what` is not as promised."""
    if found != wanted:
        raise Problem(f"{what}: {found!r} was found, and {wanted!r} promised.")


def wait(condition: Callable[[], bool], what: str) -> None:
    """Waits for what happens in the background. Raises Problem where it does not."""
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise Problem(f"{what} has not happened after {PATIENCE:g} seconds.")
        time.sleep(0.2)


def of_version(build: Build, version: str, name: str) -> Build:
    """The same build as of another version, in folders of its own, with a file that no other version has."""
    work = build.work / name
    work.mkdir()
    folder = work / "windows"
    subprocess.run(["cp", "-a", str(build.shared(layout.folder)), str(folder)], check=True)
    (folder / _LEFT_BEHIND).write_text("raise SystemError\n")
    layout.date(folder, build.epoch)
    product: Product = replace(build.product, version=version)
    made: dict[Callable[..., Any], Future[Any]] = {
        layout.folder: ready(folder),
        settings.known: ready(build.shared(settings.known)),
    }
    return replace(build, product=product, work=work, dist=work, made=made)


def self_test(build: Build, installed: Installed) -> None:
    """Asks the program whether it is whole. Raises Problem where it says no."""
    told = json.loads(installed.enroller("self-test", "--json"))
    checks = [check["name"] for check in told["checks"] if check["ok"]]
    expect(told["ok"], True, "The self-test")
    build.steps.say(f"  self-test: whole, by {len(checks)} checks")


def window(build: Build, installed: Installed, picture: Path) -> None:
    """Shows the first page of the wizard, and takes a picture of it. Raises Problem where it does not come."""
    wizard = installed.prefix.program(installed.folder, "enroller-wizard.exe")
    begun = installed.prefix.run(wizard, "--exit-after-start").good("The wizard")
    build.steps.say(f"  first window after {begun.seconds:.1f} s by wine")
    with_window(installed, lambda: _grab(build, installed, picture))
    build.steps.say(f"  picture of it: {picture}")


def with_window(installed: Installed, act: Callable[[], None]) -> None:
    """Does something while the wizard is open."""
    process = installed.prefix.start(installed.prefix.program(installed.folder, "enroller-wizard.exe"))
    try:
        wait(lambda: process.poll() is not None or _is_shown(installed), "The wizard's window")
        if process.poll() is not None:
            raise Problem(f"The wizard has ended by itself, with {process.returncode}.")
        act()
    finally:
        # wine's loader is the program itself here, so this is what the task manager would do.
        process.kill()
        process.communicate(timeout=30)


def _is_shown(installed: Installed) -> bool:
    """Whether the X server shows its window."""
    search = ["xdotool", "search", "--onlyvisible", "--name", "^Enroller$"]
    return subprocess.run(search, env=dict(installed.prefix.env), capture_output=True, check=False).returncode == 0


def _grab(build: Build, installed: Installed, picture: Path) -> None:
    command = [str(build.checkout.python), "-c", _GRAB, str(picture)]
    build.run("Taking a picture", command, DISPLAY=installed.prefix.env["DISPLAY"], QT_QPA_PLATFORM="xcb")


def enrollment(build: Build, installed: Installed, services: Services) -> None:
    """Enrolls this Windows with the sandbox, and gets a token. Raises Problem."""
    trust(build, installed.prefix, services.ca_file)
    key = windows_path(services.key_file)
    options = ["--server", services.server, "--api-key-file", key, "--protect", "file", "--json"]
    events = [json.loads(line)["event"] for line in installed.enroller("enroll", *options).splitlines()]
    expect(events[-2:], ["approved", "saved"], "The end of the enrollment")
    token = json.loads(installed.enroller("token", "--json"))
    expect(bool(token["access_token"]), True, "A token")
    build.steps.say("  enrolled with the sandbox, and got a token")


def nothing_left(build: Build, prefix: Prefix, before: Iterable[str]) -> None:
    """Raises Problem where more is left than the credentials of users."""
    left = sorted(one for one in prefix.files() - set(before) if "enroller" in one.lower())
    strangers = [one for one in left if "/AppData/Local/enroller" not in one]
    expect(strangers, [], "What the uninstallation left in the folders")
    expect(sorted(prefix.keys()), [], "What it left in the registry")
    kept = [one for one in left if one.endswith("/sealed.json")]
    expect(len(kept), 1, "The credentials that stay")
    build.steps.say("  uninstalled: nothing is left but the user's credentials")


def left_behind(installed: Installed) -> bool:
    """Whether a file of an older version is there."""
    return installed.has(_LEFT_BEHIND)
