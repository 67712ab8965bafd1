"""`python -m installer.windows.settings FILE` in the environment: the managed settings, for what is made from them.

They are the product's own list (enroller/settings/names.py); here they become JSON, because the installers are built
by a Python that has none of the product's packages.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.release import Build

LOCKED = "locked"
"""Which of the others nobody may change: no setting of its own, and told to installers in the same way."""


@dataclass(frozen=True)
class Setting:
    """One setting. `kind`: str, int, bool or list. `choices`: where only these are possible; else any text will do."""

    name: str
    kind: str
    what: str
    choices: tuple[str, ...]
    default: str

    @property
    def parameter(self) -> str:
        """What installers call it: `/SERVER=…` and `SERVER=…` (Windows Installer wants capitals)."""
        return self.name.upper()


def known(build: Build) -> list[Setting]:
    """All settings of the product, in its order. Raises Problem."""
    file = build.work / "settings.json"
    command = [str(build.checkout.python), "-m", "installer.windows.settings", str(file)]
    build.run("Reading the list of settings", command)
    return [
        Setting(one["name"], one["kind"], one["what"], tuple(one["choices"]), one["default"])
        for one in json.loads(file.read_bytes())
    ]


def parameters(settings: list[Setting]) -> dict[str, str]:
    """What an installer can be told: its parameter, and the name that the product has for it. `locked` comes last."""
    return {**{one.parameter: one.name for one in settings}, LOCKED.upper(): LOCKED}


def document() -> list[dict[str, Any]]:
    """The list, for JSON. It imports the product."""
    from enroller.settings.names import RULES

    return [
        {
            "name": name,
            "kind": rule.kind.__name__,
            "what": rule.what,
            "choices": [str(choice) for choice in rule.choices],
            "default": "" if rule.default in (None, ()) else str(rule.default),
        }
        for name, rule in RULES.items()
    ]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document()), encoding="utf-8")
