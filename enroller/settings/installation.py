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
from enroller.settings.given import LOCKED, Source, checked, locked_names
from enroller.text import plain


def tell(told: Mapping[str, str], *, machine: bool, afresh: bool = False) -> None:
    """Adds settings to what is kept, for everybody or for this user; an empty text takes one out again.

    `afresh`: takes all others out. Raises InputError for what is no setting or no value for it, and for a file that
    cannot be used, changing nothing; and NotWritable without the right.
    """
    values = {name: windows.understood(name, text) for name, text in told.items() if text}
    _refuse_bad(values)
    before = {} if afresh else _kept(machine=machine)
    after = {**{name: value for name, value in before.items() if name not in told}, **values}
    _refuse_bad_lock(after)
    try:
        if sys.platform == "win32":
            if afresh:
                windows.clear(machine=machine)
            windows.write(told, machine=machine)
        else:
            _write(folder(machine=machine) / here.INSTALLATION, after)
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
    """Where it is kept, but for Windows. Raises InputError for a user without a home folder."""
    found = here.site_folders()[0] if machine else here.user_folder()
    if found is None:
        raise InputError("This user has no home folder to keep settings in.", field="user")
    return found


def _kept(*, machine: bool) -> dict[str, Any]:
    """What is kept by now. Raises InputError where it cannot be used."""
    if sys.platform == "win32":
        before = windows.read(windows.INSTALLATION, machine=machine)
        return {name: windows.understood(name, value) for name, value in before.items()}
    path = folder(machine=machine) / here.INSTALLATION
    if not path.parent.is_dir():
        return {}
    try:
        layer = file.parse(path, toml_file.load(file.KIND, path), Source.INSTALLATION)
    except FileNotFoundError:
        return {}
    except InputError as error:
        raise InputError(error.message, field="set", advice="Begin anew with --clear. Nothing was changed.") from None
    return {**layer.values, **({LOCKED: sorted(layer.locked)} if layer.locked else {})}


def _refuse_bad(values: Mapping[str, Any]) -> None:
    wrong = checked({name: value for name, value in values.items() if name != LOCKED})
    if wrong is not None:
        raise InputError(f"“{plain(wrong[0], 40)}” {wrong[1]}.", field="set", advice="Nothing was changed.")


def _refuse_bad_lock(after: Mapping[str, Any]) -> None:
    try:
        locked_names(after)
    except InputError as error:
        raise InputError(f"“{LOCKED}” {error.message}.", field="set", advice="Nothing was changed.") from None


def _write(path: Path, after: Mapping[str, Any]) -> None:
    """Renews the file, in one step; nobody ever reads a half of it. It is for everybody to read, whatever the umask."""
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in after.items()]
    text = f"# Written by `enroller settings --set`, for an installer. Your own settings: {here.SITE}\n{''.join(lines)}"
    if len(text.encode()) > toml_file.LARGEST:
        raise InputError("That is more than settings may have together.", field="set", advice="Nothing was changed.")
    for parent in reversed((path.parent, *path.parent.parents)):
        if not parent.is_dir():
            parent.mkdir()
            parent.chmod(0o755)
    part = path.with_suffix(".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _not_writable(error: OSError, *, machine: bool) -> NotWritable:
    whom = "this machine" if machine else "this user"
    return NotWritable(
        f"The settings of {whom} cannot be changed: {error.strerror}.",
        advice="Only an administrator may change them." if machine else "Check the rights of the folder.",
    )
