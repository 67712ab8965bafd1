"""Data flows one way: each room knows only the rooms below it. The table is the architecture."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "enroller"

VALUES = {"model", "errors", "text"}
"""Every room may know these: values, errors, and how they are written."""

ROOMS: dict[str, set[str]] = {
    "model": set(),
    "errors": set(),
    "text": set(),
    "network": set(),
    "folders": set(),
    "core_dumps": set(),
    "machine": set(),
    "clock": {"network"},
    "true_time": {"model"},
    "resources": set(),
    "polling": set(),
    "address": {"errors"},
    "defect": {"errors"},
    "form": {"errors"},
    "toml_file": {"errors", "text"},
    "settings": VALUES | {"address", "resources", "toml_file"},
    "secret_text": VALUES,
    "keys": {"model"},
    "log": {"clock", "folders", "text"},
    "services": VALUES | {"keys", "address"},
    "steps": VALUES,
    "stepping": VALUES | {"polling", "services", "steps", "true_time"},
    "session": VALUES | {"polling", "services", "stepping", "steps"},
    "preset": VALUES | {"address", "secret_text", "settings", "toml_file", "vault"},
    "beginning": VALUES | {"address", "form", "machine", "preset", "settings"},
    "http": VALUES | {"clock", "network", "settings"},
    "push": VALUES | {"http"},
    "vault": VALUES | {"folders"},
    "enroll": VALUES | {"session", "steps"},
    "app": VALUES
    | {
        "address",
        "beginning",
        "clock",
        "enroll",
        "http",
        "log",
        "machine",
        "push",
        "services",
        "session",
        "settings",
        "steps",
        "true_time",
        "vault",
    },
    "preflight": VALUES | {"address", "app", "clock", "http", "services"},
    "self_test": VALUES | {"app", "http", "keys", "preflight", "resources", "vault"},
    "cli": VALUES
    | {
        "address",
        "app",
        "beginning",
        "core_dumps",
        "defect",
        "preflight",
        "preset",
        "form",
        "gui",
        "keys",
        "machine",
        "sandbox",
        "secret_text",
        "self_test",
        "services",
        "settings",
        "steps",
        "vault",
    },
    "gui": VALUES
    | {
        "address",
        "app",
        "beginning",
        "clock",
        "defect",
        "folders",
        "form",
        "http",
        "keys",
        "log",
        "machine",
        "preflight",
        "preset",
        "resources",
        "secret_text",
        "services",
        "settings",
        "steps",
        "vault",
    },
    "sandbox": VALUES | {"keys", "resources"},
    "__main__": {"cli"},
    "__init__": set(),
}
"""What each room may import of ours. `__version__` is everybody's."""

OWNERS: dict[str, set[str]] = {
    "httpcore": {"http"},
    "httpx": {"http"},
    "websockets": {"push", "sandbox"},
    "truststore": {"http"},
    "ssl": {"http", "sandbox", "self_test"},
    "PySide6": {"gui"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
    "keyring": {"vault"},
    "filelock": {"vault"},
    "platformdirs": {"app", "settings"},
    "cryptography": {"http", "keys", "preset", "preflight", "self_test", "vault", "sandbox"},
}
"""Who may import a library at all."""

PURE = ("polling", "session", "stepping", "steps", "services", "model", "errors", "address", "text", "true_time")
IMPURE = {"time", "datetime", "socket", "threading", "queue", "asyncio", "os", "pathlib", "random", "secrets"}
ALLOWED = {("text", "datetime"), ("steps", "pathlib")}
"""`text` writes a point in time that it is given; it asks no clock (see the test). `steps` names a folder."""

HEAVY = ("httpx", "httpcore", "ssl", "cryptography", "keyring", "filelock", "truststore", "platformdirs", "PySide6",
         "starlette", "websockets")  # fmt: skip
"""What would cost the first page, or `enroller list`, more than it is worth before it is needed."""


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names of all that a file imports, wherever in the file; `from a import b` is `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def rooms_imported(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imports(path) if name.startswith("enroller.")}
    return names - {"__version__", room_of(path)}


def test_every_room_is_in_the_table() -> None:
    assert {room_of(path) for path in sources()} == set(ROOMS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_knows_only_the_rooms_below(path: Path) -> None:
    assert rooms_imported(path) <= ROOMS[room_of(path)]


def test_no_room_knows_itself_by_a_detour() -> None:
    """The table has no circles, so the files have none."""
    below = {room: set(known) for room, known in ROOMS.items()}
    for _ in ROOMS:
        below = {room: known.union(*(below[one] for one in known)) for room, known in below.items()}
    assert [room for room, known in below.items() if room in known] == []


def test_the_sandbox_is_wired_in_two_places_only() -> None:
    knowing = {path.relative_to(PACKAGE).as_posix() for path in sources() if "sandbox" in rooms_imported(path)}
    assert knowing == {"cli/main.py", "cli/demo.py"}


@pytest.mark.parametrize(("library", "owners"), OWNERS.items(), ids=lambda x: x if isinstance(x, str) else "")
def test_a_library_is_imported_by_its_owners_only(library: str, owners: set[str]) -> None:
    users = {room_of(path) for path in sources() if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= owners


@pytest.mark.parametrize("room", PURE)
def test_what_decides_has_no_clock_socket_or_thread(room: str) -> None:
    for path in sources():
        if room_of(path) == room:
            found = {name.split(".")[0] for name in imports(path)} & IMPURE
            assert {one for one in found if (room, one) not in ALLOWED} == set(), path


def test_texts_ask_no_clock() -> None:
    assert "now(" not in (PACKAGE / "text.py").read_text()
    assert "today(" not in (PACKAGE / "text.py").read_text()


def test_what_costs_time_is_not_imported_before_it_is_needed() -> None:
    program = (
        "import sys, enroller.cli.main, enroller.cli.commands, enroller.app, enroller.vault;"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []


def test_the_version_costs_almost_nothing() -> None:
    program = (
        "import sys; before = set(sys.modules); from enroller.cli.main import main; main(['--version']);"
        "print(*(name for name in sys.modules.keys() - before if name in ('argparse', 'json', 'dataclasses')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[1].split() == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 400
