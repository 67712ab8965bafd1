"""The bill of materials of what ships, in CycloneDX 1.6: the same bytes for the same requirements.

`python -m installer.bill FILE` in the environment writes it.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.packages import Installed, Pin, installed, licence_of, pins

ROOT = Path(__file__).resolve().parent.parent
ENROLLER = "enroller"


def document(shipped: Mapping[str, Pin], known: Mapping[str, Installed], version: str) -> dict[str, Any]:
    """The bill: Enroller of that version, and every package that it ships with on any system."""
    references = {name: f"pkg:pypi/{name}@{pin.version}" for name, pin in shipped.items()}
    enroller = f"pkg:pypi/{ENROLLER}@{version}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "bom-ref": enroller,
                "type": "application",
                "name": ENROLLER,
                "version": version,
                "purl": enroller,
                "licenses": [{"expression": "MIT"}],
            }
        },
        "components": [_component(pin, references[name], known) for name, pin in sorted(shipped.items())],
        "dependencies": [
            {
                "ref": one,
                "dependsOn": [references[pin.name] for _, pin in sorted(shipped.items()) if name in pin.wanted_by],
            }
            for name, one in [("", enroller), *sorted(references.items())]
        ],
    }


def _component(pin: Pin, reference: str, known: Mapping[str, Installed]) -> dict[str, Any]:
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


def main(file: Path) -> int:
    """Writes the bill of this checkout's requirements to `file`."""
    shipped, known = pins(ROOT / "installer" / "requirements" / "runtime.txt"), installed()
    version = known[ENROLLER].version
    bill = document(shipped, known, version)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(f"{file}: Enroller {version} and {len(shipped)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
