"""Reading answers of OAuth-like services: JSON objects, error codes, numbers, Retry-After. Pure."""

import json
import math
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any, Never
from urllib.parse import quote, quote_plus, urlsplit

from enroller import errors
from enroller.model import Response, Secret
from enroller.text import from_rfc3339, plain

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")

SHORTEST_SECRET = 6
"""Characters; what is shorter is a word that a sentence may hold by itself."""

LONGEST_LIFE = 100 * 366 * 86_400.0
"""No code or token lives longer than a century; a larger number is an answer that makes no sense."""


def json_object(answer: Response, host: str, hidden: Iterable[Secret] = ()) -> dict[str, Any]:
    """The JSON object of a successful answer (2xx); any other answer raises what it means.

    `host` is who was asked, for the message where a stranger answered. `hidden`: what was sent and must not come back
    in a message, since some services repeat the request in their error.
    """
    raise_if_stranger(answer, host)
    said = error_members(answer)
    if error := said.get("error", ""):  # some services say it with status 200
        description = said.get("error_description", "")
        description = description if isinstance(description, str) else ""
        raise_oauth(without(error, hidden), without(description, hidden))
    raise_if_cut_off(answer)
    if not 200 <= answer.status < 300:
        raise unexplained(answer, host)
    members = value(answer)
    if not isinstance(members, dict):
        raise errors.ProtocolError("The answer is not a JSON object.")
    return members


def raise_if_stranger(answer: Response, host: str) -> None:
    """Raises where somebody else answered, or the service is busy. `host` is who was asked."""
    if 300 <= answer.status < 400:
        target = urlsplit(answer.headers.get("location", "")).hostname or host
        raise errors.Redirected(f"{plain(host)} sent us to {plain(target)}.")
    if answer.status == 407:  # RFC 9110, section 15.5.8
        raise errors.ProxyLogin()
    said = error_members(answer)
    _raise_if_busy(answer, said.get("error", ""), said)
    if is_page(answer):
        raise errors.LoginPage(f"A web page of {plain(host)} answered instead of the service (status {answer.status}).")


def raise_if_cut_off(answer: Response) -> None:
    """Raises where this is a JSON value whose end was lost on the way, be it a grant or an error."""
    body = answer.body.strip()
    ends = {b"{": b"}", b"[": b"]", b'"': b'"'}
    if body[:1] in ends and (len(body) == 1 or not body.endswith(ends[body[:1]])):
        raise errors.ConnectionLost("The answer was cut off.")


def unexplained(answer: Response, host: str) -> errors.ProtocolError:
    """The error for a status that the protocol does not know."""
    return errors.ProtocolError(f"{plain(host)} answered with status {answer.status} and no explanation.")


def value(answer: Response) -> Any:
    """The JSON value of an answer. Raises ConnectionLost where it is empty, ProtocolError where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        if not answer.body.strip():
            raise errors.ConnectionLost("The answer was cut off.") from None
        raise errors.ProtocolError("The answer is not JSON.") from None


def is_page(answer: Response) -> bool:
    """Whether the answer is a web page: by its content type, its first character or its status."""
    if answer.status == 511:  # a network's own page: RFC 6585, section 6
        return True
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml") or answer.body.lstrip()[:1] == b"<"


def without(said: str, hidden: Iterable[Secret]) -> str:
    """`said` without any of the secrets, as they are or as a form carries them."""
    for secret in hidden:
        for form in {secret.reveal(), quote_plus(secret.reveal()), quote(secret.reveal(), safe="")}:
            said = said.replace(form, "…") if len(form) >= SHORTEST_SECRET else said
    return said


def raise_oauth(error: str, description: str) -> Never:
    """The error of ours for an OAuth error code (RFC 6749, section 5.2; RFC 8628, section 3.5)."""
    said = (
        f"The service says: {plain(description)} ({plain(error, 60)})."
        if description
        else f"The service says: {plain(error, 60)}."
    )
    match error:
        case "access_denied":
            raise errors.Denied("The administrator rejected this device.")
        case "expired_token":
            raise errors.Expired("The request ended before somebody approved it.")
        case "invalid_client":
            raise errors.BadApiKey(said, oauth_error=error)
        case "invalid_grant":
            raise errors.CodeUsedUp(said, oauth_error=error)
    raise errors.Refused(said, oauth_error=plain(error, 60))


def error_members(answer: Response) -> dict[str, Any]:
    """The members of an OAuth error answer; empty where it is none."""
    try:
        members = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) and isinstance(members.get("error"), str) else {}


def text(members: dict[str, Any], name: str) -> str:
    """A text that must be there. Raises ProtocolError."""
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise errors.ProtocolError(f"The answer has no usable “{name}”.")
    return value


def secret(members: dict[str, Any], name: str) -> Secret:
    """A text that must be there and is nobody's business: visible ASCII (RFC 6749, appendix A.12 and A.17)."""
    value = text(members, name)
    if not all(" " <= c <= "~" for c in value):
        raise errors.ProtocolError(f"“{name}” in the answer holds characters that no token has.")
    return Secret(value)


def seconds(members: dict[str, Any], name: str) -> float:
    """A length of time: a positive number, or one written as a text. Raises ProtocolError."""
    value = members.get(name)
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.ProtocolError(f"“{name}” in the answer is not a number.")
    # Compared before conversion: an integer may be too large for a float.
    if not (0 < value <= LONGEST_LIFE) or not math.isfinite(value):
        raise errors.ProtocolError(f"“{name}” in the answer is not a usable number of seconds.")
    return float(value)


def moment(members: dict[str, Any], name: str) -> float:
    """A point in time as RFC 3339, in seconds since the epoch. Raises ProtocolError."""
    try:
        return from_rfc3339(text(members, name))
    except ValueError:
        raise errors.ProtocolError(f"“{name}” in the answer is no point in time.") from None


def optional_interval(members: dict[str, Any]) -> float | None:
    """`interval` where there is a usable one (RFC 8628, section 3.2); nonsense counts as none."""
    try:
        return seconds(members, "interval")
    except errors.ProtocolError:
        return None


def retry_after(answer: Response) -> float | None:
    """`Retry-After` in seconds (RFC 9110, section 10.2.3); a date counts from the answer's own `Date`."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def clock_ahead(answer: Response, now: float) -> float:
    """Seconds by which the service's clock is ahead of ours, by the answer's `Date` (RFC 9110, section 6.6.1)."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _raise_if_busy(answer: Response, error: str, members: dict[str, Any]) -> None:
    # 408 and 429 are momentary like 5xx (RFC 9110, 15.5.9; RFC 6585, 4), and so is `slow_down` (RFC 8628, 3.5).
    if error == "slow_down" or answer.status in (408, 429) or (answer.status >= 500 and answer.status != 511):
        raise errors.Busy(
            f"The service is busy (status {answer.status}).",
            status=answer.status,
            retry_after=optional_interval(members) or retry_after(answer),
        )
