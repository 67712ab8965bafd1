"""The frozen folder: the program with its Python, as every Linux artefact but the wheel carries it."""

import shutil
import subprocess
from pathlib import Path

from installer import environment
from installer.linux import elf
from installer.release import Build
from installer.steps import Problem

SPECIFICATION = Path(__file__).with_name("freeze.spec")
WIZARD = Path(__file__).with_name("scripts") / "enroller-wizard.sh"


def folder(build: Build) -> Path:
    """Freezes the checkout; always the same bytes for the same commit, Python and packages. Raises Problem."""
    python, work = interpreter(build), build.work / "freeze"
    command = [
        *(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
        *("--workpath", work / "work", "--distpath", work, SPECIFICATION),
    ]
    build.run(
        "Freezing the program",
        [str(part) for part in command],
        PYTHONHASHSEED="1",  # sets come in one order
        SOURCE_DATE_EPOCH=str(build.epoch),
        PYINSTALLER_CONFIG_DIR=str(work / "own"),  # elsewhere it would keep things from one run to the next
    )
    made = work / "enroller"
    # The program itself would lose what PyInstaller has put behind it.
    libraries = [file for file in elf.files(made) if ".so" in file.name]
    _require_libraries(made)
    _forget_folders(build, libraries)
    build.run("Stripping its libraries", ["strip", "--strip-unneeded", *map(str, libraries)])
    shutil.copyfile(WIZARD, made / "enroller-wizard")
    for file in made.rglob("*"):
        if not file.is_symlink():
            file.chmod(0o755 if file.is_dir() or file.parent == made else 0o644)
    return made


def _require_libraries(made: Path) -> None:
    """Raises Problem where this machine lacks a library: what it cannot carry would not be carried, without a word."""
    told = subprocess.run(["/sbin/ldconfig", "--print-cache"], capture_output=True, text=True, check=True).stdout
    carried = [file.name for file in made.rglob("*") if ".so" in file.name]
    missing = elf.unknown(elf.wanted(elf.files(made)), [*carried, *elf.cached(told)])
    if missing:
        raise Problem(f"This machine lacks {', '.join(missing)}, so the packages would lack them as well.")


def _forget_folders(build: Build, libraries: list[Path]) -> None:
    """Takes this machine's own folders out of the libraries: elsewhere anybody might put something there."""
    wanted = zip(libraries, elf.wanted(libraries), strict=True)
    strangers = [file for file, one in wanted if any(not folder.startswith("$ORIGIN") for folder in one.search)]
    if strangers:
        build.run("Taking out this machine's folders", ["patchelf", "--remove-rpath", *map(str, strangers)])


def interpreter(build: Build) -> Path:
    """That of the environment in which the program is frozen; its packages are those that go into the folder."""
    return environment.beside("freeze", build.checkout, build.steps, build.env)
