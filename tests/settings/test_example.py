"""The commented example that administrators begin with."""

import re
from pathlib import Path

from enroller.settings import Source, example, file
from enroller.settings.names import RULES

PATH = Path("/etc/xdg/enroller/settings.toml")


def test_as_it_is_it_gives_nothing() -> None:
    assert file.parse(PATH, example.commented(), Source.FILE).values == {}


def test_with_every_mark_taken_away_it_gives_everything() -> None:
    text = re.sub(r"^#(?=\w+ = )", "", example.commented(), flags=re.MULTILINE)
    layer = file.parse(PATH, text, Source.FILE)
    assert list(layer.values) == list(RULES)
    assert layer.locked == {"server", "service"}


def test_it_fits_a_terminal() -> None:
    assert max(map(len, example.commented().splitlines())) <= 120
