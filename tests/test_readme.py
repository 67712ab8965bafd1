"""The README's promises: each fault in its table is held by tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text()
HEADING = "## Faults that it survives"


def rows() -> list[tuple[str, list[str]]]:
    """Each fault of the table, and the tests that hold it as `file::name`."""
    section = README.partition(HEADING)[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    return [(what.strip(), re.findall(r"`([^`]+)`", held_by)) for what, _, held_by in cells]


@cache
def names_in(path: Path) -> frozenset[str]:
    """The classes and functions of a file of tests, wherever in it."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))


def test_the_table_has_every_fault() -> None:
    assert len(rows()) > 20


@pytest.mark.parametrize(("what", "held_by"), rows(), ids=lambda x: x if isinstance(x, str) else "")
def test_each_fault_is_held_by_tests_that_are_there(what: str, held_by: list[str]) -> None:
    assert held_by, what
    for one in held_by:
        file, _, name = one.partition("::")
        assert name.startswith(("test", "Test")), one
        assert name in names_in(HERE / file), one
