"""The wizard's first page lists what is stored: that must not wait for ciphers and key stores to be imported."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from enroller.model import Enrollment
from enroller.vault import Unlock, Vault

ROOT = Path(__file__).parents[2]
HEAVY = ("cryptography", "keyring", "filelock", "platformdirs", "hashlib", "secrets", "ssl", "subprocess", "asyncio")
LIST = """
import sys, pathlib
from enroller.vault import Opened, Summary, Unlock, Vault
assert Vault(pathlib.Path(sys.argv[1])).list()[0].state == "key_ready"
print(*sorted(name for name in sys.modules if name.partition(".")[0] in sys.argv[2:]))
"""


def test_listing_imports_nothing_heavy(vault: Vault, data: Path, make: Callable[..., Enrollment]) -> None:
    vault.create(make(), Unlock()).close()
    command = [sys.executable, "-c", LIST, str(data), *HEAVY]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
