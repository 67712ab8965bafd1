"""Whether every module is here that an enrollment may import, at the top of a file or anywhere in a function.

The list is read from the compiled code itself, beginning at the command line: a packaged build that has lost one of
them says so here, and not to a technician in the middle of an enrollment.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec, resolve_name
from types import CodeType
from typing import Any, NamedTuple

from enroller.preflight import Check
from enroller.self_test import broken, passed
from enroller.text import plain

OURS = "enroller"

BEGIN = "enroller.cli.main"
"""Where both programs begin."""

_POSIX, _WINDOWS = ("linux", "darwin"), ("win32",)

ONLY_ON = {
    "fcntl": _POSIX,
    "pwd": _POSIX,
    "resource": _POSIX,
    "msvcrt": _WINDOWS,
    "winreg": _WINDOWS,
    "truststore": ("win32", "darwin"),
    # What the key store's library would take on Windows, were the packages not there that it prefers.
    "pywintypes": (),
    "win32cred": (),
    "enroller.http.windows_proxy": _WINDOWS,
    "enroller.http.macos_proxy": ("darwin",),
}
"""Modules that some systems do not have, and where they are. All others must be there on each."""

SANDBOX, ITS_LIBRARY = "enroller.sandbox", "starlette"
"""The sandbox is an extra (pyproject.toml), which an installation may lack."""


KEY_STORES = {
    "linux": "keyring.backends.SecretService",
    "darwin": "keyring.backends.macOS",
    "win32": "keyring.backends.Windows",
}
"""The library's way to each system's key store. It hides that it lacks what it imports, so that is looked at here."""


class Import(NamedTuple):
    """One import somewhere in a module's code: of `module`, or of `names` from it."""

    module: str
    names: tuple[str, ...]


def check() -> Iterator[Check]:
    """Imports all that is imported anywhere."""
    imports = reached(BEGIN)
    missing = sorted({name for one in imports for name in _missing(one)})
    ours = {one.module for one in imports if _is_in(one.module, OURS)}
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        yield broken("modules", f"Missing, or not working: {', '.join(missing[:5])}{more}.")
        return
    sandbox = "" if has_sandbox() else "; the sandbox is not installed"
    yield passed("modules", f"{len(ours)} modules of Enroller and all that they import{sandbox}.")


def has_sandbox() -> bool:
    """Whether this installation has the extra `sandbox`."""
    return find_spec(SANDBOX) is not None and find_spec(ITS_LIBRARY) is not None


def reached(begin: str) -> set[Import]:
    """Every import that leads on from the module `begin` through ours, and what the key store's library imports."""
    todo = [begin, KEY_STORES.get(sys.platform, begin)]
    found, seen = {Import(name, ()) for name in todo}, set(todo)
    sandbox = has_sandbox()
    while todo:
        for one in imports_of(todo.pop()):
            if not _is_here(one.module) or (_is_in(one.module, SANDBOX) and not sandbox):
                continue
            found.add(one)
            names = (one.module, *(f"{one.module}.{name}" for name in one.names))
            led_to = {name for name in names if _is_in(name, OURS) and _spec(name) is not None} - seen
            found.update(Import(name, ()) for name in led_to)
            seen |= led_to
            todo += led_to
    return found


def imports_of(module: str) -> list[Import]:
    """What a module imports, from its compiled code; nothing where there is none to read."""
    spec = _spec(module)
    loader: Any = None if spec is None else spec.loader
    code = loader.get_code(module) if hasattr(loader, "get_code") else None
    package = module if spec is not None and spec.submodule_search_locations is not None else module.rpartition(".")[0]
    return [] if code is None else list(_imports_in(code, package))


def _imports_in(code: CodeType, package: str) -> Iterator[Import]:
    """An import is the instruction IMPORT_NAME with its level and the names from it loaded before (module `dis`)."""
    import dis

    # Every second byte is an operation; most functions import nothing, and to take them apart costs time.
    if dis.opmap["IMPORT_NAME"] in code.co_code[::2]:
        level: Any = 0
        names: Any = None
        for step in dis.get_instructions(code):
            if step.opname == "IMPORT_NAME":
                yield Import(resolve_name("." * level + step.argval, package), names or ())
            level, names = names, step.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _imports_in(inner, package)


def _is_here(module: str) -> bool:
    """Whether this system has it at all."""
    return sys.platform in ONLY_ON.get(module, (sys.platform,))


def _missing(one: Import) -> list[str]:
    """What cannot be had of an import: the module, or names in it."""
    try:
        module = import_module(one.module)
    except Exception as error:  # a module that is there may end as it likes on what it lacks itself
        return [f"{one.module} ({plain(str(error), 100)})"]
    absent = [name for name in one.names if name != "*" and not hasattr(module, name)]
    return [f"{one.module}.{name}" for name in absent if _spec(f"{one.module}.{name}") is None]


def _spec(module: str) -> Any:
    """Where a module is found; None for one that is not, or whose package is not."""
    try:
        return find_spec(module)
    except Exception:  # finding a module imports the packages that it is in
        return None


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")
