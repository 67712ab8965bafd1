"""The bill of materials of what ships, in CycloneDX 1.6: the same bytes for the same requirements.

`python -m installer.bill FILE` in the environment writes that of the Python package; what the packaged programs carry
besides is in bills of their own (`bills.py`).
"""

import datetime as dt
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from installer.ingredients import Part
from installer.packages import Installed, Pin, installed, licence_of, pins

ROOT = Path(__file__).resolve().parent.parent
ENROLLER = "enroller"

QT = "https://doc.qt.io/qt-6/licenses-used-in-qt.html"
"""Code of others within Qt leaves few marks; this page lists it."""


def document(
    shipped: Mapping[str, Pin],
    known: Mapping[str, Installed],
    version: str,
    *,
    parts: Sequence[Part] = (),
    system: str = "",
    epoch: int | None = None,
) -> dict[str, Any]:
    """The bill: Enroller of that version, every package that it ships with, and `parts`, which those bring.

    `system`: whose packaged program it is of; empty: of the Python package, which ships on any. `epoch`: the commit's
    time, in seconds.
    """
    enroller = f"pkg:pypi/{ENROLLER}@{version}"
    packages = {name: f"pkg:pypi/{name}@{pin.version}" for name, pin in sorted(shipped.items())}
    carried = {part: _reference(part) for part in sorted(parts, key=lambda one: (one.inside, one.name, one.version))}
    components = [_package(pin, packages[name], known) for name, pin in sorted(shipped.items())]
    components += [_part(part, reference) for part, reference in carried.items()]
    needs = {ref: _wanted_of(name, shipped, packages) for name, ref in packages.items()}
    needs |= {ref: [] for ref in carried.values()}
    holders = {**packages, **{part.name: ref for part, ref in carried.items() if not part.inside}}
    for part, ref in carried.items():
        needs.get(holders.get(part.inside, ""), []).append(ref)
    brought = {ref for refs in needs.values() for ref in refs}
    wanted = {packages[name] for name, pin in shipped.items() if "" in pin.wanted_by}
    # Enroller's own needs, and what nothing else in this bill brings.
    needs = {enroller: [ref for ref in needs if ref in wanted or ref not in brought], **needs}
    told: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": _metadata(enroller, version, system, epoch),
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": refs} for ref, refs in needs.items()],
    }
    if system:
        incomplete = [ref for part, ref in carried.items() if part.name == "qt"]
        told["compositions"] = [{"aggregate": "incomplete", "assemblies": incomplete}] if incomplete else []
    return {**told, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(told))}"}


def _wanted_of(name: str, shipped: Mapping[str, Pin], packages: Mapping[str, str]) -> list[str]:
    return [packages[other] for other, pin in sorted(shipped.items()) if name in pin.wanted_by]


def _metadata(reference: str, version: str, system: str, epoch: int | None) -> dict[str, Any]:
    component: dict[str, Any] = {
        "bom-ref": reference,
        "type": "application",
        "name": ENROLLER,
        "version": version,
        "purl": reference,
        "licenses": [{"expression": "MIT"}],
    }
    if system:
        component["properties"] = [{"name": "enroller:system", "value": system}]
    if epoch is None:
        return {"component": component}
    time = dt.datetime.fromtimestamp(epoch, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"timestamp": time, "component": component}


def _package(pin: Pin, reference: str, known: Mapping[str, Installed]) -> dict[str, Any]:
    """One package. It has a file for each system, so the files' sums are properties: a component's own is one."""
    properties = [{"name": "enroller:file:sha256", "value": each} for each in pin.hashes]
    if pin.marker:
        properties.insert(0, {"name": "enroller:only-where", "value": pin.marker})
    return {
        "bom-ref": reference,
        "type": "library",
        "name": pin.name,
        "version": pin.version,
        "purl": reference,
        "licenses": [{"expression": licence_of(pin.name, known)}],
        "properties": properties,
    }


def _reference(part: Part) -> str:
    """What nothing else in a bill is called: two packages may bring the same library."""
    return "/".join(filter(None, ("part", part.inside, part.name, part.version)))


def _part(part: Part, reference: str) -> dict[str, Any]:
    at = f"@{part.version}" if part.version else ""
    told: dict[str, Any] = {"bom-ref": reference, "type": "library", "name": part.name}
    if part.version:
        told["version"] = part.version
    if part.licence:
        told["licenses"] = [{"expression": part.licence}]
    if part.cpe and part.version:
        told["cpe"] = f"cpe:2.3:a:{part.cpe}:{part.version}:*:*:*:*:*:*:*"
    told["purl"] = part.purl or f"pkg:generic/{part.name}{at}"
    if part.name == "qt":
        told["externalReferences"] = [{"type": "license", "url": QT}]
    if part.files:
        told["evidence"] = {"occurrences": [{"location": file} for file in part.files]}
    return told


def write(file: Path, document: Mapping[str, Any]) -> None:
    """Writes a bill, the same bytes on every system."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8", newline="\n")


def main(file: Path) -> int:
    """Writes the bill of this checkout's requirements to `file`."""
    shipped, known = pins(ROOT / "installer" / "requirements" / "runtime.txt"), installed()
    version = known[ENROLLER].version
    write(file, document(shipped, known, version))
    print(f"{file}: Enroller {version} and {len(shipped)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
