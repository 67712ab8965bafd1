"""The command `enroller sandbox`."""

import argparse
import json
import shlex
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enroller.sandbox.server import Sandbox


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `enroller sandbox`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=7400, metavar="N", help="service's port (default: %(default)s; 0: any)"
    )
    parser.add_argument(
        "--admin-port", type=int, default=7480, metavar="N", help="administrator's port (default: %(default)s; 0: any)"
    )
    parser.add_argument("--api-key", metavar="KEY", help="API key to accept (default: a new one)")
    parser.add_argument("--trust", action="store_true", help="automatic endpoint trust: approve every request")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep requests and devices in FILE (default: nowhere)"
    )
    parser.add_argument("--ca-out", type=Path, metavar="FILE", help="write the CA certificate to FILE")
    for name, default, what in (
        ("--expires-in", 259_200, "requests"),
        ("--token-life", 3_600, "access tokens"),
        ("--refresh-life", 7_776_000, "refresh tokens"),
    ):
        parser.add_argument(
            name, type=_seconds, default=default, metavar="S", help=f"life of {what} in seconds (default: %(default)s)"
        )
    parser.add_argument("--json", action="store_true", help="print where things are as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Runs until Ctrl-C or SIGTERM, which is how it ends: with 0.

    Raises InputError for options that cannot be used, and ModuleNotFoundError where the extra is not installed.
    """
    from enroller.sandbox.server import Options, Sandbox

    options = Options(
        host=args.host,
        port=args.port,
        admin_port=args.admin_port,
        api_key=args.api_key,
        trust=args.trust,
        state=args.state,
        device_code_life=args.expires_in,
        access_life=args.token_life,
        refresh_life=args.refresh_life,
        ca_file=args.ca_out,
    )
    asked_to_end = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        asked_to_end.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(options) as sandbox:
            sys.stdout.write(_as_json(sandbox) if args.json else _for_people(sandbox))
            sys.stdout.flush()
            while not asked_to_end.wait(1.0):  # Windows runs signal handlers only between waits
                pass
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return 0


def _as_json(sandbox: "Sandbox") -> str:
    document = {
        "service_url": sandbox.url,
        "admin_url": sandbox.admin_url,
        "ca_file": str(sandbox.ca_file),
        "api_key": sandbox.world.api_key,
    }
    return json.dumps(document) + "\n"


def _for_people(sandbox: "Sandbox") -> str:
    ca_file, api_key = shlex.quote(str(sandbox.ca_file)), shlex.quote(sandbox.world.api_key)
    return f"""\
A sandbox of SAFEQ Cloud is running. Ctrl-C ends it.

  Service address       {sandbox.url}
  API key               {sandbox.world.api_key}
  CA file               {sandbox.ca_file}
  Administrator's page  {sandbox.admin_url}

Enroll with it, in another terminal:

  ENROLLER_API_KEY={api_key} enroller enroll --server {sandbox.url} --ca-file {ca_file}

Then approve the request on the administrator's page.
"""


def _seconds(text: str) -> float:
    """For argparse: a number of seconds above zero. Its ValueError becomes a message of argparse's."""
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise ValueError
    return seconds
