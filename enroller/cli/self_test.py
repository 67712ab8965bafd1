"""`enroller self-test`: whether this installation is whole."""

import json
import platform

from enroller import __version__
from enroller.cli import report
from enroller.cli.context import Context
from enroller.errors import BrokenInstallation
from enroller.preflight import Check
from enroller.self_test import examine, is_packaged, status

TITLES = {
    "modules": "Program",
    "texts": "Texts",
    "keys": "Keys",
    "tls": "Encryption",
    "store": "Store",
    "window": "Window",
    "fonts": "Fonts",
    "pictures": "Pictures",
    "key_store": "Key store",
    "storage": "Data folder",
}
"""Each check in a person's words."""


def self_test(ctx: Context) -> int:
    """Prints a line for each check, or one document; ends with 1 where the installation is broken, else as it found."""
    if ctx.options.window:
        return _window()
    as_json = ctx.options.json
    checks = examine(ctx.app, report.teller(TITLES, as_json=as_json))
    failed = report.failed(checks)
    if as_json:
        told: dict[str, object] = {
            "ok": not failed,
            "version": __version__,
            "frozen": is_packaged(),
            "python": platform.python_version(),
            "checks": [report.document(check) for check in checks],
        }
        print(json.dumps(told))
    else:
        print(f"Enroller {__version__} {_in_words(checks)}.")
    return status(checks)


def _in_words(checks: list[Check]) -> str:
    """What it comes to: a data folder that cannot be written is no fault of the installation's."""
    failed = ", ".join(TITLES[check.name] for check in report.failed(checks))
    if status(checks) == BrokenInstallation.exit_status:
        return f"is not whole: {failed}"
    return f"is whole, but nobody can enroll with it like this: {failed}" if failed else "is whole"


def _window() -> int:
    """The part that Qt may end; the other process of this test asks for it and reads it."""
    from enroller.gui.self_test import examine as examine_window

    print(json.dumps(list(examine_window())))
    return 0
