"""Enroller.app, and the package that installs it with a link to its command. **Not verified**: no Mac has run it."""

import platform
import shutil
import subprocess
from pathlib import Path

from installer.environment import beside
from installer.macos import describe
from installer.release import Build
from installer.steps import Problem

SPECIFICATION = Path(__file__).with_name("bundle.spec")
SIGN = Path(__file__).with_name("sign.sh")

SKIPPED = 3
"""How sign.sh ends where no key is given."""


def package(build: Build) -> list[Path]:
    """Builds the package, signed and notarized where keys are given, and the example profile. Raises Problem."""
    product, machine = build.product, platform.machine()
    unsigned = _packed(build, _root(build), machine)
    made = build.dist / f"{product.name}-{product.version}-macos-{machine}.pkg"
    if not _signed(build, "package", unsigned, made):
        shutil.copyfile(unsigned, made)
    elif not _signed(build, "notarize", made):
        build.steps.say("  Without notarization, Macs refuse to open the package by a double click.")
    profile = build.dist / f"{product.name}-{product.version}-example.mobileconfig"
    python = str(build.checkout.python)
    build.run("Writing an example profile", [python, "-m", "installer.macos.profile", str(profile)])
    return [made, profile]


def _root(build: Build) -> Path:
    """What the package installs, as it lies below `/`: the bundle, and a link to its command."""
    bundle, root = build.shared(app), build.work / "macos" / "root"
    shutil.copytree(bundle, root / "Applications" / bundle.name, symlinks=True)
    command = root / "usr" / "local" / "bin" / describe.programs(build.product)[0]
    command.parent.mkdir(parents=True)
    command.symlink_to(f"/Applications/{bundle.name}/Contents/MacOS/{command.name}")
    return root


def _packed(build: Build, root: Path, machine: str) -> Path:
    """The package, not signed: one component, and the installer's pages."""
    work, product = build.work / "macos", build.product
    component, pages = work / f"{product.name}-component.pkg", work / "pages"
    bundle = f"Applications/{build.shared(app).name}"
    (work / "components.plist").write_bytes(describe.as_plist(describe.components(bundle)))
    whose = ["--identifier", product.id, "--version", describe.bundle_version(product.version)]
    where = ["--install-location", "/", "--ownership", "recommended"]
    what = ["--root", str(root), "--component-plist", str(work / "components.plist")]
    build.run("Packing the bundle", ["pkgbuild", *what, *whose, *where, str(component)])
    pages.mkdir()
    shutil.copyfile(build.checkout.root / "LICENSE", pages / "LICENSE.txt")
    told = describe.distribution(product, build.shared(minimum_system), component.name, machine)
    (work / "distribution.xml").write_text(told, encoding="utf-8")
    parts = ["--resources", str(pages), "--package-path", str(work)]
    unsigned = work / f"{product.name}.pkg"
    build.run(
        "Making the package", ["productbuild", "--distribution", str(work / "distribution.xml"), *parts, str(unsigned)]
    )
    return unsigned


def app(build: Build) -> Path:
    """The bundle, signed where a key is given. Raises Problem."""
    work, product = build.work / "macos", build.product
    work.mkdir()
    icon = work / f"{product.name}.icns"
    build.run(
        "Drawing the icon",
        [str(build.checkout.python), "-m", "installer.macos.icns", str(product.icon), str(icon)],
        QT_QPA_PLATFORM="offscreen",
    )
    python = str(beside("freeze", build.checkout, build.steps, build.env))
    options = ["--noconfirm", "--log-level", "WARN", "--workpath", str(work / "work"), "--distpath", str(work)]
    build.run(
        "Freezing the program",
        [python, "-m", "PyInstaller", *options, str(SPECIFICATION)],
        PYTHONHASHSEED="1",
        SOURCE_DATE_EPOCH=str(build.epoch),
        PYINSTALLER_CONFIG_DIR=str(work / "own"),
        ENROLLER_ICON=str(icon),
        ENROLLER_MINIMUM_SYSTEM=build.shared(minimum_system),
    )
    bundle, may = work / f"{product.title}.app", work / "entitlements.plist"
    may.write_bytes(describe.as_plist(describe.entitlements()))
    _signed(build, "bundle", bundle, may)
    return bundle


def minimum_system(build: Build) -> str:
    """The oldest macOS that the packages allow which go into the bundle."""
    python = beside("freeze", build.checkout, build.steps, build.env)
    told = python.parent.parent.glob("lib/python3.*/site-packages/*.dist-info/WHEEL")
    return describe.minimum_system(line for file in told for line in file.read_text(encoding="utf-8").splitlines())


def _signed(build: Build, *words: object) -> bool:
    """Whether a step of sign.sh was made; it says itself why not. Raises Problem where it fails."""
    done = subprocess.run([SIGN, *map(str, words)], env=dict(build.env), check=False)
    if done.returncode not in (0, SKIPPED):
        raise Problem(f"sign.sh {words[0]} has failed; what it said stands above.")
    return done.returncode == 0
