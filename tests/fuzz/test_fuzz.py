"""A short look for what is not survived, at the same examples each time; `run.py` is the long one."""

import pytest

from tests.fuzz import properties, run

SHORT = {"answers": (4, 60), "pushes": (2, 30), "presets": (3, 50), "stores": (2, 40), "connections": (1, 20)}
"""Batches of each kind, and examples in each."""


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind in SHORT for number in range(SHORT[kind][0])])
def test_whatever_comes_is_survived(kind: str, number: int) -> None:
    seen, failure = run.batch(kind, 0, number, SHORT[kind][1])
    assert not failure, failure
    assert seen.total() >= SHORT[kind][1]


def test_what_is_not_survived_is_told_with_the_way_back_to_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fragile(content: bytes) -> None:
        assert b"client" not in content

    monkeypatch.setitem(properties.ALL, "presets", (fragile, properties.ALL["presets"][1]))
    monkeypatch.setattr("sys.argv", ["run.py", "--seed", "7", "--only", "presets:3"])
    assert run.main() == 1
    said = capsys.readouterr().out
    assert "Failing test case" in said or "Falsifying example" in said
    assert "client" in said
