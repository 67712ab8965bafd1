"""SECURITY.md: each row of the threat model is held by tests that are there."""

import pytest

from tests.claims import TESTS, is_there, named

SECURITY = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")


def threats() -> list[str]:
    """The rows of the threat model."""
    return [line for line in SECURITY.splitlines() if line.startswith("| ") and not line.startswith("| who ")]


def test_there_is_a_threat_model() -> None:
    assert len(threats()) >= 15


@pytest.mark.parametrize("row", threats(), ids=lambda row: "|".join(row.split("|")[1:3])[:60])
def test_each_claim_is_held_by_a_test(row: str) -> None:
    assert len(row.split("|")) == 7
    assert named(row)


@pytest.mark.parametrize(("file", "name"), sorted(set(named(SECURITY))))
def test_each_test_that_is_named_is_there(file: str, name: str) -> None:
    assert is_there(file, name)
