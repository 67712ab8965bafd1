"""The Linux artefacts.

contents.py      what belongs into the frozen folder
freeze.py        makes it
stage.py         the tree that is installed: the folder, and what desktops, shells and readers want
deb.py rpm.py portable.py python_package.py     the artefacts
proof/           installs, uses and removes them in clean systems
"""

import sys

from installer.linux import deb, portable, python_package, rpm
from installer.linux.proof import packages
from installer.release import Target
from installer.system import TESTS, WINDOW, Need

_LIBRARY = f"libpython{sys.version_info[0]}.{sys.version_info[1]}"

FREEZING = (
    # What the frozen program is linked to has to be here: it is carried, or becomes a dependency.
    *WINDOW,
    Need("lib", "libwayland-client.so.0", "libwayland-client0", "wayland"),
    Need("lib", "libwayland-cursor.so.0", "libwayland-cursor0", "wayland"),
    # A Python whose interpreter is one program (Debian's) has the library for programs of others in another package.
    Need("lib", f"{_LIBRARY}.so.1.0", _LIBRARY, "python"),
    Need("tool", "objdump", "binutils", "binutils"),
    Need("tool", "patchelf", "patchelf", "patchelf"),
    Need("tool", "rsvg-convert", "librsvg2-bin", "librsvg"),
    Need("tool", "dpkg-query", "dpkg", "dpkg"),
)
"""For the frozen folder and the tree."""

DEPENDENCIES = Need("tool", "dpkg-shlibdeps", "dpkg-dev", "dpkg")

PROVING = (
    *(need for need in TESTS if need.name in ("Xvfb", "openbox", "xprop", "unshare")),
    Need("tool", "debootstrap", "debootstrap", "debootstrap"),
    Need("tool", "chroot", "coreutils", "coreutils"),
)
"""For a clean system with a display and a service beside it."""

CHECKING = (
    Need("tool", "desktop-file-validate", "desktop-file-utils", "desktop-file-utils"),
    Need("tool", "appstreamcli", "appstream", "appstream"),
    Need("tool", "man", "man-db", "man-db"),
    Need("tool", "zsh", "zsh", "zsh"),
    Need("tool", "fish", "fish", "fish"),
)
"""For second opinions on what desktops, readers and shells are told."""

_HERE = ("linux",)
"""What is frozen is for the system that it is frozen on."""

TARGETS: dict[str, Target] = {
    "wheel": Target("the Python package, as wheel and as source", python_package.packages),
    "deb": Target(
        "the package for Debian, Ubuntu and their like",
        deb.package,
        on=_HERE,
        needs=(*FREEZING, DEPENDENCIES),
        prove=packages.prove_deb,
        proof_needs=(*PROVING, *CHECKING, Need("tool", "lintian", "lintian", "lintian")),
    ),
    "rpm": Target(
        "the package for Fedora, openSUSE and their like",
        rpm.package,
        on=_HERE,
        needs=(*FREEZING, Need("tool", "rpmbuild", "rpm", "rpm-tools")),
        prove=packages.prove_rpm,
        proof_needs=(*PROVING, DEPENDENCIES, Need("tool", "rpmlint", "rpmlint", "rpmlint")),
    ),
    "tar": Target(
        "an archive with its own installer, for any Linux, without root", portable.tar, needs=FREEZING, on=_HERE
    ),
    "run": Target(
        "the same in one file that unpacks itself",
        portable.run,
        on=_HERE,
        needs=(*FREEZING, Need("tool", "makeself", "makeself", "makeself")),
        prove=packages.prove_run,
        proof_needs=(*PROVING, DEPENDENCIES),
    ),
}
