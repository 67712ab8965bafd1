"""Signing in: a password or a pasted token becomes an authorization, which is kept alive while it is needed."""

from dataclasses import replace

from enroller import errors
from enroller.model import Authorization, CredentialKind, Enrollment, Grant, Request, Response, Secret
from enroller.services import Call, Learned, Outcome, Parse
from enroller.services.privicore import wire
from enroller.text import plain

KEEP_ALIVE_SHARE = 0.25
"""A pasted token cannot be had again by ourselves, so it is renewed when a quarter of its life is left."""

SHORTEST_LIFE = 60.0
"""Seconds; to renew a token that lives shorter would be all that we ever do."""

TOKEN_LIFE = 86_400
"""Seconds that a renewed token shall live. **Assumption**: the service takes a day; a refusal costs nothing."""

# Assumption: a renewed token is answered like the first one; where only the end comes back, the token stays the same.


def signed_out(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.authorization is None


def _has_pasted_token(enrollment: Enrollment, now: float) -> bool:
    credential = enrollment.credential
    return signed_out(enrollment, now) and credential is not None and credential.kind is CredentialKind.TOKEN


def _nearly_over(enrollment: Enrollment, now: float) -> bool:
    """Whether a token that we cannot get anew should be kept alive."""
    credential, authorization = enrollment.credential, enrollment.authorization
    if authorization is None or not authorization.renewable:
        return False
    if credential is not None and credential.kind is CredentialKind.PASSWORD:
        return False
    life, left = authorization.expires_at - authorization.issued_at, authorization.expires_at - now
    return life >= SHORTEST_LIFE and 0 < left < KEEP_ALIVE_SHARE * life


def _has_password(enrollment: Enrollment, now: float) -> bool:
    credential = enrollment.credential
    return signed_out(enrollment, now) and credential is not None and credential.kind is CredentialKind.PASSWORD


def _build_expiry(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/profile/authorization-token/expiry", token=_credential(enrollment))


def _parse_expiry(enrollment: Enrollment, answer: Response, now: float) -> Learned:
    token = _credential(enrollment)
    members = wire.members(wire.read(enrollment, answer))
    return _signed_in(enrollment, Authorization(token, now, wire.expires_at(members, now)))


def _build_authenticate(enrollment: Enrollment) -> Request:
    fields = [("username", enrollment.asked.username), ("password", _credential(enrollment).reveal())]
    return wire.post(enrollment, "/profile/authenticate", fields)


def _parse_authenticate(enrollment: Enrollment, answer: Response, now: float) -> Learned:
    try:
        members = wire.members(wire.read(enrollment, answer))
    except errors.SignInNeeded:
        wrong = f"The user name or the password of {plain(enrollment.asked.username)} is wrong."
        raise wire.sign_in_needed(enrollment, wrong) from None
    return _signed_in(enrollment, Authorization(wire.token(members), now, wire.expires_at(members, now)))


def _build_reauthorize(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/profile/reauthorize-authorization-token", [("ttl", str(TOKEN_LIFE))])


def _parse_reauthorize(enrollment: Enrollment, answer: Response, now: float) -> Learned:
    members = wire.members(wire.read(enrollment, answer))
    token = wire.token(members) if "authorizationToken" in members else wire.token_of(enrollment)
    if token is None:
        raise ValueError("not signed in")
    return _signed_in(enrollment, Authorization(token, now, wire.expires_at(members, now)))


def _parse_keep_alive(enrollment: Enrollment, answer: Response, now: float) -> Learned:
    """A refusal is no harm yet: the token is good for a while, and then a new one is asked for."""
    try:
        return _parse_reauthorize(enrollment, answer, now)
    except errors.SignInNeeded:
        raise
    except errors.ServiceError:
        authorization = enrollment.authorization and replace(enrollment.authorization, renewable=False)
        return Learned(replace(enrollment, authorization=authorization))


def _signed_in(enrollment: Enrollment, authorization: Authorization) -> Learned:
    return Learned(replace(enrollment, authorization=authorization))


def _credential(enrollment: Enrollment) -> Secret:
    if enrollment.credential is None:
        raise wire.sign_in_needed(enrollment, "The service must be signed in to once more.")
    return enrollment.credential.secret


def grant_of(authorization: Authorization, client_id: str | None, configuration: Secret | None) -> Grant:
    """What programs get: the account's token, and what is the device's own."""
    return Grant(
        access_token=authorization.token,
        refresh_token=None,
        issued_at=authorization.issued_at,
        expires_at=authorization.expires_at,
        client_id=client_id,
        configuration=configuration,
    )


def as_grant(parse: Parse) -> Parse:
    """A new token for a device that has all the rest."""

    def granted(enrollment: Enrollment, answer: Response, now: float) -> Outcome:
        learned = parse(enrollment, answer, now)
        old = enrollment.grant
        if isinstance(learned, Learned) and learned.enrollment.authorization is not None and old is not None:
            return grant_of(learned.enrollment.authorization, old.client_id, old.configuration)
        return learned

    return granted


EXPIRY = Call("expiry", _build_expiry, _parse_expiry, wanted=_has_pasted_token)
AUTHENTICATE = Call("authenticate", _build_authenticate, _parse_authenticate, wanted=signed_out)
SIGN_IN_ANEW = replace(AUTHENTICATE, wanted=_has_password)
KEEP_ALIVE = Call("keep-alive", _build_reauthorize, _parse_keep_alive, wanted=_nearly_over)
REAUTHORIZE = Call("reauthorize", _build_reauthorize, _parse_reauthorize, wanted=signed_out)
