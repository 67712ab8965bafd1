"""SECURITY.md: each row of the threat model is held by tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
SECURITY = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def names_in(path: Path) -> frozenset[str]:
    """The classes and functions of a file of tests."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))


def threats() -> list[str]:
    """The rows of the threat model."""
    return [line for line in SECURITY.splitlines() if line.startswith("| ") and not line.startswith("| who ")]


def test_there_is_a_threat_model() -> None:
    assert len(threats()) >= 15


@pytest.mark.parametrize("row", threats(), ids=lambda row: "|".join(row.split("|")[1:3])[:60])
def test_each_claim_is_held_by_a_test(row: str) -> None:
    assert len(row.split("|")) == 7
    assert NAMED.findall(row)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED.findall(SECURITY))))
def test_each_test_that_is_named_is_there(file: str, name: str) -> None:
    assert name.startswith(("test", "Test"))
    assert name in names_in(TESTS / file)
