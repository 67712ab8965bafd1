"""The environment in `.dev/`: made once from the hash-pinned requirements, known again by its stamp.

.dev/venv        the Python environment
.dev/stamp.json  what it was made from; written last, so an environment that was cut off is made anew
.dev/NAME        the environment of one tool, whose packages need not get on with ours; NAME.stamp is its stamp
.dev/log.txt     what pip, apt and the display said
.dev/lock        held while the environment is being made
"""

import hashlib
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from installer.steps import Steps, require_space

FORMAT = 1
"""Counts the ways in which this file makes environments; a new number makes everybody's anew."""


@dataclass(frozen=True)
class Stamp:
    """What an environment was made from. `packages` covers the interpreter, its place and the pinned packages."""

    packages: str
    project: str


@dataclass(frozen=True)
class Checkout:
    """A clone of the repository, and the places in it that this program uses."""

    root: Path

    @property
    def dev(self) -> Path:
        return self.root / ".dev"

    @property
    def venv(self) -> Path:
        return self.dev / "venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return python_in(self.venv)

    @property
    def requirements(self) -> Path:
        return self.root / "installer" / "requirements"

    def is_whole(self) -> bool:
        """Whether this is a clone of the repository, and not a copied file or a part of it."""
        needed = ("pyproject.toml", "enroller/__init__.py", "installer/requirements/dev.txt")
        return all((self.root / name).is_file() for name in needed)


def python_in(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def interpreter() -> str:
    """The real interpreter below any virtual environment, so that ours can be made anew from within itself."""
    return os.path.realpath(str(getattr(sys, "_base_executable", sys.executable)))


def kind() -> str:
    """What compiled packages depend on, such as `cpython-311 linux-x86_64`.

    The patch level is no part of it: a security update of Python (which installing `venv` may bring along) leaves an
    environment as good as it was, perhaps at a time without a network.
    """
    return f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"


def wanted_stamp(checkout: Checkout, python: str, kind: str) -> Stamp:
    """The stamp of the environment that this checkout needs with this interpreter."""
    packages = (str(FORMAT), python, kind, str(checkout.root), _digest(checkout.requirements / "dev.txt"))
    # The version stands in __init__.py, the entry points in pyproject.toml.
    project = (_digest(checkout.root / "pyproject.toml"), _digest(checkout.root / "enroller" / "__init__.py"))
    return Stamp(_digest_of(packages), _digest_of(project))


def stored_stamp(checkout: Checkout) -> Stamp | None:
    """The stamp of the environment that is there; None where there is none or only a part of one."""
    try:
        return Stamp(**json.loads((checkout.dev / "stamp.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def is_ready(checkout: Checkout) -> bool:
    """Whether the environment can be used as it is."""
    fits = stored_stamp(checkout) == wanted_stamp(checkout, interpreter(), kind())
    # The interpreter that it was made from may have been uninstalled since.
    return fits and checkout.python.exists()


def make(checkout: Checkout, steps: Steps, env: Mapping[str, str]) -> None:
    """Brings the environment up to date; only the project's own entry is renewed where the packages still fit."""
    wanted, stored = wanted_stamp(checkout, interpreter(), kind()), stored_stamp(checkout)
    stamp = checkout.dev / "stamp.json"
    stamp.unlink(missing_ok=True)
    if stored is None or stored.packages != wanted.packages or not checkout.python.exists():
        shutil.rmtree(checkout.venv, ignore_errors=True)
        require_space(checkout.dev)
        command = [interpreter(), "-m", "venv", "--clear", str(checkout.venv)]
        steps.run("Making the environment .dev/venv", command, env, checkout.root)
        pinned = checkout.requirements / "dev.txt"
        install_pinned(f"Installing {count_pins(pinned.read_text())} pinned packages", pinned, checkout, steps, env)
    # Without the network, for the build tools are among the pinned packages; nothing of it is worth a cache.
    project = ["--no-index", "--no-build-isolation", "--no-deps", "--no-cache-dir", "--editable", "."]
    steps.run("Installing Enroller from this checkout", [*_pip(checkout.python), *project], env, checkout.root)
    # As an installer does: otherwise the first start pays for it, and each one where bytecode may not be written.
    steps.run("Compiling", [str(checkout.python), "-m", "compileall", "-q", "enroller"], env, checkout.root)
    part = checkout.dev / "stamp.part"
    part.write_text(json.dumps(asdict(wanted)))
    part.replace(stamp)


def beside(name: str, checkout: Checkout, steps: Steps, env: Mapping[str, str]) -> Path:
    """The interpreter of a tool's own environment, `.dev/NAME`, made from `NAME.txt` where there is none that fits.

    For tools whose packages ours could not live with, or that few people need. Raises Problem.
    """
    folder, pinned = checkout.dev / name, checkout.requirements / f"{name}.txt"
    python, stamp = python_in(folder), checkout.dev / f"{name}.stamp"
    wanted = _digest_of((str(FORMAT), interpreter(), kind(), str(checkout.root), _digest(pinned)))
    with exclusive(checkout, steps):
        if python.exists() and stamp.is_file() and stamp.read_text() == wanted:
            return python
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        require_space(checkout.dev)
        command = [interpreter(), "-m", "venv", "--clear", str(folder)]
        steps.run(f"Making the environment .dev/{name}", command, env, checkout.root)
        title = f"Installing {count_pins(pinned.read_text())} pinned packages for it"
        install_pinned(title, pinned, checkout, steps, env, python=python)
        stamp.write_text(wanted)
    return python


def install_pinned(
    title: str, pinned: Path, checkout: Checkout, steps: Steps, env: Mapping[str, str], *, python: Path | None = None
) -> None:
    """Installs exactly what the file lists, each by its hash, and runs no package's own code while doing so."""
    options = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", str(pinned)]
    steps.run(title, [*_pip(python or checkout.python), *options], env, checkout.root)


def count_pins(text: str) -> int:
    """The number of packages in a requirements file."""
    return sum(1 for line in text.splitlines() if "==" in line and not line.startswith((" ", "#")))


@contextmanager
def exclusive(checkout: Checkout, steps: Steps) -> Iterator[None]:
    """Keeps a second dev.py from working on the same environment; the operating system frees it with its owner."""
    checkout.dev.mkdir(exist_ok=True)
    with (checkout.dev / "lock").open("ab") as file:
        if not _lock(file, wait=False):
            steps.say("Another dev.py is setting up this checkout; waiting for it to finish …")
            _lock(file, wait=True)
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        file.seek(0)
        while True:
            try:
                # LK_LOCK itself gives up after ten seconds.
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
            else:
                return True
else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


def _pip(python: Path) -> list[str]:
    quiet = ["--disable-pip-version-check", "--no-input"]
    return [str(python), "-m", "pip", *quiet, "install", "--progress-bar", "off", "--no-warn-script-location"]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _digest_of(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
