"""`enroller demo`: the sandbox and the wizard together; without a display the same in the terminal."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from enroller.model import Asked, KeyType, Protection, Secret

if TYPE_CHECKING:
    from enroller.sandbox.server import Sandbox


def run(options: argparse.Namespace) -> int:
    """Everything that the demo makes is gone when it ends. Returns the exit status of what it shows."""
    from enroller.gui.display import has_display
    from enroller.sandbox.server import Options, Sandbox

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enroller-demo-")))
        sandbox = stack.enter_context(Sandbox(Options(port=0, admin_port=0, ca_file=folder / "sandbox-ca.pem")))
        _reach_directly(sandbox)
        print(f"The sandbox stands in for SAFEQ Cloud at {sandbox.url}")
        print(f"You are the administrator, too: open     {sandbox.admin_url}", flush=True)
        if has_display():
            return _in_the_window(sandbox, folder)
        return _in_the_terminal(sandbox, folder, options.approve_after)


def _in_the_window(sandbox: "Sandbox", folder: Path) -> int:
    from enroller.gui import start
    from enroller.gui.prefill import Prefill

    print("Closing the window ends the demo and deletes all of it.", flush=True)
    _open_in_a_browser(sandbox.admin_url)
    asked = Asked(server=sandbox.url, client_id="", ca_file=str(sandbox.ca_file), protection=Protection.FILE)
    return start.run(folder / "data", prefill=Prefill(asked=asked, api_key=Secret(sandbox.world.api_key)))


def _in_the_terminal(sandbox: "Sandbox", folder: Path, approve_after: float) -> int:
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
    asked = Asked(
        server=sandbox.url,
        client_id="demo-laptop",
        description=host_name(),
        ca_file=str(sandbox.ca_file),
        poll_interval=2.0,
        protection=Protection.FILE,
    )
    key = keys.generate(KeyType.ED25519, rsa_bits=asked.rsa_bits, device=asked.client_id, now=app.clock.wall())
    with app.create(asked, key, Secret(sandbox.world.api_key), Unlock()) as opened:
        printer.key_ready(opened.enrollment)
        approver = threading.Timer(approve_after, _approve_all, (sandbox, printer))
        approver.daemon = True
        approver.start()
        error = drive(app, opened, printer)
        approver.cancel()
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


def _approve_all(sandbox: "Sandbox", printer: "object") -> None:
    print("\nThe demo's administrator approves now.", file=sys.stdout, flush=True)
    for seen in sandbox.world.requests():
        with suppress(ValueError):  # decided on the page meanwhile
            sandbox.world.approve(seen.id)


def _reach_directly(sandbox: "Sandbox") -> None:
    """A proxy of the company's cannot reach this machine's loopback address."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
