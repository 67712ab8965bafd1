"""The checks of this device alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from enroller import errors
from enroller.model import Protection
from enroller.preflight import Check, Verdict
from enroller.text import plain

if TYPE_CHECKING:
    from enroller.app import App


def storage(app: "App") -> Iterator[Check]:
    """The canary: something as large as an enrollment is written, and taken away again."""
    try:
        app.vault.probe()
    except errors.EnrollerError as error:
        yield Check("storage", Verdict.FAILED, error.message, error, error.whose)
    else:
        yield Check("storage", Verdict.PASSED, f"{plain(str(app.data_dir))} can be written.")


def key_store(app: "App", protection: Protection) -> Iterator[Check]:
    """Whether there is a key store, and whether it is open, where one is to keep the key to the secrets."""
    if protection is not Protection.KEYRING:
        yield Check("key_store", Verdict.SKIPPED, f"It is not needed with --protect {protection}.")
        return
    try:
        name = app.vault.probe_key_store()
    except errors.EnrollerError as error:
        yield Check("key_store", Verdict.FAILED, error.message, error, error.whose)
    else:
        yield Check("key_store", Verdict.PASSED, f"{plain(name)} is there, and open.")
