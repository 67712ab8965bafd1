"""Texts for people: what a stranger sent made harmless, times and lengths of time.

Nothing is imported at the top: the wizard's first page needs no date.
"""


def plain(text: str, limit: int = 300) -> str:
    """`text` on one line without control, format (so bidi and zero-width) or private characters, at most `limit` long.

    For whatever a server, a file or a person gave us, before a window or a terminal shows it.
    """
    import unicodedata

    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text[: 4 * limit])
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def rfc3339(when: float | None) -> str | None:
    """A point in time as RFC 3339 in UTC with whole seconds; None stays None."""
    if when is None:
        return None
    import datetime as dt

    return dt.datetime.fromtimestamp(int(when), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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

    there = dt.datetime.fromtimestamp(when).astimezone()
    return f"{there.day} {there:%B %Y, %H:%M}"
