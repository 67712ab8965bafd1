"""Everything that can go wrong, as one tree.

    EnrollerError                        1  a defect of ours, where nothing below fits
    ├── InputError                       2  bad input; `field` names where it was typed
    ├── StillWaiting                     3  not approved yet; the request is kept
    ├── Denied                           4  the approver said no
    ├── Expired                          5  nobody approved in time
    ├── ServiceError                     6  the service answered, and not as hoped
    │   ├── Refused                         an error of the service's own
    │   │   ├── CredentialRefused               what lets this device ask is not accepted (any more)
    │   │   │   ├── BadApiKey                   invalid_client: the API key is wrong or was changed
    │   │   │   └── SignInNeeded                401: the password is wrong, or the token has ended
    │   │   └── CodeUsedUp                  invalid_grant: the code or token is not accepted (any more)
    │   ├── CommandRejected                 a command that was taken, and then rejected
    │   └── ProtocolError                   an answer that breaks the service's protocol
    │       └── ForgedState                 the nonce that came back is not ours
    ├── Unreachable                      7  no answer of the service's; the classes are the causes
    │   ├── NameNotFound, NoNetwork, ConnectionFailed, ConnectionLost, TimedOut
    │   ├── ProxyFailed
    │   │   └── ProxyLogin
    │   ├── TlsFailed
    │   │   └── UntrustedIssuer, CertificateExpired, CertificateNotYetValid, WrongName
    │   ├── LoginPage, Redirected, TooLarge
    │   └── Busy                            5xx, 408 or 429: the service is there, and busy
    ├── StorageError                     8  the store or the key store
    │   ├── NotWritable, DiskFull, Damaged, TooNew
    │   ├── KeyStoreAbsent, KeyStoreLocked, KeyStoreHanging, KeyMissing
    │   └── WrongPassphrase
    ├── AlreadyEnrolled                  9  this device is enrolled there already
    ├── InUse                           10  another process is at work on the same enrollment
    └── Interrupted                    130  Ctrl-C, or cancelled in the window

Each class has a stable `code` for programs, a `title`, and an `advice` that says whose turn it is and what to do;
each instance adds a `message` that says what happened here. No message ever carries a secret.
"""


class EnrollerError(Exception):
    """The root. `message`: what happened; `advice`: whose turn it is and what to do (the class's where not given)."""

    code = "internal"
    exit_status = 1
    title = "Something in Enroller is broken"
    advice = "This is a defect of Enroller's, not of yours. Please report it with the steps that led here."

    def __init__(self, message: str = "", *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message or self.title + "."
        if advice is not None:
            self.advice = advice


class InputError(EnrollerError):
    """Something typed, pasted or given as an option is not usable. `field` names it (for example `server`)."""

    code = "bad_input"
    exit_status = 2
    title = "Please check what was entered"
    advice = "Correct it and try again."

    def __init__(self, message: str = "", *, field: str | None = None, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.field = field


class StillWaiting(EnrollerError):
    """The request is with whoever approves it; nothing is lost."""

    code = "authorization_pending"
    exit_status = 3
    title = "Waiting for approval"
    advice = "The approver's turn. Then go on with `enroller resume`."


class Denied(EnrollerError):
    """RFC 8628, section 3.5: `access_denied`."""

    code = "access_denied"
    exit_status = 4
    title = "The request was rejected"
    advice = "Ask the approver why. To ask once more, start a new enrollment."


class Expired(EnrollerError):
    """RFC 8628, section 3.5: `expired_token`."""

    code = "expired_token"
    exit_status = 5
    title = "Nobody approved in time"
    advice = "Your turn: start again. The same key and client id are used; then ask the administrator to approve."


class ServiceError(EnrollerError):
    """The service answered, and the answer ends the attempt."""

    code = "refused"
    exit_status = 6
    title = "The service refused the request"
    advice = "Check what was entered, or ask the service's administrator what this answer means."


class Refused(ServiceError):
    """An error answer; `oauth_error` is the service's own code where it has any (RFC 6749, section 5.2)."""

    def __init__(self, message: str = "", *, oauth_error: str = "", advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.oauth_error = oauth_error


class CredentialRefused(Refused):
    """The API key, password or token. A new one can be given in place, and the enrollment goes on."""

    code = "credential_refused"
    title = "What was entered to sign in is not accepted"


class BadApiKey(CredentialRefused):
    """`invalid_client` (RFC 6749, section 5.2)."""

    code = "invalid_client"
    title = "The API key was not accepted"
    advice = (
        "Ask the administrator for the current API key and enter it: in the window, or with --api-key-file. "
        "No new approval is needed."
    )


class SignInNeeded(CredentialRefused):
    """401 (RFC 9110, section 15.5.2): wrong user name or password, or a token that is wrong or over."""

    code = "sign_in_needed"
    title = "The service wants you to sign in"
    advice = "Your turn: give a new token (--token-file). Nothing is lost, and no new approval is needed."


class CodeUsedUp(Refused):
    """`invalid_grant` (RFC 6749, section 5.2)."""

    code = "invalid_grant"
    title = "The service does not know this request any more"
    advice = "Your turn: start again with the same key; the administrator may have to approve once more."


class CommandRejected(ServiceError):
    """The service took a command and rejected it afterwards; the message says why, where the service does."""

    code = "command_rejected"
    title = "The service rejected the command"
    advice = "Ask the owner of the account what this answer means, then try again with `enroller resume`."


class ProtocolError(ServiceError):
    """The answer is not what the service's protocol says."""

    code = "protocol"
    title = "The service's answer makes no sense"
    advice = "Check that the address belongs to the chosen service. If it does, tell the service's administrator."


class ForgedState(ProtocolError):
    """The `state` that came back is not the nonce that was sent (RFC 6749, section 10.12)."""

    code = "wrong_state"
    title = "The answer does not belong to our question"
    advice = "Somebody between this device and the service may be interfering. Tell your network's administrator."


class Unreachable(EnrollerError):
    """No answer of the service's. `sent`: the request may have reached the service, so its outcome is unknown.

    `unheard`: the service has certainly not done what was asked.
    """

    code = "unreachable"
    exit_status = 7
    title = "The service did not answer"
    advice = "Check the address and this device's network, then try again."
    sent = False

    def __init__(self, message: str = "", *, advice: str | None = None, sent: bool | None = None) -> None:
        super().__init__(message, advice=advice)
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
    sent = True


class TimedOut(Unreachable):
    code = "timed_out"
    title = "The answer took too long"
    advice = "Usually this passes. If it stays, check the network and the address."
    sent = True


class ProxyFailed(Unreachable):
    code = "proxy_failed"
    title = "The proxy did not let us through"
    advice = "Check the system's proxy settings, or ask your network's administrator to allow the service's address."


class ProxyLogin(ProxyFailed):
    code = "proxy_login"
    title = "The proxy wants a user name and password"
    advice = "Put them into the system's proxy settings, or ask your network's administrator for a way without."


class TlsFailed(Unreachable):
    code = "tls_failed"
    title = "No secure connection could be made"
    advice = "Ask the service's administrator whether the server offers TLS 1.2 or newer on this port."


class UntrustedIssuer(TlsFailed):
    code = "tls_untrusted_issuer"
    title = "The server's certificate comes from an unknown issuer"
    advice = (
        "Ask IT for the root certificate of the company or the gateway, compare its fingerprint, and give it as the "
        "CA file (--ca-file). Certificate checking cannot be switched off."
    )


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
    """`status` as answered; `retry_after`: seconds that the service asks us to stay away, or None."""

    code = "busy"
    title = "The service is busy"
    advice = "Nothing to do: it is asked again. If it stays so, tell the service's administrator."
    sent = True

    def __init__(self, message: str = "", *, status: int = 503, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def unheard(self) -> bool:
        return self.status in (429, 503)  # RFC 6585, section 4; RFC 9110, section 15.6.4


class StorageError(EnrollerError):
    code = "storage"
    exit_status = 8
    title = "The credentials cannot be stored"
    advice = "Check the data folder, or choose another one with --data-dir."


class NotWritable(StorageError):
    code = "not_writable"
    title = "The data folder cannot be written"
    advice = "Give this user the right to write there, or choose another folder with --data-dir."


class DiskFull(StorageError):
    code = "disk_full"
    title = "The disk is full"
    advice = "Free some space (a megabyte is plenty), or choose another folder with --data-dir."


class Damaged(StorageError):
    code = "damaged"
    title = "A stored enrollment is damaged"
    advice = "The damaged file was set aside. Restore the folder from a backup, or enroll again."


class TooNew(StorageError):
    code = "too_new"
    title = "A stored enrollment comes from a newer Enroller"
    advice = "Update Enroller on this device. Nothing was changed."


class KeyStoreAbsent(StorageError):
    code = "key_store_absent"
    title = "This session has no key store"
    advice = "Choose a passphrase (--protect passphrase) or, knowingly, a plain owner-only file (--protect file)."


class KeyStoreLocked(StorageError):
    code = "key_store_locked"
    title = "The key store is locked"
    advice = "Unlock it (on Linux: the login key ring, for example by signing in again) and try again."


class KeyStoreHanging(StorageError):
    code = "key_store_hanging"
    title = "The key store does not answer"
    advice = "It may wait for a password in another window. Unlock it, or choose another protection with --protect."


class KeyMissing(StorageError):
    code = "key_missing"
    title = "The key store has lost the key of this enrollment"
    advice = "Restore the key store's entry from a backup, or remove this enrollment and enroll again."


class WrongPassphrase(StorageError):
    code = "wrong_passphrase"
    title = "The passphrase does not open this enrollment"
    advice = "Try again. Nobody can recover a lost passphrase; without it, enroll again."


class AlreadyEnrolled(EnrollerError):
    code = "already_enrolled"
    exit_status = 9
    title = "This device is enrolled there already"
    advice = "Keep it, renew it with the same key (`enroller renew`), or replace it knowingly (--replace)."


class InUse(EnrollerError):
    code = "in_use"
    exit_status = 10
    title = "Another Enroller is at work on this enrollment"
    advice = "Wait until it has finished, or close it."


class Interrupted(EnrollerError):
    code = "interrupted"
    exit_status = 130
    title = "Interrupted"
    advice = "Nothing is lost. Go on with `enroller resume`."
