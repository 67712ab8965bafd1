#!/usr/bin/env python3
"""The one command for people who try or change Enroller: `python3 installer/dev.py demo`, `... test`; see `--help`.

This file must be readable to Python 3.6, so that an old Python gets a sentence instead of a syntax error. The work
is done by `commands.py`. Only the standard library is used: this is what runs before anything is installed.
"""

import os
import shutil
import sys

OLDEST = (3, 11)
KNOWN = ("python3.14", "python3.13", "python3.12", "python3.11")


def too_old(version: "tuple[int, int]", executable: str) -> str:
    """The sentence for a Python below 3.11, or an empty text. A newer Python of this machine is named."""
    if version >= OLDEST:
        return ""
    newer = [name for name in KNOWN if shutil.which(name)]
    advice = "Install a newer Python beside it, and start this with that one."
    if newer:
        advice = "A newer one is here: " + newer[0] + " installer/dev.py"
    return "Enroller needs Python 3.11 or newer, and {} is Python {}.{}. {}".format(executable, *version, advice)


if __name__ == "__main__":
    sentence = too_old(sys.version_info[:2], sys.executable)
    if sentence:
        sys.exit("dev.py: " + sentence)
    # In place of this folder, which Python puts first: nothing in it may hide a module of the standard library.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    from installer.commands import main

    sys.exit(main(sys.argv[1:]))
