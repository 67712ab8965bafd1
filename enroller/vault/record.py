"""An enrollment as JSON and back: strict and total. The model's own types are the schema.

What comes back from disk is an object of exactly the model's members and types, or the error is Damaged: never a
KeyError. Any change of the model's members needs a new `SCHEMA` and a step in `_migrated`.
"""

import json
import math
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, get_args, get_origin

from enroller.errors import Damaged, TooNew
from enroller.model import Enrollment, Progress, Secret
from enroller.text import plain

SCHEMA = 3
"""The version of what the vault writes, of the sealed file and the public view alike."""

T = TypeVar("T")


def encode(enrollment: Enrollment) -> bytes:
    """The whole enrollment, secrets included: for the sealed file only."""
    return canonical(to_json(enrollment))


def decode(content: bytes, schema: int) -> Enrollment:
    """Reads what `encode` of that schema wrote. Raises Damaged."""
    return from_json(Enrollment, _migrated(parse(content), schema))


def _migrated(body: dict[str, Any], schema: int) -> dict[str, Any]:
    """Turns an older schema's members into today's, one step a version. Schema 1 is the first."""
    for step in _STEPS[schema - 1 :]:
        body = step(body)
    return body


def _from_schema_1(body: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 knew one service, whose credential is an API key, and no registration in several calls."""
    if "api_key" not in body or not isinstance(body.get("asked"), dict):
        raise Damaged("Members are missing.")
    body = dict(body)
    body["credential"] = {"kind": "api_key", "secret": body.pop("api_key")}
    body["asked"] = {
        "device_name": "",
        "username": "",
        "websocket_url": None,
        "approve": False,
        "replace_profile_key": False,
    } | body["asked"]
    if isinstance(body.get("grant"), dict):
        body["grant"] = {"client_id": None, "configuration": None} | body["grant"]
    return {"authorization": None, "progress": to_json(Progress())} | body


def _from_schema_2(body: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 knew no login for a proxy, no machine, and no time but the machine's own."""
    return {"proxy_login": None, "machine": [], "anchor": None} | body


_STEPS = (_from_schema_1, _from_schema_2)
"""From each schema to the next."""


def canonical(value: object) -> bytes:
    """JSON in one spelling for one value, so that it can be compared, summed and authenticated."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def parse(content: bytes) -> dict[str, Any]:
    """Reads a JSON object in UTF-8. Raises Damaged for everything else."""
    try:
        body = json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Damaged("The content is not JSON.") from error
    if not isinstance(body, dict):
        raise Damaged("The content is not a JSON object.")
    return body


def schema_of(body: dict[str, Any]) -> int:
    """The schema number of a file. Raises TooNew above ours, Damaged where there is none."""
    schema = body.get("schema")
    if type(schema) is not int or schema < 1:
        raise Damaged("The schema number is missing.")
    if schema > SCHEMA:
        raise TooNew(f"It has schema {schema}; this Enroller knows {SCHEMA}.")
    return schema


def to_json(value: object) -> object:
    """A value of the model as JSON. Secrets are revealed."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if is_dataclass(value):
        return {member.name: to_json(getattr(value, member.name)) for member in fields(value)}
    return value


def from_json(kind: type[T], value: object, where: str = "") -> T:
    """`value` as a `kind` of the model. `where` names it in the Damaged that is raised where it does not fit."""
    found: Any
    if is_dataclass(kind):
        found = _object(kind, value, where)
    elif kind is Secret and isinstance(value, str):
        found = Secret(value)
    elif issubclass(kind, StrEnum) and value in [member.value for member in kind]:
        found = kind(value)
    elif kind is float and type(value) in (int, float):
        found = _number(value, where)
    elif type(value) is kind:  # not isinstance: True is no number
        found = value
    else:
        raise Damaged(f"{where or 'The record'} is not what it should be.")
    return found  # type: ignore[no-any-return]


def _object(kind: Any, value: object, where: str) -> Any:
    if not isinstance(value, dict):
        raise Damaged(f"{where or 'The record'} is not an object.")
    members = {member.name: member.type for member in fields(kind)}
    if value.keys() != members.keys():
        odd = sorted(map(str, value.keys() ^ members.keys()))
        raise Damaged(f"Members are missing or unknown: {plain(', '.join(odd), 200)}.")
    return kind(**{name: member_from_json(of, value[name], name) for name, of in members.items()})


def member_from_json(kind: Any, value: object, where: str) -> Any:
    """Like `from_json`, for a member, which may be optional: `X | None`."""
    if isinstance(kind, UnionType):
        if value is None:
            return None
        (kind,) = (choice for choice in get_args(kind) if choice is not NoneType)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise Damaged(f"{where} is no list.")
        return tuple(from_json(get_args(kind)[0], each, where) for each in value)
    return from_json(kind, value, where)


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Damaged(f"{where} is out of range.")
    return number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
