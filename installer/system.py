"""The programs and libraries of the operating system that Enroller and its tests need, and how to get them.

Only Linux needs any: on macOS and Windows everything is in the Python packages. What is missing is found by asking
for it, not by asking a package manager, so that every distribution gets the same answer.
"""

import ctypes
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from installer.steps import Problem, Steps


@dataclass(frozen=True)
class Need:
    """Something that must be there: `kind` says how it is looked for, `name` what; then who provides it."""

    kind: str
    name: str
    apt: str
    pacman: str

    def __str__(self) -> str:
        return f"Python's module {self.name}" if self.kind == "module" else self.name


SETUP = (Need("module", "ensurepip", "python3-venv", "python"),)
"""For making the environment. Debian keeps Python's `venv` in a package of its own."""

WINDOW = (
    # What the libraries and the X11 plugin of PySide6-Essentials are linked to, as `objdump -p` tells.
    Need("lib", "libEGL.so.1", "libegl1", "libglvnd"),
    Need("lib", "libGL.so.1", "libgl1", "libglvnd"),
    Need("lib", "libX11-xcb.so.1", "libx11-xcb1", "libx11"),
    Need("lib", "libdbus-1.so.3", "libdbus-1-3", "dbus"),
    Need("lib", "libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Need("lib", "libfreetype.so.6", "libfreetype6", "freetype2"),
    Need("lib", "libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Need("lib", "libgthread-2.0.so.0", "libglib2.0-0", "glib2"),
    Need("lib", "libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Need("lib", "libxcb-glx.so.0", "libxcb-glx0", "libxcb"),
    Need("lib", "libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Need("lib", "libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Need("lib", "libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Need("lib", "libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Need("lib", "libxcb-render.so.0", "libxcb-render0", "libxcb"),
    Need("lib", "libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Need("lib", "libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Need("lib", "libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    Need("lib", "libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Need("lib", "libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Need("lib", "libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Need("lib", "libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
    Need("lib", "libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Need("lib", "libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    Need("font", "DejaVuSans.ttf", "fonts-dejavu-core", "ttf-dejavu"),
)
"""For showing a window."""

TESTS = (
    # A display of the tests' own, and hands to act on it.
    Need("tool", "Xvfb", "xvfb", "xorg-server-xvfb"),
    Need("tool", "openbox", "openbox", "openbox"),
    Need("tool", "xdotool", "xdotool", "xdotool"),
    Need("tool", "xprop", "x11-utils", "xorg-xprop"),
    # A clock that a test can set for one program.
    Need("tool", "faketime", "faketime", "libfaketime"),
    # A proxy that wants a password, and the library that knows the desktop's proxies.
    Need("tool", "tinyproxy", "tinyproxy-bin", "tinyproxy"),
    Need("lib", "libproxy.so.1", "libproxy1v5", "libproxy"),
    # Networks that are broken, for one program alone.
    Need("tool", "ip", "iproute2", "iproute2"),
    Need("tool", "unshare", "util-linux", "util-linux"),
    # A real key store on a bus of the tests' own.
    Need("tool", "dbus-daemon", "dbus-daemon", "dbus"),
    Need("tool", "gnome-keyring-daemon", "gnome-keyring", "gnome-keyring"),
    # Second opinions: keys and certificates, the wire, and the administrator's page.
    Need("tool", "openssl", "openssl", "openssl"),
    Need("tool", "curl", "curl", "curl"),
    Need("tool", "chromium", "chromium", "chromium"),
    Need("tool", "chromedriver", "chromium-driver", "chromium"),
    # What the program asks of the system, and what the desktop's clipboard holds.
    Need("tool", "strace", "strace", "strace"),
    Need("tool", "xclip", "xclip", "xclip"),
)
"""For the tests, the benchmarks and the screenshots, on top of what a window needs."""


class Way(Enum):
    """How missing system packages can get here."""

    DIRECT = "as root"
    SUDO = "by sudo that asks nothing"
    SUDO_ASKING = "by sudo that asks for a password"
    BY_HAND = "by the person"


def is_present(need: Need) -> bool:
    """Whether this machine has it."""
    if need.kind == "lib":
        try:
            ctypes.CDLL(need.name)
        except OSError:
            return False
        return True
    if need.kind == "tool":
        # Some programs lie where an ordinary user's search path does not lead.
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/bin", "/usr/sbin", "/sbin"))
        return shutil.which(need.name, path=path) is not None
    if need.kind == "module":
        return importlib.util.find_spec(need.name) is not None
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(need.name in files for folder in folders for _, _, files in os.walk(folder))


def missing(needs: Iterable[Need], probe: Callable[[Need], bool] = is_present) -> list[Need]:
    """Those of `needs` that are not here; only Linux has any."""
    return [need for need in needs if not probe(need)] if sys.platform == "linux" else []


def apt_packages(needs: Iterable[Need]) -> list[str]:
    """The Debian packages that provide `needs`, each once."""
    return sorted({need.apt for need in needs})


def command_by_hand(needs: Sequence[Need], managers: Iterable[str]) -> str | None:
    """The command that gets `needs` with the first known one of `managers`, for a person to type; None if none is."""
    for manager in managers:
        if manager == "apt-get":
            return "sudo apt-get install --no-install-recommends " + " ".join(apt_packages(needs))
        if manager == "pacman":
            return "sudo pacman -S --needed " + " ".join(sorted({need.pacman for need in needs}))
        if manager in ("dnf", "zypper"):
            return f"sudo {manager} install " + " ".join(shlex.quote(_capability(need)) for need in needs)
    return None


def _capability(need: Need) -> str:
    """What RPM packages declare to provide, so that no package names have to be known."""
    by_kind = {
        "lib": f"{need.name}()(64bit)",
        "tool": f"/usr/bin/{need.name}",
        "module": f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}",
        "font": "font(dejavusans)",
    }
    return by_kind[need.kind]


def way_to_install(*, root: bool, apt: bool, sudo: bool, sudo_is_free: bool, terminal: bool) -> Way:
    """How to get system packages here: only apt is driven by this program, and a password only asked on a terminal."""
    if not apt:
        return Way.BY_HAND
    if root:
        return Way.DIRECT
    if sudo and sudo_is_free:
        return Way.SUDO
    return Way.SUDO_ASKING if sudo and terminal else Way.BY_HAND


def install(needs: Sequence[Need], steps: Steps, env: Mapping[str, str], cwd: Path) -> None:
    """Gets `needs` onto this machine, or raises Problem that says what is missing and how to get it."""
    _refuse_foreign_python(needs)
    way = _way_here(env)
    packages = apt_packages(needs)
    if way is Way.BY_HAND:
        raise Problem(_ask_by_hand(needs))
    if way is Way.SUDO_ASKING:
        steps.say("These system packages are missing: " + " ".join(packages))
        steps.say("They are installed with apt-get by sudo, which may ask for your password now (Ctrl-C: not now).")
        if subprocess.run(["sudo", "-v"], env=dict(env), check=False).returncode:
            raise Problem(_ask_by_hand(needs))
    prefix = [] if way is Way.DIRECT else ["sudo", "-n"]
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    # Its status is not looked at: one broken source among many says nothing about the packages wanted here.
    _, heard = steps.attempt("Reading the list of system packages", [*apt, "update"], env, cwd)
    steps.run(
        "Installing system packages: " + _shortened(packages),
        [*apt, "install", "--yes", "--no-install-recommends", *packages],
        env,
        cwd,
        heard=heard,
    )
    still = missing(needs)
    if still:
        raise Problem(f"After installing the system packages, still missing: {', '.join(map(str, still))}.")


def _way_here(env: Mapping[str, str]) -> Way:
    sudo = shutil.which("sudo") is not None
    quiet = subprocess.DEVNULL
    return way_to_install(
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        apt=shutil.which("apt-get") is not None,
        sudo=sudo,
        sudo_is_free=sudo
        and subprocess.run(["sudo", "-n", "true"], env=dict(env), stdout=quiet, stderr=quiet, check=False).returncode
        == 0,
        terminal=sys.stdin.isatty(),
    )


def _refuse_foreign_python(needs: Iterable[Need]) -> None:
    """A Python that is not the system's own cannot be completed by a system package."""
    home = Path(sys.base_prefix)
    if home != Path("/usr") and any(need.kind == "module" for need in needs):
        raise Problem(
            f"This Python ({sys.executable}) has no venv module (ensurepip). Use the system's own: "
            "/usr/bin/python3 installer/dev.py"
        )


def _ask_by_hand(needs: Sequence[Need]) -> str:
    managers = [name for name in ("apt-get", "dnf", "zypper", "pacman") if shutil.which(name)]
    command = command_by_hand(needs, managers)
    names = ", ".join(map(str, needs))
    if command is None:
        return f"This machine lacks: {names}. Install them with the system's package manager, then start this again."
    return f"This machine lacks: {names}. Get them, or have them got, then start this again:\n  {command}"


def _shortened(packages: Sequence[str]) -> str:
    return " ".join(packages) if len(packages) <= 3 else f"{' '.join(packages[:3])} and {len(packages) - 3} more"
