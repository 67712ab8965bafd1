"""What documents promise, and the tests that they name as `file::name` for it."""

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def named(text: str) -> list[tuple[str, str]]:
    """The tests that a text names: file and class or function."""
    return NAMED.findall(text)


def is_there(file: str, name: str) -> bool:
    """Whether a file of tests has a test of that name."""
    return name.startswith(("test", "Test")) and name in _names_in(TESTS / file)


@cache
def _names_in(path: Path) -> frozenset[str]:
    kinds = (ast.ClassDef, ast.FunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))
