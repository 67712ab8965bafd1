"""Folders of ours, for their owner alone."""

from pathlib import Path


def make_private(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, readable to their owner alone whatever the umask.

    `Path.mkdir` would make those above with the umask's rights. Mode 0700: XDG Base Directory Specification, section 4.
    A folder that is there stays as it is. Raises OSError.
    """
    if not folder.parent.is_dir():
        make_private(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
