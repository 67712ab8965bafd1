"""Clean Debian systems to install into: made by debootstrap once, unpacked anew for each proof, gone with its end."""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.linux.proof import sources
from installer.release import Build
from installer.steps import Problem

USER, UID = "kim", 1000
"""An ordinary user of the clean systems."""

ALWAYS = ("ca-certificates", "desktop-file-utils", "hicolor-icon-theme", "shared-mime-info", "xz-utils")
"""On every desktop: roots, what makes the databases of menus and file types, and what unpacks archives."""

# Mounts that belong to the one program, and so end with it however that ends.
_WITH_MOUNTS = 'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; root=$1; shift; exec chroot "$root" "$@"'
_UNSHARE = ("unshare", "--mount", "--propagation", "private")


@dataclass(frozen=True)
class Chroot:
    """A clean system below `root`."""

    build: Build
    root: Path
    can_mount: bool

    def run(self, title: str, *command: str, user: bool = False, env: Mapping[str, str] | None = None) -> str:
        """Runs a program in it, as root or as the ordinary user, and returns what it said on standard output.

        `env`: added to its environment. Raises Problem where it does not end well.
        """
        begun = time.monotonic()
        asked = self._ask(command, user, env or {})
        self.build.steps.say(f"  {title}: {time.monotonic() - begun:.1f} s")
        if asked.returncode:
            said = (asked.stdout + asked.stderr).strip()[-1500:]
            raise Problem(f"In the clean system: {title}. {command[0]} ended with {asked.returncode}:\n{said}")
        return asked.stdout

    def _ask(self, command: Sequence[str], user: bool, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        home = f"/home/{USER}" if user else "/root"
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        given = {"HOME": home, "PATH": path, "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **env}
        identity = [f"--userspec={UID}:{UID}"] if user else []
        inside = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in given.items()), *command]
        # `chroot` wants its option before the folder, and the shell below takes the folder first.
        whole = ["chroot", *identity, str(self.root), *inside]
        if self.can_mount:
            script = _WITH_MOUNTS.replace("exec chroot", f"exec chroot {' '.join(identity)}")
            whole = [*_UNSHARE, "sh", "-ec", script, "sh", str(self.root), *inside]
        return subprocess.run(whole, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def put(self, file: Path, place: str) -> str:
        """Copies a file into it, readable to all; returns its place in there."""
        target = self.root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
        return place

    def paths(self) -> set[str]:
        """Every path in it but those of users, of package managers' own books, and of what is no file.

        Those of folders end with a slash.
        """
        found: set[str] = set()
        for folder, folders, files in os.walk(self.root):
            inside = "/" + os.path.relpath(folder, self.root) if folder != str(self.root) else ""
            folders[:] = [name for name in folders if f"{inside}/{name}" not in _NOBODYS]
            found.update((*(f"{inside}/{name}/" for name in folders), *(f"{inside}/{name}" for name in files)))
        return found


_NOBODYS = (
    "/proc",
    "/dev",
    "/sys",
    "/home",
    "/root",
    "/tmp",
    "/var/cache",
    "/var/log",
    "/var/lib/apt",
    "/var/lib/dpkg",
)


@contextmanager
def clean(build: Build, suite: str, packages: Sequence[str]) -> Iterator[Chroot]:
    """A clean system of that suite with `packages` (as `apt-get satisfy` takes them) in it. Raises Problem."""
    kept = _made(build, suite, packages)
    root = build.work / "chroot" / suite
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    try:
        build.run(f"Unpacking a clean {suite}", ["tar", "--extract", "-C", str(root), "--file", str(kept)])
        yield Chroot(build, root, _can_mount())
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _made(build: Build, suite: str, packages: Sequence[str]) -> Path:
    """The clean system as an archive, kept in `.dev/chroot` for the next time."""
    wanted = hashlib.sha256("\0".join((suite, *packages)).encode()).hexdigest()[:12]
    folder = build.checkout.dev / "chroot"
    kept, root = folder / f"{suite}-{wanted}.tar", folder / f"{suite}.part"
    if kept.is_file():
        return kept
    address = sources.mirror(sources.here(), suite)
    if address is None:
        raise Problem("This machine's apt sources name no archive of Debian to make a clean system from.")
    folder.mkdir(exist_ok=True)
    for former in folder.glob(f"{suite}-*.tar"):
        former.unlink()
    shutil.rmtree(root, ignore_errors=True)
    downloads = folder / "packages"
    downloads.mkdir(exist_ok=True)
    keyring = [f"--keyring={sources.KEYRING}"] if Path(sources.KEYRING).is_file() else []
    command = ["debootstrap", "--variant=minbase", f"--cache-dir={downloads}", *keyring, suite, str(root), address]
    build.run(f"Making a clean {suite}", command)
    _settle(Chroot(build, root, _can_mount()), packages)
    part = kept.with_suffix(".part.tar")
    build.run("Keeping it", ["tar", "--create", "--one-file-system", "-C", str(root), "--file", str(part), "."])
    part.replace(kept)
    shutil.rmtree(root)
    return kept


def _settle(chroot: Chroot, packages: Sequence[str]) -> None:
    """An ordinary user, no services that start, and the packages."""
    policy = chroot.root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")  # invoke-rc.d(8): nothing may be started
    policy.chmod(0o755)
    resolver = chroot.root / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    shutil.copyfile("/etc/resolv.conf", resolver)
    told = subprocess.run(["apt-config", "dump", "Acquire::http"], capture_output=True, text=True, check=False).stdout
    (chroot.root / "etc/apt/apt.conf.d/99here").write_text(told)
    (chroot.root / "etc/xdg").mkdir(exist_ok=True)  # as on every desktop
    chroot.run("Adding an ordinary user", "useradd", "--create-home", f"--uid={UID}", USER)
    chroot.run("Reading its list of packages", "apt-get", "-q", "update")
    chroot.run(
        "Installing what every desktop has, and what the package is linked to",
        *("apt-get", "-q", "satisfy", "--yes", "--no-install-recommends", *packages),
    )
    chroot.run("Forgetting what was downloaded", "apt-get", "clean")


def _can_mount() -> bool:
    """Whether this process may have mounts of its own; a container may forbid it."""
    tried = subprocess.run([*_UNSHARE, "mount", "-t", "proc", "proc", "/proc"], capture_output=True, check=False)
    return tried.returncode == 0
