"""Durable files: written whole or not at all, owner-only from the first byte, one earlier generation kept.

A kill or a power cut at any step leaves a good current or a good earlier generation. Windows has no folder fsync and no
owner bits: there the folder's inherited access list protects (not verified on a real machine yet).
"""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from enroller.errors import Damaged, DiskFull, NotWritable, StorageError
from enroller.folders import make_private

SEALED = "sealed.json"
VIEW = "enrollment.json"
RESERVE = "reserve"
LOCK = "lock"
CANARY = "canary"

LIMIT = 1 << 20
"""Bytes that are read of one file at most; a record has a few thousand."""

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn line ends
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe in a file's place must not hold us


def earlier(path: Path) -> Path:
    """Where the generation before `path` is kept."""
    return path.with_name(path.name + ".1")


def staged(path: Path) -> Path:
    """Where the next content of `path` is written before it takes the name."""
    return path.with_name(path.name + ".new")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what the system says about `path` into our errors: NotWritable, DiskFull, or StorageError."""
    try:
        yield
    except OSError as error:
        raise _explanation(error, path) from error


def data_folder(path: Path) -> bool:
    """Makes sure that there is the data folder. Returns whether it was made now. Raises NotWritable and its kin.

    Its user chose it, so it may be a link or a mount point of root's. Another user's is refused: as root in somebody's
    home folder we would leave files there that they cannot read.
    """
    with explained(path):
        missing = [place for place in (path, *path.parents) if not place.exists()]
        make_private(path)
        try:
            for place in missing:
                sync_folder(place.parent)  # else a power cut could take the name of all that is in it
        except StorageError:
            for place in missing:
                place.rmdir()
            raise
        if sys.platform != "win32" and (owner := path.stat().st_uid) not in (0, os.geteuid()):
            raise NotWritable(f"{path} belongs to {_user(owner)}, and Enroller runs as {_user(os.geteuid())}.")
        return bool(missing)


def own_folder(path: Path) -> bool:
    """Makes sure that `path` is a folder of this user's alone, not a link. Returns whether it was made now.

    Raises NotWritable where something else stands there.
    """
    with explained(path):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            check_own(path)
            if stat.S_IMODE(path.stat().st_mode) & 0o077 and sys.platform != "win32":
                path.chmod(0o700)
            return False
        try:
            sync_folder(path.parent)
        except StorageError:
            path.rmdir()
            raise
        return True


def check_own(path: Path) -> None:
    """Raises NotWritable unless `path` is a folder, not a link, and this user's. Raises OSError where it is missing."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        what = "a link" if stat.S_ISLNK(found.st_mode) else "no folder"
        raise NotWritable(f"{path} is {what}, and our folder should stand there.", advice=_MOVE_AWAY)
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        raise NotWritable(f"{path} belongs to {_user(found.st_uid)}, and Enroller runs as {_user(os.geteuid())}.")


def read(path: Path) -> bytes | None:
    """The content of `path`; None where there is no such file.

    Raises Damaged where it cannot be one of ours (too large, no plain file, a bad sector), NotWritable where it is a
    link or access is denied.
    """
    try:
        with explained(path):
            descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY | _NO_WAIT)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise Damaged(f"{path.name} is no file.")
                content = file.read(LIMIT + 1)
    except StorageError as error:
        cause = error.__cause__
        if isinstance(cause, FileNotFoundError):
            return None
        if isinstance(cause, OSError) and cause.errno in (errno.EIO, errno.EISDIR):
            raise Damaged(f"{path.name} cannot be read: {cause.strerror}.") from cause
        raise
    if len(content) > LIMIT:
        raise Damaged(f"{path.name} is too large.")
    return content


def write_new(path: Path, content: bytes) -> None:
    """Writes a new file; durable when it returns, once its name is (`sync_folder`). On an error nothing is left."""
    with explained(path):
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, 0o600)
        try:
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise


def prove(folder: Path, size: int) -> None:
    """Proves that so many bytes can be stored in a folder, or (0) a name; leaves nothing. Raises StorageError."""
    canary = folder / CANARY
    if size:
        write_new(canary, os.urandom(size))  # a file system that compresses must not save them
    else:
        with explained(canary):
            canary.unlink(missing_ok=True)
            os.close(os.open(canary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600))
    discard(canary)


def stage(path: Path, content: bytes) -> None:
    """Writes the next content of `path` beside it: all that needs space happens here, before anything is replaced."""
    write_new(staged(path), content)


def commit(path: Path, *, keep: bool = True) -> None:
    """Gives the staged content its name; with `keep` what was there becomes the earlier generation."""
    with explained(path):
        if keep:
            _keep_generation(path)
        staged(path).replace(path)


def set_aside(path: Path, when: str) -> Path:
    """Renames a damaged file, so that it can be looked at later; `when` becomes part of its name."""
    with explained(path):
        target = path.with_name(f"{path.name}.damaged-{when}")
        number = 1
        while target.is_symlink() or target.exists():
            number += 1
            target = path.with_name(f"{path.name}.damaged-{when}-{number}")
        return path.replace(target)


def discard(path: Path) -> bool:
    """Removes a file; returns whether there was one."""
    with explained(path):
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True


def sync_folder(path: Path) -> None:
    """Makes the names in a folder durable."""
    if sys.platform == "win32":
        return
    with explained(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a file system without folder fsync (fsync(2))
                raise
        finally:
            os.close(descriptor)


def _keep_generation(path: Path) -> None:
    """Lets the current content have a second name, `<name>.1`; the current name is there at every instant."""
    spare = staged(earlier(path))
    spare.unlink(missing_ok=True)
    try:
        os.link(path, spare)
    except FileNotFoundError:
        return
    except OSError:  # a file system without hard links
        write_new(spare, path.read_bytes())
    spare.replace(earlier(path))
    # rename(2) does nothing where both names are one file already, as after a kill right before the last step.
    spare.unlink(missing_ok=True)


_MOVE_AWAY = "Look at it, move it away, or choose another folder with --data-dir."


def _explanation(error: OSError, path: Path) -> StorageError:
    reason = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"There is no space left for {path}: {reason}.")
    if error.errno == errno.EROFS:
        return NotWritable(f"{path} is on a read-only file system.", advice="Choose another folder with --data-dir.")
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EEXIST):
        return NotWritable(f"{path}: something else stands there ({reason}).", advice=_MOVE_AWAY)
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotWritable(f"{path}: {reason}. {_owner(path)}")
    return StorageError(f"{path}: {reason}.")


def _owner(path: Path) -> str:
    """Whose the nearest existing folder at `path` is, in a sentence; empty where the system has no owners."""
    if sys.platform == "win32":
        return ""
    for place in (path, *path.parents):
        with suppress(OSError):
            return f"{place} belongs to {_user(place.stat().st_uid)}, and Enroller runs as {_user(os.geteuid())}."
    return ""


def _user(uid: int) -> str:
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
