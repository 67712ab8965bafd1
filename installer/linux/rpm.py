"""The RPM package. Its dependencies are sonames, which packages declare everywhere; rpmbuild itself finds them."""

import shutil
import textwrap
from pathlib import Path

from installer.linux import bundled, changes, stage
from installer.product import Product
from installer.release import Build
from installer.steps import Problem

SETTINGS = "/etc/xdg"
"""Where `enroller settings --set` keeps what it is told for the machine, in a folder with the product's name."""


def package(build: Build, *, payload: str = "w19T2.zstdio") -> list[Path]:
    """Builds the package. `payload`: how it is compressed, in rpmbuild's words. Raises Problem."""
    work = build.work / "rpm"
    tree, top, described = work / "tree", work / "top", work / "package.spec"
    work.mkdir()
    stage.copy(build.shared(stage.tree), tree)
    # Where Fedora and openSUSE have the completions of zsh; RPM has a place of its own for licences.
    (tree / "usr/share/zsh/vendor-completions").rename(tree / "usr/share/zsh/site-functions")
    carried = bundled.carried(tree / "usr/lib" / build.product.name / bundled.INTERNAL)
    history = changes.rpm(changes.of(build.checkout.root), build.product, build.epoch)
    told = specification(build.product, carried, tree, listed(tree, build.product.name), history)
    described.write_text(told, encoding="utf-8")
    settings = {
        "_topdir": top,
        "_binary_payload": payload,
        "_buildhost": build.product.name,
        "source_date_epoch_from_changelog": 0,
        "use_source_date_epoch_as_buildtime": 1,
        "clamp_mtime_to_source_date_epoch": 1,
    }
    defined = [part for name, value in settings.items() for part in ("--define", f"{name} {value}")]
    command = ["rpmbuild", "-bb", "--quiet", *defined, str(described)]
    build.run("Packing the RPM package", command, SOURCE_DATE_EPOCH=str(build.epoch))
    made = sorted((top / "RPMS").rglob("*.rpm"))
    if len(made) != 1:
        raise Problem(f"rpmbuild made {len(made)} packages and not one.")
    return [Path(shutil.copyfile(made[0], build.dist / made[0].name))]


def listed(tree: Path, name: str) -> list[str]:
    """The package's list of files: what it has in shared folders one by one, and its own folders as a whole.

    It owns the folders as well that no other package may have made, so that they go with the last of their owners.
    """
    whole = {f"/usr/lib/{name}": "", f"/usr/share/doc/{name}": "%doc "}
    found = [f"{kind}{folder}" for folder, kind in whole.items()]
    for path in sorted(tree.rglob("*")):
        place = f"/{path.relative_to(tree)}"
        if place not in EVERYBODYS and not any(f"{place}/".startswith(f"{folder}/") for folder in whole):
            found.append(f"%dir {place}" if path.is_dir() else place)
    return found


EVERYBODYS = frozenset(
    f"/usr{place}"
    for place in ("", "/bin", "/lib", "/share", "/share/applications", "/share/doc", "/share/icons", "/share/man")
) | {"/usr/share/man/man1", "/usr/share/mime", "/usr/share/mime/packages"}
"""Folders that every system with a desktop has."""


def specification(product: Product, carried: list[str], tree: Path, files: list[str], history: str) -> str:
    """The spec file. `carried`: libraries in the package that it must not ask the system for. `files`: the list of all.

    `tree`: where they are; `history`: the changelog.
    """
    name, own = product.name, "|".join([*(file.replace(".", "\\\\.") for file in carried), *OWN])
    every = "\n".join(files)
    description = "\n\n".join(textwrap.fill(paragraph, 79) for paragraph in product.long_description)
    return f"""\
Name: {name}
Version: {product.version}
Release: {changes.RPM_RELEASE}
Summary: {product.summary}
License: {product.licence}
URL: {product.homepage}
Vendor: {product.publisher}
Packager: {product.publisher} <{product.contact}>
Recommends: ca-certificates
Suggests: libproxy.so.1()(64bit)
# Frozen as it is: nothing is to be stripped, compressed or byte-compiled once more.
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
%global __provides_exclude_from ^/usr/lib/{name}/.*$
%global __requires_exclude ^({own})

%description
{description}

%install
mkdir -p %{{buildroot}}
cp -a {tree}/. %{{buildroot}}/

%files
{every}
# Made by the program, gone with the package; `settings.toml` beside it is the administrator's.
%ghost %attr(0644, root, root) {SETTINGS}/{name}/installation.toml

%changelog
{history}"""


OWN = ("libpython", "libQt6", "libicu", "libpyside6", "libshiboken6")
"""How the names of the libraries begin that are not the system's."""
