"""Secrets for the command line: from files, standard input, the environment or a prompt; never from an argument."""

import argparse
import sys

from enroller.errors import InputError
from enroller.model import Credential, CredentialKind, Login, Secret, ServiceName
from enroller.secret_text import LARGEST, checked, from_bytes, from_file
from enroller.text import plain


def credential(options: argparse.Namespace, service: ServiceName | None) -> Credential | None:
    """What was given to ask with, or None.

    Raises InputError for what the service has no use for, for two of a kind, or a file that cannot be read.
    """
    given = [name for name in _FILES if getattr(options, f"{name}_file", None) is not None]
    for name in given:
        if service is not None and _FILES[name][2] is not service:
            raise InputError(
                f"--{name.replace('_', '-')}-file is not for this enrollment's service.",
                field=name,
                advice=_ADVICE[service],
            )
    if len(given) > 1:
        raise InputError("Give a password or a token, not both.", field=given[1])
    if given:
        kind, words, _ = _FILES[given[0]]
        return Credential(kind, _read(getattr(options, f"{given[0]}_file"), given[0], words))
    from_environment: Secret | None = options.api_key
    if from_environment is not None and service is ServiceName.SAFEQ_CLOUD:
        return Credential(CredentialKind.API_KEY, checked(from_environment.reveal(), "api_key", "API key"))
    return None


def asked_credential(service: ServiceName, username: str) -> Credential:
    """The API key or the password from the terminal. Raises InputError where there is none to ask at."""
    if service is ServiceName.SAFEQ_CLOUD:
        typed = _prompt("API key: ", "api_key", "No API key was given.", _ADVICE[service])
        return Credential(CredentialKind.API_KEY, typed)
    if not username:
        raise InputError("No user name and no token was given.", field="username", advice=_ADVICE[service])
    typed = _prompt(f"Password of {plain(username)}: ", "password", "No password was given.", _ADVICE[service])
    return Credential(CredentialKind.PASSWORD, typed)


_FILES = {
    "api_key": (CredentialKind.API_KEY, "API key", ServiceName.SAFEQ_CLOUD),
    "password": (CredentialKind.PASSWORD, "password", ServiceName.PRIVICORE),
    "token": (CredentialKind.TOKEN, "token", ServiceName.PRIVICORE),
}
"""The options that name a file with a secret to ask with, without `_file`."""

_ADVICE = {
    ServiceName.SAFEQ_CLOUD: "Use --api-key-file PATH (or - for standard input).",
    ServiceName.PRIVICORE: "Use --username NAME and --password-file PATH, or --token-file PATH (-: standard input).",
}


def passphrase(options: argparse.Namespace, *, needed: bool, new: bool = False) -> Secret | None:
    """The passphrase, asked for at a terminal where one is needed and none was given; a `new` one twice."""
    if options.passphrase_file is not None:
        others = [getattr(options, f"{name}_file", None) for name in (*_FILES, "proxy_password")]
        if options.passphrase_file == "-" and "-" in others:
            raise InputError("Standard input can carry only one secret.", field="passphrase_file")
        return _read(options.passphrase_file, "passphrase", "passphrase")
    if not needed:
        return None
    advice = "Use --passphrase-file PATH (or - for standard input)."
    typed = _prompt("Passphrase: ", "passphrase", "This enrollment needs its passphrase.", advice)
    if new and _prompt("The same again: ", "passphrase", "", advice) != typed:
        raise InputError("The two passphrases differ.", field="passphrase")
    return typed


def proxy_login(options: argparse.Namespace) -> Login | None:
    """What the proxy wants, or None where nothing was given; the password is asked for where no file is named."""
    name, path = getattr(options, "proxy_user", None), getattr(options, "proxy_password_file", None)
    if name is None and path is None:
        return None
    if not name:
        raise InputError("A proxy's password needs its user name.", field="proxy_user", advice="Add --proxy-user NAME.")
    if path is not None:
        if path == "-" and "-" in [getattr(options, f"{one}_file", None) for one in _FILES]:
            raise InputError("Standard input can carry only one secret.", field="proxy_password")
        return Login(name, _read(path, "proxy_password", "proxy password"))
    advice = "Use --proxy-password-file PATH (or - for standard input)."
    prompt = f"Password of {plain(name)} for the proxy: "
    return Login(name, _prompt(prompt, "proxy_password", "No password for the proxy was given.", advice))


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
