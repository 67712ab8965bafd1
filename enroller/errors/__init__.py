"""Everything that can go wrong, as one tree.

    EnrollerError                        1  a defect of ours, where nothing below fits
    ├── BrokenInstallation                  a part of Enroller is missing or does not work on this machine
    ├── InputError                       2  bad input; `field` names where it was typed
    │   ├── SetByAdministrator              the administrator of this device wants another value
    │   └── BadSettings                     the administrator's settings are unusable
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
    │   │   ├── UntrustedIssuer, MissingIntermediate, WrongName
    │   │   └── CertificateExpired, CertificateNotYetValid
    │   ├── WrongClock, LoginPage, Redirected, TooLarge
    │   └── Busy                            5xx, 408 or 429: the service is there, and busy
    ├── StorageError                     8  the store or the key store
    │   ├── NotWritable, DiskFull, Damaged, TooNew
    │   ├── KeyStoreAbsent, KeyStoreLocked, KeyStoreHanging, KeyMissing
    │   ├── OtherMachine                    the disk was copied, or has got another machine around it
    │   └── WrongPassphrase
    ├── AlreadyEnrolled                  9  this device is enrolled there already
    ├── InUse                           10  another process is at work on the same enrollment
    └── Interrupted                    130  Ctrl-C, or cancelled in the window

Each class has a stable `code` for programs, a `title`, and an `advice` that says what to do; `whose` turn that is
("technician", "IT", "service" for its administrator, "nobody"). Each instance adds a `message` that says what happened
here, and knows better where the class is too general. No message ever carries a secret.
"""

from enroller.errors.root import (
    AlreadyEnrolled,
    BadApiKey,
    BadSettings,
    BrokenInstallation,
    CodeUsedUp,
    CommandRejected,
    CredentialRefused,
    Denied,
    EnrollerError,
    Expired,
    ForgedState,
    InputError,
    Interrupted,
    InUse,
    ProtocolError,
    Refused,
    ServiceError,
    SetByAdministrator,
    SignInNeeded,
    StillWaiting,
)
from enroller.errors.storage import (
    Damaged,
    DiskFull,
    KeyMissing,
    KeyStoreAbsent,
    KeyStoreHanging,
    KeyStoreLocked,
    NotWritable,
    OtherMachine,
    StorageError,
    TooNew,
    WrongPassphrase,
)
from enroller.errors.unreachable import (
    Busy,
    CertificateExpired,
    CertificateNotYetValid,
    ConnectionFailed,
    ConnectionLost,
    LoginPage,
    MissingIntermediate,
    NameNotFound,
    NoNetwork,
    ProxyFailed,
    ProxyLogin,
    Redirected,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
    UntrustedIssuer,
    WrongClock,
    WrongName,
)

__all__ = [
    "AlreadyEnrolled",
    "BadApiKey",
    "BadSettings",
    "BrokenInstallation",
    "Busy",
    "CertificateExpired",
    "CertificateNotYetValid",
    "CodeUsedUp",
    "CommandRejected",
    "ConnectionFailed",
    "ConnectionLost",
    "CredentialRefused",
    "Damaged",
    "Denied",
    "DiskFull",
    "EnrollerError",
    "Expired",
    "ForgedState",
    "InUse",
    "InputError",
    "Interrupted",
    "KeyMissing",
    "KeyStoreAbsent",
    "KeyStoreHanging",
    "KeyStoreLocked",
    "LoginPage",
    "MissingIntermediate",
    "NameNotFound",
    "NoNetwork",
    "NotWritable",
    "OtherMachine",
    "ProtocolError",
    "ProxyFailed",
    "ProxyLogin",
    "Redirected",
    "Refused",
    "ServiceError",
    "SetByAdministrator",
    "SignInNeeded",
    "StillWaiting",
    "StorageError",
    "TimedOut",
    "TlsFailed",
    "TooLarge",
    "TooNew",
    "Unreachable",
    "UntrustedIssuer",
    "WrongClock",
    "WrongName",
    "WrongPassphrase",
]
