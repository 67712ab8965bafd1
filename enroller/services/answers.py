"""Reading answers of OAuth-like services: JSON objects, error codes, numbers, Retry-After. Pure."""

import codecs
import json
import math
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any, Never
from urllib.parse import urlsplit

from enroller import errors
from enroller.model import Response, Secret
from enroller.services.echo import without
from enroller.text import from_rfc3339, plain

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")

LONGEST_TEXT = 16 * 1024
"""Characters of one text: tokens travel in headers, which servers take up to 8 or 16 KiB, and all that is known of an
enrollment must fit into a file that the vault reads again."""

SHORTEST_INTERVAL, LONGEST_INTERVAL = 1.0, 3600.0
"""Seconds between two polls: with less we would flood the service, with more hear of an approval far too late."""

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
        raise_oauth(error, description if isinstance(description, str) else "", hidden)
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
        target = _host_in(answer.headers.get("location", "")) or host
        raise errors.Redirected(f"{plain(host)} sent us to {plain(target, 100)}.")
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


def is_strangers(answer: Response) -> bool:
    """Whether somebody else has probably answered: a page, a redirect, a proxy, or what stands before the service."""
    return answer.status >= 500 or 300 <= answer.status < 400 or answer.status == 407 or is_page(answer)


def is_page(answer: Response) -> bool:
    """Whether the answer is a web page: by its content type, its first character or its status."""
    if answer.status == 511:  # a network's own page: RFC 6585, section 6
        return True
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = answer.body.removeprefix(codecs.BOM_UTF8)
    return kind in ("text/html", "application/xhtml+xml") or body.lstrip()[:1] == b"<"


OAUTH_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
     "invalid_scope", "authorization_pending", "slow_down", "access_denied", "expired_token"}
)  # fmt: skip
"""The codes of RFC 6749, section 5.2, and RFC 8628, section 3.5."""


def raise_oauth(error: str, description: str, hidden: Iterable[Secret] = ()) -> Never:
    """The error of ours for an OAuth error code (RFC 6749, section 5.2; RFC 8628, section 3.5)."""
    hidden = list(hidden)
    code, why = plain(without(error, hidden), 60), plain(without(description, hidden))
    said = f"The service says: {why} ({code})." if why else f"The service says: {code}."
    match error:
        case "access_denied":
            raise errors.Denied("The administrator rejected this device.")
        case "expired_token":
            raise errors.Expired("The request ended before somebody approved it.")
        case "invalid_client":
            raise errors.BadApiKey(said, oauth_error=error)
        case "invalid_grant":
            raise errors.CodeUsedUp(said, oauth_error=error)
    raise errors.Refused(said, oauth_error=code)


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
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
        raise errors.ProtocolError(f"The answer has no usable “{name}”.")
    return value


def secret(members: dict[str, Any], name: str) -> Secret:
    """A text that must be there and is nobody's business: visible ASCII (RFC 6749, appendix A.12 and A.17)."""
    value = text(members, name)
    if not all(" " <= c <= "~" for c in value) or value != value.strip():  # a header would lose the spaces around it
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
    """`interval` where there is a usable one (RFC 8628, section 3.2), within reason; nonsense counts as none."""
    try:
        return min(max(seconds(members, "interval"), SHORTEST_INTERVAL), LONGEST_INTERVAL)
    except errors.ProtocolError:
        return None


def retry_after(answer: Response) -> tuple[float | None, float | None]:
    """`Retry-After` (RFC 9110, section 10.2.3) in seconds, and as a point in time where only that can be said.

    A date counts from the answer's own `Date`, whatever our clock says.
    """
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9]), None
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None, None
    written = date_of(answer)
    return (None, until) if written is None else (max(0.0, until - written), None)


def date_of(answer: Response) -> float | None:
    """When the service wrote an answer, in seconds since the epoch, by its own clock (RFC 9110, section 6.6.1)."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def clock_ahead(answer: Response, now: float) -> float:
    """Seconds by which the service's clock is ahead of ours, by the answer's `Date`; 0 where it does not tell."""
    date = date_of(answer)
    return 0.0 if date is None else date - now


def _host_in(location: str) -> str | None:
    """The host of a redirect's target, where that is an address."""
    try:
        return urlsplit(location).hostname
    except ValueError:
        return None


def _raise_if_busy(answer: Response, error: str, members: dict[str, Any]) -> None:
    # 408 and 429 are momentary like 5xx (RFC 9110, 15.5.9; RFC 6585, 4), and so is `slow_down` (RFC 8628, 3.5).
    if error == "slow_down" or answer.status in (408, 429) or (answer.status >= 500 and answer.status != 511):
        seconds_away, until = retry_after(answer)
        interval = optional_interval(members)
        raise errors.Busy(
            f"The service is busy (status {answer.status}).",
            status=answer.status,
            retry_after=interval or seconds_away,
            retry_at=None if interval else until,
        )
