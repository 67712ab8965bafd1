"""The words of the window: each one that is asked for exists, and each one that exists is asked for."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from enroller import resources
from enroller.gui import icons
from enroller.gui.notice import Tone
from enroller.gui.words import words
from enroller.model import ServiceName

GUI = Path(resources.__file__).parent / "gui"


@cache
def texts() -> dict[str, str]:
    """All texts."""
    found: dict[str, str] = json.loads(resources.read("texts/en.json"))
    return found


@cache
def literals() -> frozenset[str]:
    """All texts in the window's source, f-strings with a `*` for what is filled in."""
    found: set[str] = set()
    for file in GUI.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                found.add(node.value)
    return frozenset(found)


def in_general(key: str) -> str:
    """The key that is asked for where a service's own text is found."""
    service, _, rest = key.partition(".")
    return rest if service in list(ServiceName) else key


def asked_for() -> list[str]:
    """What looks like a key or a pattern of keys."""
    families = {in_general(key).partition(".")[0] for key in texts()}
    shape = re.compile(r"[a-z_]+\.[a-z_*]*")
    return sorted(each for each in literals() if shape.fullmatch(each) and each.partition(".")[0] in families)


def matches(pattern: str, key: str) -> bool:
    """Whether `key` may be what `pattern` becomes."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", "[a-z0-9_]+"), key) is not None


def test_every_key_in_the_source_exists() -> None:
    assert [each for each in asked_for() if not any(matches(each, key) for key in texts())] == []


def test_every_text_is_used() -> None:
    patterns = asked_for()
    assert [key for key in texts() if not any(matches(each, in_general(key)) for each in patterns)] == []


def test_a_service_has_words_of_its_own_where_it_needs_them() -> None:
    privicore, safeq = words(ServiceName.PRIVICORE), words(ServiceName.SAFEQ_CLOUD)
    assert "owner" in privicore("approval.intro")
    assert "administrator" in safeq("approval.intro")
    assert privicore("button.next") == safeq("button.next")
    assert privicore("approval.next", left="4 s") == "Not approved yet. Next check in 4 s."


@pytest.mark.parametrize("key", sorted(texts()))
def test_each_text_is_clean(key: str) -> None:
    words = texts()[key]
    assert "  " not in words.replace("\n   •  ", " ").replace("{left}  (", "{left} (")
    assert words.count("&") <= 1
    assert "--" not in words, "an option of the command line means nothing in the window"


@pytest.mark.parametrize("name", [*(tone.value[0] for tone in Tone), "enroller", "lock"])
def test_each_icon_is_drawn(name: str, qapp: object) -> None:
    picture = icons.pixmap(name, 20, 2.0)
    assert not picture.isNull()
    assert picture.width() == 40
    image = picture.toImage()
    assert any(image.pixelColor(x, y).alpha() > 0 for x in range(40) for y in range(40))
