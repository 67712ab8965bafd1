"""Reads an enrollment under its lock; what is damaged is set aside, the generation before restored, and it is said."""

import time
from dataclasses import dataclass
from pathlib import Path

from enroller.errors import Damaged, DiskFull, KeyMissing, StorageError, TooNew, WrongPassphrase
from enroller.model import Enrollment
from enroller.vault import files, seal, view
from enroller.vault.unlock import Keys


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the folder holds; `notes` says in words for people what had to be repaired."""

    enrollment: Enrollment
    sealer: seal.Sealer
    notes: tuple[str, ...]


def recover(folder: Path, keys: Keys) -> Recovered:
    """The newest good generation, made current again, with a view that fits it.

    Raises Damaged, WrongPassphrase or KeyMissing where no generation can be opened, TooNew, and what the key store
    raises; then nothing was changed.
    """
    truth = folder / files.SEALED
    failures: list[StorageError] = []
    for path in (truth, files.earlier(truth)):
        try:
            content, enrollment, sealer = _unsealed(path, keys)
        except (Damaged, KeyMissing, WrongPassphrase) as error:
            failures.append(error)
            continue
        notes = [_restore(truth, content, failures[0])] if failures else []
        return Recovered(enrollment, sealer, (*notes, *_renew_view(folder, enrollment)))
    raise _worst(folder, failures)


def _unsealed(path: Path, keys: Keys) -> tuple[bytes, Enrollment, seal.Sealer]:
    content = files.read(path)
    if content is None:
        raise Damaged(f"{path.name} is missing.")
    envelope = seal.read(content, path.parent.name)
    key = keys.find(envelope.opener)
    if not envelope.fits(key):
        if isinstance(envelope.opener, str):
            raise KeyMissing("The key store's entry is not the key of this enrollment.")
        raise WrongPassphrase
    return content, envelope.unseal(key), envelope.sealer(key)


def _worst(folder: Path, failures: list[StorageError]) -> StorageError:
    """What to tell where no generation opens: a file that only waits for its right key is not damaged."""
    for kind in (WrongPassphrase, KeyMissing):
        for failure in failures:
            if isinstance(failure, kind):
                return failure
    return Damaged(
        f"Neither the record in {folder} nor the one before it can be read. {failures[0].message}",
        advice=f"Nothing was changed. Restore the folder from a backup, or remove the enrollment "
        f"(`enroller remove {folder.name}`) and enroll again.",
    )


def _restore(truth: Path, content: bytes, failure: StorageError) -> str:
    """Makes the earlier generation current. At every instant one good generation is there."""
    files.stage(truth, content)
    aside = files.set_aside(truth, _now()) if truth.exists() else None
    files.commit(truth, keep=False)
    files.sync_folder(truth.parent)
    where = f"It is kept as {aside.name}." if aside else ""
    return f"The newest record was not readable, so the one before it is used. {failure.message} {where}".rstrip()


def _renew_view(folder: Path, enrollment: Enrollment) -> tuple[str, ...]:
    """Rewrites the public view where it is missing, damaged or behind. A full disk does not hinder the opening."""
    path, wanted = folder / files.VIEW, view.render(enrollment)
    notes: tuple[str, ...] = ()
    try:
        found = files.read(path)
        if found == wanted:
            return ()
        if found is not None:
            view.read(found, folder.name)
    except (Damaged, TooNew) as error:  # the truth is ours and good
        aside = files.set_aside(path, _now())
        notes = (f"{path.name} was damaged and was written anew. {error.message} It is kept as {aside.name}.",)
    try:
        files.stage(path, wanted)
        files.commit(path)
        files.sync_folder(folder)
    except DiskFull as error:
        return (*notes, f"{path.name} is out of date. {error.message}")
    return notes


def _now() -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
