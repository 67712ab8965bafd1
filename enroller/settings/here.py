"""The settings of this device, read once."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path

from enroller.errors import BadSettings
from enroller.settings.given import Layer, Settings, Source, merged

SITE, INSTALLATION = "settings.toml", "installation.toml"


@cache
def current() -> Settings:
    """The settings of this device. Nothing of an unusable source is applied, and `problem` says why.

    All others hold: a bad file of a user's must not take away what the administrator has locked.
    """
    notes: list[str] = []
    layers: list[Layer] = []
    problem: BadSettings | None = None
    for read in _sources(notes):
        try:
            layers += read()
        except BadSettings as error:
            problem = problem or error
    return merged(layers, notes, problem)


Read = Callable[[], Iterable[Layer]]


def _sources(notes: list[str]) -> Iterator[Read]:
    """How each place is read, the one that decides first."""
    sites = list(_site_files(notes))
    if sys.platform == "win32":
        from enroller.settings import windows

        yield from windows.policies()
    elif sys.platform == "darwin":
        from enroller.settings import macos

        yield macos.policies
    for folder in sites:
        yield partial(_read, folder / SITE, Source.FILE)
    if sys.platform == "win32":
        yield lambda: [windows.told_to_installer(machine=True)]
        yield lambda: [windows.told_to_installer(machine=False)]
    else:
        yield from (partial(_read, folder / INSTALLATION, Source.INSTALLATION) for folder in sites[:1])
        own = user_folder()
        if own is not None and os.access(own, os.X_OK):  # one that is not this user's has nothing to say
            yield partial(_read, own / INSTALLATION, Source.USER)


def _read(path: Path, source: Source) -> list[Layer]:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):  # the reader is not worth its import where nothing is to be read
        return []
    except OSError as error:
        raise BadSettings(f"The settings file {path} cannot be read: {error.strerror}.") from None
    from enroller.settings import file

    return [file.read(path, source)]


def site_folders() -> list[Path]:
    """Where administrators put settings, the one that decides first: `platformdirs.site_config_path("enroller")`.

    On Linux what only root can write comes first whatever the environment says, so that nobody takes it away. It is
    found by hand there (XDG Base Directory Specification, section 3): importing platformdirs takes 5 ms of each start.
    """
    if sys.platform == "linux":
        told = os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)
        folders = ("/etc/xdg", *(folder for folder in told if folder.startswith("/")))
        return list(dict.fromkeys(Path(folder) / "enroller" for folder in folders))
    else:
        import platformdirs

        return [Path(platformdirs.site_config_dir("enroller", appauthor=False))]


def user_folder() -> Path | None:
    """Where an installation for one user keeps what it was told: `platformdirs.user_config_path("enroller")`.

    None for a user without a home folder.
    """
    if sys.platform == "linux":  # as above
        told = os.environ.get("XDG_CONFIG_HOME", "").strip()
        home = os.path.expanduser("~")  # noqa: PTH111 - no error where there is none
        folder = told if told.startswith("/") else f"{home}/.config"
        return Path(folder) / "enroller" if folder.startswith("/") else None
    else:
        import platformdirs

        return Path(platformdirs.user_config_dir("enroller", appauthor=False))


def _site_files(notes: list[str]) -> Iterator[Path]:
    for folder in site_folders():
        if sys.platform == "win32" and (folder / SITE).exists():
            from enroller.settings import windows

            # Whoever owns the folder could put another file into the place of this one.
            if not (windows.is_administrators(folder / SITE) and windows.is_administrators(folder)):
                notes.append(f"{folder / SITE} was passed over: it does not belong to the administrators.")
                continue
        yield folder
