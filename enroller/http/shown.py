"""The certificates that a server shows, looked at without trusting them, so that an error can name who and when."""

import ssl
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from enroller import errors
from enroller.clock import wall
from enroller.http import USER_AGENT
from enroller.http.stream import Stream, Tls
from enroller.http.trust import shown_name
from enroller.text import plain

PATIENCE = 3.0
"""Seconds for a second look at a server that answered a moment ago."""

ENOUGH = 16 * 1024
"""Bytes in which an answer's `Date` is found, or is not."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificates as they were sent, the server's own first.

    `clock_ahead`: seconds by which the server's clock is ahead of ours, by its own unproven word; None where it was
    not asked (the dates are in order) or does not tell.
    """

    chain: tuple[x509.Certificate, ...]
    clock_ahead: float | None = None

    @property
    def leaf(self) -> x509.Certificate:
        """The server's own."""
        return self.chain[0]

    @property
    def top(self) -> x509.Certificate:
        """The last one on the way up from the server's own, as far as they were sent."""
        top, others = self.leaf, list(self.chain[1:])
        while (above := next((one for one in others if one.subject == top.issuer), None)) is not None:
            if above.issuer == above.subject:
                return above
            others.remove(above)
            top = above
        return top

    @property
    def issuer(self) -> str:
        """Who issued the uppermost, and so is not known here; of a self-signed root, the root itself."""
        return shown_name(self.top.issuer)

    @property
    def names(self) -> str:
        """The names that it is for (RFC 9525, section 6.3)."""
        return names(self.leaf)

    def outdated(self, now: float) -> "x509.Certificate | None":
        """The first one whose time has not come, or has passed, at `now`."""
        return next((one for one in self.chain if not starts(one) <= now <= ends(one)), None)


def look(reach: Callable[[float], Stream], host: str) -> Shown | None:
    """What the server shows, over a connection that `reach` makes; None where it cannot be had.

    Nothing is sent but a handshake and, where a date in the certificates does not fit, a request for nothing (`HEAD /`)
    whose answer has the server's time.
    """
    until = time.monotonic() + PATIENCE
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The one place where nothing is checked: what is seen here is for a message, and nothing of ours is sent.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with closing(reach(until)) as stream:
            tls = Tls(stream, context, host)
            tls.shake_hands(until)
            seen = Shown(tuple(map(x509.load_der_x509_certificate, tls.chain(verified=False))))
            if not seen.chain:
                return None
            if seen.outdated(wall()) is None:
                return seen
            return Shown(seen.chain, _clock_ahead(tls, host, until))
    except (OSError, ValueError, errors.Unreachable):
        return None  # the first error says enough


def names(certificate: x509.Certificate) -> str:
    """The names that a server's certificate is for; its subject where it has none of them."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return shown_name(certificate.subject)
    found = [*alternative.get_values_for_type(x509.DNSName), *map(str, alternative.get_values_for_type(x509.IPAddress))]
    return plain(", ".join(found), 120) or shown_name(certificate.subject)


def starts(certificate: x509.Certificate) -> float:
    """Seconds since the epoch."""
    return certificate.not_valid_before_utc.timestamp()


def ends(certificate: x509.Certificate) -> float:
    """Seconds since the epoch."""
    return certificate.not_valid_after_utc.timestamp()


def names_its_issuers_certificate(certificate: x509.Certificate) -> bool:
    """Whether it says where its issuer's certificate can be had (RFC 5280, section 4.2.2.1)."""
    with suppress(x509.ExtensionNotFound, ValueError):
        places = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        return any(one.access_method == AuthorityInformationAccessOID.CA_ISSUERS for one in places)
    return False


def is_logged(certificate: x509.Certificate) -> bool:
    """Whether a public log vouches for it (RFC 6962, section 3.3), as for each that browsers trust."""
    with suppress(x509.ExtensionNotFound, ValueError):
        stamps = x509.PrecertificateSignedCertificateTimestamps
        return len(list(certificate.extensions.get_extension_for_class(stamps).value)) > 0
    return False


def _clock_ahead(tls: Tls, host: str, until: float) -> float | None:
    """By an answer's `Date` (RFC 9110, section 6.6.1), which is of whole seconds."""
    asked = wall()
    try:
        tls.send(
            f"HEAD / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nConnection: close\r\n\r\n".encode(), until
        )
        head = b""
        while b"\r\n\r\n" not in head and len(head) < ENOUGH and (more := tls.receive(until)):
            head += more
    except OSError:
        return None
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "date":
            with suppress(ValueError, TypeError, OverflowError):
                return parsedate_to_datetime(value.strip()).timestamp() + 0.5 - (asked + wall()) / 2
    return None
