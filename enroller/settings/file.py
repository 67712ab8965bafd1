"""The files in the site's configuration folder: `settings.toml` by an administrator, `installation.toml` by us."""

from pathlib import Path

from enroller import toml_file
from enroller.errors import BadSettings, InputError
from enroller.settings.given import LOCKED, Layer, Source, checked, locked_names
from enroller.text import plain

KIND = "settings file"


def read(path: Path, source: Source) -> Layer:
    """What a file gives. Raises BadSettings with line and column, also for a link that leads nowhere."""
    try:
        return parse(path, toml_file.load(KIND, path), source)
    except FileNotFoundError as error:
        raise BadSettings(f"The settings file {plain(str(path))} cannot be read: {error.strerror}.") from None
    except InputError as error:
        raise BadSettings(error.message) from None


def parse(path: Path, text: str, source: Source) -> Layer:
    """What a file that was read from `path` gives. Raises InputError."""
    file = toml_file.parse(KIND, path, text)
    values = {name: value for name, value in file.values.items() if name != LOCKED}
    wrong = checked(values)
    if wrong is not None:
        raise file.bad(f"“{plain(wrong[0], 40)}” {wrong[1]}", wrong[0])
    try:
        locked = locked_names(file.values)
    except InputError as error:
        raise file.bad(f"“{LOCKED}” {error.message}", LOCKED) from None
    return Layer(source, str(path), values, locked)
