"""Texts for people: what a stranger sent made harmless, times and lengths of time.

Nothing is imported at the top: the wizard's first page needs no date.
"""

_BLANKS = ((0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xFE00, 0xFE0F),
           (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF))  # fmt: skip
"""What is a letter or a mark by its category, and never drawn (Unicode's property Default_Ignorable_Code_Point)."""


def plain(text: str, limit: int = 300) -> str:
    """`text` on one line without what is not drawn, at most `limit` long.

    For whatever a server, a file or a person gave us, before a window or a terminal shows it.
    """
    kept = "".join(c if is_drawn(c) else " " for c in text[: 4 * limit])
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def is_drawn(character: str) -> bool:
    """Whether it is seen: no control, format (bidi and zero-width among them), private or unassigned character."""
    import unicodedata

    code = ord(character)
    return unicodedata.category(character)[0] != "C" and not any(low <= code <= high for low, high in _BLANKS)


LAST_SECOND = 253_402_300_799.0
"""9999-12-31T23:59:59Z, the last that RFC 3339 can write."""


def rfc3339(when: float | None) -> str | None:
    """A point in time as RFC 3339 in UTC with whole seconds, from 1970 to 9999; None stays None."""
    if when is None:
        return None
    import datetime as dt

    return dt.datetime.fromtimestamp(int(min(max(when, 0.0), LAST_SECOND)), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_rfc3339(text: str) -> float:
    """The point in time that `text` names, in seconds since the epoch. Raises ValueError, also without a zone."""
    import datetime as dt

    when = dt.datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("a time without a zone")
    return (when - dt.datetime.fromtimestamp(0, dt.UTC)).total_seconds()


def duration(seconds: float) -> str:
    """A length of time in its two largest units, counting down honestly: 2 d 23 h, 59 min 59 s, 4 s."""
    left = max(0, round(seconds))
    days, left = divmod(left, 86_400)
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {left} s"
    return f"{left} s"


def local_time(when: float) -> str:
    """A point in time for people, by the clock on their wall: 25 November 2026, 14:05."""
    import datetime as dt

    margin = 3 * 86_400.0  # no time zone, and no look at the day before or after, may lead beyond the calendar
    there = dt.datetime.fromtimestamp(min(max(when, margin), LAST_SECOND - margin)).astimezone()
    return f"{there.day} {there:%B %Y, %H:%M}"
