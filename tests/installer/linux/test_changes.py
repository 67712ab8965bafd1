"""CHANGELOG.md in other forms."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from installer import product
from installer.linux.changes import Release, debian, of, releases, rpm

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = replace(product.read(ROOT), version="1.1.0", publisher="Kim", contact="kim@acme.example")
TEXT = """\
# Changes

What is new.

## 1.1.0 (not released yet)
- `enroller token` is told in a line that is long enough to be wrapped, and
  goes on in a second one.
- 100 % of it.

## 1.0.0 (2026-03-09)
- The first.
"""
EPOCH = 1_790_000_000  # 2026-09-21


def test_versions_days_and_points_are_read() -> None:
    newest, first = releases(TEXT)
    assert (newest.version, newest.day, len(newest.changes)) == ("1.1.0", None, 2)
    assert newest.changes[0].startswith(
        "enroller token is told in a line that is long enough to be wrapped, and goes on"
    )
    assert first == Release("1.0.0", date(2026, 3, 9), ("The first.",))


def test_a_heading_that_tells_no_day_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no version and day: 1\.0\.0"):
        releases("## 1.0.0\n- x\n")


def test_the_checkout_s_own_begins_with_the_version_that_is_built() -> None:
    assert of(ROOT)[0].version == product.read(ROOT).version
    assert of(ROOT)[0].changes


def test_debian_s_has_the_packages_time_where_there_is_no_day_yet() -> None:
    told = debian(releases(TEXT), PRODUCT, EPOCH)
    assert told.startswith("enroller (1.1.0) stable; urgency=medium\n\n  * enroller token is told")
    assert "\n -- Kim <kim@acme.example>  Mon, 21 Sep 2026 14:13:20 +0000\n" in told
    assert "\n -- Kim <kim@acme.example>  Mon, 09 Mar 2026 00:00:00 +0000\n" in told
    assert max(map(len, told.splitlines())) <= 80


def test_the_newest_entry_is_the_version_that_is_packed() -> None:
    assert debian(releases(TEXT), replace(PRODUCT, version="1.1.0~rc1"), EPOCH).startswith("enroller (1.1.0~rc1)")


def test_rpm_s_begins_no_macro_and_its_days_are_english() -> None:
    told = rpm(releases(TEXT), PRODUCT, EPOCH)
    assert told.startswith("* Mon Sep 21 2026 Kim <kim@acme.example> - 1.1.0-1\n- enroller token")
    assert "\n- 100 %% of it.\n" in told
    assert "\n* Mon Mar 09 2026 Kim" in told
