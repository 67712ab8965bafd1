"""The pinned requirements: exact, hashed, from nowhere in particular, and what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "installer" / "requirements"
FILES = (
    *("runtime.txt", "dev.txt", "freeze.txt", "lock.txt", "audit.txt", "mitmproxy.txt"),
    *("windows-python.txt", "windows-tools.txt"),
)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {
    "runtime.txt": PROJECT["project"]["dependencies"],
    "dev.txt": [
        *PROJECT["project"]["dependencies"],
        *(line for extra in ("sandbox", "dev") for line in PROJECT["project"]["optional-dependencies"][extra]),
        *PROJECT["build-system"]["requires"],
    ],
    "freeze.txt": [*PROJECT["project"]["dependencies"], *(REQUIREMENTS / "freeze.in").read_text().split()],
    "lock.txt": (REQUIREMENTS / "lock.in").read_text().split(),
    "audit.txt": (REQUIREMENTS / "audit.in").read_text().split(),
    "mitmproxy.txt": (REQUIREMENTS / "mitmproxy.in").read_text().split(),
    "windows-python.txt": (REQUIREMENTS / "windows-python.in").read_text().split(),
    "windows-tools.txt": (REQUIREMENTS / "windows-tools.in").read_text().split(),
}


def entries(name: str) -> list[str]:
    """The entries of a requirements file, comments dropped and continued lines joined."""
    lines = [line for line in (REQUIREMENTS / name).read_text().splitlines() if not line.lstrip().startswith("#")]
    return [entry for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


def pins(name: str) -> dict[str, str]:
    """Package to version."""
    found: dict[str, str] = {}
    for entry in entries(name):
        requirement = Requirement(entry.split("--hash")[0])
        (specifier,) = requirement.specifier
        found[canonicalize_name(requirement.name)] = specifier.version
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_one_exact_version_with_hashes(name: str) -> None:
    for entry in entries(name):
        assert re.fullmatch(r"[a-z0-9.-]+==[^ *]+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+ *", entry), entry


@pytest.mark.parametrize("name", FILES)
def test_nothing_tells_where_the_file_was_made(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert "://" not in text
    assert not re.search(r"^-|(^|\s)/\w|--index|--find-links|--trusted", text, re.MULTILINE)


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, asked in ASKED.items() for line in asked])
def test_what_is_asked_for_is_pinned_inside_its_range(name: str, line: str) -> None:
    requirement = Requirement(line)
    assert requirement.specifier.contains(pins(name)[canonicalize_name(requirement.name)])


def test_people_run_what_developers_test() -> None:
    runtime, development = pins("runtime.txt"), pins("dev.txt")
    assert {package: development.get(package) for package in runtime} == runtime


def test_each_system_gets_its_own_key_store() -> None:
    text = (REQUIREMENTS / "runtime.txt").read_text()
    assert re.search(r"^secretstorage==.* sys_platform == 'linux'", text, re.MULTILINE)
    assert re.search(r"^pywin32-ctypes==.* sys_platform == 'win32'", text, re.MULTILINE)
