"""What people see of it: nothing may move a cursor, hide, turn the text around, flood a window or tell a secret."""

import unicodedata
from collections.abc import Iterable

from tests.fuzz.situations import spellings

LONGEST_LINE = 1500
"""Characters of one line: what a service says is cut at 300, and its addresses and names stand beside that."""

_SELECTORS = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | set(map(chr, _SELECTORS))
"""What is ignored by default in drawing, though its category says letter or mark (Unicode, section 5.21)."""


def is_harmless(character: str) -> bool:
    """Whether a character is drawn, and nothing else."""
    kind = unicodedata.category(character)
    return kind[0] != "C" and kind not in ("Zl", "Zp") and character not in _INVISIBLE


def check_shown(text: str, secrets: Iterable[str] = ()) -> None:
    """Fails where the lines of `text` are not fit for a window or a terminal, or repeat a secret."""
    for line in text.split("\n"):
        assert len(line) <= LONGEST_LINE, f"a line of {len(line)} characters: {line[:80]!r}…"
        check_drawn(line)
    for secret in secrets:
        for spelling in spellings(secret):
            assert len(spelling) < 8 or spelling not in text, f"a secret is shown: {spelling!r} in {text[:400]!r}"


def check_drawn(line: str) -> None:
    """Fails where a line holds anything that is not seen."""
    odd = [character for character in line if not is_harmless(character)]
    assert not odd, f"{odd[:5]!r} in {line[:200]!r}"
