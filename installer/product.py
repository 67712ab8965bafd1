"""What the product is called and how it describes itself: read from pyproject.toml, for every installer alike."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Product:
    """The one description. `id`: a reverse domain name. `icon`: the SVG that every picture of it is made from.

    `extensions`: of the files that it opens, with their media types. `scheme`: of the links that it opens.
    """

    name: str
    title: str
    id: str
    version: str
    summary: str
    long_description: tuple[str, ...]
    licence: str
    publisher: str
    contact: str
    homepage: str
    keywords: tuple[str, ...]
    icon: Path
    extension: str = "enroll"
    media_type: str = "application/x-enroller-preset+toml"
    scheme: str = "enroller"


def read(root: Path) -> Product:
    """The product of a checkout. Raises KeyError where pyproject.toml lacks something."""
    tables = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project, told = tables["project"], tables["tool"]["enroller"]["product"]
    return Product(
        name=project["name"],
        title=told["title"],
        id=told["id"],
        version=version(root),
        summary=told["summary"],
        long_description=tuple(told["long_description"]),
        licence=project["license"],
        publisher=told["publisher"],
        contact=told["contact"],
        homepage=told["homepage"],
        keywords=tuple(project["keywords"]),
        icon=root / "resources" / "icons" / "enroller.svg",
    )


def version(root: Path) -> str:
    """The version of a checkout. Raises ValueError where `enroller/__init__.py` has none."""
    source = (root / "enroller" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    if found is None:
        raise ValueError("enroller/__init__.py names no version")
    return found[1]
