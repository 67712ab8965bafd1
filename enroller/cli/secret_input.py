"""Secrets for the command line: from files, standard input, the environment or a prompt; never from an argument."""

import argparse
import os
import sys

from enroller.errors import InputError
from enroller.model import Secret
from enroller.secret_text import LARGEST, checked, from_bytes, from_file


def api_key(options: argparse.Namespace) -> Secret | None:
    """The API key that was given, or None. The environment's is removed, so that no child process inherits it."""
    from_environment = os.environ.pop("ENROLLER_API_KEY", None)
    if options.api_key_file is not None:
        return _read(options.api_key_file, "api_key", "API key")
    if from_environment:
        return checked(from_environment, "api_key", "API key")
    return None


def asked_api_key() -> Secret:
    """The API key from the terminal. Raises InputError where there is none to ask at."""
    return _prompt(
        "API key: ", "api_key", "No API key was given.", "Use --api-key-file PATH (or - for standard input)."
    )


def passphrase(options: argparse.Namespace, *, needed: bool, new: bool = False) -> Secret | None:
    """The passphrase, asked for at a terminal where one is needed and none was given; a `new` one twice."""
    if options.passphrase_file is not None:
        if options.passphrase_file == "-" and options.api_key_file == "-":
            raise InputError("Standard input can carry only one secret.", field="passphrase_file")
        return _read(options.passphrase_file, "passphrase", "passphrase")
    if not needed:
        return None
    advice = "Use --passphrase-file PATH (or - for standard input)."
    typed = _prompt("Passphrase: ", "passphrase", "This enrollment needs its passphrase.", advice)
    if new and _prompt("The same again: ", "passphrase", "", advice) != typed:
        raise InputError("The two passphrases differ.", field="passphrase")
    return typed


def _read(path: str, field: str, name: str) -> Secret:
    if path == "-":
        return from_bytes(sys.stdin.buffer.read(LARGEST + 1), field, name)
    return from_file(path, field, name)


def _prompt(prompt: str, field: str, missing: str, advice: str) -> Secret:
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(missing, field=field, advice=advice)
    import getpass

    try:
        typed = getpass.getpass(prompt, stream=sys.stderr)
    except EOFError:  # Ctrl-D
        raise InputError(missing, field=field, advice=advice) from None
    return checked(typed, field, field.replace("_", " "))
