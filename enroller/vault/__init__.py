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

from enroller.vault.keystore import KeyStore, SystemKeyStore
from enroller.vault.opened import Opened
from enroller.vault.store import Vault
from enroller.vault.unlock import Unlock
from enroller.vault.view import Summary

__all__ = ["KeyStore", "Opened", "Summary", "SystemKeyStore", "Unlock", "Vault"]
