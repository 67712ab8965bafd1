"""From what ssl says to the causes that people can act on: what happened, whose turn it is, what to do."""

import ssl

from enroller import errors
from enroller.clock import wall
from enroller.http import shown
from enroller.http.inspection import inspector
from enroller.http.shown import Shown
from enroller.text import duration, plain, rfc3339

CLOCK_TOLERANCE = 60.0
"""Seconds by which two clocks may differ without anybody being blamed for it."""

_NOT_YET, _EXPIRED, _SELF_SIGNED, _NAME, _ADDRESS = 9, 10, 18, 62, 64
_WEAK = {66: "its key is too short", 67: "a key above it is too short", 68: "it is signed with an outdated hash"}
_REVOKED, _PURPOSE = 23, 26
"""X509_V_ERR_* of OpenSSL's x509_vfy.h. Other systems have other numbers; then what the server shows must tell."""

_ALERTS = {
    "PROTOCOL": "it offers no version of TLS that is safe (1.2 or newer)",
    "HANDSHAKE_FAILURE": "it and this device have no way of encrypting in common",
    "NO_SHARED_CIPHER": "it and this device have no way of encrypting in common",
    "UNRECOGNIZED_NAME": "it knows no server of that name",
    "CERTIFICATE_REQUIRED": "it wants a certificate of this device's own",
    "KEY_TOO_SMALL": "its key is too short",
    "MD_TOO_WEAK": "its certificate is signed with an outdated hash",
}
"""What stands in OpenSSL's reasons, and what it means for the server."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH", "UNEXPECTED_MESSAGE")


def handshake(error: OSError, where: str) -> errors.Unreachable:
    """Why a handshake failed that never got as far as the certificate. `where`: host and port in words."""
    if isinstance(error, TimeoutError):
        return errors.ConnectionFailed(f"{where} takes the connection, and then is silent.")
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return errors.ConnectionFailed(f"{where} takes the connection, and cuts it off before it is secure.")
    reason = (error.reason or "").upper()
    if any(mark in reason for mark in _NO_TLS):
        return errors.TlsFailed(
            f"What answers at {where} does not speak TLS.",
            advice="Check the port: the service's administrator knows the one for https.",
            whose="technician",
        )
    return errors.TlsFailed(f"No secure connection to {where}: {short(error)}.")


def short(error: OSError) -> str:
    """A few words for a message about something else."""
    if isinstance(error, TimeoutError):
        return "it is silent"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted ({plain(error.verify_message or '', 80)})"
    reason = (error.reason or "").upper() if isinstance(error, ssl.SSLError) else ""
    known = next((words for mark, words in _ALERTS.items() if mark in reason), None)
    return known or plain(reason.replace("_", " ").lower(), 60) or "it cut the connection off"


def certificate(error: ssl.SSLCertVerificationError, host: str, seen: Shown | None) -> errors.TlsFailed:
    """Why the certificate of `host` was refused. `seen`: what a second look showed."""
    host, now = plain(host), wall()
    code = error.verify_code
    if code in _WEAK:
        return errors.TlsFailed(
            f"The certificate of {host} is too weak: {_WEAK[code]}.",
            advice="The service's administrator has to replace it (RSA of 2048 bits or more, SHA-256).",
        )
    if code in (_REVOKED, _PURPOSE):
        said = "was revoked" if code == _REVOKED else "is not meant for a server"
        return errors.TlsFailed(
            f"The certificate of {host} {said}.", advice="The service's administrator has to replace it."
        )
    if code in (_NAME, _ADDRESS):
        names = seen.names if seen else "another name"
        return errors.WrongName(f"{host} was asked for, and the certificate that it shows is for {names}.")
    if code in (_EXPIRED, _NOT_YET) or (seen is not None and seen.outdated(now) is not None and code > _ADDRESS):
        return _outdated(code == _EXPIRED, host, seen, now)
    return _unknown_issuer(host, seen, self_signed=code == _SELF_SIGNED)


def _outdated(expired: bool, host: str, seen: Shown | None, now: float) -> errors.TlsFailed:
    """Too late or too early: who is wrong, the certificate or this device's clock?"""
    one = seen.outdated(now) if seen is not None else None
    if seen is None or one is None:
        kind = errors.CertificateExpired if expired else errors.CertificateNotYetValid
        said = "has expired" if expired else "is not valid yet"
        return kind(f"The certificate of {host} {said}, by this device's clock ({rfc3339(now)}).")
    kind = errors.CertificateExpired if now > shown.ends(one) else errors.CertificateNotYetValid
    whose = f"The certificate of {host}" if one is seen.leaf else f"A certificate above that of {host}"
    dates = (
        f"{whose} ended on {rfc3339(shown.ends(one))}"
        if kind is errors.CertificateExpired
        else f"{whose} begins on {rfc3339(shown.starts(one))}"
    )
    ahead = seen.clock_ahead
    if ahead is None:
        return kind(f"{dates}; this device's clock says {rfc3339(now)}.")
    if blames_clock(seen, now):
        return kind(
            f"This device's clock is {off_by(ahead)} the server's. {dates}, and this device believes that it is "
            f"{rfc3339(now)}.",
            advice=errors.WrongClock.advice,
            whose=errors.WrongClock.whose,
        )
    return kind(
        f"{dates}; by the server's clock as well it is {rfc3339(now + ahead)}.",
        advice="The service's administrator has to replace the certificate. This device's clock is not the cause.",
    )


def blames_clock(seen: Shown, now: float) -> bool:
    """Whether the certificates are in order by the server's clock, and not by this device's (`now`)."""
    ahead = seen.clock_ahead
    wrong = ahead is not None and abs(ahead) > CLOCK_TOLERANCE
    return wrong and seen.outdated(now) is not None and seen.outdated(now + (ahead or 0.0)) is None


def off_by(ahead: float) -> str:
    """How this device's clock stands to one that is `ahead` seconds ahead: “3 d 0 h behind”."""
    return f"{duration(abs(ahead))} {'behind' if ahead > 0 else 'ahead of'}"


def _unknown_issuer(host: str, seen: Shown | None, *, self_signed: bool) -> errors.TlsFailed:
    if seen is None:
        return errors.UntrustedIssuer(f"The certificate of {host} comes from an issuer that this device does not know.")
    found = inspector(seen.chain)
    if found is not None:
        probably = "" if found.product else "probably "
        return errors.UntrustedIssuer(
            f"The certificate of {host} was {probably}re-signed by {found}, a proxy that inspects what is encrypted.",
            advice="IT's turn: ask for the root certificate of that proxy, compare its fingerprint, and import it as "
            "the CA file (--ca-file). Certificate checking cannot be switched off.",
        )
    if self_signed:
        return errors.UntrustedIssuer(
            f"The certificate of {host} vouches for itself alone.",
            advice="The service's administrator's turn: ask for this certificate, compare its fingerprint, and import "
            "it as the CA file (--ca-file). Certificate checking cannot be switched off.",
            whose="service",
        )
    if lacks_intermediate(seen):
        return errors.MissingIntermediate(
            f"{host} does not send the intermediate certificate “{seen.issuer}”, by which its own was issued.",
            advice=None
            if shown.is_logged(seen.leaf)
            else f"{errors.MissingIntermediate.advice} Only if “{seen.issuer}” is a root of your company's own, import "
            "that as the CA file (--ca-file).",
        )
    return errors.UntrustedIssuer(
        f"The certificate of {host} was issued by “{seen.issuer}”, which this device does not know.",
        advice=f"{errors.UntrustedIssuer.advice} If “{seen.issuer}” is not that root but below it, the server fails to "
        "send it: then it is the service's administrator's turn."
        if stands_alone(seen)
        else None,
    )


def stands_alone(seen: Shown) -> bool:
    """Whether the server sends nothing above its own certificate, which another one has issued."""
    return seen.top is seen.leaf and seen.top.issuer != seen.top.subject


def lacks_intermediate(seen: Shown) -> bool:
    """Whether the server forgot to send the certificate between its own and the root, as far as that shows.

    A certificate that stands alone and is in a public log comes from a public authority, and no root of those issues it
    directly. One that names where its issuer's certificate can be had has an issuer to be fetched, for which a root
    that is installed by hand has no need.
    """
    top = seen.top
    return stands_alone(seen) and (shown.is_logged(top) or shown.names_its_issuers_certificate(top))
