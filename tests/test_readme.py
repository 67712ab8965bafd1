"""The README's promises: each fault in its table is held by tests that are there."""

import pytest

from tests.claims import TESTS, is_there, named

README = (TESTS.parent / "README.md").read_text(encoding="utf-8")
HEADING = "## Faults that it survives"


def rows() -> list[str]:
    """The rows of the table of faults."""
    section = README.partition(HEADING)[2].partition("\nMeasured by")[0]
    return [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| what happens")]


def test_the_table_has_every_fault() -> None:
    assert len(rows()) >= 25


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip())
def test_each_fault_is_held_by_tests_that_are_there(row: str) -> None:
    assert len(row.split("|")) == 5
    assert named(row)
    assert [one for one in named(row) if not is_there(*one)] == []
