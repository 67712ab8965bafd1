"""Privicore's wire: requests with its headers, and the shapes in which its answers come. Pure.

Several shapes were seen in the field for the same answer; what is none of them is a protocol error, never a guess.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import quote, urlencode

from enroller import errors, keys
from enroller.address import host_of
from enroller.model import Enrollment, Request, Response, Secret
from enroller.services import answers, echo
from enroller.text import is_drawn, plain

TOKEN_HEADER = "X-DPT-AUTHORIZATION"
COMMAND_ID_HEADER = "x-dpt-cab-id"
"""**Assumption**: where the answer to a command has no body, the command's id is in this header."""

COMMAND_ID_TYPE = "X-DPT-CAB-ID"
"""The type of the pushed messages that tell a command's outcome."""

SANDBOX_PORT = 9009

DEVICE_ID_NAMES = ("deviceIdentifier", "deviceId", "id")
DEVICE_NAME_NAMES = ("deviceName", "name")
STATE_NAMES = ("status", "state")
APPROVED_NAMES = ("approved", "isApproved")
CREATED_NAMES = ("createdAt", "created_at", "created", "creationTime", "creationDate", "createdOn")
"""**Assumption**: the names under which records of devices carry identifier, name, state and creation time."""

CONFIGURATION_TEXTS = ("device-identifier", "client-id", "client-secret", "rabbit-user", "rabbit-pass", "rabbit-host")
CONFIGURATION_PORT = "rabbit-port"

LARGEST_PORT = 65_535


class CommandStatus(Enum):
    """Where a command stands."""

    IN_FLIGHT = auto()
    SUCCEEDED = auto()
    REJECTED = auto()


class Standing(Enum):
    """What the account's owner has decided about a device."""

    PENDING = auto()
    APPROVED = auto()
    REJECTED = auto()


_WORDS = {
    "started": CommandStatus.IN_FLIGHT,
    "succeeded": CommandStatus.SUCCEEDED,
    "rejected": CommandStatus.REJECTED,
}
_NUMBERS = {1: CommandStatus.IN_FLIGHT, 2: CommandStatus.SUCCEEDED, 3: CommandStatus.REJECTED}
_STANDINGS = {
    "pending": Standing.PENDING,
    "approved": Standing.APPROVED,
    "active": Standing.APPROVED,
    "rejected": Standing.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Device:
    """One record of the account's list; None for what it does not tell, or not in a form that we know."""

    identifier: str
    name: str | None
    standing: Standing | None
    created_at: float | None


@dataclass(frozen=True, slots=True)
class Push:
    """A pushed message about a command."""

    id: str
    status: CommandStatus
    reason: str


# Requests


def get(enrollment: Enrollment, path: str) -> Request:
    """An authenticated question."""
    return Request("GET", enrollment.asked.server + path, _headers(token_of(enrollment)))


def post(
    enrollment: Enrollment, path: str, form: Sequence[tuple[str, str]] = (), *, token: Secret | None = None
) -> Request:
    """A form; with `token`, or with the one that we are signed in with, if any."""
    headers = _headers(token or token_of(enrollment)) | {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", enrollment.asked.server + path, headers, urlencode(form).encode())


def post_json(enrollment: Enrollment, path: str, document: Mapping[str, object]) -> Request:
    """The one call that takes JSON."""
    headers = _headers(token_of(enrollment)) | {"Content-Type": "application/json"}
    return Request("POST", enrollment.asked.server + path, headers, json.dumps(document).encode())


def quoted(segment: str) -> str:
    """A segment of a path; what the service gave us must not become another path (RFC 3986, section 3.3)."""
    # A segment of dots alone would be taken away on the way (RFC 3986, section 5.2.4).
    return quote(segment, safe="") if segment.strip(".") else segment.replace(".", "%2E")


def identifier_field(enrollment: Enrollment) -> tuple[str, str]:
    """The form's field that names this device."""
    if enrollment.progress.device_identifier is None:
        raise ValueError("the device has no identifier yet")
    return ("deviceIdentifier", enrollment.progress.device_identifier)


def token_of(enrollment: Enrollment) -> Secret | None:
    """The token that we are signed in with."""
    if enrollment.authorization is not None:
        return enrollment.authorization.token
    return enrollment.grant.access_token if enrollment.grant is not None else None


def _headers(token: Secret | None) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    return headers if token is None else headers | {TOKEN_HEADER: token.reveal()}


# Answers


def raise_if_stranger(enrollment: Enrollment, answer: Response) -> None:
    """Raises where somebody else answered, or the service is busy."""
    answers.raise_if_stranger(answer, host_of(enrollment.asked.server))


def read(enrollment: Enrollment, answer: Response) -> Any:
    """The JSON value of a successful answer (2xx); any other answer raises what it means."""
    _raise_if_refused(enrollment, answer)
    return answers.value(answer)


def _raise_if_refused(enrollment: Enrollment, answer: Response) -> None:
    raise_if_stranger(enrollment, answer)
    if answer.status == 401:
        raise sign_in_needed(enrollment, "The service does not accept the token (any more).")
    answers.raise_if_cut_off(answer)
    if answer.status in (400, 403, 409, 422):  # 422: validation errors, by the vendor's pages
        said = told(enrollment, _explanation(answer))
        raise errors.Refused(
            f"The service says: {said}." if said else f"The service refused the request (status {answer.status})."
        )
    if not 200 <= answer.status < 300:
        raise answers.unexplained(answer, host_of(enrollment.asked.server))


def sign_in_needed(enrollment: Enrollment, message: str) -> errors.SignInNeeded:
    """Names the way in that this enrollment knows."""
    if not enrollment.asked.username:
        return errors.SignInNeeded(message)
    return errors.SignInNeeded(
        message,
        advice=f"Your turn: give the password of {plain(enrollment.asked.username)} (--password-file) or a new token "
        "(--token-file). Nothing is lost, and no new approval is needed.",
    )


def told(enrollment: Enrollment, said: str) -> str:
    """The service's words for people: harmless, without what a request carries, and without a full stop."""
    return plain(echo.without(said, _sent(enrollment))).rstrip(".")


def members(value: Any) -> dict[str, Any]:
    """A JSON object. Raises ProtocolError."""
    if not isinstance(value, dict):
        raise errors.ProtocolError("The answer is not a JSON object.")
    return value


def token(found: dict[str, Any]) -> Secret:
    """The new token of an answer. Raises ProtocolError."""
    return answers.secret(found, "authorizationToken")


def expires_at(found: dict[str, Any], now: float) -> float:
    """When a token ends, in seconds since the epoch. Raises ProtocolError where that is no time, or over already."""
    end = answers.moment(found, "expiresAt")
    if end <= now:
        raise errors.SignInNeeded("The service gave a token that is over already. Is this device's clock right?")
    return min(end, now + answers.LONGEST_LIFE)


def command_id(enrollment: Enrollment, answer: Response) -> str:
    """The id of a command that was taken. Raises ProtocolError where there is none."""
    found: Any = None
    if answer.body.strip():
        found = read(enrollment, answer)
        found = found.get("commandId") if isinstance(found, dict) else _only(found)
    elif 200 <= answer.status < 300 and COMMAND_ID_HEADER in answer.headers:
        found = answer.headers[COMMAND_ID_HEADER]  # the service's, whatever type it gives to a body of no length
    else:
        _raise_if_refused(enrollment, answer)
        if answer.headers.get("content-length", "0") != "0":
            raise errors.ConnectionLost("The answer was cut off.")
    return _identifier(found, "The service took the command without saying how to ask for its outcome.")


def command_status(value: Any) -> tuple[CommandStatus, str]:
    """Where a command stands, and why it was rejected, in the service's own words. Raises ProtocolError."""
    if isinstance(value, dict):
        number = value.get("command_status")
        if type(number) is int and number in _NUMBERS:
            return _NUMBERS[number], _as_text(value.get("body") or "")
    else:
        word = _only(value)
        if isinstance(word, str) and word.lower() in _WORDS:
            return _WORDS[word.lower()], ""
    raise errors.ProtocolError("The answer about the command's outcome has an unknown form.")


def pushed(message: bytes) -> Push | None:
    """A pushed message about a command; None where it is about something else, or no message of the service's."""
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return None
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, dict) or data.get("type") != COMMAND_ID_TYPE or not isinstance(data.get("id"), str):
        return None
    try:
        status, reason = command_status(data)
    except errors.ProtocolError:
        return None
    return Push(data["id"], status, reason)


def device_identifier(value: Any) -> str:
    """The identifier that this device got. Raises ProtocolError."""
    found = value.get("deviceIdentifier") if isinstance(value, dict) else value
    return _identifier(found, "The answer has no device identifier.")


def devices(enrollment: Enrollment, answer: Response) -> list[Device]:
    """The devices of the account. Raises ProtocolError."""
    value = read(enrollment, answer)
    if not isinstance(value, list):
        raise errors.ProtocolError("The list of devices is not a list.")
    return [_device(members(record)) for record in value]


def public_key(enrollment: Enrollment, answer: Response) -> bytes | None:
    """The bare key that the account has, or None. Raises ProtocolError, also where the key's hash is wrong."""
    if answer.status == 404:
        raise_if_stranger(enrollment, answer)
        return None
    _raise_if_refused(enrollment, answer)
    if not answer.body.strip():
        return None
    found = answers.value(answer)
    if found in (None, "") or found == {}:
        return None
    if isinstance(found, dict):
        if "publicKey" not in found:
            raise errors.ProtocolError("The answer does not tell which public key the account has.")
        found = found["publicKey"]
        if found is None or found == "":
            return None
    try:
        return keys.open_signed_public_key(found if isinstance(found, str) else "")
    except ValueError:
        raise errors.ProtocolError("The public key that the account has is damaged: its hash is wrong.") from None


def configuration(said: Any, identifier: str) -> dict[str, Any]:
    """The device's configuration, exactly as programs read it. Raises ProtocolError where something is missing."""
    found = members(said)
    texts = {name: answers.text(found, name) for name in CONFIGURATION_TEXTS}
    for name, value in texts.items():
        if not all(map(is_drawn, value)):  # programs print them, and terminals obey what is not
            raise errors.ProtocolError(f"“{name}” in the answer holds characters that cannot be printed.")
    if texts["device-identifier"] != identifier:
        raise errors.ProtocolError("The configuration belongs to another device.")
    port = found.get(CONFIGURATION_PORT)
    if isinstance(port, str) and port.isascii() and port.isdigit():
        port = int(port[:6])
    if type(port) is not int or not 0 < port <= LARGEST_PORT:
        raise errors.ProtocolError(f"“{CONFIGURATION_PORT}” in the answer is no port.")
    return {**texts, CONFIGURATION_PORT: port}


def _device(record: dict[str, Any]) -> Device:
    found = next((record[name] for name in DEVICE_ID_NAMES if record.get(name)), None)
    identifier = _identifier(found, "A record in the list of devices has no identifier.")
    name = next((record[each] for each in DEVICE_NAME_NAMES if isinstance(record.get(each), str)), None)
    return Device(identifier, name, _standing(record), _created_at(record))


def _created_at(record: dict[str, Any]) -> float | None:
    for name in CREATED_NAMES:
        try:
            return answers.moment(record, name)
        except errors.ProtocolError:
            continue
    return None


def _standing(record: dict[str, Any]) -> Standing | None:
    for name in STATE_NAMES:
        word = record.get(name)
        if isinstance(word, str) and word.lower() in _STANDINGS:
            return _STANDINGS[word.lower()]
    for name in APPROVED_NAMES:
        if isinstance(record.get(name), bool):
            return Standing.APPROVED if record[name] else Standing.PENDING
    return None


def _only(value: Any) -> Any:
    """The one element of an array; anything else is itself."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _identifier(found: Any, missing: str) -> str:
    """An id as it can stand in a header, a path or a form: visible ASCII. Raises ProtocolError."""
    if isinstance(found, bool) or not isinstance(found, str | int) or not str(found):
        raise errors.ProtocolError(missing)
    text = str(found)
    if len(text) > 200 or not all("!" <= c <= "~" for c in text):
        raise errors.ProtocolError("An id in the answer holds what no id has.")
    return text


def _explanation(answer: Response) -> str:
    """What a refusal says: a text, a `message`, or one line of what its members say."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(said, dict) and isinstance(said.get("message"), str) and "errors" not in said:
        said = said["message"]
    return _as_text(said)


def _as_text(said: Any) -> str:
    """A text as it is, anything else in one line of JSON."""
    try:
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    except RecursionError:  # what could just be read may be too deep to be written
        return ""


def _sent(enrollment: Enrollment) -> list[Secret]:
    """The secrets that requests carry, this one or one before it."""
    found = [enrollment.credential.secret] if enrollment.credential else []
    if enrollment.authorization is not None:
        found.append(enrollment.authorization.token)
    if enrollment.grant is not None:
        found.append(enrollment.grant.access_token)
    return found
