"""Whom a connection trusts: the system's roots, and the certificates of a CA file.

`ssl` and `truststore` are imported inside the functions: the wizard's first page needs neither.
"""

import os
import re
import stat
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from enroller import errors
from enroller.text import plain

if TYPE_CHECKING:
    import ssl

    from cryptography import x509

LARGEST_CA_FILE = 1024 * 1024
"""Bytes; a bundle of all public roots is a quarter of that."""

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch Linux
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine Linux
)
"""Where distributions keep the system's roots. A packaged Enroller brings the OpenSSL of another distribution, which
looks where that one keeps them."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
"""Base64 has no hyphen, so a file of nothing but beginnings is gone through once, and not once for each."""

_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe in a file's place must not hold us


@dataclass(frozen=True, slots=True)
class CaShown:
    """What people compare before they trust a certificate. `starts` and `ends` are seconds since the epoch.

    `sha256_fingerprint`: of the whole certificate, as browsers and openssl show it (`AB:CD:…`). `is_ca`: it may sign
    others; a gateway's own certificate may not, and can be trusted for itself all the same.
    """

    subject: str
    issuer: str
    sha256_fingerprint: str
    starts: float
    ends: float
    is_ca: bool


def tls_context(ca_pem: str | None, *, managed: bool = True) -> "ssl.SSLContext":
    """One way to trust for every connection: the system's roots, the administrator's (`managed`) and those in `ca_pem`.

    TLS 1.2 or newer. Raises BadSettings where the administrator's cannot be read.
    """
    return _context(ca_pem, managed_roots() if managed else None)


@cache
def managed_roots() -> str | None:
    """The certificates that the administrator of this device wants to be trusted, read once. Raises BadSettings."""
    from enroller import settings

    ca_file = settings.current()["ca_file"]
    if ca_file.value is None:
        return None
    try:
        return read_ca_file(ca_file.value)
    except errors.InputError as error:
        raise errors.BadSettings(f"{error.message} The setting “ca_file” names it ({ca_file.where}).") from None


def _context(*pems: str | None) -> "ssl.SSLContext":
    """The system's roots and `pems`.

    Python 3.13 made `VERIFY_X509_STRICT` a default, which refuses older company roots; all versions behave alike here.
    """
    import ssl

    context: ssl.SSLContext
    if sys.platform in ("win32", "darwin") and _all_may_sign(pems):
        # Their stores are asked through the system: Python would read only the roots that happen to be there already.
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        if not context.cert_store_stats()["x509"] and (found := bundle()) is not None:
            context.load_verify_locations(cafile=found)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 9325, section 3.1.1
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for pem in pems:
        if pem:
            context.load_verify_locations(cadata=pem)
    return context


def _all_may_sign(pems: tuple[str | None, ...]) -> bool:
    """Whether `truststore` would see all of these: it passes over a gateway's own certificate, which is no CA's."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for pem in filter(None, pems):
        context.load_verify_locations(cadata=pem)
    count = context.cert_store_stats()
    return count["x509"] == count["x509_ca"]


def bundle() -> str | None:
    """The distribution's bundle of roots; None where there is none, or where OpenSSL's variables name another."""
    if "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return None
    return next(filter(os.path.isfile, BUNDLES), None)


def count_system_roots() -> int | None:
    """How many roots the system's trust store has; None where it does not say (macOS)."""
    import ssl

    if sys.platform == "win32":
        return len(ssl.enum_certificates("ROOT"))
    return None if sys.platform == "darwin" else _context().cert_store_stats()["x509_ca"]


def read_ca_file(path: str) -> str:
    """The certificates of a PEM (RFC 7468) or DER file, as PEM. Raises InputError (field `ca_file`)."""
    import ssl

    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT)) as file:
            data = file.read(LARGEST_CA_FILE) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        raise errors.InputError(f"The CA file {plain(path)} cannot be read: {why}.", field="ca_file") from None
    # 0x30: a DER file begins with a SEQUENCE (X.690, 8.9), and Windows exports such.
    found = [ssl.DER_cert_to_PEM_cert(data).encode()] if data[:1] == b"\x30" else _PEM.findall(data)
    pem = b"\n".join(found).decode("ascii", "replace")
    unusable = errors.InputError(
        f"{plain(path)} holds no usable certificate.",
        field="ca_file",
        advice="A CA file begins with -----BEGIN CERTIFICATE-----. Ask IT for the root certificate.",
    )
    if not found:
        raise unusable
    try:
        _context(pem)
    except (ssl.SSLError, ValueError):
        raise unusable from None
    return pem


def describe_ca(pem: str) -> CaShown:
    """The first certificate of what `read_ca_file` gave, for people to compare. Raises InputError (field `ca_file`)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        return CaShown(
            subject=shown_name(certificate.subject),
            issuer=shown_name(certificate.issuer),
            sha256_fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
            starts=certificate.not_valid_before_utc.timestamp(),
            ends=certificate.not_valid_after_utc.timestamp(),
            is_ca=_is_ca(certificate),
        )
    except ValueError:
        raise errors.InputError("The certificate cannot be read.", field="ca_file") from None


def shown_name(name: "x509.Name") -> str:
    """The common name or, for want of it, all of the name."""
    from cryptography.x509.oid import NameOID

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return plain(str(common[0].value) if common else name.rfc4514_string(), 100)


def _is_ca(certificate: "x509.Certificate") -> bool:
    """RFC 5280, section 4.2.1.9; what has no such extension is a root of the time before it, if it signs itself."""
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1 and certificate.issuer == certificate.subject
