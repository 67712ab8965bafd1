"""The entry point: parses, hands over to a command, and turns every error into a sentence and an exit status."""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from enroller import errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `enroller` with `arguments` (the process's where None) and returns the exit status."""
    process_is_ours = arguments is None
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments == ["--version"]:  # without the price of a parser
        from enroller import __version__

        print(f"enroller {__version__}")
        return 0
    if process_is_ours:
        _keep_secrets_out_of_crashes()
    try:
        status = _run(arguments)
        if sys.stdout is not None:  # a windowed program on Windows has none
            sys.stdout.flush()  # here, where a reader that has gone is understood
    except errors.EnrollerError as error:
        _tell(error, arguments)
        return error.exit_status
    except KeyboardInterrupt:
        _tell(errors.Interrupted("Interrupted.", advice="Nothing was begun, and nothing is lost."), arguments)
        return errors.Interrupted.exit_status
    except BrokenPipeError:
        _drop_output()  # whoever read our output has gone; nothing more can be said
        return errors.StorageError.exit_status
    except OSError as failure:
        _drop_output()
        unwritten = errors.StorageError(f"The output cannot be written: {failure.strerror}.", advice="Nothing is lost.")
        _tell(unwritten, arguments)
        return unwritten.exit_status
    except Exception as defect:  # no traceback ever reaches a user
        explained = _explained(defect)
        _tell(explained, arguments)
        return explained.exit_status
    return status


def _keep_secrets_out_of_crashes() -> None:
    from enroller import core_dumps, defect

    core_dumps.prevent()
    defect.tell_in_words()


def _drop_output() -> None:
    """Lets Python end without trying once more: see "Note on SIGPIPE", Python library, signal."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def wizard_main() -> int:
    """The entry point that opens the wizard and has no console."""
    return main(["wizard", *sys.argv[1:]])


def _run(arguments: Sequence[str]) -> int:
    from enroller.cli import parser

    api_key = os.environ.pop("ENROLLER_API_KEY", None)  # no program that we start inherits it
    options, rest = parser.build(_command_in(arguments)).parse_known_args(arguments)
    if rest and options.command != "sandbox":
        from enroller.text import plain

        # The first alone, without a value: what comes after may be a secret that was typed in the wrong place.
        unknown = plain(rest[0].partition("=")[0], 60)
        raise errors.InputError(f"There is no option or argument {unknown}.", advice="See `enroller --help`.")
    if options.command == "sandbox":
        return _sandbox(rest)
    data_dir = options.data_dir or (
        Path(os.environ["ENROLLER_DATA_DIR"]) if os.environ.get("ENROLLER_DATA_DIR") else None
    )
    if options.command in (None, "wizard"):
        from enroller.gui import start

        chosen, handed = getattr(options, "preset", None), getattr(options, "handed", None)
        at_once = getattr(options, "exit_after_start", False)
        return start.run(data_dir, verbose=options.verbose, preset=chosen, handed=handed, exit_after_start=at_once)
    _print_anything()
    _end_like_ctrl_c()
    if options.command == "demo":
        from enroller.cli import demo

        return demo.run(options)
    from enroller.app import App
    from enroller.cli import commands
    from enroller.cli.context import Context
    from enroller.cli.printer import Printer
    from enroller.model import Secret

    options.api_key = Secret(api_key) if api_key else None
    app = App(data_dir, verbose=options.verbose)
    printer = Printer(as_json=options.json, boot=app.clock.boot, command_line=app.command_line)
    _warn_of_bad_settings(options.command)
    command = getattr(commands, {"list": "list_"}.get(options.command, options.command.replace("-", "_")))
    status: int = command(Context(app, options, printer))
    app.log.write("ended", command=options.command, exit=status)
    return status


def _warn_of_bad_settings(command: str) -> None:
    """What is enrolled goes on without the settings that cannot be used; what begins something raises by itself."""
    from enroller import settings

    problem = settings.current().problem
    if problem is not None and command not in ("enroll", "settings", "doctor"):
        print(f"{problem.message} {problem.advice}", file=sys.stderr)


def _command_in(arguments: Sequence[str]) -> str:
    """The command that the line is about, or nothing where that takes the whole parser to tell."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--data-dir":
            next(rest, None)
        elif argument != "--verbose" and not argument.startswith("--data-dir="):
            return argument
    return "wizard"


def _sandbox(arguments: Sequence[str]) -> int:
    from enroller.cli.parser import Parser
    from enroller.sandbox import command

    parser = Parser(
        prog="enroller sandbox", description="Local stand-ins for both services, with an administrator's page."
    )
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


_SANDBOX = ("enroller.sandbox", "starlette", "uvicorn")
"""Modules of the sandbox: what installers install has not even our own."""


def _explained(defect: Exception) -> errors.EnrollerError:
    """The sandbox is an extra, which an installation may lack; anything else is a defect of ours."""
    if isinstance(defect, ModuleNotFoundError) and (defect.name or "").startswith(_SANDBOX):
        return errors.InputError(
            "This installation has no sandbox.", advice="Install it with its extra: pip install 'enroller[sandbox]'."
        )
    from enroller.defect import describe

    return errors.EnrollerError(f"{describe(defect)}.")


def _print_anything() -> None:
    """What an old terminal's or a pipe's encoding lacks becomes a question mark, not a defect."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end_like_ctrl_c() -> None:
    """A polite end from outside (SIGTERM) keeps a pending enrollment as Ctrl-C does."""
    import signal

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _tell(error: errors.EnrollerError, arguments: Sequence[str]) -> None:
    """The printer of the command may not exist yet, so this is told without it."""
    from enroller.cli.printer import Printer

    Printer(as_json="--json" in arguments, boot=lambda: 0.0, command_line=lambda *words: " ".join(words)).failed(error)
