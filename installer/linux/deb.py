"""The Debian package. Nothing of the system's is carried in it: the libraries are the system's packages, computed."""

import hashlib
import subprocess
import textwrap
from collections.abc import Iterable
from pathlib import Path

from installer.linux import bundled, changes, elf, licences, stage
from installer.product import Product
from installer.release import Build
from installer.steps import Problem

RECOMMENDED = ("ca-certificates", "libproxy1v5")
"""Roots to trust, and the library that knows the desktop's proxies: Enroller works without, with less."""

SUGGESTED = ("gnome-keyring",)
"""A key store. Desktops bring theirs; this one would bring a hundred packages along."""

CONTROL = "DEBIAN"
"""The folder of what dpkg is told; by it dpkg-shlibdeps knows what belongs to the package."""

OVERRIDES = Path(__file__).with_name("lintian-overrides")
POSTRM = Path(__file__).with_name("scripts") / "postrm"


def package(build: Build, *, compression: str = "xz") -> list[Path]:
    """Builds the package. Raises Problem."""
    root = tree(build)
    control = root / CONTROL
    depends, architecture = dependencies(build, root), _asked("dpkg", "--print-architecture")
    (control / "control").write_text(described(build.product, architecture, depends, size(root)), encoding="utf-8")
    (control / "md5sums").write_text(sums(root), encoding="utf-8")
    (control / "postrm").write_text(POSTRM.read_text(encoding="utf-8"), encoding="utf-8")
    (control / "postrm").chmod(0o755)
    stage.settle(root, build.epoch)
    made = build.dist / f"{build.product.name}_{build.product.version}_{architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(root), str(made)]
    build.run("Packing the Debian package", command, SOURCE_DATE_EPOCH=str(build.epoch))
    return [made]


def tree(build: Build) -> Path:
    """What the package installs: the staged tree without the system's libraries, with what only Debian wants."""
    root, name = build.work / "deb", build.product.name
    stage.copy(build.shared(stage.tree), root)
    (root / CONTROL).mkdir()
    internal, documents = root / "usr/lib" / name / bundled.INTERNAL, root / "usr/share/doc" / name
    for library in bundled.carried(internal):
        (internal / library).unlink()
    for component in build.shared(bundled.bundled):
        if component.package:
            (documents / "licences" / f"{component.name}.txt").unlink()
    told = changes.debian(changes.of(build.checkout.root), build.product, build.epoch)
    rights = licences.copyright_file(build, (file.name for file in (documents / "licences").iterdir()))
    stage.replace(documents / "changelog.gz", stage.compressed(told))
    stage.replace(documents / "copyright", rights.encode())
    stage.replace(root / "usr/share/lintian/overrides" / name, OVERRIDES.read_bytes())
    return root


def dependencies(build: Build, root: Path) -> str:
    """The packages whose libraries the package's programs are linked to, as dpkg-shlibdeps(1) finds them."""
    work = build.work / "shlibdeps"
    (work / "debian").mkdir(parents=True, exist_ok=True)
    name = build.product.name
    (work / "debian" / "control").write_text(f"Source: {name}\n\nPackage: {name}\nArchitecture: any\n")
    files = elf.files(root)
    folders = sorted({f"-l{file.parent}" for file in files})
    command = ["dpkg-shlibdeps", "-O", "--warnings=0", f"-S{root}", *folders, *(f"-e{file}" for file in files)]
    asked = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise Problem(f"The package's dependencies could not be computed. dpkg-shlibdeps said: {asked.stderr[-600:]}")
    return asked.stdout.strip().partition("=")[2]


def described(product: Product, architecture: str, depends: str, kibibytes: int) -> str:
    """The control file (deb-control(5))."""
    paragraphs = "\n .\n".join(
        textwrap.fill(paragraph, 79, initial_indent=" ", subsequent_indent=" ")
        for paragraph in product.long_description
    )
    fields = {
        "Package": product.name,
        "Version": product.version,
        "Architecture": architecture,
        "Maintainer": f"{product.publisher} <{product.contact}>",
        "Installed-Size": str(kibibytes),
        "Depends": depends,
        "Recommends": ", ".join(RECOMMENDED),
        "Suggests": ", ".join(SUGGESTED),
        "Section": "admin",
        "Priority": "optional",
        "Homepage": product.homepage,
        "Description": f"{product.summary[:1].lower()}{product.summary[1:]}\n{paragraphs}",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def size(root: Path) -> int:
    """What it takes on the disk, in KiB, as deb-substvars(5) counts it: files rounded up, one for everything else."""
    files = [file for file in root.rglob("*") if CONTROL not in file.parts]
    return sum(-(-file.stat().st_size // 1024) if _is_plain(file) else 1 for file in files)


def sums(root: Path) -> str:
    """The sums by which `dpkg --verify` knows the files again (deb-md5sums(5))."""
    files = sorted(file for file in root.rglob("*") if _is_plain(file) and CONTROL not in file.parts)
    return "".join(f"{digest}  {file.relative_to(root)}\n" for file, digest in _digests(files))


def _digests(files: Iterable[Path]) -> Iterable[tuple[Path, str]]:
    return ((file, hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()) for file in files)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _asked(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
