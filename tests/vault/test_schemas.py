"""What an earlier Enroller has stored is read, shown and gone on with. The folders were written by that version."""

import json
import shutil
from pathlib import Path

import pytest

from enroller.errors import Damaged
from enroller.model import Credential, CredentialKind, Progress, Secret, State
from enroller.vault import Unlock, Vault, record
from tests.fakes import vector_key

HERE = Path(__file__).parent
PASSPHRASE = Unlock(Secret("a good passphrase"))


@pytest.fixture(params=range(1, record.SCHEMA))
def schema(request: pytest.FixtureRequest) -> int:
    """Each that was ever in use."""
    number: int = request.param
    return number


@pytest.fixture
def vault(tmp_path: Path, schema: int) -> Vault:
    shutil.copytree(HERE / f"schema_{schema}", tmp_path / "enrollments")
    for path in (tmp_path / "enrollments").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return Vault(tmp_path)


def test_they_are_listed(vault: Vault) -> None:
    listed = {one.id: one for one in vault.list()}
    assert {name: one.state for name, one in listed.items()} == {
        "enrolled": State.ENROLLED,
        "waiting0": State.AWAITING_APPROVAL,
    }
    assert listed["waiting0"].problem is None
    assert (listed["waiting0"].identity, listed["waiting0"].device_identifier) == ("laptop-17", None)


def test_one_that_waits_is_opened(vault: Vault) -> None:
    with vault.open("waiting0", Unlock()) as opened:
        found = opened.enrollment
        assert opened.notes == ()
    assert found.credential == Credential(CredentialKind.API_KEY, Secret("the-api-key"))
    assert found.ticket is not None
    assert found.ticket.device_code == Secret("the-code")
    assert (found.key, found.progress, found.authorization) == (vector_key(), Progress(), None)


TOKENS = {1: Secret("access-1"), 2: Secret("the-token")}
"""What each stored example holds."""


def test_one_that_is_sealed_is_opened_and_saved_as_today(vault: Vault, schema: int, tmp_path: Path) -> None:
    with vault.open("enrolled", PASSPHRASE) as opened:
        grant = opened.enrollment.grant
        assert (opened.enrollment.machine, opened.enrollment.proxy_login, opened.enrollment.anchor) == ((), None, None)
        opened.save(opened.enrollment)
    assert grant is not None
    assert grant.access_token == TOKENS[schema]
    assert (grant.configuration is None) is (schema == 1)
    for name in ("sealed.json", "enrollment.json"):
        assert json.loads((tmp_path / "enrollments/enrolled" / name).read_bytes())["schema"] == record.SCHEMA
    with vault.open("enrolled", PASSPHRASE) as opened:
        assert opened.enrollment.grant == grant


@pytest.mark.parametrize("content", [b"{}", b'{"api_key": "k"}', b'{"api_key": 5, "asked": {}, "grant": {}}'])
def test_a_damaged_one_is_still_damage(content: bytes) -> None:
    with pytest.raises(Damaged):
        record.decode(content, 1)
