"""From the owner's decision to the configuration, and the device's removal."""

import json
from dataclasses import replace

from enroller import errors
from enroller.model import Approval, Authorization, CommandKind, Enrollment, Request, Response, Secret
from enroller.services import Call, NotYet, Outcome, Removed
from enroller.services.privicore import wire
from enroller.services.privicore.commands import command, progress, taken
from enroller.services.privicore.registration import build_devices, is_settling
from enroller.services.privicore.sign_in import grant_of

# Assumption: `configure-meta` is for devices that are approved, so the description is sent then.
# Assumption: a device whose state says rejected, and one that was listed and is gone, are both rejected.


def _wants_approval(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.asked.approve and enrollment.progress.approval is None


def _note_approval(enrollment: Enrollment, _now: float) -> Enrollment:
    return replace(enrollment, progress=replace(enrollment.progress, approval=Approval.ASKED))


def _forget_approval(enrollment: Enrollment) -> Enrollment:
    return replace(enrollment, progress=replace(enrollment.progress, approval=None))


def _build_approve(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/device/approve-device", [wire.identifier_field(enrollment)])


def _parse_poll(enrollment: Enrollment, answer: Response, now: float) -> Outcome:
    known = enrollment.progress
    found = [one for one in wire.devices(enrollment, answer) if one.identifier == known.device_identifier]
    if not found:
        if known.listed or not is_settling(enrollment, now):
            raise errors.Denied("The owner of the account rejected or removed this device: it is not listed any more.")
        return NotYet()
    match found[0].standing:
        case wire.Standing.APPROVED:
            return progress(enrollment, listed=True, approved=True, rejection=None)
        case wire.Standing.REJECTED:
            raise errors.Denied("The owner of the account rejected this device.")
        case wire.Standing.PENDING if known.rejection is not None:
            error = errors.CommandRejected(
                f"The approval with this account was rejected: {known.rejection}.",
                advice="Have the owner of the account approve the device; go on with `enroller resume`.",
            )
            return replace(progress(enrollment, listed=True, rejection=None), error=error)
        case wire.Standing.PENDING if known.approval is Approval.ASKED:
            return progress(enrollment, listed=True, approval=None)  # that answer was lost
        case None:
            raise errors.ProtocolError("The list of devices does not tell whether this device is approved.")
    return NotYet(enrollment=progress(enrollment, listed=True).enrollment)


def _is_approved(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.approved


def _wants_name(enrollment: Enrollment, now: float) -> bool:
    wanted = enrollment.asked.description not in ("", enrollment.asked.device_name)
    return _is_approved(enrollment, now) and wanted and not enrollment.progress.named


def _build_name(enrollment: Enrollment) -> Request:
    fields = [wire.identifier_field(enrollment), ("name", enrollment.asked.description)]
    return wire.post(enrollment, "/device/configure-meta", fields)


def _parse_name(enrollment: Enrollment, answer: Response, now: float) -> Outcome:
    """A refusal costs the description, not the enrollment."""
    try:
        return taken(CommandKind.CONFIGURE_META)(enrollment, answer, now)
    except errors.SignInNeeded:
        raise
    except errors.ServiceError:
        return progress(enrollment, named=True)


def _build_configuration(enrollment: Enrollment) -> Request:
    identifier = wire.identifier_field(enrollment)
    if enrollment.progress.configuration_by_download:
        return wire.post(enrollment, "/device/download-device-configuration", [identifier])
    return wire.get(enrollment, f"/device/retrieve-device-configuration/{wire.quoted(identifier[1])}")


def _parse_configuration(enrollment: Enrollment, answer: Response, _now: float) -> Outcome:
    known = enrollment.progress
    if answer.status in (404, 405) and not known.configuration_by_download:
        wire.raise_if_stranger(enrollment, answer)
        return progress(enrollment, configuration_by_download=True)
    configuration = wire.configuration(wire.read(enrollment, answer), known.device_identifier or "")
    authorization, old = enrollment.authorization, enrollment.grant
    if authorization is None and old is not None:
        authorization = Authorization(old.access_token, old.issued_at, old.expires_at)
    if authorization is None:
        raise errors.SignInNeeded()
    return grant_of(authorization, configuration["client-id"], Secret(json.dumps(configuration)))


def _build_remove(enrollment: Enrollment) -> Request:
    return wire.post(enrollment, "/device/remove", [wire.identifier_field(enrollment)])


def _parse_remove(enrollment: Enrollment, answer: Response, now: float) -> Outcome:
    if answer.status == 404:  # gone already
        wire.raise_if_stranger(enrollment, answer)
        return Removed()
    return taken(CommandKind.REMOVE)(enrollment, answer, now)


def _was_rejected(enrollment: Enrollment, _now: float) -> bool:
    return enrollment.progress.rejection is not None


def _parse_gone(enrollment: Enrollment, answer: Response, _now: float) -> Outcome:
    """A removal that was rejected: because an earlier one, whose answer was lost, has done it?"""
    identifier = enrollment.progress.device_identifier
    if all(one.identifier != identifier for one in wire.devices(enrollment, answer)):
        return Removed()
    error = errors.CommandRejected(
        f"The service rejected the removal: {enrollment.progress.rejection}.",
        advice="Ask the owner of the account. To forget the device here alone, leave --at-service out.",
    )
    return replace(progress(enrollment, rejection=None), error=error)


APPROVE = command(
    CommandKind.APPROVE, _build_approve, wanted=_wants_approval, prepare=_note_approval, unsent=_forget_approval
)
POLL = Call("poll", build_devices, _parse_poll)
NAME = Call("name", _build_name, _parse_name, wanted=_wants_name, command=True)
CONFIGURATION = Call("configuration", _build_configuration, _parse_configuration)
CONFIGURATION_ONCE_APPROVED = replace(CONFIGURATION, wanted=_is_approved)
GONE = Call("gone", build_devices, _parse_gone, wanted=_was_rejected)
REMOVE = Call("remove", _build_remove, _parse_remove, command=True)
