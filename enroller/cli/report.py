"""How `enroller doctor` and `enroller self-test` tell their checks: people a line for each, programs a document."""

import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping

from enroller.preflight import Check, Verdict

TURNS = {
    "technician": "Your turn",
    "IT": "IT's turn",
    "service": "The service's administrator's turn",
}

INDENT = " " * 22
"""Where what was found begins."""

_OK = {Verdict.PASSED: True, Verdict.NOTED: True, Verdict.FAILED: False, Verdict.SKIPPED: None}


def teller(titles: Mapping[str, str], *, as_json: bool) -> Callable[[Check], None]:
    """What tells people of a check as soon as it is done; who wants one document gets it at the end."""
    return _hushed if as_json else lambda check: tell(titles[check.name], check)


def tell(title: str, check: Check) -> None:
    """Prints what was found, whose turn it is and what to do."""
    word = check.verdict.upper() if check.verdict is Verdict.FAILED else check.verdict
    _print(f"{word:<8} {title:<12} ", check.found)
    if check.error is not None:
        turn, advice = TURNS.get(check.whose), check.error.advice
        _print(INDENT, advice if turn is None or turn in advice else f"{turn}: {advice}")


def document(check: Check) -> dict[str, object]:
    """For `--json`."""
    return {
        "name": check.name,
        "ok": _OK[check.verdict],
        "verdict": check.verdict,
        "found": check.found,
        "code": check.error.code if check.error else None,
        "advice": check.error.advice if check.error else None,
        "whose": check.whose or None,
    }


def failed(checks: list[Check]) -> list[Check]:
    """Those that stand in the way."""
    return [check for check in checks if check.verdict is Verdict.FAILED]


def _hushed(_: Check) -> None:
    """Nothing is told yet."""


def _print(before: str, words: str) -> None:
    """On a terminal in lines that fit; elsewhere in one, as programs that search in it like it."""
    if sys.stdout is None or not sys.stdout.isatty():  # a windowed program on Windows has none
        print(before + words, flush=True)
        return
    width = max(60, shutil.get_terminal_size().columns)
    # Options and addresses are to be pasted, so nothing is broken at a hyphen.
    lines = textwrap.wrap(words, width - len(INDENT), break_on_hyphens=False, break_long_words=False)
    print(before + f"\n{INDENT}".join(lines), flush=True)
