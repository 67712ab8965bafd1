"""The .msi for administrators' tools: for the whole machine, made by wixl from the finished folder.

msiexec /i enroller-VERSION.msi /qn SERVER=gateway.acme.example:7400 SERVICE=safeq-cloud
"""

import hashlib
import subprocess
from pathlib import Path

from installer.release import Build
from installer.windows import layout, settings, signing
from installer.windows.msi_rows import rows, secure_properties
from installer.windows.msi_source import code, source
from installer.windows.msi_times import dated

_TEMPLATE = "x64;1033"
"""The kind of machine and the language: Windows Installer reference, "Template Summary property"."""


def place(build: Build) -> Path:
    """Where the .msi is made."""
    return build.dist / f"{build.product.name}-{build.product.version}.msi"


def build(build: Build) -> list[Path]:
    """Makes the .msi. Raises Problem."""
    folder, product = build.shared(layout.folder), build.product
    parameters = settings.parameters(build.shared(settings.known))
    files = [file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file()]
    script, output = build.work / "msi.wxs", place(build)
    output.unlink(missing_ok=True)
    script.write_text(source(product, files), encoding="utf-8")
    build.run("Packing the .msi", ["wixl", "--arch", "x64", "--output", output, script], cwd=folder)
    queries = rows(product, files, parameters)
    secure = secure_properties(parameters, _property(build, output, "SecureCustomProperties"))
    queries.append(f"UPDATE `Property` SET `Value` = '{secure}' WHERE `Property` = 'SecureCustomProperties'")
    build.run("Adding its actions", ["msibuild", output, "-q", *queries])
    package = code("package", product.version, digest(folder, [*files], [script.read_text(), *queries]))
    told = [f"{product.title} {product.version}", product.publisher, _TEMPLATE, package]
    build.run("Describing it", ["msibuild", output, "-s", *told])
    output.write_bytes(dated(output.read_bytes(), build.epoch))
    signing.sign(build, output)
    return [output]


def digest(folder: Path, files: list[str], more: list[str]) -> str:
    """Of all that is in the package: two packages with the same code must be the same (see "Package Codes")."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.encode() + hashlib.sha256((folder / file).read_bytes()).digest())
    for text in more:
        whole.update(hashlib.sha256(text.encode()).digest())
    return whole.hexdigest()


def _property(build: Build, file: Path, name: str) -> str:
    table = subprocess.run(
        ["msiinfo", "export", str(file), "Property"], env=dict(build.env), capture_output=True, text=True, check=True
    )
    values = dict(line.split("\t", 1) for line in table.stdout.splitlines() if "\t" in line)
    return values.get(name, "")
