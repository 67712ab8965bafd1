"""The entry: what a newcomer sees with a wrong Python, a wrong place, a wrong command."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.commands import COMMANDS, clean
from installer.dev import too_old

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "installer" / "dev.py"
OUR_ENVIRONMENT = Path(sys.prefix) == ROOT / ".dev" / "venv"


def dev(*arguments: str, script: Path = DEV) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=False)


def test_the_entry_can_be_read_by_python_3_6() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("file", sorted(DEV.parent.glob("*.py")), ids=lambda file: file.name)
def test_nothing_but_the_standard_library_is_imported(file: Path) -> None:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} <= {*sys.stdlib_module_names, "installer"}


@pytest.mark.parametrize("version", [(3, 6), (3, 10), (2, 7)])
def test_an_old_python_is_named_with_its_version(version: tuple[int, int]) -> None:
    sentence = too_old(version, "/usr/bin/python3")
    assert sentence.startswith(f"Enroller needs Python 3.11 or newer, and /usr/bin/python3 is Python {version[0]}.")


def test_a_newer_python_beside_the_old_one_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("installer.dev.shutil.which", lambda name: name if name == "python3.12" else None)
    assert too_old((3, 9), "python3").endswith("python3.12 installer/dev.py")
    monkeypatch.setattr("installer.dev.shutil.which", lambda _name: None)
    assert "Install a newer Python" in too_old((3, 9), "python3")


@pytest.mark.parametrize("version", [(3, 11), (3, 14), (4, 0)])
def test_a_new_python_gets_no_sentence(version: tuple[int, int]) -> None:
    assert too_old(version, "python3") == ""


def test_an_old_python_ends_with_one_sentence_and_status_1() -> None:
    pretend = f"""
import runpy, sys
sys.version_info = (3, 9, 2, "final", 0)
sys.argv = ["dev.py", "demo"]
runpy.run_path({str(DEV)!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"dev\.py: Enroller needs Python 3\.11 or newer, and .* is Python 3\.9\. .*\n", done.stderr)


def test_help_lists_every_command_and_sets_nothing_up() -> None:
    done = dev("--help")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = dev(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: python3 installer/dev.py {name}")
    assert COMMANDS[name].summary.endswith(".")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "which command?"), (("tset",), "no command 'tset'"), (("lint", "x"), "lint takes no arguments")],
)
def test_a_wrong_line_ends_with_status_2(arguments: tuple[str, ...], said: str) -> None:
    done = dev(*arguments)
    assert (done.returncode, said in done.stderr) == (2, True)


def test_a_copy_outside_a_checkout_says_so(tmp_path: Path) -> None:
    shutil.copytree(DEV.parent, tmp_path / "installer", ignore=shutil.ignore_patterns("requirements", "__pycache__"))
    done = dev("lint", script=tmp_path / "installer" / "dev.py")
    assert done.returncode == 1
    assert "is no complete checkout of Enroller. Clone the repository" in done.stderr
    assert not (tmp_path / ".dev").exists()


def test_children_do_not_see_another_python() -> None:
    env = clean({"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "PIP_TARGET": "/z", "PIP_CERT": "/ca.pem", "HOME": "/h"})
    assert env == {"PIP_CERT": "/ca.pem", "HOME": "/h", "PYTHONNOUSERSITE": "1"}


def test_every_documented_command_exists_and_is_run_by_ci() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    documents = [file.read_text() for file in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if file.exists()]
    documented = {name for text in documents for name in re.findall(r"installer/dev\.py ([a-z]+)", text)}
    run_by_ci = set(re.findall(r"installer/dev\.py ([a-z]+)", ci))
    assert documented <= set(COMMANDS)
    # `test` runs what `lint` runs, and a part of `soak`; `run` is started by the test below.
    assert documented - {"lint", "run", "soak"} <= run_by_ci


@pytest.mark.skipif(not OUR_ENVIRONMENT, reason="would set up an environment; dev.py test runs it")
def test_run_opens_the_wizard() -> None:
    done = dev("run", "--exit-after-start")
    assert (done.returncode, done.stderr) == (0, "")
