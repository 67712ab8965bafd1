"""Resources: from a checkout, a zip archive and an unpacked wheel alike."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from enroller import resources

ROOT = Path(__file__).parent.parent
LOAD = "from enroller import resources; print(len(resources.read('icons/enroller.svg')))"


def loaded_from(place: Path) -> int:
    """How many bytes a fresh interpreter that sees only `place` loads."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", LOAD], env={"PYTHONPATH": str(place)}, cwd="/", check=True, capture_output=True
    )
    return int(done.stdout)


@pytest.fixture
def size() -> int:
    return (ROOT / "resources/icons/enroller.svg").stat().st_size


def layout(folder: Path) -> dict[str, bytes]:
    """A wheel's files: the package, with `resources/` inside."""
    files = {f"enroller/{name}": (ROOT / "enroller" / name).read_bytes() for name in ("__init__.py", "resources.py")}
    for path in (ROOT / "resources").rglob("*.svg"):
        files[f"enroller/resources/{path.relative_to(ROOT / 'resources').as_posix()}"] = path.read_bytes()
    return files


def test_from_a_checkout(size: int) -> None:
    assert loaded_from(ROOT) == size


def test_from_an_unpacked_wheel(tmp_path: Path, size: int) -> None:
    for name, content in layout(tmp_path).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert loaded_from(tmp_path) == size


def test_from_a_zip_archive(tmp_path: Path, size: int) -> None:
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        for name, content in layout(tmp_path).items():
            archive.writestr(name, content)
    assert loaded_from(tmp_path / "app.zip") == size


@pytest.mark.parametrize("name", ["icons/none.svg", "none", ""])
def test_what_is_not_there(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        resources.read(name)


def test_texts_have_their_placeholders_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"greeting": "Hello {who}", "braces": "as {is}"}
    monkeypatch.setattr(resources, "read", lambda _: json.dumps(texts).encode())
    resources._texts.cache_clear()
    try:
        assert resources.text("greeting", who="you") == "Hello you"
        assert resources.text("braces") == "as {is}"
        with pytest.raises(KeyError):
            resources.text("missing")
    finally:
        resources._texts.cache_clear()


def test_every_icon_is_svg_without_anything_from_elsewhere() -> None:
    for path in (ROOT / "resources/icons").glob("*.svg"):
        drawing = path.read_text()
        assert "<svg" in drawing
        assert "<script" not in drawing
        assert "href" not in drawing
