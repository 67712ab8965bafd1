"""Registering: the account's key, then a device and its identifier."""

from dataclasses import replace

from enroller import errors, keys
from enroller.model import CommandKind, Enrollment, KeyType, ProfileKey, Request, Response, Secret, Ticket
from enroller.services import Call, Learned, NotYet, Outcome, Registered, answers
from enroller.services.privicore import wire
from enroller.services.privicore.commands import SETTLING, command, progress
from enroller.text import plain

MOST_REQUESTS = 3
"""A service that neither says what became of a request nor lists its device may be making one after the other."""

CLOCK_ERROR = 5.0
"""Seconds of doubt about a creation time: whole seconds, and an answer's way to us."""

TRACEABLE = 600.0
"""Seconds after which a device without a creation time can be anybody's."""

# Assumption: a device's own key is not needed for its approval where the account has a key already.


def _build_profile_key(enrollment: Enrollment) -> Request:
    return wire.get(enrollment, "/public-key/retrieve-public-key")


def _parse_profile_key(enrollment: Enrollment, answer: Response, _now: float) -> Learned:
    try:
        found = wire.public_key(enrollment, answer)
    except errors.ProtocolError:
        if not enrollment.asked.replace_profile_key:
            raise
        found = None  # whatever is there is to be replaced
    if found is None:
        return progress(enrollment, profile_key=ProfileKey.WANTED, kept_key=None)
    if found == keys.open_signed_public_key(enrollment.key.public_key):
        return progress(enrollment, profile_key=ProfileKey.REGISTERED, kept_key=None)
    if enrollment.asked.replace_profile_key:
        return progress(enrollment, profile_key=ProfileKey.WANTED, kept_key=None)
    fingerprint = keys.fingerprint(KeyType.X25519, found)
    return progress(enrollment, profile_key=ProfileKey.KEPT, kept_key=fingerprint)


def _forget_profile_key(enrollment: Enrollment, _now: float) -> Enrollment:
    """Should the answer be lost, the account is asked again what key it has: another may be there by then."""
    return replace(enrollment, progress=replace(enrollment.progress, profile_key=None))


def _build_register_key(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/public-key/register-public-key", [("publicKey", enrollment.key.public_key)])


def _parse_namesakes(enrollment: Enrollment, answer: Response, _now: float) -> Learned:
    name = enrollment.asked.device_name
    known = tuple(one.identifier for one in wire.devices(enrollment, answer) if one.name in (name, None))
    return progress(enrollment, namesakes=known)


def _note_request(enrollment: Enrollment, now: float) -> Enrollment:
    return replace(enrollment, progress=replace(enrollment.progress, requested_at=now))


def _forget_request(enrollment: Enrollment) -> Enrollment:
    return replace(enrollment, progress=replace(enrollment.progress, requested_at=None))


def _build_request(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/device/request-unique-identifier", [("deviceName", enrollment.asked.device_name)])


def _answer_lost(enrollment: Enrollment, _now: float) -> bool:
    known = enrollment.progress
    return known.requested_at is not None and known.request_id is None and known.device_identifier is None


def _parse_find(enrollment: Enrollment, answer: Response, now: float) -> Outcome:
    """Looks for the device that a request with a lost answer has made."""
    known = enrollment.progress
    ours = [one.identifier for one in _candidates(enrollment, answer, now)]
    if len(ours) > 1:
        raise errors.ProtocolError(
            f"The account has {len(ours)} new devices of this name, and only one of them can be ours.", advice=_UNTOLD
        )
    if ours:
        return _registered(progress(enrollment, device_identifier=ours[0]).enrollment)
    if is_settling(enrollment, now):
        return NotYet(working_since=known.requested_at)
    again = progress(enrollment, requested_at=None, namesakes=None, requests=known.requests + 1)
    if again.enrollment.progress.requests < MOST_REQUESTS:
        return again
    error = errors.ProtocolError(f"A device was asked for {MOST_REQUESTS} times, and the account's list has none.")
    return replace(progress(again.enrollment, requests=0), error=error)


_UNTOLD = "Have the account's owner reject what nobody waits for, then try again, or use another device name."


def _candidates(enrollment: Enrollment, answer: Response, now: float) -> list[wire.Device]:
    """The devices that our request may have made. Another machine may ask under the same name at any time, so the time
    decides: made when we asked, or, where the list tells no times, waiting still and not long ago."""
    known, name = enrollment.progress, enrollment.asked.device_name
    namesakes = frozenset(known.namesakes or ())  # an account may have thousands
    new = [one for one in wire.devices(enrollment, answer) if one.identifier not in namesakes]
    if any(one.name is None for one in new):
        raise errors.ProtocolError("The list of devices has no names, so ours cannot be told from others.")
    found = []
    ahead, asked_at = answers.clock_ahead(answer, now), known.requested_at or 0.0
    for one in new:
        if one.name != name or one.standing is wire.Standing.REJECTED:
            continue
        if one.created_at is not None:
            if -CLOCK_ERROR <= one.created_at - ahead - asked_at <= SETTLING + CLOCK_ERROR:
                found.append(one)
        elif one.standing is wire.Standing.PENDING and is_settling(enrollment, now, TRACEABLE):
            found.append(one)
        else:
            raise errors.ProtocolError(
                f"The account has a new device {plain(one.name)}, which may not be ours.", advice=_UNTOLD
            )
    return found


def is_settling(enrollment: Enrollment, now: float, seconds: float = SETTLING) -> bool:
    """Whether the request was that short a time ago. A clock that was moved tells nothing about it."""
    asked_at = enrollment.progress.requested_at
    return asked_at is not None and 0 <= now - asked_at < seconds


def _build_retrieve(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/device/retrieve-unique-identifier", [("id", enrollment.progress.request_id or "")])


def _parse_retrieve(enrollment: Enrollment, answer: Response, _now: float) -> Outcome:
    if answer.status in (404, 422):  # the command is forgotten, but its device may be there
        return progress(enrollment, request_id=None)
    identifier = wire.device_identifier(wire.read(enrollment, answer))
    return _registered(progress(enrollment, device_identifier=identifier).enrollment)


def _registered(enrollment: Enrollment) -> Registered:
    identifier = enrollment.progress.device_identifier or ""
    return Registered(Ticket(Secret(identifier), expires_at=None), enrollment=enrollment)


def build_devices(enrollment: Enrollment) -> Request:
    """The account's list of devices."""
    return wire.get(enrollment, "/device/retrieve-profile-devices")


# Whose turn it is


def _wants_profile_key(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.profile_key is None


def _wants_our_key(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.profile_key is ProfileKey.WANTED


def _wants_namesakes(enrollment: Enrollment, now: float) -> bool:
    return _wants_request(enrollment, now) and enrollment.progress.namesakes is None


def _wants_request(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.device_identifier is None and enrollment.progress.request_id is None


def _wants_identifier(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.device_identifier is None


PROFILE_KEY = Call("profile-key", _build_profile_key, _parse_profile_key, wanted=_wants_profile_key)
REGISTER_KEY = command(
    CommandKind.REGISTER_KEY, _build_register_key, wanted=_wants_our_key, prepare=_forget_profile_key
)
FIND = Call("find", build_devices, _parse_find, wanted=_answer_lost)
NAMESAKES = Call("namesakes", build_devices, _parse_namesakes, wanted=_wants_namesakes)
REQUEST = command(
    CommandKind.REQUEST_IDENTIFIER,
    _build_request,
    wanted=_wants_request,
    prepare=_note_request,
    unsent=_forget_request,
)
RETRIEVE = Call("retrieve", _build_retrieve, _parse_retrieve, wanted=_wants_identifier)
