"""The Windows artefacts: built here without Windows, and tried out by wine."""

from installer.release import Build, Target
from installer.system import Need
from installer.windows import msi, policies, setup

_LAYOUT = (
    Need("tool", "rsvg-convert", "librsvg2-bin", "librsvg"),
    Need("tool", "x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64-win32", "mingw-w64-gcc"),
    Need("tool", "x86_64-w64-mingw32-windres", "binutils-mingw-w64-x86-64", "mingw-w64-binutils"),
    Need("tool", "osslsigncode", "osslsigncode", "osslsigncode"),
)
_WINE = (
    Need("tool", "wine", "wine", "wine"),
    Need("tool", "Xvfb", "xvfb", "xorg-server-xvfb"),
    Need("tool", "openbox", "openbox", "openbox"),
    Need("tool", "openssl", "openssl", "openssl"),
    Need("tool", "xdotool", "xdotool", "xdotool"),
)


_HERE = ("linux", "win32")


def _prove_setup(build: Build) -> None:
    from tests.installer.windows.wine import proof_of_setup

    proof_of_setup.prove(build)


def _prove_msi(build: Build) -> None:
    from tests.installer.windows.wine import proof_of_msi

    proof_of_msi.prove(build)


TARGETS: dict[str, Target] = {
    "setup": Target(
        "Windows: setup.exe, for everybody or for one user",
        setup.build,
        (*_LAYOUT, Need("tool", "makensis", "nsis", "nsis")),
        _prove_setup,
        _WINE,
        _HERE,
    ),
    "msi": Target(
        "Windows: .msi, for the whole machine, for administrators' tools",
        msi.build,
        (*_LAYOUT, Need("tool", "wixl", "wixl", "msitools"), Need("tool", "msibuild", "msitools", "msitools")),
        _prove_msi,
        _WINE,
        _HERE,
    ),
    "policies": Target("Windows: templates for Group Policy (ADMX, ADML)", policies.build),
}
