"""Signatures (Authenticode) on our programs and installers: where a key is given, and skipped with a notice otherwise.

ENROLLER_SIGN_KEY           file: the private key with its certificate (PKCS #12)
ENROLLER_SIGN_PASSWORD_FILE file: the password of that, if it has one
ENROLLER_SIGN_COMMAND       instead of both, a program that signs the one file that is its last argument, such as
                            "signtool sign /fd sha256 /a": for keys that live in a device or with a service
ENROLLER_SIGN_TIMESTAMP     address of a timestamp authority (RFC 3161), so that signatures outlive the certificate

No secret stands in an argument, and none in a log: a password is read from its file by the signing program itself.
`python -m installer.windows.signing FILE` signs one file: by it NSIS has the uninstaller signed that it makes.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from installer import product
from installer.release import Build

KEY, PASSWORD = "ENROLLER_SIGN_KEY", "ENROLLER_SIGN_PASSWORD_FILE"
COMMAND, TIMESTAMP = "ENROLLER_SIGN_COMMAND", "ENROLLER_SIGN_TIMESTAMP"


def sign(build: Build, file: Path) -> bool:
    """Signs a program or installer in place; returns whether a key was given. Raises Problem where signing fails."""
    if not is_wanted(build.env):
        build.steps.say(f"  {file.name} is not signed: no key is given ({KEY} or {COMMAND}).")
        return False
    build.run(f"Signing {file.name}", command(build.env, build.product.title, file))
    _take(file)
    return True


def is_wanted(env: Mapping[str, str]) -> bool:
    """Whether a key is given."""
    return bool(env.get(COMMAND) or env.get(KEY))


def command(env: Mapping[str, str], title: str, file: Path) -> list[str]:
    """What signs `file`: in place, or beside it, where `_take` finds it. `title`: what Windows says is signed."""
    if env.get(COMMAND):
        return [*shlex.split(env[COMMAND]), str(file)]
    words = ["osslsigncode", "sign", "-pkcs12", env[KEY], "-h", "sha256", "-n", title]
    if env.get(PASSWORD):
        words += ["-readpass", env[PASSWORD]]
    if env.get(TIMESTAMP):
        words += ["-ts", env[TIMESTAMP]]
    return [*words, "-in", str(file), "-out", str(_beside(file))]


def _beside(file: Path) -> Path:
    return file.with_name(file.name + ".signed")


def _take(file: Path) -> None:
    """Puts the signed file in the other's place; a program of the person's own has signed in place."""
    if _beside(file).exists():
        _beside(file).replace(file)


def main(file: Path) -> int:
    """Signs one file by this process's environment variables; returns the exit status."""
    title = product.read(Path(__file__).resolve().parents[2]).title
    status = subprocess.run(command(os.environ, title, file), stdin=subprocess.DEVNULL, check=False).returncode
    if status == 0:
        _take(file)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
