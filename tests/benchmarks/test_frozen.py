"""The table of what packing costs: what it says of a figure, and what it does not compare."""

import os
from pathlib import Path

import pytest

from tests.benchmarks.frozen import Row, size_of, sizes, unusable


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row("start", "ms", 140.0, 100.0, 1.4), "start 140.0 ms 100.0 ms 1.40x ok at most 1.4x"),
        (Row("start", "ms", 141.0, 100.0, 1.4), "start 141.0 ms 100.0 ms 1.41x OVER at most 1.4x"),
        (Row("memory", "MiB", 60.0, 50.0), "memory 60.0 MiB 50.0 MiB 1.20x"),
        (Row("size", "MB", 124.5, limit=125.0), "size 124.5 MB ok at most 125 MB"),
        (Row("size", "MB", 125.1, limit=125.0), "size 125.1 MB OVER at most 125 MB"),
    ],
)
def test_each_figure_is_told_with_what_is_promised(row: Row, expected: str) -> None:
    assert " ".join(str(row).split()) == expected


def test_sizes_are_of_what_was_built(tmp_path: Path) -> None:
    folder, dist = tmp_path / "folder", tmp_path / "dist"
    for file, length in ((folder / "in" / "a", 1000), (folder / "b", 500), (dist / "enroller_1.deb", 38_000_001)):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            opened.truncate(length)
    (folder / "c").symlink_to(folder / "b")
    assert size_of(folder) == 1500
    assert [(row.what, row.limit) for row in sizes(folder, dist)] == [
        ("size    the folder", 125.0),
        ("size    enroller_1.deb", 38.0),
    ]


def test_only_the_same_code_is_compared(tmp_path: Path) -> None:
    folder, sources = tmp_path / "frozen", tmp_path / "sources"
    folder.mkdir()
    sources.mkdir()
    (sources / "one.py").touch()
    assert "no packaged program" in unusable(folder, sources)
    (folder / "enroller").touch()
    os.utime(sources / "one.py", (1, 1))
    assert unusable(folder, sources) == ""
    os.utime(folder / "enroller", (0, 0))
    assert "has changed" in unusable(folder, sources)
