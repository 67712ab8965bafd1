"""`python -m installer.macos.profile FILE` in the environment: an example of a configuration profile.

It has every setting, each with its own example.
"""

import sys
from pathlib import Path

from enroller.settings.names import RULES
from installer import product
from installer.macos.describe import as_plist, profile

ROOT = Path(__file__).resolve().parents[2]


def example() -> bytes:
    """A profile with the example of each setting."""
    values = {name: list(one) if isinstance(one := rule.example, tuple) else one for name, rule in RULES.items()}
    return as_plist(profile(product.read(ROOT), values))


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(example())
