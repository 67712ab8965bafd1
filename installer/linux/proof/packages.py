"""The packages and the self-extracting program: installed, used, upgraded, removed in clean systems."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from installer.display import own_display
from installer.linux import deb, rpm
from installer.linux.proof import chroot, citizens, journey
from installer.linux.proof.chroot import Chroot
from installer.linux.proof.journey import Journey, require_gone, require_kept
from installer.release import Build
from installer.steps import Problem

SUITES = ("bookworm", "trixie")
"""Debian 12, which the artefacts are built on, and 13."""

CHOOSE = "ENROLLER_PROVE_SUITES"
"""An environment variable with some of them, where not all are wanted."""

BEFORE = "0.0.1"
"""The version that is upgraded from: the same program in a package of an earlier version."""

INSTALL = ("apt-get", "-q", "install", "--yes", "--no-install-recommends")

SETTINGS = "etc/xdg/enroller"


def prove_deb(build: Build) -> None:
    """The Debian package, by apt. Raises Problem."""
    new, (old,) = _built(build, "*.deb"), deb.package(_earlier(build), compression="none")
    citizens.examine_tree(build)
    citizens.examine_deb(build, new)
    for suite in os.environ.get(CHOOSE, " ".join(SUITES)).split():
        with _clean(build, suite) as (system, way):
            before = system.paths()
            system.run("Installing the version before", *INSTALL, system.put(old, f"/opt/{old.name}"))
            way.enroll()
            kept = way.kept()
            system.run("Upgrading", *INSTALL, system.put(new, f"/opt/{new.name}"))
            way.look_at_itself(build.product.version)
            require_kept(kept, way.kept(), "the upgrade")
            way.get_token()
            system.run("Verifying its files", "dpkg", "--verify", build.product.name)
            _settings(system)
            kept = way.kept()
            system.run("Removing", "apt-get", "-q", "remove", "--yes", build.product.name)
            require_kept(kept, way.kept(), "the removal")
            system.run("Installing once more", *INSTALL, f"/opt/{new.name}")
            way.get_token()
            kept = way.kept()
            system.run("Purging", "apt-get", "-q", "purge", "--yes", build.product.name)
            require_kept(kept, way.kept(), "the purge")
            _forget_what_we_brought(system)
            require_gone(before, system.paths(), "the purge")
        build.steps.say(f"deb: installed, used, upgraded, removed and purged on {suite}.")


def prove_rpm(build: Build) -> None:
    """The RPM package, by `rpm --root` in a clean Debian, whose libraries are no RPM packages. Raises Problem."""
    new, (old,) = _built(build, "*.rpm"), rpm.package(_earlier(build), payload="w0.ufdio")
    citizens.examine_rpm(build, new)
    with _clean(build, SUITES[0]) as (system, way):
        _require_sonames(system, new)
        before = system.paths()
        command = ("rpm", "--root", str(system.root), "--nodeps")
        _rpm(build, "Installing the version before", *command, "--install", str(old))
        way.enroll()
        kept = way.kept()
        _rpm(build, "Upgrading", *command, "--upgrade", str(new))
        way.look_at_itself(build.product.version)
        require_kept(kept, way.kept(), "the upgrade")
        way.get_token()
        _rpm(build, "Verifying its files", *command, "--verify", build.product.name)
        _settings(system)
        kept = way.kept()
        _rpm(build, "Erasing", *command, "--erase", build.product.name)
        require_kept(kept, way.kept(), "the removal")
        _forget_what_we_brought(system)
        after = {path for path in system.paths() if not path.startswith("/var/lib/rpm")}
        # Empty folders of Debian's packages, which RPM knows nothing of.
        emptied = {path for path in before - after if path.endswith("/")}
        require_gone(before - emptied, after, "the removal")
    build.steps.say(f"rpm: installed, used, upgraded and erased on {SUITES[0]}.")


def prove_run(build: Build) -> None:
    """The self-extracting program, by an ordinary user, in the folder of their own and in another. Raises Problem."""
    made = _built(build, "*.run")
    with _clean(build, SUITES[0]) as (system, way):
        program = system.put(made, f"/opt/{made.name}")
        before = _home(system)
        at_home = replace(way, program=f"/home/{chroot.USER}/.local/bin/{build.product.name}")
        system.run("Installing", program, "--quiet", user=True)
        at_home.look_at_itself(build.product.version)
        at_home.enroll()
        kept = way.kept()
        system.run("Installing over it", program, "--quiet", user=True)
        at_home.look_at_itself(build.product.version)
        require_kept(kept, way.kept(), "the upgrade")
        at_home.get_token()
        kept = way.kept()
        system.run("Uninstalling", f"/home/{chroot.USER}/.local/lib/{build.product.name}/uninstall", user=True)
        require_kept(kept, way.kept(), "the removal")
        require_gone(before, {path for path in _home(system) if not _is_data(path)}, "the removal")
        system.run("Installing elsewhere", program, "--quiet", "--", "--prefix", "/tmp/a place", user=True)
        elsewhere = replace(way, program=f"/tmp/a place/bin/{build.product.name}")
        elsewhere.look_at_itself(build.product.version)
        elsewhere.get_token()
        system.run("Uninstalling", f"/tmp/a place/lib/{build.product.name}/uninstall", user=True)
        if list((system.root / "tmp/a place").rglob("*")):
            raise Problem("Something is left in the other folder.")
    build.steps.say(f"run: installed, used, upgraded and uninstalled by an ordinary user on {SUITES[0]}.")


def _built(build: Build, pattern: str) -> Path:
    """The artefact of this version that was built before. Raises Problem."""
    found = [file for file in build.dist.glob(pattern) if build.product.version in file.name]
    if len(found) != 1:
        raise Problem(f"There are {len(found)} artefacts {pattern} of this version in {build.dist.name}, and not one.")
    return found[0]


def _earlier(build: Build) -> Build:
    """The same build as an earlier version, in folders of its own."""
    work = build.work / "earlier"
    shutil.rmtree(work, ignore_errors=True)
    (work / "dist").mkdir(parents=True)
    return replace(build, product=replace(build.product, version=BEFORE), work=work, dist=work / "dist")


@contextmanager
def _clean(build: Build, suite: str) -> Iterator[tuple[Chroot, Journey]]:
    """A clean system with the libraries that the packages ask for, and the way of its user."""
    packages = (*chroot.ALWAYS, deb.dependencies(build, build.shared(deb.tree)))
    with (
        own_display(build.env, build.steps.log) as display,
        journey.service(build) as service,
        chroot.clean(build, suite, packages) as system,
    ):
        given = {"DISPLAY": display["DISPLAY"]}
        yield system, Journey(system, service, given, f"/usr/bin/{build.product.name}")


def _settings(system: Chroot) -> None:
    """An administrator's settings beside what an installer was told, which is all that a purge may take."""
    name = system.build.product.name
    system.run("An installer is told a setting", name, "settings", "--set", "server=gateway.example")
    own = system.root / SETTINGS / "settings.toml"
    own.write_text("# The administrator's own.\n")


def _forget_what_we_brought(system: Chroot) -> None:
    """Raises Problem where the administrator's settings went with the package, or those of the package did not."""
    folder = system.root / SETTINGS
    left = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
    if left != ["settings.toml"]:
        raise Problem(f"After the removal {SETTINGS} has {left}, and not the administrator's settings alone.")
    shutil.rmtree(folder)
    for file in (system.root / "opt").iterdir():
        file.unlink()


def _rpm(build: Build, title: str, *command: str) -> None:
    build.run(title, command)


def _require_sonames(system: Chroot, package: Path) -> None:
    """Raises Problem where the package asks for a library that a Debian with the Debian package's libraries lacks."""
    asked = subprocess.run(["rpm", "-qp", "--requires", str(package)], capture_output=True, text=True, check=True)
    wanted = set(re.findall(r"^(\S+\.so[.\d]*)\(", asked.stdout, re.MULTILINE))
    known = system.run("Asking for its libraries", "/sbin/ldconfig", "--print-cache")
    lacking = sorted(name for name in wanted if f"{name} " not in known)
    if lacking or not wanted:
        raise Problem(f"The RPM package asks for {lacking or 'nothing'}.")


def _home(system: Chroot) -> set[str]:
    home = system.root / "home" / chroot.USER
    return {str(file.relative_to(home)) for file in home.rglob("*")}


def _is_data(path: str) -> bool:
    """Whether it is what the program, or the fonts' library, keeps for a user, or a folder above."""
    own = (".local/share/enroller", ".local/state/enroller", ".cache/enroller", ".cache/fontconfig")
    return any(path.startswith(one) or f"{one}/".startswith(f"{path}/") for one in own)
