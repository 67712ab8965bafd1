"""Settings that a configuration profile gives a Mac (managed preferences): all of them are locked."""

import os
import sys
from pathlib import Path

from enroller.errors import BadSettings
from enroller.settings.given import Layer, Source, checked

ID = "org.enroller.Enroller"
"""The preference domain: the application's bundle identifier."""

FOLDER = Path("/Library/Managed Preferences")
"""Where macOS puts what profiles say, writable for root alone: for the user before the machine."""


def policies(folder: Path = FOLDER) -> list[Layer]:
    """What profiles give. Raises BadSettings."""
    places = (folder / _user() / f"{ID}.plist", folder / f"{ID}.plist")
    return [layer for place in places if (layer := _read(place)) is not None]


def _user() -> str:
    """Who this is to the system, whatever the environment says."""
    name = ""
    if sys.platform != "win32":
        import pwd

        name = pwd.getpwuid(os.getuid()).pw_name
    return name


def _read(path: Path) -> Layer | None:
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        values = plistlib.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ExpatError, plistlib.InvalidFileException) as error:
        raise BadSettings(f"The managed preferences {path} cannot be read: {error}.") from None
    if not isinstance(values, dict):
        raise BadSettings(f"The managed preferences {path} cannot be read: they are no table.")
    # What the system adds of its own (PayloadUUID and the like) begins with a capital letter; no setting does.
    values = {name: value for name, value in values.items() if not name[:1].isupper()}
    wrong = checked(values)
    if wrong is not None:
        raise BadSettings(f"The managed preference {wrong[0]} in {path} cannot be used: it {wrong[1]}.")
    return Layer(Source.POLICY, str(path), values, frozenset(values))
