"""What it costs to have Enroller open: start-up, memory, processor, and how long the window does not react.

Each figure is compared with a bare reference in the same run and printed as a ratio; nothing here fails, since a busy
machine is no defect. `--quick` takes fewer rounds; `--frozen` measures the packaged program instead (`frozen.py`).
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import frozen
from tests.benchmarks.processes import HERE, medians, resident, running

START_LIMIT = 1.25
MEMORY_LIMIT = 1.25
VERSION_LIMIT = 3.0


def main() -> int:
    """Prints everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--frozen", action="store_true", help="the packaged program beside the same code unpacked")
    options = parser.parse_args()
    quick = options.quick
    # An installed program is compiled, as the reference's Qt is.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(HERE.parents[1] / "enroller")], check=True)
    if options.frozen:
        with tempfile.TemporaryDirectory() as folder:
            return frozen.measure(5 if quick else 20, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        _start(Path(folder), 5 if quick else 20)
        _memory(Path(folder))
    _version(5 if quick else 20)
    for script, seconds in (("stalls", 3 if quick else 15), ("approval_page", 10 if quick else 60)):
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{script}", str(seconds)], check=True)
    return 0


def _start(folder: Path, rounds: int) -> None:
    bare = [sys.executable, str(HERE / "bare_wizard.py")]
    ours = [sys.executable, "-m", "enroller", "--data-dir", str(folder), "wizard", "--exit-after-start"]
    reference, taken = medians(rounds, bare, ours)
    _tell(
        "start   to the first page",
        "ms",
        reference * 1000,
        taken * 1000,
        START_LIMIT,
    )


def _memory(folder: Path) -> None:
    with running([sys.executable, str(HERE / "bare_wizard.py"), "--stay"], 3.0) as pid:
        reference = resident(pid)
    with running([sys.executable, "-m", "enroller", "--data-dir", str(folder), "wizard"], 3.0) as pid:
        taken = resident(pid)
    _tell("memory  with the window open", "MiB", reference, taken, MEMORY_LIMIT)


def _version(rounds: int) -> None:
    bare, ours = [sys.executable, "-c", ""], [sys.executable, "-m", "enroller", "--version"]
    reference, taken = medians(rounds, bare, ours)
    _tell(
        "start   enroller --version",
        "ms",
        reference * 1000,
        taken * 1000,
        VERSION_LIMIT,
    )


def _tell(what: str, unit: str, reference: float, taken: float, limit: float) -> None:
    ratio = taken / reference
    verdict = "" if ratio <= limit else f"  OVER the limit of {limit:.2f}x"
    print(f"{what:<32} {taken:6.1f} {unit:<3}   bare {reference:6.1f} {unit:<3}   {ratio:.2f}x{verdict}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
