"""A short look for what is not survived, at the same examples each time; `run.py` is the long one."""

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz import properties, run


@pytest.mark.parametrize(
    ("kind", "examples"), [("answers", 200), ("pushes", 60), ("presets", 150), ("stores", 60), ("connections", 20)]
)
def test_whatever_comes_is_survived(kind: str, examples: int) -> None:
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(properties.search(kind))()


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
