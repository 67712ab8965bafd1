"""A site's folder of a test's own."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enroller import settings
from enroller.http import trust
from enroller.settings import here

Write = Callable[[str], Path]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the site's `settings.toml`; what was read before is forgotten."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(here, "site_folders", lambda: [folder])
    monkeypatch.setattr(here, "user_folder", lambda: tmp_path / "user")

    def write(text: str) -> Path:
        path = folder / here.SITE
        path.write_text(text)
        forget()
        return path

    forget()
    yield write
    monkeypatch.undo()
    forget()


def forget() -> None:
    """What a process reads once is read again."""
    settings.current.cache_clear()
    trust.managed_roots.cache_clear()


if sys.platform == "win32":
    collect_ignore_glob = ["test_here.py"]  # what the machine itself has been told lies in its registry
