"""A wheel, built from this checkout and installed in a clean environment, works without the checkout."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from enroller import __version__

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the declared back end, without a network."""
    if importlib.util.find_spec("hatchling") is None:
        missing("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that has the wheel, and our own environment's libraries besides."""
    if importlib.util.find_spec("ensurepip") is None:
        missing("ensurepip")
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    install = [str(commands / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (place,) = folder.glob("**/site-packages")
    (place / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return commands


def missing(name: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI must not skip what needs it")
    pytest.skip(f"{name} is not installed")


def run(commands: Path, program: str, *arguments: str, home: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "ENROLLER_DATA_DIR": str(home / "data")}
    command = [str(commands / program), *arguments]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_it_holds(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for path in (ROOT / "resources").rglob("*.*"):
        assert f"enroller/resources/{path.relative_to(ROOT / 'resources').as_posix()}" in names
    assert "enroller/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "installer/", "resources/"))]


def test_its_command_runs(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "enroller", "--version", home=tmp_path) == f"enroller {__version__}\n"
    assert run(installed, "enroller", "list", "--json", home=tmp_path) == "[]\n"


def test_it_finds_its_resources(installed: Path, tmp_path: Path) -> None:
    program = (
        "from enroller import resources;print(resources.__file__); print(len(resources.read('icons/enroller.svg')))"
    )
    place, size = run(installed, "python", "-c", program, home=tmp_path).splitlines()
    assert Path(place).is_relative_to(installed.parent)
    assert int(size) == (ROOT / "resources/icons/enroller.svg").stat().st_size
