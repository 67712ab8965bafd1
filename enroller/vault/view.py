"""The public view of an enrollment, `enrollment.json`: what lists show and other programs may read; never a secret.

The members are stable within a schema number; a reader ignores members that it does not know. Times are RFC 3339 in
UTC, or null. The sealed file is the truth: opening an enrollment rewrites a view that lags behind.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from enroller.errors import Damaged, StorageError, TooNew
from enroller.model import Enrollment, KeyType, ServiceName
from enroller.vault import files
from enroller.vault.files import VIEW
from enroller.vault.record import SCHEMA, member_from_json, parse, schema_of, to_json
from enroller.vault.values import Summary

_NOT_STORED = {"problem", "is_newer"}
_MEMBERS: dict[str, Any] = {name: kind for name, kind in Summary.__annotations__.items() if name not in _NOT_STORED}
_SINCE: dict[int, dict[str, Any]] = {
    2: dict.fromkeys(("device_identifier", "websocket_url", "profile_key", "kept_key"))
    | {"device_name": "", "username": ""},
    3: {"machine": []},
}
"""Members that the schema before each did not have, and what they are where they are missing."""

_TIMES = ("created_at", "approval_expires_at", "token_expires_at")


def render(enrollment: Enrollment) -> bytes:
    """The public view's file for an enrollment."""
    asked, key, progress, grant = enrollment.asked, enrollment.key, enrollment.progress, enrollment.grant
    public = Summary(
        id=enrollment.id,
        revision=enrollment.revision,
        service=asked.service,
        state=enrollment.state,
        server=asked.server,
        client_id=asked.client_id or (grant.client_id if grant else None) or "",
        client_type=asked.client_type if asked.service is ServiceName.SAFEQ_CLOUD else None,
        description=asked.description,
        device_name=asked.device_name,
        device_identifier=progress.device_identifier,
        username=asked.username,
        websocket_url=asked.websocket_url,
        profile_key=progress.profile_key,
        kept_key=progress.kept_key,
        key_type=key.key_type,
        rsa_bits=asked.rsa_bits if key.key_type in (KeyType.RSA, KeyType.X509) else None,
        fingerprint=key.fingerprint,
        public_key=key.public_key,
        protection=asked.protection,
        created_at=enrollment.created_at,
        approval_expires_at=enrollment.ticket.expires_at if enrollment.ticket else None,
        token_expires_at=grant.expires_at if grant else None,
        approved=enrollment.approved,
        failure=enrollment.failure,
        poll_interval=asked.poll_interval,
        ca_file=asked.ca_file,
        replaces=enrollment.replaces,
        machine=enrollment.machine,
    )
    body = {name: to_json(getattr(public, name)) for name in _MEMBERS}
    body |= {name: _written(getattr(public, name)) for name in _TIMES}
    return (json.dumps({"schema": SCHEMA, **body}, indent=2) + "\n").encode("ascii")


def read(content: bytes, id: str) -> Summary:  # noqa: A002 - the member's name
    """Reads a public view. Raises Damaged or TooNew."""
    body = parse(content)
    for schema in range(schema_of(body) + 1, SCHEMA + 1):
        body = _SINCE[schema] | body
    if not body.keys() >= _MEMBERS.keys():
        raise Damaged(f"{VIEW} lacks members.")
    body |= {name: _seconds(body[name]) for name in _TIMES}
    summary = Summary(**{name: member_from_json(kind, body[name], name) for name, kind in _MEMBERS.items()})
    if summary.id != id or summary.state is None:
        raise Damaged(f"{VIEW} does not belong here.")
    return summary


def summarise(folder: Path) -> Summary | None:
    """What the public view in an enrollment's folder says, or the one before it; None where there is neither.

    What is wrong becomes the summary's `problem`, never an error.
    """
    try:
        files.check_own(folder)
        return _newest(folder)
    except FileNotFoundError:
        return None  # removed while we looked
    except OSError as error:
        return Summary(folder.name, problem=f"{folder}: {error.strerror}.")
    except StorageError as error:
        return Summary(folder.name, problem=error.message, is_newer=isinstance(error, TooNew))


def _newest(folder: Path) -> Summary | None:
    problem, found = "", False
    for path in (folder / VIEW, files.earlier(folder / VIEW)):
        try:
            content = files.read(path)
            if content is not None:
                summary = read(content, folder.name)
                return summary._replace(problem=f"{problem} {_STALE}") if problem else summary
            problem = problem or f"{path.name} is missing."
        except Damaged as error:
            found = True
            problem = problem or f"{path.name} is damaged: {error.message}"
    return Summary(folder.name, problem=problem) if found else _first(folder)


def _first(folder: Path) -> Summary | None:
    """The view that was written with the first record, where a kill came before it got its name."""
    with suppress(Damaged):
        content = files.read(files.staged(folder / VIEW))
        return read(content, folder.name) if content is not None else None
    return None


_STALE = "What is shown may be out of date; opening the enrollment repairs it."


def _written(when: float | None) -> str | None:
    from enroller.text import rfc3339

    return rfc3339(when)


def _seconds(text: object) -> float | None:
    from enroller.text import from_rfc3339

    if text is None:
        return None
    if not isinstance(text, str):
        raise Damaged(f"{VIEW} has a time that is none.")
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise Damaged(f"{VIEW} has a time that is none.") from error
