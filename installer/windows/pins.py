"""`python -m installer.windows.pins FILE` in the environment: the pinned packages that Windows needs, by their hashes.

pip evaluates the conditions of a requirement for the machine that it runs on, so they are decided here.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.markers import Marker

from installer.packages import Pin, pins
from installer.windows.python import SERIES

_WINDOWS = {
    "implementation_name": "cpython",
    "implementation_version": f"{SERIES}.0",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": f"{SERIES}.0",
    "python_version": SERIES,
    "sys_platform": "win32",
}
"""What a condition may ask for (PEP 508, "Environment Markers"), as our Python on Windows answers it."""


def wanted(pinned: Iterable[Pin]) -> str:
    """The lines of a requirements file without conditions."""
    lines = []
    for pin in pinned:
        if not pin.marker or Marker(pin.marker).evaluate(dict(_WINDOWS)):
            lines.append(f"{pin.name}=={pin.version} " + " ".join(f"--hash=sha256:{each}" for each in pin.hashes))
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    runtime = Path(__file__).resolve().parent.parent / "requirements" / "runtime.txt"
    Path(sys.argv[1]).write_text(wanted(pins(runtime).values()), encoding="utf-8", newline="\n")
