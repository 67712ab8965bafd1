"""The vault: enrollments on disk, atomic, locked and versioned, with their secrets sealed.

    <data folder>/enrollments/<id>/
        sealed.json        the truth: the whole enrollment, sealed (`seal.py`)
        enrollment.json    the public view, for lists and for other programs (`view.py`)
        *.json.1           the generation before
        *.json.new         being written; left over only by a kill, and overwritten
        *.damaged-<time>   what could not be read, set aside
        reserve            64 KiB kept back until the credentials are stored
        lock               held while an enrollment is open; it dies with its owner

Listing needs neither the lock nor a key. What costs time to import (cipher, key store, lock) waits until it is needed.
"""

from typing import TYPE_CHECKING, Any

from enroller.vault.opened import Opened
from enroller.vault.store import Vault
from enroller.vault.values import Summary, Unlock

if TYPE_CHECKING:
    from enroller.vault.keystore import KeyStore, SystemKeyStore

__all__ = ["KeyStore", "Opened", "Summary", "SystemKeyStore", "Unlock", "Vault"]


def __getattr__(name: str) -> Any:
    """Imports the key store on first use (PEP 562): the list on the wizard's first page does not need it."""
    if name not in ("KeyStore", "SystemKeyStore"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from enroller.vault import keystore

    return getattr(keystore, name)
