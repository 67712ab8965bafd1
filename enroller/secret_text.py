"""Secrets that somebody gives us: an API key or a passphrase, typed, pasted or in a file."""

from pathlib import Path

from enroller.errors import InputError
from enroller.model import Secret
from enroller.text import plain

LARGEST = 64 * 1024
"""Bytes of a secret file; an API key or a passphrase is far shorter."""


def from_file(path: str, field: str, name: str) -> Secret:
    """The text of a file. Raises InputError (`field`) that calls it `name` where it cannot be used."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"The {name} file {plain(path)} cannot be read: {error.strerror}.", field=field) from None
    return from_bytes(data, field, name)


def from_bytes(data: bytes, field: str, name: str) -> Secret:
    """UTF-8 text; one line end at its end is dropped."""
    if len(data) > LARGEST:
        raise InputError(f"The {name} file is larger than any {name}.", field=field)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"The {name} file is not UTF-8 text.", field=field) from None
    for end in ("\r\n", "\n", "\r"):
        if text.endswith(end):
            text = text.removesuffix(end)
            break
    return checked(text, field, name)


def checked(text: str, field: str, name: str) -> Secret:
    """A secret that is not empty and stands on one line. Raises InputError."""
    if not text.strip():
        raise InputError(f"The {name} is empty.", field=field)
    if any(c in text for c in "\r\n\0"):
        raise InputError(f"The {name} has more than one line.", field=field, advice="Give the one text alone.")
    return Secret(text)
