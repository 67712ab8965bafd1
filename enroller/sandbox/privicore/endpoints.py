"""Privicore's endpoints: a plain request value in, a plain response value out.

Where the vendor's pages are silent, what is done is marked as an assumption.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from enroller.model import Request, Response
from enroller.sandbox import forms
from enroller.sandbox.faults import Injection
from enroller.sandbox.privicore import devices, profiles
from enroller.sandbox.privicore.call import NOT_SIGNED_IN, Call, Refusal
from enroller.sandbox.privicore.values import CommandKind
from enroller.sandbox.privicore.world import PrivicoreWorld

TOKEN_HEADER = "x-dpt-authorization"
NOTHING_HERE = "There is nothing at this address."


@dataclass(frozen=True)
class _Endpoint:
    """Who answers which methods. `public`: without a token. `is_form`: whether the body is a form."""

    answer: Callable[[Call], Response]
    methods: tuple[str, ...] = ("POST",)
    public: bool = False
    is_form: bool = True


REQUEST_STATUS = "/request-status"
RETRIEVE_CONFIGURATION = "/device/retrieve-device-configuration"
DOWNLOAD_CONFIGURATION = "/device/download-device-configuration"

WITH_ARGUMENT = (REQUEST_STATUS, RETRIEVE_CONFIGURATION)
"""What is followed by an id in the path."""

GET = ("GET",)

ENDPOINTS = {
    "/health": _Endpoint(profiles.health, GET, public=True),
    "/profile/register-profile": _Endpoint(profiles.register_profile, public=True),
    "/profile/authenticate": _Endpoint(profiles.authenticate, public=True),
    "/profile/authorization-token/expiry": _Endpoint(profiles.expiry),
    "/profile/reauthorize-authorization-token": _Endpoint(profiles.reauthorize),
    "/profile/revoke-authorization-token": _Endpoint(profiles.revoke),
    "/public-key/register-public-key": _Endpoint(profiles.register_public_key),
    "/public-key/retrieve-public-key": _Endpoint(profiles.retrieve_public_key, GET),
    "/dptcab/public-key": _Endpoint(profiles.engine_key, GET, public=True),
    "/generate-keys": _Endpoint(profiles.generate_keys, GET, public=True),
    # Public, since who registers a profile has no token yet.
    REQUEST_STATUS: _Endpoint(devices.request_status, ("GET", "POST"), public=True, is_form=False),
    "/device/request-unique-identifier": _Endpoint(devices.request_identifier),
    "/device/retrieve-unique-identifier": _Endpoint(devices.retrieve_identifier),
    "/device/retrieve-profile-devices": _Endpoint(devices.devices, GET),
    "/device/approve-device": _Endpoint(devices.about_device(CommandKind.APPROVE)),
    "/device/reject-device": _Endpoint(devices.about_device(CommandKind.REJECT)),
    "/device/configure-meta": _Endpoint(devices.configure_meta),
    "/device/remove": _Endpoint(devices.about_device(CommandKind.REMOVE)),
    RETRIEVE_CONFIGURATION: _Endpoint(devices.retrieve_configuration, GET),
    DOWNLOAD_CONFIGURATION: _Endpoint(devices.download_configuration),
}


def handle(world: PrivicoreWorld, request: Request) -> Response:
    """What Privicore answers. Header names of `request` may be in any case."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    path, argument = _split(request.url)
    try:
        endpoint = _endpoint(world, path, request)
        # One lock around a decision and its effects: the owner may click at any moment.
        with world.locked():
            return endpoint.answer(_call(world, request, headers, argument, endpoint))
    except Refusal as refusal:
        return refusal.answer


def arrived(world: PrivicoreWorld, request: Request) -> Injection | None:
    """Counts the request, and gives the fault that it meets. Addresses at which nothing is meet none."""
    path, _ = _split(request.url)
    if path not in ENDPOINTS:
        return None
    name = path.rpartition("/")[2]
    return world.arrived(name, name)


def _split(url: str) -> tuple[str, str]:
    """The endpoint's path, and the argument that follows it where it takes one."""
    path = urlsplit(url).path
    parent, _, last = path.rpartition("/")
    return (parent, last) if parent in WITH_ARGUMENT else (path, "")


def _endpoint(world: PrivicoreWorld, path: str, request: Request) -> _Endpoint:
    """What is at an address, for a request that may be heard."""
    endpoint, method = ENDPOINTS.get(path), request.method
    if endpoint is None:
        raise Refusal(404, NOTHING_HERE)
    shapes = world.shapes
    shape = {
        REQUEST_STATUS: shapes.status_method,
        RETRIEVE_CONFIGURATION: shapes.configuration_method,
        DOWNLOAD_CONFIGURATION: shapes.configuration_method,
    }.get(path)
    refusal = 405 if method not in endpoint.methods else shape.refusal(method) if shape else None
    if refusal:
        raise Refusal(refusal, NOTHING_HERE if refusal == 404 else "This method is not allowed here.")
    if len(request.body) > forms.LARGEST_BODY:
        raise Refusal(413, "The body is too large.")
    return endpoint


def _call(world: PrivicoreWorld, request: Request, headers: dict[str, str], argument: str, endpoint: _Endpoint) -> Call:
    token = headers.get(TOKEN_HEADER, "")
    holder = world.holder(token)
    if holder is None and not endpoint.public:
        raise Refusal(401, NOT_SIGNED_IN)
    form: dict[str, str] = {}
    if request.body and endpoint.is_form:
        if not forms.is_form(headers.get("content-type", "")):
            raise Refusal(415, f"The body must be {forms.MEDIA_TYPE}.")
        try:
            form = forms.parse(request.body)
        except ValueError as error:
            raise Refusal(400, f"{error}.") from None
    return Call(
        world=world,
        method=request.method,
        form=form,
        body=request.body,
        argument=argument,
        profile=holder.profile if holder else "",
        token=token,
        token_end=holder.expires_at if holder else 0.0,
    )
