"""Where the keys of sealed files come from: the key store, a passphrase, or nowhere."""

import base64
import os
from types import TracebackType
from typing import Self

from enroller.errors import InputError, KeyMissing, KeyStoreAbsent, KeyStoreHanging, StorageError, WrongPassphrase
from enroller.model import Protection, Secret
from enroller.vault.keystore import KeyStore
from enroller.vault.seal import KEY_BYTES, SALT_BYTES, Opener, Scrypt, wipe
from enroller.vault.values import Unlock

_WHEN_IT_IS_BACK = (
    "Nothing is lost. Start the key store and unlock it (sign in to the desktop under which this was enrolled), then "
    "try again. Where it is gone for good, remove this enrollment and enroll again."
)


class Keys:
    """Makes and finds keys for one opening; each only once, since scrypt and key stores take their time.

    At the end of the block its keys are overwritten. What the passphrase, a key store's library and Python's own
    strings hold of them is out of reach.
    """

    def __init__(self, key_store: KeyStore, unlock: Unlock) -> None:
        self._key_store = key_store
        self._unlock = unlock
        self._found: dict[Opener, bytearray] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for key in self._found.values():
            wipe(key)
        self._found.clear()

    def make(self, protection: Protection) -> tuple[Opener, bytearray]:
        """A new key. One for the key store is there, and was read back, before anything is sealed with it.

        Raises InputError where a passphrase is wanted and none was given, and what the key store raises.
        """
        opener: Opener = None
        key = bytearray()
        if protection is Protection.PASSPHRASE:
            if not self._unlock.passphrase:
                raise InputError("A passphrase is needed to protect this enrollment.", field="passphrase")
            opener = Scrypt(os.urandom(SALT_BYTES))
            key = bytearray(opener.derive(self._unlock.passphrase))
        elif protection is Protection.KEYRING:
            opener, key = os.urandom(16).hex(), bytearray(os.urandom(KEY_BYTES))
            self._store(opener, Secret(base64.b64encode(key).decode("ascii")))
        self._found[opener] = key
        return opener, key

    def find(self, opener: Opener) -> bytearray:
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

    def _find(self, opener: Opener) -> bytearray:
        if opener is None:
            return bytearray()
        if isinstance(opener, Scrypt):
            if not self._unlock.passphrase:
                raise WrongPassphrase(
                    "This enrollment is protected by a passphrase, and none was given.",
                    advice="Give it: in the window, or with --passphrase-file.",
                )
            return bytearray(opener.derive(self._unlock.passphrase))
        try:
            value = self._key_store.get(opener)
        except (KeyStoreAbsent, KeyStoreHanging) as error:
            # Their usual advice, another protection, comes too late for what is sealed already.
            raise type(error)(error.message, advice=_WHEN_IT_IS_BACK) from error
        if value is None:
            raise KeyMissing("The key store has no entry for this enrollment.")
        try:
            key = bytearray(base64.b64decode(value.reveal(), validate=True))
        except ValueError:
            key = bytearray()
        if len(key) != KEY_BYTES:
            raise KeyMissing("The key store's entry for this enrollment is no key.")
        return key
