"""Where the keys of sealed files come from: the key store, a passphrase, or nowhere."""

import base64
import os
from dataclasses import dataclass

from enroller.errors import InputError, KeyMissing, KeyStoreAbsent, StorageError, WrongPassphrase
from enroller.model import Protection, Secret
from enroller.vault.keystore import KeyStore
from enroller.vault.seal import KEY_BYTES, SALT_BYTES, Lock, Scrypt


@dataclass(frozen=True, slots=True)
class Unlock:
    """What the user gives to open an enrollment: a passphrase, where it is protected by one."""

    passphrase: Secret | None = None


class Keys:
    """Makes and finds keys for one opening; asks for each only once, since scrypt and key stores take their time."""

    def __init__(self, key_store: KeyStore, unlock: Unlock) -> None:
        self._key_store = key_store
        self._unlock = unlock
        self._found: dict[Lock, bytes] = {}

    def make(self, protection: Protection) -> tuple[Lock, bytes]:
        """A new key. One for the key store is there, and was read back, before anything is sealed with it.

        Raises InputError where a passphrase is wanted and none was given, and what the key store raises.
        """
        lock: Lock = None
        key = b""
        if protection is Protection.PASSPHRASE:
            if not self._unlock.passphrase:
                raise InputError("A passphrase is needed to protect this enrollment.", field="passphrase")
            lock = Scrypt(os.urandom(SALT_BYTES))
            key = lock.derive(self._unlock.passphrase)
        elif protection is Protection.KEYRING:
            lock, key = os.urandom(16).hex(), os.urandom(KEY_BYTES)
            self._store(lock, Secret(base64.b64encode(key).decode("ascii")))
        self._found[lock] = key
        return lock, key

    def find(self, lock: Lock) -> bytes:
        """The key that opens `lock`. Raises KeyMissing, WrongPassphrase (none given), and what the key store raises."""
        if lock not in self._found:
            self._found[lock] = self._find(lock)
        return self._found[lock]

    def forget(self, lock: Lock) -> StorageError | None:
        """Removes a key from the key store; returns what hindered it. The key protects nothing any more."""
        if isinstance(lock, str):
            try:
                self._key_store.delete(lock)
            except StorageError as error:
                return error
        return None

    def _store(self, account: str, value: Secret) -> None:
        self._key_store.set(account, value)
        kept = False
        try:
            kept = self._key_store.get(account) == value
        finally:
            if not kept:
                self.forget(account)
        if not kept:
            raise KeyStoreAbsent("The key store did not keep what was given to it.")

    def _find(self, lock: Lock) -> bytes:
        if lock is None:
            return b""
        if isinstance(lock, Scrypt):
            if not self._unlock.passphrase:
                raise WrongPassphrase(
                    "This enrollment is protected by a passphrase, and none was given.",
                    advice="Give it: in the window, or with --passphrase-file.",
                )
            return lock.derive(self._unlock.passphrase)
        value = self._key_store.get(lock)
        if value is None:
            raise KeyMissing("The key store has no entry for this enrollment.")
        try:
            key = base64.b64decode(value.reveal(), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyMissing("The key store's entry for this enrollment is no key.")
        return key
