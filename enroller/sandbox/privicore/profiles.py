"""Endpoints about profiles: their tokens and their public keys."""

import re
from dataclasses import replace

from enroller import keys
from enroller.model import Response
from enroller.sandbox.privicore.call import Call, Refusal, as_json, as_time, invalid
from enroller.sandbox.privicore.shapes import NoKey, Renewal
from enroller.sandbox.privicore.values import CommandKind

LONGEST_LIFE = 31_536_000
"""**Assumption**: a token may be renewed for a year at most."""


def health(_: Call) -> Response:
    """Whether the service is there."""
    return as_json(200, {"status": "ok"})


def register_profile(call: Call) -> Response:
    """A new profile; whoever asks is nobody yet."""
    arguments = {"username": call.field("username"), "password": call.field("password")}
    return replace(call, profile="").take(CommandKind.REGISTER_PROFILE, **arguments)


def authenticate(call: Call) -> Response:
    """A token for a user name and its password."""
    minted = call.world.authenticate(call.field("username"), call.field("password"))
    if minted is None:
        raise Refusal(401, "The user name or the password is wrong.")
    return _token(*minted)


def expiry(call: Call) -> Response:
    """When the token ends."""
    return as_json(200, {"expiresAt": as_time(call.token_end)})


def reauthorize(call: Call) -> Response:
    """Renews the token for `ttl` seconds."""
    text = call.field("ttl")
    seconds = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    if not 0 < seconds <= LONGEST_LIFE:
        invalid("ttl", f"This value must be a number of seconds from 1 to {LONGEST_LIFE}.")
    if call.world.shapes.renewal is Renewal.NEW_TOKEN:
        return _token(*call.world.exchange(call.token, seconds))
    end = call.world.extend(call.token, seconds)
    if call.world.shapes.renewal is Renewal.END_ONLY:
        return as_json(200, {"expiresAt": as_time(end)})
    return _token(call.token, end)


def revoke(call: Call) -> Response:
    """Ends the token."""
    call.world.revoke(call.token)
    return as_json(200, {"message": "The token is revoked."})


def register_public_key(call: Call) -> Response:
    """Gives the profile a key, in the place of the one that it has."""
    given = call.field("publicKey")
    try:
        keys.open_signed_public_key(given)
    except ValueError:
        invalid("publicKey", "This value is not a signed public key: its length, version or hash is wrong.")
    return call.take(CommandKind.REGISTER_PUBLIC_KEY, public_key=given)


def retrieve_public_key(call: Call) -> Response:
    """The key that the profile has."""
    key = call.world.public_key(call.profile)
    if key is not None:
        return as_json(200, {"publicKey": key})
    match call.world.shapes.no_key:
        case NoKey.NOT_FOUND:
            raise Refusal(404, "The profile has no public key.")
        case NoKey.EMPTY:
            return as_json(200, {"publicKey": ""})
        case NoKey.NULL:
            return as_json(200, {"publicKey": None})
        case NoKey.NOTHING:
            return Response(200, {}, b"")


def engine_key(call: Call) -> Response:
    """The engine's key, in the same signed form."""
    return as_json(200, {"publicKey": call.world.engine_key})


def generate_keys(_: Call) -> Response:
    """The one thing that the sandbox leaves out."""
    raise Refusal(404, "This sandbox makes no keys: a private key must never leave the device that uses it.")


def _token(token: str, end: float) -> Response:
    return as_json(200, {"authorizationToken": token, "expiresAt": as_time(end)})
