"""The certificate that a server shows, looked at without trusting it, so that an error can name who and when."""

import datetime as dt
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from enroller.text import plain

if TYPE_CHECKING:
    from cryptography import x509

PATIENCE = 3.0
"""Seconds for a second look at a server that answered a moment ago."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in it. `starts` and `ends` are seconds since the epoch."""

    issuer: str
    names: str
    starts: float
    ends: float


def look(url: str) -> Shown | None:
    """The certificate of the server at `url`, or None where it cannot be had. Nothing is sent but a handshake."""
    from cryptography import x509

    parts = urlsplit(url)
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=PATIENCE)
        certificate = x509.load_pem_x509_certificate(pem.encode())
        return Shown(
            issuer=_name(certificate.issuer),
            names=_names(certificate),
            starts=certificate.not_valid_before_utc.replace(tzinfo=dt.UTC).timestamp(),
            ends=certificate.not_valid_after_utc.replace(tzinfo=dt.UTC).timestamp(),
        )
    except (OSError, ValueError):
        return None  # the first error says enough


def _name(name: "x509.Name") -> str:
    """The common name or, for want of it, all of the name."""
    from cryptography.x509.oid import NameOID

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return plain(str(common[0].value) if common else name.rfc4514_string(), 100)


def _names(certificate: "x509.Certificate") -> str:
    """The names that it is for (RFC 9525, section 6.3)."""
    from cryptography import x509

    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return _name(certificate.subject)
    names = [*alternative.get_values_for_type(x509.DNSName), *map(str, alternative.get_values_for_type(x509.IPAddress))]
    return plain(", ".join(names), 120) or _name(certificate.subject)
