"""The settings of this device, read once."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from enroller.errors import BadSettings
from enroller.settings.given import Layer, Settings, Source, merged

SITE, INSTALLATION = "settings.toml", "installation.toml"


@cache
def current() -> Settings:
    """The settings of this device. Where a source is unusable nothing is applied, and `problem` says why."""
    notes: list[str] = []
    try:
        return merged(_layers(notes), notes)
    except BadSettings as problem:
        return Settings(problem=problem)


def _layers(notes: list[str]) -> list[Layer]:
    policy, installation, user = _by_the_system()
    sites = list(_site_files(notes))
    found: list[Layer | None] = [*policy]
    found += [_read(folder / SITE, Source.FILE) for folder in sites]
    if installation is None:
        found += [_read(folder / INSTALLATION, Source.INSTALLATION) for folder in sites[:1]]
        found += [_read(user_folder() / INSTALLATION, Source.USER)]
    else:
        found += [installation, user]
    return [layer for layer in found if layer is not None]


def _read(path: Path, source: Source) -> Layer | None:
    if not os.path.lexists(path):  # the reader is not worth its import where there is nothing to read
        return None
    from enroller.settings import file

    return file.read(path, source)


def _by_the_system() -> tuple[list[Layer], Layer | None, Layer | None]:
    """Policies, and on Windows what installers were told: for the machine and for the user."""
    if sys.platform == "win32":
        from enroller.settings import windows

        return windows.policies(), windows.told_to_installer(machine=True), windows.told_to_installer(machine=False)
    if sys.platform == "darwin":
        from enroller.settings import macos

        return macos.policies(), None, None
    return [], None, None


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


def user_folder() -> Path:
    """Where an installation for one user keeps what it was told: `platformdirs.user_config_path("enroller")`."""
    if sys.platform == "linux":  # as above
        return Path(os.environ.get("XDG_CONFIG_HOME", "").strip() or Path.home() / ".config") / "enroller"
    else:
        import platformdirs

        return Path(platformdirs.user_config_dir("enroller", appauthor=False))


def _site_files(notes: list[str]) -> Iterator[Path]:
    for folder in site_folders():
        if sys.platform == "win32" and (folder / SITE).exists():
            from enroller.settings import windows

            if not windows.is_administrators(folder / SITE):
                notes.append(f"{folder / SITE} was passed over: it does not belong to the administrators.")
                continue
        yield folder
