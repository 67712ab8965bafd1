"""CHANGELOG.md for those who want it in another form: Debian's changelog, AppStream's releases."""

import re
import textwrap
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path

from installer.product import Product

RPM_RELEASE = 1
"""Counts the RPM packages of one version."""


@dataclass(frozen=True)
class Release:
    """One version. `day`: when it was released; None where it has not been yet."""

    version: str
    day: date | None
    changes: tuple[str, ...]


def releases(changelog: str) -> list[Release]:
    """The versions of CHANGELOG.md, newest first. Raises ValueError where a heading tells nothing of a day."""
    parts = re.split(r"^## (.+)$", changelog, flags=re.MULTILINE)[1:]
    return [_release(heading, text) for heading, text in zip(parts[::2], parts[1::2], strict=True)]


def of(root: Path) -> list[Release]:
    """Those of a checkout."""
    return releases((root / "CHANGELOG.md").read_text(encoding="utf-8"))


def _release(heading: str, text: str) -> Release:
    told = re.fullmatch(r"(\S+) \((?:(\d{4}-\d\d-\d\d)|not released yet)\)", heading.strip())
    if told is None:
        raise ValueError(f"This heading of CHANGELOG.md has no version and day: {heading}")
    points = re.findall(r"^- (.+(?:\n  .+)*)", text, re.MULTILINE)
    changes = tuple(re.sub(r"\s+", " ", point).replace("`", "") for point in points)
    return Release(told[1], date.fromisoformat(told[2]) if told[2] else None, changes)


def debian(releases: list[Release], product: Product, epoch: int) -> str:
    """The same as dpkg reads it (deb-changelog(5)). The newest entry is that of the package's own version and time."""
    entries = []
    for number, release in enumerate(releases):
        version = product.version if number == 0 else release.version
        moment = datetime.fromtimestamp(epoch, UTC)
        if release.day is not None:
            moment = datetime(release.day.year, release.day.month, release.day.day, tzinfo=UTC)
        entries.append(
            f"{product.name} ({version}) stable; urgency=medium\n\n"
            + "".join(_wrapped(change) for change in release.changes)
            + f"\n -- {product.publisher} <{product.contact}>  {format_datetime(moment)}\n"
        )
    return "\n".join(entries)


def rpm(releases: list[Release], product: Product, epoch: int) -> str:
    """The same for the %changelog of a spec file."""
    entries = []
    for number, release in enumerate(releases):
        version = product.version if number == 0 else release.version
        day = release.day or datetime.fromtimestamp(epoch, UTC).date()
        # A percent sign would begin a macro; month and day have to be English, whatever the locale.
        points = "".join(f"- {change}\n" for change in release.changes).replace("%", "%%")
        told = f"{_DAYS[day.weekday()]} {_MONTHS[day.month - 1]} {day.day:02} {day.year}"
        entries.append(f"* {told} {product.publisher} <{product.contact}> - {version}-{RPM_RELEASE}\n{points}")
    return "\n".join(entries)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _wrapped(change: str) -> str:
    """Lines of at most 80 columns, as Debian's tools write them."""
    return textwrap.fill(change, 80, initial_indent="  * ", subsequent_indent="    ", break_on_hyphens=False) + "\n"
