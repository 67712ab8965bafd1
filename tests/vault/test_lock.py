"""The lock between processes: one at a time, and it dies with its owner."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from enroller.errors import InputError, InUse
from enroller.model import Enrollment
from enroller.vault import Unlock, Vault

NOTHING = Unlock()
ROOT = Path(__file__).parents[2]
HOLD = """
import sys, pathlib
from enroller.vault import Unlock, Vault
opened = Vault(pathlib.Path(sys.argv[1])).open("an-id", Unlock())
print("held", flush=True)
sys.stdin.read()
opened.close()
"""


@pytest.fixture
def holder(vault: Vault, data: Path, make: Callable[..., Enrollment]) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that holds the enrollment until its input ends."""
    vault.create(make(), NOTHING).close()
    command = [sys.executable, "-c", HOLD, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_another_process_holds_it(vault: Vault, holder: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(InUse, match="an-id"):
        vault.open("an-id", NOTHING)
    assert [one.problem for one in vault.list()] == [None]


def test_a_killed_owner_frees_it(vault: Vault, holder: "subprocess.Popen[bytes]") -> None:
    holder.kill()
    holder.wait()
    vault.open("an-id", NOTHING).close()


def test_waiting_gets_it_as_soon_as_it_is_free(vault: Vault, holder: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(InUse):
        vault.open("an-id", NOTHING, wait=0.1)
    assert holder.stdin is not None
    holder.stdin.close()
    vault.open("an-id", NOTHING, wait=30).close()


def test_another_thread_may_close(vault: Vault, make: Callable[..., Enrollment]) -> None:
    opened = vault.create(make(), NOTHING)
    thread = Thread(target=opened.close)
    thread.start()
    thread.join()
    vault.open("an-id", NOTHING).close()


def test_who_waited_while_it_was_removed_finds_nothing(
    vault: Vault, data: Path, make: Callable[..., Enrollment]
) -> None:
    opened = vault.create(make(), NOTHING)
    errors: list[InputError] = []

    def wait() -> None:
        try:
            vault.open("an-id", NOTHING, wait=30).close()
        except InputError as error:
            errors.append(error)

    thread = Thread(target=wait)
    thread.start()
    for file in opened.path.glob("*.json*"):
        file.unlink()
    opened.close()
    thread.join()
    assert len(errors) == 1
    assert not opened.path.exists()
