"""Whether enrollments can be stored: the store itself, in a folder of the test's own; the key store and the data folder
as they are here."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from enroller.errors import StorageError
from enroller.model import Asked, Credential, CredentialKind, Enrollment, KeyType, Protection, Secret
from enroller.preflight import Check, Verdict
from enroller.preflight import local as of_this_device
from enroller.self_test import broken, noted, passed

if TYPE_CHECKING:
    from enroller.app import App

KINDS = (Protection.FILE, Protection.PASSPHRASE)
"""The protections that need nothing of the system."""


def store() -> Iterator[Check]:
    """An enrollment is stored, changed, opened again and removed, with and without a passphrase."""
    with TemporaryDirectory(prefix="enroller-self-test-") as folder:
        for protection in KINDS:
            if not _keeps_and_forgets(Path(folder) / protection, protection):
                yield broken("store", f"An enrollment with the protection {protection} does not come back as stored.")
                return
    yield passed("store", f"Stored, opened again and removed: {' and '.join(KINDS)}.")


def _keeps_and_forgets(folder: Path, protection: Protection) -> bool:
    from enroller import keys
    from enroller.vault import Unlock, Vault

    now = time.time()
    begun = Enrollment(
        id="self-test",
        asked=Asked(server="https://enroller.invalid", client_id="self-test", protection=protection),
        key=keys.generate(KeyType.ED25519, rsa_bits=0, device="self-test", now=now),
        credential=Credential(CredentialKind.API_KEY, Secret("no key")),
        created_at=now,
    )
    vault, unlock = Vault(folder), Unlock(Secret("a passphrase"))
    with vault.create(begun, unlock) as opened:
        saved = opened.save(replace(opened.enrollment, interval=5.0))
    with vault.open(begun.id, unlock) as opened:
        is_back = opened.enrollment == saved and not opened.notes
    vault.remove(begun.id)
    return is_back and vault.list() == []


def key_store(app: "App") -> Iterator[Check]:
    """What the system offers. None, or a locked one, is no fault of the installation's."""
    for check in of_this_device.key_store(app, Protection.KEYRING):
        failed = check.verdict is Verdict.FAILED and isinstance(check.error, StorageError)
        yield noted(check.name, check.found, check.error) if failed and check.error else check


def storage(app: "App") -> Iterator[Check]:
    """Whether the user's data folder can be written."""
    yield from of_this_device.storage(app)
