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

from enroller.sandbox.privicore.shapes import Shapes

if TYPE_CHECKING:
    from enroller.sandbox.server import Options, Sandbox


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `enroller sandbox`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    _port(parser, "--admin-port", 7480, "administrator's port")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep requests and devices in FILE (default: nowhere)"
    )
    parser.add_argument("--ca-out", type=Path, metavar="FILE", help="write the CA certificate to FILE")
    parser.add_argument("--json", action="store_true", help="print where things are as one JSON object")
    safeq = parser.add_argument_group("SAFEQ Cloud")
    _port(safeq, "--port", 7400, "service's port")
    safeq.add_argument("--api-key", metavar="KEY", help="API key to accept (default: a new one)")
    safeq.add_argument("--trust", action="store_true", help="automatic endpoint trust: approve every request")
    _life(safeq, "--expires-in", 259_200, "life of requests")
    _life(safeq, "--token-life", 3_600, "life of access tokens")
    _life(safeq, "--refresh-life", 7_776_000, "life of refresh tokens")
    privicore = parser.add_argument_group("Privicore")
    for name, usual, what in (
        ("--privicore-port", 9009, "service's port"),
        ("--websocket-port", 8083, "port of the WebSocket proxy"),
    ):
        privicore.add_argument(
            name, type=int, metavar="N", help=f"{what} (default: {usual}, or any free one where --port is 0; 0: any)"
        )
    privicore.add_argument(
        "--username", metavar="NAME", default="owner@example.test", help="ready-made profile (default: %(default)s)"
    )
    privicore.add_argument("--password", metavar="TEXT", help="its password (default: a new one)")
    _life(privicore, "--privicore-token-life", 86_400, "life of authorization tokens")
    privicore.add_argument(
        "--privicore-lag", type=_lag, default=0.0, metavar="S", help="seconds until a command is done (default: 0)"
    )
    privicore.add_argument(
        "--privicore-shape",
        type=_shape,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a shape in which answers come, for example status=object; repeatable (a wrong one lists what there is)",
    )


def run(args: argparse.Namespace) -> int:
    """Runs until Ctrl-C or SIGTERM, which is how it ends: with 0.

    Raises InputError for options that cannot be used, and ModuleNotFoundError where the extra is not installed.
    """
    from enroller.sandbox.server import Sandbox

    asked_to_end = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        asked_to_end.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(options_of(args)) as sandbox:
            sys.stdout.write(_as_json(sandbox) if args.json else _for_people(sandbox))
            sys.stdout.flush()
            while not asked_to_end.wait(1.0):  # Windows runs signal handlers only between waits
                pass
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return 0


def options_of(args: argparse.Namespace) -> "Options":
    """What the command line asks for."""
    from enroller.sandbox.server import Options

    shapes = Shapes()
    for name, value in args.privicore_shape:
        shapes = shapes.changed(name, value)
    return Options(
        host=args.host,
        port=args.port,
        privicore_port=args.privicore_port,
        websocket_port=args.websocket_port,
        admin_port=args.admin_port,
        api_key=args.api_key,
        trust=args.trust,
        state=args.state,
        device_code_life=args.expires_in,
        access_life=args.token_life,
        refresh_life=args.refresh_life,
        username=args.username,
        password=args.password,
        wire=shapes,
        token_life=args.privicore_token_life,
        lag=args.privicore_lag,
        ca_file=args.ca_out,
    )


def _as_json(sandbox: "Sandbox") -> str:
    document = {
        "service_url": sandbox.url,
        "admin_url": sandbox.admin_url,
        "ca_file": str(sandbox.ca_file),
        "api_key": sandbox.world.api_key,
        "privicore_url": sandbox.privicore_url,
        "websocket_url": sandbox.websocket_url,
        "username": sandbox.privicore.username,
        "password": sandbox.privicore.password,
    }
    return json.dumps(document) + "\n"


def _for_people(sandbox: "Sandbox") -> str:
    """The secrets of both services reach the examples by a pipe or the environment, never as arguments."""
    ca_file, api_key = shlex.quote(str(sandbox.ca_file)), shlex.quote(sandbox.world.api_key)
    world = sandbox.privicore
    username, password = shlex.quote(world.username), shlex.quote(world.password)
    return f"""\
A sandbox of SAFEQ Cloud and Privicore is running. Ctrl-C ends it.

  Administrator's page  {sandbox.admin_url}
  CA file               {sandbox.ca_file}

SAFEQ Cloud
  Service address       {sandbox.url}
  API key               {sandbox.world.api_key}

Privicore
  Service address       {sandbox.privicore_url}
  WebSocket address     {sandbox.websocket_url}
  User name             {world.username}
  Password              {world.password}

Enroll with one of them, in another terminal:

  ENROLLER_API_KEY={api_key} enroller enroll --server {sandbox.url} --ca-file {ca_file}

  printf '%s' {password} | enroller enroll --service privicore --server {sandbox.privicore_url} --username {username} \\
    --password-file - --websocket-url {sandbox.websocket_url} --ca-file {ca_file}

Then approve the request on the administrator's page.
"""


def _port(parser: "argparse._ActionsContainer", name: str, default: int, what: str) -> None:
    parser.add_argument(name, type=int, default=default, metavar="N", help=f"{what} (default: %(default)s; 0: any)")


def _life(parser: "argparse._ActionsContainer", name: str, default: float, what: str) -> None:
    parser.add_argument(
        name, type=_seconds, default=default, metavar="S", help=f"{what} in seconds (default: %(default)s)"
    )


def _seconds(text: str) -> float:
    """For argparse: a number of seconds above zero. Its ValueError becomes a message of argparse's."""
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise ValueError
    return seconds


def _lag(text: str) -> float:
    """For argparse: the same, or nothing at all."""
    return 0.0 if text == "0" else _seconds(text)


def _shape(text: str) -> tuple[str, str]:
    """For argparse: a name and a value that there are."""
    name, _, value = text.partition("=")
    try:
        Shapes().changed(name, value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, value
