"""`enroller doctor`: what stands in the way of an enrollment, before one begins."""

import json
import shutil
import sys
import textwrap

from enroller.cli import secret_input
from enroller.cli.context import Context
from enroller.model import Protection, ServiceName
from enroller.preflight import Check, Target, Verdict, examine

TITLES = {
    "storage": "Data folder",
    "key_store": "Key store",
    "proxy": "Proxy",
    "name": "Name",
    "connection": "Connection",
    "tls": "Encryption",
    "clock": "Clock",
    "login_page": "Login page",
    "service": "Service",
}
"""Each check in a person's words."""

TURNS = {
    "technician": "Your turn",
    "IT": "IT's turn",
    "service": "The service's administrator's turn",
}

INDENT = " " * 22
"""Where what was found begins."""

_OK = {Verdict.PASSED: True, Verdict.NOTED: True, Verdict.FAILED: False, Verdict.SKIPPED: None}


def doctor(ctx: Context) -> int:
    """Prints a line for each check as soon as it is done, or one document; ends as the first one that failed."""
    options = ctx.options
    target = None
    if options.server is not None:
        target = Target(
            ServiceName(options.service),
            options.server,
            ctx.app.certificates(options.ca_file),
            secret_input.proxy_login(options),
        )
    tell = _hushed if options.json else _tell
    checks = examine(ctx.app, target, tell, protection=Protection(options.protect))
    if options.json:
        print(json.dumps({"ok": _failed(checks) == [], "checks": [_document(check) for check in checks]}))
    return next((check.error.exit_status for check in _failed(checks) if check.error is not None), 0)


def _failed(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.verdict is Verdict.FAILED]


def _hushed(_: Check) -> None:
    """Who wants one document gets it at the end."""


def _tell(check: Check) -> None:
    word = check.verdict.upper() if check.verdict is Verdict.FAILED else check.verdict
    _print(f"{word:<8} {TITLES[check.name]:<12} ", check.found)
    if check.error is not None:
        turn, advice = TURNS.get(check.whose), check.error.advice
        _print(INDENT, advice if turn is None or turn in advice else f"{turn}: {advice}")


def _print(before: str, words: str) -> None:
    """On a terminal in lines that fit; elsewhere in one, as programs that search in it like it."""
    if not sys.stdout.isatty():
        print(before + words, flush=True)
        return
    width = max(60, shutil.get_terminal_size().columns)
    # Options and addresses are to be pasted, so nothing is broken at a hyphen.
    lines = textwrap.wrap(words, width - len(INDENT), break_on_hyphens=False, break_long_words=False)
    print(before + f"\n{INDENT}".join(lines), flush=True)


def _document(check: Check) -> dict[str, object]:
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
