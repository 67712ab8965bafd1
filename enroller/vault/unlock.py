"""Where the keys of sealed files come from: the key store, a passphrase, or nowhere."""

import base64
import os

from enroller.errors import InputError, KeyMissing, KeyStoreAbsent, KeyStoreHanging, StorageError, WrongPassphrase
from enroller.model import Protection, Secret
from enroller.vault.keystore import KeyStore
from enroller.vault.seal import KEY_BYTES, SALT_BYTES, Opener, Scrypt
from enroller.vault.values import Unlock


class Keys:
    """Makes and finds keys for one opening; each only once, since scrypt and key stores take their time."""

    def __init__(self, key_store: KeyStore, unlock: Unlock) -> None:
        self._key_store = key_store
        self._unlock = unlock
        self._found: dict[Opener, bytes] = {}

    def make(self, protection: Protection) -> tuple[Opener, bytes]:
        """A new key. One for the key store is there, and was read back, before anything is sealed with it.

        Raises InputError where a passphrase is wanted and none was given, and what the key store raises.
        """
        opener: Opener = None
        key = b""
        if protection is Protection.PASSPHRASE:
            if not self._unlock.passphrase:
                raise InputError("A passphrase is needed to protect this enrollment.", field="passphrase")
            opener = Scrypt(os.urandom(SALT_BYTES))
            key = opener.derive(self._unlock.passphrase)
        elif protection is Protection.KEYRING:
            opener, key = os.urandom(16).hex(), os.urandom(KEY_BYTES)
            self._store(opener, Secret(base64.b64encode(key).decode("ascii")))
        self._found[opener] = key
        return opener, key

    def find(self, opener: Opener) -> bytes:
        """The opener's key. Raises KeyMissing, WrongPassphrase (none was given), and what the key store raises."""
        if opener not in self._found:
            self._found[opener] = self._find(opener)
        return self._found[opener]

    def forget(self, opener: Opener) -> StorageError | None:
        """Removes a key from the key store; returns what hindered it. The key protects nothing any more."""
        if isinstance(opener, str):
            try:
                self._key_store.delete(opener)
            except StorageError as error:
                return error
        return None

    def _store(self, account: str, value: Secret) -> None:
        self._key_store.set(account, value)
        try:
            kept = self._key_store.get(account) == value
        except KeyStoreHanging:
            raise  # asking it to forget would take as long again; the entry protects nothing
        except StorageError:
            self.forget(account)
            raise
        if not kept:
            self.forget(account)
            raise KeyStoreAbsent("The key store did not keep what was given to it.")

    def _find(self, opener: Opener) -> bytes:
        if opener is None:
            return b""
        if isinstance(opener, Scrypt):
            if not self._unlock.passphrase:
                raise WrongPassphrase(
                    "This enrollment is protected by a passphrase, and none was given.",
                    advice="Give it: in the window, or with --passphrase-file.",
                )
            return opener.derive(self._unlock.passphrase)
        value = self._key_store.get(opener)
        if value is None:
            raise KeyMissing("The key store has no entry for this enrollment.")
        try:
            key = base64.b64decode(value.reveal(), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyMissing("The key store's entry for this enrollment is no key.")
        return key
