"""Several at once in a folder that is new: whoever only tries takes nothing away from under the others."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from enroller.model import Protection
from enroller.vault import Unlock, Vault
from tests.fakes import an_enrollment

PATIENCE = 10.0
"""Seconds after which the others have failed."""


def test_all_who_try_whether_something_can_be_stored_hear_that_it_can(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def try_it() -> None:
        for number in range(30):
            together.wait(PATIENCE)
            Vault(tmp_path / f"{number}" / "data").probe()

    with ThreadPoolExecutor(4) as pool:
        for tried in [pool.submit(try_it) for _ in range(4)]:
            tried.result()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()], "empty folders are nobody's loss"


def test_an_enrollment_is_stored_while_others_try(tmp_path: Path) -> None:
    together = threading.Barrier(3)
    enrollment = an_enrollment()
    plain = replace(enrollment, asked=replace(enrollment.asked, protection=Protection.FILE))

    def try_it() -> None:
        for number in range(20):
            together.wait(PATIENCE)
            Vault(tmp_path / f"{number}").probe()

    def store_it() -> None:
        for number in range(20):
            together.wait(PATIENCE)
            vault = Vault(tmp_path / f"{number}")
            with vault.beginning(), vault.create(plain, Unlock()):
                pass

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(try_it), pool.submit(try_it), pool.submit(store_it)]:
            done.result()
    assert all(len(Vault(folder).list()) == 1 for folder in tmp_path.iterdir())
