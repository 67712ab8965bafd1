"""The tree that every Linux artefact but the wheel installs, as it lies below `/` (Filesystem Hierarchy Standard)."""

import gzip
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from installer.linux import changes, describe, freeze, licences
from installer.release import Build

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
"""Of icons, in pixels: those that desktops ask for, up to a software centre's."""


def tree(build: Build) -> Path:
    """The whole tree; every file is from the commit's time. Raises Problem."""
    place, product = build.work / "tree", build.product
    usr = place / "usr"
    home = usr / "lib" / product.name
    copy(build.shared(freeze.folder), home)
    links = {f"bin/{name}": f"../lib/{product.name}/{name}" for name in (product.name, f"{product.name}-wizard")}
    for name, target in links.items():
        (usr / name).parent.mkdir(parents=True, exist_ok=True)
        (usr / name).symlink_to(target)
    files = {**_described(build), **_from_itself(build), **_documents(build), **_icons(build)}
    for name, data in files.items():
        replace(usr / "share" / name, data)
    settle(place, build.epoch)
    return place


def copy(source: Path, target: Path) -> None:
    """A copy of a tree. No links: several targets are packed at once, and tar minds a file whose rights are set."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


def replace(file: Path, data: bytes) -> None:
    """Writes a file of its own, also where a copied tree has one of that name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_bytes(data)


def settle(folder: Path, epoch: int) -> None:
    """Sets the times and rights of a folder and everything below it, whatever the umask was."""
    for file in (*folder.rglob("*"), folder):
        if not file.is_symlink():
            file.chmod(0o755 if file.is_dir() or file.stat().st_mode & 0o100 else 0o644)
        os.utime(file, (epoch, epoch), follow_symlinks=False)


def compressed(text: str) -> bytes:
    """As Debian's policy (12.3) wants documents, with neither name nor time in it."""
    return gzip.compress(text.encode(), 9, mtime=0)


def _described(build: Build) -> Mapping[str, bytes]:
    product = build.product
    releases = changes.of(build.checkout.root)
    texts = {
        f"applications/{product.id}.desktop": describe.desktop_entry(product),
        f"metainfo/{product.id}.metainfo.xml": describe.metainfo(product, releases, build.epoch),
        f"mime/packages/{product.id}.xml": describe.mime_types(product),
    }
    return {name: text.encode() for name, text in texts.items()}


def _from_itself(build: Build) -> Mapping[str, bytes]:
    """What Enroller tells of itself: manual pages, completions, an example of the settings."""
    name, made = build.product.name, build.work / "generated"
    command = [str(build.checkout.python), "-m", "installer.linux.generate", str(made), str(build.epoch)]
    build.run("Asking Enroller for its manual pages and completions", command)
    pages = {f"man/man1/{page.name}.gz": compressed(page.read_text(encoding="utf-8")) for page in made.glob("*.1")}
    return {
        **pages,
        f"bash-completion/completions/{name}": (made / f"{name}.bash").read_bytes(),
        f"bash-completion/completions/{name}-wizard": (made / f"{name}.bash").read_bytes(),
        f"doc/{name}/examples/settings.toml": (made / "settings.toml").read_bytes(),
        f"zsh/vendor-completions/_{name}": (made / f"{name}.zsh").read_bytes(),
        f"fish/vendor_completions.d/{name}.fish": (made / f"{name}.fish").read_bytes(),
    }


def _documents(build: Build) -> Mapping[str, bytes]:
    root, texts = build.checkout.root, licences.texts(build)
    folder = f"doc/{build.product.name}"
    return {
        f"{folder}/copyright": licences.copyright_file(build, texts).encode(),
        f"{folder}/CHANGELOG.md.gz": compressed((root / "CHANGELOG.md").read_text(encoding="utf-8")),
        f"{folder}/README.md.gz": compressed((root / "README.md").read_text(encoding="utf-8")),
        f"{folder}/SECURITY.md.gz": compressed((root / "SECURITY.md").read_text(encoding="utf-8")),
        **{f"{folder}/licences/{name}": text.encode() for name, text in texts.items()},
    }


def _icons(build: Build) -> Mapping[str, bytes]:
    """The program's icon and that of its files, from one picture."""
    product = build.product
    names = (f"apps/{product.id}", f"mimetypes/{describe.media_icon(product)}")
    drawn = {f"{size}x{size}": drawing(product.icon, size) for size in SIZES}
    return {
        **{f"icons/hicolor/{size}/{name}.png": data for size, data in drawn.items() for name in names},
        **{f"icons/hicolor/scalable/{name}.svg": product.icon.read_bytes() for name in names},
    }


def drawing(picture: Path, size: int) -> bytes:
    """An SVG picture as PNG of that many pixels, square. Raises CalledProcessError."""
    command = ["rsvg-convert", f"--width={size}", f"--height={size}", str(picture)]
    return subprocess.run(command, capture_output=True, check=True).stdout
