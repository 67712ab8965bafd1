"""What the tests of the set-up share: a small checkout to set up, and steps that only remember what they were told."""

from pathlib import Path

import pytest

from installer.environment import Checkout
from tests.installer.remembered import RememberedSteps


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with the files that the set-up looks at, and an empty `.dev`."""
    checkout = Checkout(tmp_path / "checkout")
    for name in ("pyproject.toml", "enroller/__init__.py", "installer/requirements/dev.txt"):
        file = checkout.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    checkout.dev.mkdir()
    return checkout


@pytest.fixture
def steps(checkout: Checkout) -> RememberedSteps:
    """Steps that run nothing."""
    return RememberedSteps(checkout.dev / "log.txt")
