"""What is to be said of a certificate that is trusted: whose it is, until when, and whether a proxy re-signed it."""

from pathlib import Path

from cryptography import x509

from enroller.http.inspection import inspector
from enroller.http.shown import ends
from enroller.http.stream import Tls
from enroller.http.trust import shown_name
from enroller.preflight import Check, Verdict
from enroller.text import rfc3339

INSTALLED_BY_HAND = (
    "/usr/local/share/ca-certificates",  # Debian, update-ca-certificates(8)
    "/etc/pki/ca-trust/source/anchors",  # Fedora, update-ca-trust(8)
    "/etc/pki/trust/anchors",  # openSUSE
    "/etc/ca-certificates/trust-source/anchors",  # Arch, p11-kit
)
"""Where somebody puts roots that no distribution brings."""


def accepted(tls: Tls, ca_pem: str | None) -> Check:
    """The check `tls`, of a connection that stands. `ca_pem`: what is trusted besides the system's roots."""
    chain = [x509.load_der_x509_certificate(der) for der in tls.chain(verified=True)]
    leaf, root = chain[0], chain[-1]
    until = (rfc3339(ends(leaf)) or "")[:10]
    issued = f"issued by “{shown_name(leaf.issuer)}”{_source(root, ca_pem)}, good until {until}, {tls.protocol}"
    found = inspector(chain)
    if found is None:
        return Check("tls", Verdict.PASSED, f"The certificate is trusted: {issued}.")
    probably = "" if found.product else "probably "
    re_signed = f"The certificate was {probably}re-signed by {found}, a proxy that reads what is encrypted"
    return Check("tls", Verdict.NOTED, f"{re_signed}: {issued}.", whose="nobody")


def _source(root: x509.Certificate, ca_pem: str | None) -> str:
    """Where the trust comes from, where it is not the distribution's own."""
    if ca_pem is not None and root in x509.load_pem_x509_certificates(ca_pem.encode()):
        return " (trusted by the CA file)"
    if any(root == one for folder in INSTALLED_BY_HAND for one in _certificates(Path(folder))):
        return " (trusted by a root that was installed on this device)"
    return ""


def _certificates(folder: Path) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        try:
            found += x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            continue  # what is not readable here is for others to judge
    return found
