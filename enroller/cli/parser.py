"""The commands and options of `enroller`: the contract that scripts are written against."""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from enroller import __version__, errors
from enroller.model import RSA_BITS, ClientType, KeyType, Protection, ServiceName


class Parser(argparse.ArgumentParser):
    """Says what is wrong by InputError (2) instead of ending the process, so that `--json` holds here as well.

    No abbreviations: `--api-key KEY` must not become the name of a file, and a new option must not break a script.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise errors.InputError(message[:1].upper() + message[1:] + ".", advice=f"See `{self.prog} --help`.")


def build() -> Parser:
    """The parser of the whole command line."""
    common = _options()
    common.add_argument("--data-dir", type=Path, metavar="DIR", help="keep everything there (or ENROLLER_DATA_DIR)")
    common.add_argument("--verbose", action="store_true", help="write the log to standard error as well")
    parser = Parser(
        prog="enroller",
        parents=[common],
        description="Makes this device trusted by a cloud service and keeps its credentials. "
        "Without a command, the wizard opens.",
    )
    parser.add_argument("--version", action="version", version=f"enroller {__version__}")
    # The common options may stand before or after the command: there they must not set defaults over what stood before.
    after = _options()
    after.add_argument("--data-dir", type=Path, metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    after.add_argument("--verbose", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    json, secrets, wait, ident = _json(), _secrets(), _wait(), _ident()

    wizard = commands.add_parser("wizard", parents=[after], help="open the wizard (what `enroller` alone does)")
    wizard.add_argument("--preset", type=Path, metavar="FILE", help="a TOML file with values to begin with")
    wizard.add_argument("--exit-after-start", action="store_true", help="end when the first page is shown")

    enroll = commands.add_parser("enroll", parents=[after, json, secrets, wait], help="enroll without a screen")
    _what_to_enroll(enroll)

    def command(name: str, help_: str, *parents: Parser) -> Parser:
        return commands.add_parser(name, parents=[after, json, *parents], help=help_)

    command("resume", "go on with an enrollment that is not finished", ident, secrets, wait)
    command("list", "what is enrolled or waiting here")
    command("show", "one enrollment, without its secrets", ident)
    command("token", "print a valid access token, fresh where needed", ident, secrets)
    command("renew", "register again with the known key, signed", ident, secrets, wait)
    remove = command("remove", "forget an enrollment on this device")
    remove.add_argument("id", metavar="ID", help="as `enroller list` shows it")
    doctor = command("doctor", "check this device before an enrollment")
    doctor.add_argument("--service", choices=[x.value for x in ServiceName], default=ServiceName.SAFEQ_CLOUD.value)
    doctor.add_argument("--server", metavar="URL", help="check the way to this server as well")
    doctor.add_argument("--ca-file", metavar="PEM", help="trust these certificates besides the system's")

    # Their options live with the sandbox, which an installation may lack; `main` reads them.
    commands.add_parser("sandbox", add_help=False, help="a local SAFEQ Cloud with an administrator's page")
    demo = commands.add_parser("demo", parents=[after], help="sandbox and wizard together, in a temporary folder")
    demo.add_argument("--approve-after", type=float, default=4.0, metavar="SECONDS", help="without a display only")
    return parser


def _options() -> Parser:
    """Options to share between commands."""
    return Parser(add_help=False)


def _json() -> Parser:
    options = _options()
    options.add_argument("--json", action="store_true", help="machine-readable output on standard output")
    return options


def _ident() -> Parser:
    options = _options()
    options.add_argument(
        "id", metavar="ID", nargs="?", help="as `enroller list` shows it; needed where there are several"
    )
    return options


def _secrets() -> Parser:
    options = _options()
    options.add_argument(
        "--api-key-file", metavar="PATH", help="the API key; - for standard input (or ENROLLER_API_KEY)"
    )
    options.add_argument("--passphrase-file", metavar="PATH", help="the passphrase of --protect passphrase; - as above")
    return options


def _wait() -> Parser:
    options = _options()
    options.add_argument("--no-wait", action="store_true", help="end (3) once the request is submitted")
    options.add_argument("--timeout", type=_positive, metavar="SECONDS", help="bound on the whole command")
    return options


def _what_to_enroll(parser: Parser) -> None:
    add = parser.add_argument
    add("--service", choices=[x.value for x in ServiceName], default=ServiceName.SAFEQ_CLOUD.value)
    add("--server", metavar="URL", required=True, help="the service's address, as you would paste it")
    add("--client-id", metavar="ID", help="this device's id there (a new UUID, which is kept)")
    add("--client-type", choices=[x.value for x in ClientType], default=ClientType.DESKTOP_CLIENT.value)
    add("--description", metavar="TEXT", help="what the administrator sees (the host name)")
    add("--key-type", choices=[x.value for x in KeyType], default=KeyType.ED25519.value)
    add("--rsa-bits", type=int, choices=RSA_BITS, default=3072)
    add("--ca-file", metavar="PEM", help="trust these certificates besides the system's")
    add(
        "--protect",
        choices=[x.value for x in Protection],
        default=Protection.KEYRING.value,
        help="how secrets are kept",
    )
    add("--poll-interval", type=_positive, metavar="SECONDS", help="between two checks (5)")
    add("--replace", action="store_true", help="enroll anew although this device is enrolled there")


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    # The largest wait that makes sense is a year; inf and nan fall out here too.
    if not 0 < number <= 366 * 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a usable number of seconds")
    return number
