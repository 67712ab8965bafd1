"""What installers are told for a device (`setup.exe /SERVER=…`, `enroller settings --set`), kept until it is cleared.

Windows: the registry, where only administrators write for everybody. Elsewhere: `installation.toml`, beside the file
that administrators write themselves, which decides before it.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from enroller import toml_file
from enroller.errors import InputError, NotWritable
from enroller.settings import file, here, windows
from enroller.settings.given import LOCKED, checked, locked_names
from enroller.text import plain


def tell(told: Mapping[str, str], *, machine: bool) -> None:
    """Adds settings to what is kept, for everybody or for this user; an empty text takes one out again.

    Raises InputError for what is no setting or no value for it, and NotWritable without the right.
    """
    values = {name: windows.understood(name, text) for name, text in told.items() if text}
    _refuse_bad(values)
    try:
        if sys.platform == "win32":
            before = windows.read(windows.INSTALLATION, machine=machine).items()
            kept = {name: windows.understood(name, value) for name, value in before if name not in told}
            _refuse_bad_lock({**kept, **values})
            windows.write(told, machine=machine)
        else:
            _write(folder(machine=machine) / here.INSTALLATION, told, values)
    except OSError as error:
        raise _not_writable(error, machine=machine) from None
    here.current.cache_clear()


def forget(*, machine: bool) -> None:
    """Takes all of it out again, also where none of it could be used. Raises NotWritable."""
    try:
        if sys.platform == "win32":
            windows.clear(machine=machine)
        else:
            (folder(machine=machine) / here.INSTALLATION).unlink(missing_ok=True)
    except OSError as error:
        raise _not_writable(error, machine=machine) from None
    here.current.cache_clear()


def folder(*, machine: bool) -> Path:
    """Where it is kept, but for Windows."""
    return here.site_folders()[0] if machine else here.user_folder()


def _refuse_bad(values: Mapping[str, Any]) -> None:
    wrong = checked({name: value for name, value in values.items() if name != LOCKED})
    if wrong is not None:
        raise InputError(f"“{plain(wrong[0], 40)}” {wrong[1]}.", field="set", advice="Nothing was changed.")


def _refuse_bad_lock(after: Mapping[str, Any]) -> None:
    try:
        locked_names(after)
    except InputError as error:
        raise InputError(f"“{LOCKED}” {error.message}.", field="set", advice="Nothing was changed.") from None


def _write(path: Path, told: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Renews the file, in one step; nobody ever reads a half of it. It is for everybody to read, whatever the umask."""
    try:
        text = toml_file.load(file.KIND, path)
        before = dict(toml_file.parse(file.KIND, path, text).values)
    except (FileNotFoundError, InputError):
        before = {}  # what was unusable was of no use
    after = {**{name: value for name, value in before.items() if name not in told}, **values}
    _refuse_bad_lock(after)
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o755)
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in after.items()]
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("# Written by `enroller settings --set`, for an installer. Your own settings: settings.toml\n")
        stream.writelines(lines)
        stream.flush()
        os.fsync(stream.fileno())
    part.chmod(0o644)
    part.replace(path)


def _not_writable(error: OSError, *, machine: bool) -> NotWritable:
    whom = "this machine" if machine else "this user"
    return NotWritable(
        f"The settings of {whom} cannot be changed: {error.strerror}.",
        advice="Only an administrator may change them." if machine else "Check the rights of the folder.",
    )
