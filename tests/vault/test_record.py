"""Records: every enrollment survives the way to JSON and back; everything else is Damaged and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller.errors import Damaged, TooNew
from enroller.model import (
    Approval,
    Asked,
    Authorization,
    ClientType,
    CommandKind,
    CommandUnderWay,
    Credential,
    CredentialKind,
    Enrollment,
    Grant,
    KeyPair,
    KeyType,
    ProfileKey,
    Progress,
    Protection,
    Secret,
    ServiceName,
    State,
    Ticket,
)
from enroller.vault import record

texts = st.text(alphabet=st.characters(exclude_categories=()))  # lone surrogates too
secrets = st.builds(Secret, texts)
times = st.floats(allow_nan=False, allow_infinity=False)
enrollments = st.builds(
    Enrollment,
    id=texts,
    asked=st.builds(
        Asked,
        server=texts,
        client_id=texts,
        service=st.sampled_from(ServiceName),
        client_type=st.sampled_from(ClientType),
        description=texts,
        key_type=st.sampled_from(KeyType),
        rsa_bits=st.integers(),
        poll_interval=st.none() | times,
        ca_file=st.none() | texts,
        device_name=texts,
        username=texts,
        websocket_url=st.none() | texts,
        approve=st.booleans(),
        replace_profile_key=st.booleans(),
        protection=st.sampled_from(Protection),
    ),
    key=st.builds(KeyPair, st.sampled_from(KeyType), secrets, texts, texts),
    credential=st.none() | st.builds(Credential, st.sampled_from(CredentialKind), secrets),
    created_at=times,
    state=st.sampled_from(State),
    signed=st.booleans(),
    approved=st.booleans(),
    nonce=st.none() | texts,
    interval=st.none() | times,
    authorization=st.none() | st.builds(Authorization, secrets, times, times, st.booleans()),
    progress=st.builds(
        Progress,
        profile_key=st.none() | st.sampled_from(ProfileKey),
        namesakes=st.none() | st.lists(texts, max_size=3).map(tuple),
        requested_at=st.none() | times,
        request_id=st.none() | texts,
        command=st.none() | st.builds(CommandUnderWay, texts, st.sampled_from(CommandKind), times),
        device_identifier=st.none() | texts,
        listed=st.booleans(),
        approval=st.none() | st.sampled_from(Approval),
        rejection=st.none() | texts,
    ),
    ticket=st.none() | st.builds(Ticket, secrets, st.none() | times),
    grant=st.none()
    | st.builds(Grant, secrets, st.none() | secrets, times, times, st.none() | texts, st.none() | secrets),
    failure=st.none() | texts,
    replaces=st.none() | texts,
    revision=st.integers(min_value=0, max_value=2**63),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@given(enrollments)
def test_every_enrollment_comes_back(enrollment: Enrollment) -> None:
    assert record.decode(record.encode(enrollment), record.SCHEMA) == enrollment


@given(enrollments, st.data())
def test_a_wrong_member_is_damage(enrollment: Enrollment, data: st.DataObject) -> None:
    body = json.loads(record.encode(enrollment))
    place = data.draw(st.sampled_from([body, body["asked"], body["key"], body["progress"]]))
    name = data.draw(st.sampled_from(sorted(place)))
    place[name] = data.draw(values)
    try:
        again = record.decode(json.dumps(body).encode(), record.SCHEMA)
    except Damaged:
        return
    assert json.loads(record.encode(again)) == body


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("state",), "unheard_of"),
        (("state",), ["key_ready"]),
        (("signed",), 1),
        (("revision",), True),
        (("revision",), 1.0),
        (("created_at",), "2023"),
        (("created_at",), None),
        (("created_at",), 10**400),
        (("asked",), None),
        (("asked", "rsa_bits"), "3072"),
        (("credential",), "the-key"),
        (("credential", "kind"), "a-guess"),
        (("progress",), None),
        (("progress", "namesakes"), "text"),
        (("progress", "namesakes"), [5]),
        (("key", "private_key"), 5),
        (("surplus",), 5),
    ],
)
def test_the_types_are_the_models_own(make: Any, path: tuple[str, ...], value: object) -> None:
    body = json.loads(record.encode(make()))
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(Damaged):
        record.decode(json.dumps(body).encode(), record.SCHEMA)


def test_a_missing_member_is_damage(make: Any) -> None:
    body = json.loads(record.encode(make()))
    del body["asked"]["server"]
    with pytest.raises(Damaged, match="server"):
        record.decode(json.dumps(body).encode(), record.SCHEMA)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 50, b"[]", b"null", b"{", b'{"a": NaN}', b'{"a": -Infinity}', b"\xff{}", b"[" * 100_000, b"9" * 5000],
)
def test_what_is_no_json_object_is_damage(content: bytes) -> None:
    with pytest.raises(Damaged):
        record.parse(content)


@pytest.mark.parametrize(
    ("schema", "error"), [(record.SCHEMA + 1, TooNew), (0, Damaged), (True, Damaged), ("1", Damaged)]
)
def test_a_newer_schema_is_not_damage(schema: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        record.schema_of({"schema": schema})
