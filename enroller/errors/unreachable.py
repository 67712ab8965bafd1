"""No answer of the service's: each class is a cause that people can act on."""

from enroller.errors.root import EnrollerError


class Unreachable(EnrollerError):
    """No answer of the service's. `sent`: the request may have reached the service, so its outcome is unknown.

    `unheard`: the service has certainly not done what was asked.
    """

    code = "unreachable"
    exit_status = 7
    title = "The service did not answer"
    advice = "Check the address and this device's network, then try again."
    sent = False

    def __init__(
        self, message: str = "", *, advice: str | None = None, whose: str | None = None, sent: bool | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        if whose is not None:
            self.whose = whose
        if sent is not None:
            self.sent = sent

    @property
    def unheard(self) -> bool:
        return not self.sent


class NameNotFound(Unreachable):
    code = "name_not_found"
    title = "There is no server of that name"
    advice = "Check the address for typing errors. Names inside a company may need its VPN."


class NoNetwork(Unreachable):
    code = "no_network"
    title = "This device is not connected to a network"
    advice = "Connect it (cable, wireless, VPN) and try again."


class ConnectionFailed(Unreachable):
    code = "connection_failed"
    title = "Nobody answers at that address"
    advice = "Check the address and the port. A firewall may be in between."


class ConnectionLost(Unreachable):
    code = "connection_lost"
    title = "The connection was cut off"
    advice = "Usually this passes. If it stays, tell your network's administrator."
    whose = "IT"
    sent = True


class TimedOut(Unreachable):
    code = "timed_out"
    title = "The answer took too long"
    advice = "Usually this passes. If it stays, check the network and the address."
    whose = "IT"
    sent = True


class ProxyFailed(Unreachable):
    code = "proxy_failed"
    title = "The proxy did not let us through"
    advice = "Check the system's proxy settings, or ask your network's administrator to allow the service's address."
    whose = "IT"


class ProxyLogin(ProxyFailed):
    """The proxy takes a user name and password (RFC 9110, section 15.5.8), and got none, or wrong ones."""

    code = "proxy_login"
    title = "The proxy wants a user name and password"
    advice = (
        "Your turn: enter them, in the window or with --proxy-user and --proxy-password-file; they are kept sealed. IT "
        "knows them, or a way without."
    )
    whose = "technician"


class TlsFailed(Unreachable):
    code = "tls_failed"
    title = "No secure connection could be made"
    advice = "Ask the service's administrator whether the server offers TLS 1.2 or newer on this port."
    whose = "service"


class UntrustedIssuer(TlsFailed):
    code = "tls_untrusted_issuer"
    title = "The server's certificate comes from an unknown issuer"
    advice = (
        "Ask IT for the root certificate of the company or the gateway, compare its fingerprint, and give it as the "
        "CA file (--ca-file). Certificate checking cannot be switched off."
    )
    whose = "IT"


class MissingIntermediate(TlsFailed):
    """The server's own certificate is issued by one that is not a root, and that it does not send (RFC 8446, 4.4.2)."""

    code = "tls_missing_intermediate"
    title = "The server does not send its intermediate certificate"
    advice = "The service's administrator's turn: the server has to send the whole chain, and not its own part alone."


class CertificateExpired(TlsFailed):
    code = "tls_expired"
    title = "The server's certificate has expired"
    advice = "The server's administrator has to renew it. Check also that this device's clock is right."


class CertificateNotYetValid(TlsFailed):
    code = "tls_not_yet_valid"
    title = "The server's certificate is not valid yet"
    advice = "Is this device's clock right? If it is, the server's administrator has to look at the certificate."


class WrongName(TlsFailed):
    code = "tls_wrong_name"
    title = "The server's certificate is for another name"
    advice = "Use the name that stands in the certificate, or have the server's administrator add this one."
    whose = "technician"


class WrongClock(Unreachable):
    """This device's clock and the service's differ so much that it hinders, or soon will."""

    code = "wrong_clock"
    title = "This device's clock is wrong"
    advice = "Your turn: set this device's clock (date, time and time zone), then try again."
    whose = "technician"


class LoginPage(Unreachable):
    code = "login_page"
    title = "A web page answered instead of the service"
    advice = "Open a browser, sign in to this network, and try again. If no page appears, check the address."


class Redirected(Unreachable):
    code = "redirected"
    title = "The server sent us elsewhere"
    advice = (
        "It was not followed, since the request carries what is secret. Check the address, or sign in to this network."
    )


class TooLarge(Unreachable):
    code = "too_large"
    title = "The answer is far too large for this service"
    advice = "Something else may be answering in its place. Check the address, or sign in to this network."


class Busy(Unreachable):
    """`status` as answered. `retry_after`: seconds that the service asks us to stay away, or None.

    `retry_at`: until when, in seconds since the epoch, where it gives a date and not by what clock it goes.
    """

    code = "busy"
    title = "The service is busy"
    advice = "Nothing to do: it is asked again. If it stays so, tell the service's administrator."
    whose = "service"
    sent = True

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 503,
        retry_after: float | None = None,
        retry_at: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.retry_at = retry_at

    def stay_away(self, now: float) -> float | None:
        """Seconds from `now` (since the epoch) that the service asks us to stay away; None where it asks for none."""
        return self.retry_after if self.retry_at is None else max(0.0, self.retry_at - now)

    @property
    def unheard(self) -> bool:
        return self.status in (429, 503)  # RFC 6585, section 4; RFC 9110, section 15.6.4
