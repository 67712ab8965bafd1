"""A throw-away certificate for signing programs, told as installer/windows/signing.py wants it."""

import subprocess
from pathlib import Path

from installer.windows import signing


def throw_away(folder: Path) -> dict[str, str]:
    """Makes it in `folder`, with a password; `folder`/certificate.pem is whom to trust for it."""
    secret, key, certificate = (folder / name for name in ("password", "key.pem", "certificate.pem"))
    packed = folder / "sign.p12"
    secret.write_text("only for this test")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Enroller test"]
    usage = ["-addext", "extendedKeyUsage=codeSigning", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *usage], check=True, capture_output=True)
    export = ["openssl", "pkcs12", "-export", "-inkey", str(key), "-in", str(certificate), "-out", str(packed)]
    subprocess.run([*export, "-passout", f"file:{secret}"], check=True, capture_output=True)
    return {signing.KEY: str(packed), signing.PASSWORD: str(secret)}


def verified(file: Path, folder: Path) -> bool:
    """Whether osslsigncode finds the signature of that certificate on a file."""
    command = ["osslsigncode", "verify", "-CAfile", str(folder / "certificate.pem"), "-in", str(file)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
