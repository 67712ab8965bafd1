"""What belongs into the frozen folder, and what the system brings itself: decided here, name by name.

`freeze.spec` asks for every file that PyInstaller has found. What Enroller does not use is left out, and so is what
every system with a desktop has in a version that fits (the C library, X11, OpenGL, fontconfig, glib, D-Bus, OpenSSL):
there it gets its security updates, and its settings are that system's.
"""

import re
from pathlib import Path, PurePosixPath

CARRIED = re.compile(r"lib(ffi|xcb-(?!glx|dri)[a-z-]+|xkbcommon|xkbcommon-x11)\.so\.\d+")
"""System libraries that come along: those that X11 programs need since Qt 6.5 and that many desktops lack, and that of
ctypes, whose version differs between distributions that are in use. A package manager brings them itself."""

QT_LIBRARIES = frozenset(
    f"libQt6{name}.so.6" for name in ("Core", "DBus", "Gui", "Svg", "WaylandClient", "Widgets", "XcbQpa")
)
"""Those of Qt that the window and its plugins are linked to. ICU, which Qt brings, comes along as well."""

QT_PLUGINS = frozenset(
    (
        # X11, Wayland with its frame and shell, and no screen at all (for the self-test).
        *("platforms/libqxcb.so", "platforms/libqwayland.so", "platforms/libqoffscreen.so"),
        *("wayland-decoration-client/libadwaita.so", "wayland-decoration-client/libbradient.so"),
        "wayland-shell-integration/libxdg-shell.so",
        # Dead keys, and input methods for other scripts; the desktop's colours; our icons, which are SVG.
        "platforminputcontexts/libcomposeplatforminputcontextplugin.so",
        "platforminputcontexts/libibusplatforminputcontextplugin.so",
        "platformthemes/libqxdgdesktopportal.so",
        *("iconengines/libqsvgicon.so", "imageformats/libqsvg.so"),
    )
)

LEFT_OUT = (
    # An extra of the Python package: who wants a sandbox has Python.
    "enroller.sandbox",
    # Bindings that PyInstaller takes along with those that are used.
    *("PySide6.QtDBus", "PySide6.QtNetwork"),
    # Parts of Python that are imported only where they are there, or in functions that are never called.
    *("_bz2", "_curses", "_decimal", "_lzma", "_sqlite3", "_uuid", "bz2", "curses", "lzma", "readline", "sqlite3"),
    *("doctest", "multiprocessing", "pdb", "pydoc", "tkinter", "unittest", "xmlrpc"),
    # Of cffi, at the time when modules are built.
    "pycparser",
)
"""Modules that are not packed."""

SANDBOX_COMMANDS = ("sandbox", "demo")
"""Commands that say so when they are given: the sandbox is not packed."""

BACKENDS = ("keyring.backends.SecretService", "keyring.backends.kwallet", "keyring.backends.libsecret")
"""Modules that are found by name at run time, so that nobody sees them imported."""


def modules(root: Path) -> list[str]:
    """Every module of Enroller's in a checkout but those that are left out."""
    files = sorted((root / "enroller").rglob("*.py"))
    names = (".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__") for file in files)
    return [name for name in names if not f"{name}.".startswith("enroller.sandbox.")]


def resources(root: Path) -> list[tuple[str, str]]:
    """The folders of `resources/` that are needed, each with its place in the frozen folder."""
    folders = sorted(folder for folder in (root / "resources").iterdir() if folder.is_dir())
    return [(str(folder), f"enroller/resources/{folder.name}") for folder in folders if folder.name != "sandbox"]


def belongs(place: str, source: str) -> bool:
    """Whether a file that PyInstaller has found belongs into the folder. `source`: where it is from on this machine."""
    path = PurePosixPath(place)
    if "plugins" in path.parts:
        return "/".join(path.parts[-2:]) in QT_PLUGINS
    if "translations" in path.parts:
        return False
    if path.parent.suffix == ".dist-info":  # pip's notes on how it installed a package name this machine's folders
        return path.name in ("METADATA", "entry_points.txt")
    if path.name.startswith("libQt6"):
        return path.name in QT_LIBRARIES
    if is_from_system(place, source):
        return CARRIED.fullmatch(path.name) is not None
    return True


def is_from_system(place: str, source: str) -> bool:
    """Whether it is a library of the operating system's; CPython, which may be one of its packages, is none."""
    is_library = "/" not in place and ".so" in place and not place.startswith("libpython")
    return is_library and source.startswith(("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/"))
