"""The commands and options of `enroller`: the contract that scripts are written against."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from enroller import __version__, errors


class Parser(argparse.ArgumentParser):
    """Says what is wrong by InputError (2) instead of ending the process, so that `--json` holds here as well.

    No abbreviations: `--api-key KEY` must not become the name of a file, and a new option must not break a script.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raises InputError."""
        raise errors.InputError(message[:1].upper() + message[1:] + ".", advice=f"See `{self.prog} --help`.")


Add = Callable[[Parser], None]


def build(first: str = "") -> argparse.ArgumentParser:
    """The parser of the whole command line, or of one command where the line begins with it: `first`.

    The wizard starts several milliseconds earlier without the options of eleven other commands.
    """
    parser = Parser(
        prog="enroller",
        description="Makes this device trusted by a cloud service and keeps its credentials. "
        "Without a command, the wizard opens.",
    )
    _common(parser, data_dir=None, verbose=False)
    parser.add_argument("--version", action="version", version=f"enroller {__version__}")
    wanted = {first: COMMANDS[first]} if first in COMMANDS else COMMANDS
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="enroller", parser_class=Parser)
    for name, (what, options) in wanted.items():
        # The sandbox's options live with it, and an installation may lack it; `main` reads them.
        command = commands.add_parser(name, help=what, description=what, add_help=name != "sandbox")
        # The common options may stand before or after the command; here they set no default over what stood before.
        _common(command, data_dir=argparse.SUPPRESS, verbose=argparse.SUPPRESS)
        for add in options:
            add(command)
    return parser


def _common(parser: Parser, *, data_dir: str | None, verbose: str | bool) -> None:
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", default=data_dir, help="keep everything there (or ENROLLER_DATA_DIR)"
    )
    parser.add_argument("--verbose", action="store_true", default=verbose, help="write the log to standard error too")


def _json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="machine-readable output on standard output")


def _ident(parser: Parser) -> None:
    parser.add_argument(
        "id", metavar="ID", nargs="?", help="as `enroller list` shows it; needed where there are several"
    )


def _one(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help="as `enroller list` shows it")


def _secrets(parser: Parser) -> None:
    parser.add_argument(
        "--api-key-file", metavar="PATH", help="SAFEQ Cloud: the API key; - for standard input (or ENROLLER_API_KEY)"
    )
    parser.add_argument("--password-file", metavar="PATH", help="Privicore: the account's password; - as above")
    parser.add_argument("--token-file", metavar="PATH", help="Privicore: a token of the account instead; - as above")
    _passphrase(parser)


def _passphrase(parser: Parser) -> None:
    parser.add_argument(
        "--passphrase-file", metavar="PATH", help="the passphrase of --protect passphrase; - for standard input"
    )


def _wait(parser: Parser) -> None:
    parser.add_argument("--no-wait", action="store_true", help="end (3) once the request is submitted")
    parser.add_argument("--timeout", type=_positive, metavar="SECONDS", help="bound on the whole command")


def _way(parser: Parser) -> None:
    parser.add_argument("--ca-file", metavar="PEM", help="trust these certificates besides the system's")
    parser.add_argument("--proxy-user", metavar="NAME", help="where the system's proxy wants a login; kept sealed")
    parser.add_argument("--proxy-password-file", metavar="PATH", help="its password; - for standard input")


def _same_machine(parser: Parser) -> None:
    parser.add_argument(
        "--same-machine", action="store_true", help="this is the machine that was enrolled, with other parts"
    )


def _wizard(parser: Parser) -> None:
    parser.add_argument("--preset", metavar="FILE", help="a TOML file with values to begin with")
    # What desktops hand over. Nobody reads standard error there, so what is wrong with it is said in the window.
    parser.add_argument(
        "handed", metavar="FILE-OR-LINK", nargs="?", help="the same as desktops give it: a file or an enroller:// link"
    )
    parser.add_argument("--exit-after-start", action="store_true", help="end when the first page is shown")


def _enroll(parser: Parser) -> None:
    from enroller.model import KEY_TYPES, RSA_BITS, ClientType, ServiceName

    add = parser.add_argument
    add("--service", choices=[x.value for x in ServiceName], help="(safeq-cloud)")
    add("--server", metavar="URL", help="the service's address, as you would paste it; needed where no setting has it")
    add("--description", metavar="TEXT", help="what people see there; Privicore: once the device is approved")
    safeq = parser.add_argument_group("SAFEQ Cloud").add_argument
    safeq("--client-id", metavar="ID", help="this device's id there (a new UUID, which is kept)")
    safeq("--client-type", choices=[x.value for x in ClientType], help="(desktop_client)")
    safeq("--key-type", choices=[x.value for x in KEY_TYPES[ServiceName.SAFEQ_CLOUD]], help="(ed25519)")
    safeq("--rsa-bits", type=int, choices=RSA_BITS, help="(3072)")
    privicore = parser.add_argument_group("Privicore").add_argument
    privicore("--device-name", metavar="NAME", help="the name to request (the host name)")
    privicore("--username", metavar="NAME", help="the account, with --password-file")
    privicore("--websocket-url", metavar="URL", help="hear of a command's outcome there, besides asking")
    privicore("--approve", action="store_true", help="approve the device with this account")
    privicore(
        "--replace-profile-key",
        action="store_true",
        help="register this key although the account has one; devices that depend on that one stop working",
    )
    _protect(parser)
    add("--poll-interval", type=_positive, metavar="SECONDS", help="between two checks (5)")
    add("--replace", action="store_true", help="enroll anew although this device is enrolled there")


def _protect(parser: Parser) -> None:
    from enroller.model import Protection

    choices = [x.value for x in Protection]
    parser.add_argument("--protect", choices=choices, help="keeps the secrets (keyring)")


def _remove(parser: Parser) -> None:
    parser.add_argument("--at-service", action="store_true", help="at the service as well, where it can be asked")


def _configuration(parser: Parser) -> None:
    parser.add_argument("--get", metavar="NAME", help="print this one value and nothing else")


def _doctor(parser: Parser) -> None:
    from enroller.model import ServiceName

    services = [x.value for x in ServiceName]
    parser.add_argument("--service", choices=services, help="(safeq-cloud)")
    parser.add_argument("--server", metavar="URL", help="check the way to this server as well (the settings')")
    _protect(parser)


def _self_test(parser: Parser) -> None:
    # For itself: Qt may end the process where it cannot begin, so this part has one of its own.
    parser.add_argument("--window", action="store_true", help=argparse.SUPPRESS)


def _preset(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="the preset: TOML, with values to begin with")
    parser.add_argument("--out", metavar="FILE", required=True, help="where to write what is to be sent (….enroll)")
    parser.add_argument(
        "--api-key-file", metavar="PATH", help="SAFEQ Cloud: an API key to seal into it; - as elsewhere"
    )
    parser.add_argument("--passphrase-file", metavar="PATH", help="what the API key is sealed with")
    parser.add_argument("--signing-key-file", metavar="PEM", help="an Ed25519 private key to sign it with")


def _settings(parser: Parser) -> None:
    parser.add_argument("--example", action="store_true", help="print a commented settings.toml to begin with")
    told = parser.add_argument_group("what an installer does").add_argument
    told("--set", metavar="NAME=VALUE", action="append", default=[], help="keep a setting; an empty value drops it")
    told("--clear", action="store_true", help="drop all that was kept so")
    told("--user", action="store_true", help="for this user alone, not for the machine")


def _demo(parser: Parser) -> None:
    from enroller.model import ServiceName

    services = [x.value for x in ServiceName]
    parser.add_argument("--service", choices=services, default=ServiceName.SAFEQ_CLOUD.value)
    parser.add_argument(
        "--approve-after", type=_positive, default=4.0, metavar="SECONDS", help="without a display only (4)"
    )


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    # The largest wait that makes sense is a year; inf and nan fall out here too.
    if not 0 < number <= 366 * 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a usable number of seconds")
    return number


COMMANDS: dict[str, tuple[str, tuple[Add, ...]]] = {
    "wizard": ("open the wizard (what `enroller` alone does)", (_wizard,)),
    "enroll": ("enroll without a screen", (_json, _secrets, _wait, _enroll, _way)),
    "resume": (
        "go on with an enrollment that is not finished",
        (_json, _ident, _secrets, _wait, _way, _same_machine),
    ),
    "list": ("what is enrolled or waiting here", (_json,)),
    "show": ("one enrollment, without its secrets", (_json, _ident)),
    "token": ("print a valid access token, fresh where needed", (_json, _ident, _secrets, _way, _same_machine)),
    "renew": ("get fresh credentials with what is known", (_json, _ident, _secrets, _wait, _way, _same_machine)),
    "configuration": (
        "what the service gave this device to work with",
        (_json, _ident, _passphrase, _configuration, _same_machine),
    ),
    "remove": ("forget an enrollment on this device", (_json, _one, _secrets, _remove, _way, _same_machine)),
    "doctor": ("check this device before an enrollment", (_json, _doctor, _way)),
    "self-test": ("check that this installation is whole", (_json, _self_test)),
    "settings": ("what an administrator has decided for this device, and where", (_json, _settings)),
    "preset": ("make a preset file ready to be sent: seal an API key into it, sign it", (_json, _preset)),
    "sandbox": ("local stand-ins for both services, with an administrator's page", ()),
    "demo": ("sandbox and wizard together, in a temporary folder", (_demo,)),
}
