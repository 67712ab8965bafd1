"""The command with a defect in it: `python -m tests.secrets.crashing` and a command line.

`CRASH_AT` names the function that breaks, `CRASH_HOW` in what way, and `CRASH_WITH` a file: what stands in it is in the
error, and in variables of the frames below it.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from enroller.cli.main import main

POINTS = {
    "the decision": ("enroller.session", "Session", "on"),
    "the request": ("enroller.http", "Http", "send"),
    "the store": ("enroller.vault.opened", "Opened", "save"),
    "the key store": ("enroller.vault.keystore", "SystemKeyStore", "_backend"),
    "the printer": ("enroller.cli.printer", "Printer", "show"),
    "the channel": ("enroller.push.connection", "Connection", "receive"),
    "a finalizer": ("enroller.vault.opened", "Opened", "__del__"),
}


def fall(how: str, secret: str) -> NoReturn:
    """Breaks, with the secret at hand."""
    held = {"api_key": secret}
    match how:
        case "raise":
            raise KeyError(secret, held)
        case "raise from":
            try:
                int(secret)
            except ValueError as error:
                raise RuntimeError(f"cannot use {secret}") from error
        case "abort":
            os.abort()
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
    raise SystemExit(f"no such way: {how}")


def break_at(point: str, how: str, secret: str) -> None:
    """From now on that function breaks."""
    module, owner, name = POINTS[point]

    def broken(*_: Any, **__: Any) -> NoReturn:
        fall(how, secret)

    function: Callable[..., NoReturn] = broken
    setattr(getattr(importlib.import_module(module), owner), name, function)


if __name__ == "__main__":
    break_at(os.environ["CRASH_AT"], os.environ["CRASH_HOW"], Path(os.environ["CRASH_WITH"]).read_text())
    sys.exit(main())
