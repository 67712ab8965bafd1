"""The key store fails after the enrollment: it is said what to do, nothing is touched, and it works when it is back."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from enroller import errors
from enroller.model import Enrollment, Protection, Secret, State, Ticket
from enroller.vault import SystemKeyStore, Unlock, Vault
from tests.vault.key_ring import Session

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROOT = Path(__file__).parents[2]
NOTHING = Unlock()
LIMIT = 3.0
"""Seconds that a key store may take."""

START = 3.0
"""Seconds for a process to start and to import all that it needs, on a busy machine; usually a third of one."""


@dataclass(frozen=True)
class Trouble:
    """One way in which a key store fails, and what is said then."""

    happens: Callable[[Session], None]
    error: type[errors.StorageError]
    said: str
    advised: str


TROUBLES = {
    "locked": Trouble(Session.lock, errors.KeyStoreLocked, "locked", "Unlock it"),
    "stopped": Trouble(Session.end, errors.KeyStoreAbsent, "No key store", "Start the key store"),
    "hanging": Trouble(Session.hang, errors.KeyStoreHanging, "3 seconds", "unlock it"),
    "tidied up": Trouble(Session.forget_all, errors.KeyMissing, "no entry", "enroll again"),
}


@pytest.fixture
def stored(session: Session, data: Path, make: Callable[..., Enrollment], enrolled: Enrollment) -> Vault:
    """An enrollment that is done, and one that waits; the key ring holds a key for each."""
    vault = Vault(data)
    done = replace(enrolled.grant, expires_at=time.time() + 3600) if enrolled.grant else None
    made = [
        make(Protection.KEYRING, id="done", state=State.ENROLLED, grant=done, approved=True),
        make(Protection.KEYRING, id="waiting", state=State.AWAITING_APPROVAL, ticket=Ticket(Secret("code"), None)),
    ]
    for one in made:
        vault.create(one, NOTHING).close()
    return vault


def content(folder: Path) -> dict[str, bytes]:
    """All that is stored, without what only says that somebody looked at it."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {str(name): path.read_bytes() for name, path in found.items() if name.parts[0] != "logs"}


@pytest.mark.parametrize("name", TROUBLES)
def test_nothing_is_touched_and_it_opens_again(name: str, stored: Vault, session: Session, data: Path) -> None:
    trouble, before = TROUBLES[name], content(data)
    trouble.happens(session)
    with pytest.raises(trouble.error, match=trouble.said):
        stored.open("done", NOTHING)
    assert [(one.id, one.problem) for one in stored.list()] == [("done", None), ("waiting", None)]
    assert content(data) == before
    if name == "tidied up":
        return  # what was deleted does not come back by itself: see below
    session.end()
    session.begin()
    with stored.open("done", NOTHING) as opened:
        assert opened.notes == ()


def test_an_entry_that_is_restored_opens_it_again(stored: Vault, session: Session, data: Path) -> None:
    sealed = json.loads((data / "enrollments" / "done" / "sealed.json").read_bytes())
    kept = SystemKeyStore().get(sealed["key_id"])
    assert kept is not None
    session.forget_all()
    with pytest.raises(errors.KeyMissing):
        stored.open("done", NOTHING)
    SystemKeyStore().set(sealed["key_id"], kept)
    stored.open("done", NOTHING).close()


def test_a_wrong_entry_is_no_damage(stored: Vault, session: Session, data: Path) -> None:
    sealed = json.loads((data / "enrollments" / "done" / "sealed.json").read_bytes())
    before = content(data)
    for wrong in ("no key", "A" * 43 + "="):
        SystemKeyStore().set(sealed["key_id"], Secret(wrong))
        with pytest.raises(errors.KeyMissing):
            stored.open("done", NOTHING)
    assert content(data) == before


@pytest.mark.parametrize("words", [("token", "done"), ("resume", "waiting")], ids=" ".join)
@pytest.mark.parametrize("name", TROUBLES)
def test_each_command_says_which_it_is_and_what_to_do(
    name: str, words: tuple[str, str], stored: Vault, session: Session, data: Path
) -> None:
    trouble = TROUBLES[name]
    trouble.happens(session)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "enroller", "--data-dir", str(data), *words, "--json"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert time.monotonic() - begun < LIMIT + START
    (failed,) = (json.loads(line) for line in done.stdout.splitlines())
    assert (done.returncode, failed["event"], failed["code"]) == (8, "failed", trouble.error.code)
    assert trouble.said in failed["message"]
    assert trouble.advised in failed["advice"]
    assert "Traceback" not in done.stderr


def test_the_four_say_four_different_things() -> None:
    assert len({trouble.error.code for trouble in TROUBLES.values()}) == 4
    assert len({trouble.error.title for trouble in TROUBLES.values()}) == 4
