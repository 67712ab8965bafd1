"""Where an error can be mended."""

from enroller import errors
from enroller.gui.order import PageId
from enroller.model import ServiceName

_FIELD_PAGES = {
    "server": PageId.SERVER,
    "ca_file": PageId.SERVER,
    "websocket_url": PageId.SERVER,
    "client_id": PageId.IDENTITY,
    "device_name": PageId.IDENTITY,
    "description": PageId.IDENTITY,
    "username": PageId.IDENTITY,
    "api_key": PageId.IDENTITY,
    "password": PageId.IDENTITY,
    "token": PageId.IDENTITY,
    "passphrase": PageId.KEY,
    "protect": PageId.KEY,
}


def page_for(error: errors.EnrollerError, service: ServiceName) -> PageId | None:
    """The page of the form on which `error` can be mended, or None."""
    match error:
        case errors.InputError():
            return _FIELD_PAGES.get(error.field or "")
        case errors.CredentialRefused() | errors.CommandRejected() | errors.AlreadyEnrolled():
            return PageId.IDENTITY
        case errors.Refused() if service is ServiceName.PRIVICORE:
            return PageId.IDENTITY  # there it is the device's name that may be refused
        case errors.Unreachable() | errors.ServiceError():
            return PageId.SERVER
        case errors.StorageError():
            return PageId.KEY
    return None
