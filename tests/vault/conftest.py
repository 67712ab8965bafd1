"""A vault in a folder of its own, enrollments to keep in it, and a key store in memory."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from enroller.model import Asked, Enrollment, Grant, KeyPair, KeyType, Protection, Secret, State, Ticket
from enroller.vault import Vault
from tests.fakes import api_key
from tests.vault.key_ring import bus, session, tidy

__all__ = ["bus", "session", "tidy"]

PRIVATE_KEY, API_KEY, TOKEN, DEVICE_CODE = "private-key-text", "api-key-text", "token-text", "device-code-text"
SECRETS = (PRIVATE_KEY, API_KEY, TOKEN, DEVICE_CODE)

Make = Callable[..., Enrollment]


class MemoryKeyStore:
    """A key store whose entries a test can look at, and which can be told to fail."""

    def __init__(self) -> None:
        self.entries: dict[str, Secret] = {}
        self.failing: Exception | None = None
        self.forgetful = False

    def get(self, account: str) -> Secret | None:
        self._fail()
        return self.entries.get(account)

    def set(self, account: str, value: Secret) -> None:
        self._fail()
        if not self.forgetful:
            self.entries[account] = value

    def delete(self, account: str) -> None:
        self._fail()
        self.entries.pop(account, None)

    def _fail(self) -> None:
        if self.failing is not None:
            raise self.failing


def _enrollment(protection: Protection = Protection.FILE, **changes: Any) -> Enrollment:
    asked = Asked("https://acme.example:7400", "client-1", description="Büro 3", protection=protection)
    key = KeyPair(KeyType.ED25519, Secret(PRIVATE_KEY), "cHVibGlj", "SHA256:abc")
    first = Enrollment("an-id", asked, key, api_key(API_KEY), created_at=1_700_000_000.25)
    return replace(first, **changes)


@pytest.fixture
def make() -> Make:
    """Makes an enrollment; arguments change its members."""
    return _enrollment


@pytest.fixture
def waiting() -> Enrollment:
    """One that waits for approval."""
    return _enrollment(state=State.AWAITING_APPROVAL, ticket=Ticket(Secret(DEVICE_CODE), 1_700_259_200.0))


@pytest.fixture
def enrolled() -> Enrollment:
    """One that has its credentials."""
    grant = Grant(Secret(TOKEN), Secret(TOKEN), 1_700_000_100.0, 1_700_003_700.0)
    return _enrollment(state=State.ENROLLED, grant=grant, approved=True)


@pytest.fixture
def key_store() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder, which does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def vault(data: Path, key_store: MemoryKeyStore) -> Vault:
    return Vault(data, key_store=key_store)


@pytest.fixture
def folder(data: Path) -> Path:
    """Where the vault keeps the enrollment that `make` makes."""
    return data / "enrollments" / "an-id"


@pytest.fixture
def secrets() -> tuple[str, ...]:
    """Every secret of the enrollments above."""
    return SECRETS


@pytest.fixture(scope="session")
def needs() -> Callable[..., None]:
    """Skips a test where a program is not installed; where the environment says CI, that is a failure."""

    def check(*programs: str) -> None:
        missing = [program for program in programs if shutil.which(program) is None]
        if missing:
            unavailable(f"not installed: {', '.join(missing)}")

    return check


@pytest.fixture(scope="session")
def cannot() -> Callable[[str], None]:
    """Skips a test that cannot run here; where the environment says CI, that is a failure."""
    return unavailable


def unavailable(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
