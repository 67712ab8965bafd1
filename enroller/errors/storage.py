"""What stands between an enrollment and the disk or the key store."""

from enroller.errors.root import EnrollerError


class StorageError(EnrollerError):
    code = "storage"
    exit_status = 8
    title = "The credentials cannot be stored"
    advice = "Check the data folder, or choose another one with --data-dir."


class NotWritable(StorageError):
    code = "not_writable"
    title = "The data folder cannot be written"
    advice = "Give this user the right to write there, or choose another folder with --data-dir."


class DiskFull(StorageError):
    code = "disk_full"
    title = "The disk is full"
    advice = "Free some space (a megabyte is plenty), or choose another folder with --data-dir."


class Damaged(StorageError):
    code = "damaged"
    title = "A stored enrollment is damaged"
    advice = "The damaged file was set aside. Restore the folder from a backup, or enroll again."


class TooNew(StorageError):
    code = "too_new"
    title = "A stored enrollment comes from a newer Enroller"
    advice = "Update Enroller on this device. Nothing was changed."


class KeyStoreAbsent(StorageError):
    code = "key_store_absent"
    title = "This session has no key store"
    advice = "Choose a passphrase (--protect passphrase) or, knowingly, a plain owner-only file (--protect file)."


class KeyStoreLocked(StorageError):
    code = "key_store_locked"
    title = "The key store is locked"
    advice = "Unlock it (on Linux: the login key ring, for example by signing in again) and try again."


class KeyStoreHanging(StorageError):
    code = "key_store_hanging"
    title = "The key store does not answer"
    advice = "It may wait for a password in another window. Unlock it, or choose another protection with --protect."


class KeyMissing(StorageError):
    code = "key_missing"
    title = "The key store has lost the key of this enrollment"
    advice = "Restore the key store's entry from a backup, or remove this enrollment and enroll again."


class OtherMachine(StorageError):
    """An enrollment belongs to one machine: two that go about under one identity lock each other out."""

    code = "other_machine"
    title = "This enrollment was made on another machine"
    advice = (
        "Is this disk a copy? Then enroll this device as a new one (in the window, or `enroller enroll --replace`). "
        "Is it the same machine with another board? Then go on with --same-machine."
    )


class WrongPassphrase(StorageError):
    code = "wrong_passphrase"
    title = "The passphrase does not open this enrollment"
    advice = "Try again. Nobody can recover a lost passphrase; without it, enroll again."
