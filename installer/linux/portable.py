"""For people without root, and for every Linux: an archive with its own installer, and the same in one file."""

import shutil
from pathlib import Path

from installer.linux import stage
from installer.release import Build

SCRIPTS = Path(__file__).with_name("scripts")


def archive(build: Build) -> Path:
    """The archive: one folder with `install`, `uninstall` and what they install. Raises Problem."""
    name = f"{build.product.name}-{build.product.version}-linux-x86_64"
    work, made = build.work / "portable", build.dist / f"{name}.tar.xz"
    work.mkdir()
    stage.copy(build.shared(stage.tree) / "usr", work / name)
    for script in ("install", "uninstall"):
        file = work / name / script
        stage.replace(file, told(SCRIPTS / script, build).encode())
        file.chmod(0o755)
    stage.settle(work / name, build.epoch)
    # With two threads and a block size that are fixed xz writes the same on every machine; one thread would not.
    packed = "xz -T2 --block-size=64MiB --lzma2=preset=6,dict=32MiB"
    ordered = ["--sort=name", f"--mtime=@{build.epoch}", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]
    command = ["tar", "--create", f"--file={made}", f"--use-compress-program={packed}", *ordered, name]
    build.run("Packing the archive", command, cwd=work)
    return made


def tar(build: Build) -> list[Path]:
    """The archive. Raises Problem."""
    return [build.shared(archive)]


def run(build: Build) -> list[Path]:
    """The archive in one program that unpacks itself and installs. Raises Problem."""
    packed, work = build.shared(archive), build.work / "run"
    name = packed.name.replace(".tar.xz", ".run")
    work.mkdir()
    # Compressed already, so that nothing is done twice, neither here nor where it is installed.
    shutil.copyfile(packed, work / "archive.tar.xz")
    shutil.copyfile(SCRIPTS / "begin", work / "begin")
    (work / "begin").chmod(0o755)
    stage.settle(work, build.epoch)
    fixed = f"--sort=name --mtime=@{build.epoch} --owner=0 --group=0 --numeric-owner --format=gnu"
    options = ["--nocomp", "--nox11", "--sha256", "--quiet", "--tar-extra", fixed]
    dated = ["--packaging-date", f"@{build.epoch}"]
    # Its own command line stands in the program, so no place of this machine may.
    command = [
        "makeself",
        *options,
        *dated,
        work.name,
        name,
        f"{build.product.title} {build.product.version}",
        "./begin",
    ]
    build.run("Packing the program that unpacks itself", command, cwd=build.work)
    made = build.dist / name
    (build.work / name).replace(made)
    return [made]


def told(script: Path, build: Build) -> str:
    """A script with the product's own names in it."""
    product, text = build.product, script.read_text(encoding="utf-8")
    for word, value in {"NAME": product.name, "TITLE": product.title, "ID": product.id}.items():
        text = text.replace(f"@{word}@", value)
    return text
