"""`enroller demo`: the sandbox and the wizard together; without a display the same in the terminal."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from enroller.model import KEY_TYPES, Asked, Credential, CredentialKind, Protection, Secret, ServiceName

if TYPE_CHECKING:
    from enroller.sandbox.server import Sandbox


def run(options: argparse.Namespace) -> int:
    """Everything that the demo makes is gone when it ends. Returns the exit status of what it shows."""
    from enroller.gui.display import has_display
    from enroller.sandbox.server import Options, Sandbox

    service = ServiceName(options.service)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enroller-demo-")))
        sandbox = stack.enter_context(Sandbox(Options(port=0, admin_port=0, ca_file=folder / "sandbox-ca.pem")))
        _reach_directly(sandbox)
        asked, credential = _enrollment(sandbox, service)
        _respect_the_administrator(asked)
        print(f"The sandbox stands in for {_TITLES[service]} at {asked.server}")
        page = sandbox.admin_url + ("#privicore" if service is ServiceName.PRIVICORE else "")
        print(f"You are the one who approves, too: open {page}", flush=True)
        if has_display():
            return _in_the_window(page, folder, asked, credential)
        return _in_the_terminal(sandbox, folder, asked, credential, options.approve_after)


def _respect_the_administrator(asked: Asked) -> None:
    """A device that may go to one server alone cannot try another. Raises SetByAdministrator, BadSettings."""
    from enroller import settings

    given = settings.current()
    given.require()
    given.refuse_other("service", asked.service, "The service")
    given.refuse_other("server", asked.server, "The server")


_TITLES = {ServiceName.SAFEQ_CLOUD: "YSoft SAFEQ Cloud", ServiceName.PRIVICORE: "Privicore"}


def _enrollment(sandbox: "Sandbox", service: ServiceName) -> tuple[Asked, Credential]:
    """What a technician would enter."""
    ca_file = str(sandbox.ca_file)
    if service is ServiceName.SAFEQ_CLOUD:
        asked = Asked(server=sandbox.url, ca_file=ca_file, protection=Protection.FILE)
        return asked, Credential(CredentialKind.API_KEY, Secret(sandbox.world.api_key))
    asked = Asked(
        server=sandbox.privicore_url,
        service=service,
        username=sandbox.privicore.username,
        websocket_url=sandbox.websocket_url,
        key_type=KEY_TYPES[service][0],
        ca_file=ca_file,
        protection=Protection.FILE,
    )
    return asked, Credential(CredentialKind.PASSWORD, Secret(sandbox.privicore.password))


def _in_the_window(page: str, folder: Path, asked: Asked, credential: Credential) -> int:
    from enroller.gui import start
    from enroller.gui.prefill import Prefill

    print("Closing the window ends the demo and deletes all of it.", flush=True)
    _open_in_a_browser(page)
    return start.run(folder / "data", prefill=Prefill(asked, credential))


def _in_the_terminal(
    sandbox: "Sandbox", folder: Path, asked: Asked, credential: Credential, approve_after: float
) -> int:
    """There is no window to close and nobody to approve, so the demo does both itself, and says so."""
    from enroller import keys
    from enroller.app import App
    from enroller.cli.printer import Printer
    from enroller.cli.runner import run as drive
    from enroller.form import host_name
    from enroller.vault import Unlock

    app = App(folder / "data")
    printer = Printer(as_json=False, boot=app.clock.boot, command_line=app.command_line)
    printer.say(
        f"There is no display, so this runs in the terminal and approves itself after {approve_after:g} seconds."
    )
    named = (
        {"client_id": "demo-laptop", "description": host_name()}
        if asked.service is ServiceName.SAFEQ_CLOUD
        else {"device_name": host_name()}
    )
    asked = replace(asked, poll_interval=2.0, **named)  # type: ignore[arg-type]
    key = keys.generate(asked.key_type, rsa_bits=asked.rsa_bits, device=asked.identity, now=app.clock.wall())
    with app.create(asked, key, credential, Unlock()) as opened:
        printer.key_ready(opened.enrollment)
        over = threading.Event()
        threading.Thread(target=_approve_until, args=(over, sandbox, approve_after), daemon=True).start()
        error = drive(app, opened, printer)
        over.set()
        if error is not None:
            printer.ended(error, opened.enrollment)
            return error.exit_status
        printer.saved(opened.enrollment, str(opened.path))
    printer.say("The demo is over; its temporary folder is deleted now.")
    return 0


def _open_in_a_browser(url: str) -> None:
    """Where the desktop knows a browser; otherwise the printed address has to do."""
    opener = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    found = shutil.which(opener)
    if found is not None:
        subprocess.Popen([found, url], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _approve_until(over: threading.Event, sandbox: "Sandbox", seconds: float) -> None:
    """Approves what waits, every so many seconds."""
    while not over.wait(seconds):
        waiting = [partial(sandbox.world.approve, seen.id) for seen in sandbox.world.requests()]
        waiting += [partial(sandbox.privicore.approve, device.identifier) for device in sandbox.privicore.devices()]
        for approve in waiting:
            with suppress(ValueError):  # decided before, or on the page meanwhile
                approve()
                print("\nThe demo approves now.", file=sys.stdout, flush=True)


def _reach_directly(sandbox: "Sandbox") -> None:
    """A proxy of the company's cannot reach this machine's loopback address."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
