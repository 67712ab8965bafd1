"""The root of the tree, and what the service or people have decided."""


class EnrollerError(Exception):
    """The root. `message`: what happened; `advice`: whose turn it is and what to do (the class's where not given)."""

    code = "internal"
    exit_status = 1
    title = "Something in Enroller is broken"
    advice = "This is a defect of Enroller's, not of yours. Please report it with the steps that led here."
    whose = "technician"

    def __init__(self, message: str = "", *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message or self.title + "."
        if advice is not None:
            self.advice = advice


class BrokenInstallation(EnrollerError):
    """Something that ships with Enroller is missing or does not work here; `enroller self-test` finds it."""

    code = "broken_installation"
    title = "This installation of Enroller is not whole"
    advice = "Install Enroller anew, from its installer. If this line comes again, report it."


class InputError(EnrollerError):
    """Something typed, pasted or given as an option is not usable. `field` names it (for example `server`)."""

    code = "bad_input"
    exit_status = 2
    title = "Please check what was entered"
    advice = "Correct it and try again."

    def __init__(self, message: str = "", *, field: str | None = None, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.field = field


class SetByAdministrator(InputError):
    """An option, or a value of a preset, that is not what the administrator of this device has decided."""

    code = "set_by_administrator"
    title = "The administrator of this device has decided that"
    advice = "Leave it out. Where another value is needed, it is IT's turn. `enroller settings` shows all of them."
    whose = "IT"


class BadSettings(InputError):
    """What an administrator has given this device as its settings is unusable, so none of it was applied."""

    code = "bad_settings"
    title = "The settings of this device cannot be used"
    advice = "IT's turn: mend them. Nothing of them was applied, so no enrollment is begun."
    whose = "IT"


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
    whose = "service"


class Refused(ServiceError):
    """An error answer; `oauth_error` is the service's own code where it has any (RFC 6749, section 5.2)."""

    def __init__(self, message: str = "", *, oauth_error: str = "", advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.oauth_error = oauth_error


class CredentialRefused(Refused):
    """The API key, password or token. A new one can be given in place, and the enrollment goes on."""

    code = "credential_refused"
    title = "What was entered to sign in is not accepted"
    whose = "technician"


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
    whose = "technician"


class ForgedState(ProtocolError):
    """The `state` that came back is not the nonce that was sent (RFC 6749, section 10.12)."""

    code = "wrong_state"
    title = "The answer does not belong to our question"
    advice = "Somebody between this device and the service may be interfering. Tell your network's administrator."
    whose = "IT"


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
