"""SAFEQ Cloud's endpoints: a plain request value in, a plain response value out.

Where the vendor's pages are silent the RFCs decide, and what is left is an assumption with a name below.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import urlsplit

from enroller import keys
from enroller.model import KEY_TYPES, ClientType, KeyType, Request, Response, ServiceName
from enroller.sandbox import forms
from enroller.sandbox.faults import Injection
from enroller.sandbox.world import Key, Registration, RequestState, World

REGISTER = "/oauth/v1/register"
TOKEN = "/oauth/v1/token"
WHOAMI = "/api/whoami"
"""**Assumption**, the sandbox's own: a call that an access token is good for, in place of the product's login call."""

SIGNATURE_HEADER = "hcp-request-signature"
RSA_SIZES = range(2048, 16_384 + 1)
"""Below, no key is safe today (NIST SP 800-131A); above, OpenSSL refuses to check a signature."""

BAD_SIGNATURE = ("invalid_request", "Invalid signature")
"""**Assumption**: the vendor's pages do not say what the answer to a missing or wrong signature is."""

OTHER_KEY = ("invalid_request", "The public key is not the one that this device is known by")
"""**Assumption**: a re-registration proves the known key, so it cannot bring another one."""

PUBLISHED_EXAMPLE = {
    (
        "0966a26c-a5fc-4276-9c6b-587d02aceb91",
        "HUUtnCdtG1x9oiSI4ODtvIEmI/qp7lFknsu1lpVk8T8=",
    ): "wVgzOcLwemGJPfY_d01E3PA8H3k"
}
"""The vendor's page "Request example" in one line: its client id and public key get its device code, so that its
token request, whose signature covers that code, works here as it is printed there."""


class _Refusal(Exception):
    """Ends a request with an OAuth error answer (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.answer = _error(status, error, description)


def handle(world: World, request: Request) -> Response:
    """What SAFEQ Cloud answers. Header names of `request` may be in any case; the body is taken byte by byte."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = urlsplit(request.url).path
    if path == WHOAMI:
        return _whoami(world, headers) if request.method == "GET" else _wrong_method("GET")
    if path not in (REGISTER, TOKEN):
        return _error(404, "not_found", "There is nothing at this address")
    if request.method != "POST":
        return _wrong_method("POST")
    if len(request.body) > forms.LARGEST_BODY:
        return _error(413, "invalid_request", "The body is too large")
    if not forms.is_form(headers.get("content-type", "")):
        return _error(415, "invalid_request", f"The body must be {forms.MEDIA_TYPE}")
    try:
        form = _form(request.body)
        # One lock around a decision and its effects: the administrator may click at any moment.
        with world.locked():
            answer = _register if path == REGISTER else _token
            return answer(world, form, request.body, headers.get(SIGNATURE_HEADER))
    except _Refusal as refusal:
        return refusal.answer


def arrived(world: World, request: Request) -> Injection | None:
    """Counts the request, and gives the fault that it meets. Addresses at which nothing is enrolled meet none."""
    path = urlsplit(request.url).path
    if path not in (REGISTER, TOKEN):
        return None
    endpoint = path.rpartition("/")[2]
    body = request.body
    kind = "probe" if not body else "refresh" if b"grant_type=refresh_token" in body else endpoint
    return world.arrived(endpoint, kind)


def _register(world: World, form: dict[str, str], body: bytes, signature: str | None) -> Response:
    client_id = _client(world, form)
    try:
        client_type = ClientType(_required(form, "client_type"))
    except ValueError:
        raise _Refusal("invalid_request", "client_type is none of " + ", ".join(ClientType)) from None
    if _required(form, "response_type") != "device_code":
        raise _Refusal("unsupported_response_type", "response_type must be device_code")
    key = _key(form)
    if signature is not None:
        known = world.known_key(client_id)
        if known is None:
            raise _Refusal(*BAD_SIGNATURE)
        _check(known, body, signature)
        if key and key.fingerprint != known.fingerprint:
            raise _Refusal(*OTHER_KEY)
        key = known
    registration = world.register(
        client_id=client_id,
        client_type=client_type,
        description=form.get("client_description", ""),
        key=key,
        signed=signature is not None,
        device_code=PUBLISHED_EXAMPLE.get((client_id, key.public_key)) if key else None,
    )
    state = {"state": form["state"]} if "state" in form else {}
    expires_in = int(world.lives.device_code)
    return _json(200, {"device_code": registration.device_code, **state, "expires_in": expires_in})


def _token(world: World, form: dict[str, str], body: bytes, signature: str | None) -> Response:
    client_id = _client(world, form)
    match _required(form, "grant_type"):
        case "device_code":
            registration = world.by_code(_required(form, "device_code"))
            if registration is None or registration.client_id != client_id:
                raise _Refusal("invalid_grant", "The device code is unknown")
            if registration.key:
                _check(registration.key, body, signature)
            _must_be_approved(registration)
            pair = world.collect(registration.id)
        case "refresh_token":
            token = _required(form, "refresh_token")
            if world.refresh_holder(token) != client_id:
                raise _Refusal("invalid_grant", "The refresh token is unknown, used or has expired")
            if known := world.known_key(client_id):
                _check(known, body, signature)
            pair = world.refresh(token)
        case _:
            raise _Refusal("unsupported_grant_type", "grant_type must be device_code or refresh_token")
    return _json(200, {"token_type": "Bearer", **asdict(pair)})


def _must_be_approved(registration: Registration) -> None:
    match registration.state:
        case RequestState.PENDING:
            raise _Refusal("authorization_pending", "Authorization pending")
        case RequestState.REJECTED:
            raise _Refusal("access_denied", "The administrator rejected the request")
        case RequestState.EXPIRED:
            raise _Refusal("expired_token", "The device code has expired")
        case RequestState.ENROLLED:
            raise _Refusal("invalid_grant", "The device code has been used")


def _whoami(world: World, headers: Mapping[str, str]) -> Response:
    """RFC 6750, sections 2.1 and 3.1."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    holder = world.access_holder(token.strip()) if scheme.lower() == "bearer" else None
    if holder is None:
        refused = _error(401, "invalid_token", "The access token is unknown or has expired")
        return Response(401, {**refused.headers, "www-authenticate": 'Bearer error="invalid_token"'}, refused.body)
    return _json(200, {"client_id": holder})


def _client(world: World, form: dict[str, str]) -> str:
    """The client id of a request with the right API key."""
    client_id = _required(form, "client_id")
    if not world.is_api_key(_required(form, "client_secret")):
        raise _Refusal("invalid_client", "The API key is wrong", status=401)
    return client_id


def _key(form: dict[str, str]) -> Key | None:
    """The public key of a registration; None where it brings none."""
    if ("public_key" in form) != ("key_type" in form):
        raise _Refusal("invalid_request", "public_key and key_type go together")
    if "public_key" not in form:
        return None
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if form["key_type"] not in KEY_TYPES[ServiceName.SAFEQ_CLOUD]:
        raise _Refusal("invalid_request", "key_type is none of " + ", ".join(KEY_TYPES[ServiceName.SAFEQ_CLOUD]))
    key_type = KeyType(form["key_type"])
    try:
        data = base64.b64decode(form["public_key"], validate=True)
        public = keys.load_public(key_type, data)
        fingerprint = keys.fingerprint(key_type, data)
    except ValueError:
        raise _Refusal("invalid_request", f"public_key is not a base64-encoded {key_type} key") from None
    if isinstance(public, RSAPublicKey) and public.key_size not in RSA_SIZES:
        raise _Refusal("invalid_request", f"RSA keys must have at least {RSA_SIZES.start} bits")
    return Key(key_type, form["public_key"], fingerprint)


def _check(key: Key, body: bytes, signature: str | None) -> None:
    """Refuses a request whose signature is missing, no base64, or not made by `key` over exactly `body`."""
    try:
        given = base64.b64decode(signature or "", validate=True)
    except (binascii.Error, ValueError):
        raise _Refusal(*BAD_SIGNATURE) from None
    if not keys.verify(key.key_type, base64.b64decode(key.public_key), body, given):
        raise _Refusal(*BAD_SIGNATURE)


def _form(body: bytes) -> dict[str, str]:
    """The parameters; those without a value count as omitted, and none may come twice (RFC 6749, section 3.2)."""
    try:
        return forms.parse(body)
    except ValueError as error:
        raise _Refusal("invalid_request", str(error)) from None


def _required(form: dict[str, str], name: str) -> str:
    if name not in form:
        raise _Refusal("invalid_request", f"{name} is missing")
    return form[name]


def _wrong_method(allowed: str) -> Response:
    refused = _error(405, "invalid_request", f"The method must be {allowed}")
    return Response(405, {**refused.headers, "allow": allowed}, refused.body)


def _error(status: int, error: str, description: str) -> Response:
    return _json(status, {"error": error, "error_description": description})


def _json(status: int, document: Mapping[str, object]) -> Response:
    # RFC 6749, section 5.1: "no-store" on whatever carries tokens
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(status, headers, json.dumps(document, separators=(",", ":")).encode())
