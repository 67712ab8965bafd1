"""Settings that Windows keeps in its registry: policies, and what an installer was told."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from enroller.errors import BadSettings, InputError
from enroller.settings.given import LOCKED, Layer, Source, checked, locked_names
from enroller.settings.names import RULES

POLICIES = r"SOFTWARE\Policies\Enroller"
RECOMMENDED = POLICIES + r"\Recommended"
INSTALLATION = r"SOFTWARE\Enroller"

ADMINISTRATORS = frozenset(
    {
        "S-1-5-18",  # the system
        "S-1-5-32-544",  # the administrators
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # Windows' own installer
    }
)
"""Who may own a file that decides for everybody (well-known SIDs, [MS-DTYP] section 2.4.2.4)."""


def policies() -> list[Callable[[], list[Layer]]]:
    """How to read what Group Policy wants, for the machine before the user; then what it only recommends.

    Each raises BadSettings.
    """
    places = [(key, machine) for key in (POLICIES, RECOMMENDED) for machine in (True, False)]
    return [partial(_policy, key, machine=machine) for key, machine in places]


def _policy(key: str, *, machine: bool) -> list[Layer]:
    found = _layer(Source.POLICY, key, machine=machine)
    return [] if found is None else [found]


def told_to_installer(*, machine: bool) -> Layer:
    """What an installer was told for everybody, or for this user. Raises BadSettings."""
    source = Source.INSTALLATION if machine else Source.USER
    return _layer(source, INSTALLATION, machine=machine) or Layer(source, "", {})


def _layer(source: Source, path: str, *, machine: bool) -> Layer | None:
    where = f"{'HKEY_LOCAL_MACHINE' if machine else 'HKEY_CURRENT_USER'}\\{path}"
    values = read(path, machine=machine)
    return layer(source, where, values, mandatory=path == POLICIES) if values else None


def layer(source: Source, where: str, raw: Mapping[str, object], *, mandatory: bool) -> Layer:
    """What the values of a key give; all of it is locked where that is `mandatory`. Raises BadSettings."""
    values = {name: understood(name, value) for name, value in raw.items() if name != LOCKED}
    wrong = checked(values)
    if wrong is not None:
        raise BadSettings(f"The value {where}\\{wrong[0]} cannot be used: it {wrong[1]}.")
    try:
        locked = (
            frozenset(values) if mandatory else locked_names({**values, LOCKED: understood(LOCKED, raw.get(LOCKED))})
        )
    except InputError as error:
        raise BadSettings(f"The value {where}\\{LOCKED} cannot be used: it {error.message}.") from None
    return Layer(source, where, values, locked)


def understood(name: str, value: object) -> object:
    """A registry value, or a command line's text, in the kind that the setting wants.

    Windows has no true and false there, and installers give texts: a list with `|` between its entries.
    """
    if name == LOCKED:
        if value in (None, 0, 1, "", "true", "false"):
            return value in (1, "true")
        parts = value if isinstance(value, list) else str(value).split(",")
        return [str(part).strip() for part in parts if str(part).strip()]
    rule = RULES.get(name)
    if rule is None:
        return value
    if rule.kind is bool and value in (0, 1, "true", "false"):
        return value in (1, "true")
    if rule.kind is int and isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    if rule.kind is list and isinstance(value, str):
        return [part.strip() for part in value.split("|")]
    return value


def read(path: str, *, machine: bool) -> dict[str, Any]:
    """The values of a key; a subkey with the name of a list holds its entries. Nothing where there is no such key."""
    found: dict[str, Any] = {}
    if sys.platform == "win32":
        import winreg

        root = winreg.HKEY_LOCAL_MACHINE if machine else winreg.HKEY_CURRENT_USER
        how = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with suppress(FileNotFoundError), winreg.OpenKey(root, path, 0, how) as key:
            for number in range(winreg.QueryInfoKey(key)[1]):
                name, value, _ = winreg.EnumValue(key, number)
                found[name] = value
        for name, rule in RULES.items():
            if rule.kind is not list:
                continue
            with suppress(FileNotFoundError), winreg.OpenKey(root, f"{path}\\{name}", 0, how) as key:
                found[name] = [winreg.EnumValue(key, n)[1] for n in range(winreg.QueryInfoKey(key)[1])]
    return found


def write(values: Mapping[str, str], *, machine: bool) -> None:
    """Puts what an installer was told into the registry; an empty text takes one out. Raises OSError."""
    if sys.platform == "win32":
        import winreg

        root = winreg.HKEY_LOCAL_MACHINE if machine else winreg.HKEY_CURRENT_USER
        how = winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY
        with winreg.CreateKeyEx(root, INSTALLATION, 0, how) as key:
            for name, value in values.items():
                if value:
                    winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)
                    continue
                with suppress(FileNotFoundError):
                    winreg.DeleteValue(key, name)


def clear(*, machine: bool) -> None:
    """Takes it out again. Raises OSError without the right."""
    if sys.platform == "win32":
        import winreg

        root = winreg.HKEY_LOCAL_MACHINE if machine else winreg.HKEY_CURRENT_USER
        with suppress(FileNotFoundError):
            winreg.DeleteKeyEx(root, INSTALLATION, winreg.KEY_WOW64_64KEY)


def is_administrators(path: Path) -> bool:
    """Whether a file belongs to the administrators: everybody may make files in Windows' folder for programs' data."""
    return _owner(path) in ADMINISTRATORS


def _owner(path: Path) -> str:
    """The SID of a file's owner, as text; empty where that cannot be told."""
    found = ""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        advapi, kernel = ctypes.WinDLL("advapi32"), ctypes.WinDLL("kernel32")
        owner, descriptor, text = ctypes.c_void_p(), ctypes.c_void_p(), wintypes.LPWSTR()
        file_object, owner_information = 1, 1  # SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION (accctrl.h, winnt.h)
        ask = (str(path), file_object, owner_information, ctypes.byref(owner), None, None, None)
        if advapi.GetNamedSecurityInfoW(*ask, ctypes.byref(descriptor)) == 0:
            if advapi.ConvertSidToStringSidW(owner, ctypes.byref(text)):
                found = text.value or ""
                kernel.LocalFree(text)
            kernel.LocalFree(descriptor)
    return found
