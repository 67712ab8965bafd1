"""The values and errors that move through the program: shown, traced back, logged or pickled, they tell no secret."""

import ast
import copy
import json
import pickle
import pprint
import string
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

import pytest

from enroller import errors, model
from enroller.model import Enrollment, Secret
from enroller.steps import Snapshot
from enroller.vault import Unlock, record, seal
from tests.secrets.canaries import Canaries

ROOT = Path(__file__).parents[2]


class Made:
    """Values of every kind that the model has, each secret a canary of its own."""

    def __init__(self) -> None:
        self.canaries = Canaries()
        self._number = 0

    def make(self, kind: Any) -> Any:
        """A value of that kind, with every member given."""
        if isinstance(kind, UnionType):
            (kind,) = (each for each in get_args(kind) if each is not NoneType)
        if get_origin(kind) is tuple:
            return (self.make(get_args(kind)[0]),)
        if kind is Secret:
            return Secret(self._secret())
        if is_dataclass(kind):
            return kind(**{each.name: self.make(each.type) for each in fields(kind)})  # type: ignore[operator]
        if kind in (str, int, float, bool):
            return kind(1)
        return next(iter(kind))  # an enumeration

    def _secret(self) -> str:
        self._number += 1
        secret = f"kanari-{self._number}/+ä" + string.ascii_letters
        self.canaries.add(str(self._number), secret)
        return secret


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def enrollment(made: Made) -> Enrollment:
    found: Enrollment = made.make(Enrollment)
    assert len(made.canaries.names) >= 8
    return found


def holders() -> Iterator[type]:
    """The kinds of values in the model that hold a secret somewhere."""
    for kind in vars(model).values():
        if isinstance(kind, type) and is_dataclass(kind) and kind is not Enrollment:
            made = Made()
            if all(each.type is not Any for each in fields(kind)) and "Mapping" not in str(
                [x.type for x in fields(kind)]
            ):
                made.make(kind)
            if made.canaries.names:
                yield kind


def ways_to_show(value: object) -> Iterator[str]:
    """What a careless programmer, a debugger or a crash reporter would print of a value."""
    yield from (repr(value), str(value), f"{value}", f"{value!r:>50}", pprint.pformat(value))
    yield traced_back(RuntimeError(value), value)


def traced_back(error: Exception, beside: object) -> str:
    """The traceback of an error, with the variables of the frame in which it was raised: `beside` is one of them."""

    def fail(held: object) -> None:
        raise error

    try:
        fail(beside)
    except Exception as raised:
        told = traceback.TracebackException.from_exception(raised, capture_locals=True)
        told.stack = traceback.StackSummary.from_list(told.stack[-1:])
        return "".join(told.format())
    return ""


@pytest.mark.parametrize("kind", [*holders(), Enrollment], ids=lambda kind: kind.__name__)
def test_a_value_shows_no_secret(kind: type, made: Made) -> None:
    value = made.make(kind)
    assert made.canaries.names
    for shown in ways_to_show(value):
        assert made.canaries.found_in(shown.encode()) == []


def test_there_are_values_to_look_at() -> None:
    assert {"Credential", "KeyPair", "Ticket", "Grant", "Authorization"} <= {kind.__name__ for kind in holders()}


@pytest.mark.parametrize("kind", [model.Request, model.Response])
def test_what_goes_over_the_wire_shows_no_secret(kind: type, made: Made) -> None:
    secret = made.make(Secret).reveal()
    first = {"method": "POST", "url": "https://acme.example"} if kind is model.Request else {"status": 200}
    value = kind(**first, headers={"X-DPT-AUTHORIZATION": secret}, body=secret.encode())
    for shown in ways_to_show(value):
        assert made.canaries.found_in(shown.encode()) == []


def test_what_holds_values_shows_no_secret(made: Made, enrollment: Enrollment) -> None:
    sealer = seal.Sealer.new("an-id", "0" * 32, (key := b"kanari-key-of-32-bytes-in-memory"))
    made.canaries.add("the key of a seal", key)
    unlock: Unlock = made.make(Unlock)
    envelope = seal.read(seal.Sealer.new("1", None, b"").seal(replace(enrollment, id="1")), "1")
    for value in (sealer, unlock, envelope, [enrollment], {"enrollment": enrollment}, vars(Snapshot)):
        for shown in ways_to_show(value):
            assert made.canaries.found_in(shown.encode()) == []


def test_no_error_shows_what_it_was_raised_beside(made: Made, enrollment: Enrollment) -> None:
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.EnrollerError)
    ]
    assert len(kinds) > 30
    for kind in kinds:
        shown = traced_back(kind("Something happened."), enrollment)
        assert "held = Enrollment(" in shown
        assert made.canaries.found_in(shown.encode()) == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_cannot_be_pickled(protocol: int, enrollment: Enrollment) -> None:
    for value in (Secret("text"), enrollment):
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(value, protocol)


def test_a_secret_is_neither_copied_nor_turned_into_json(enrollment: Enrollment) -> None:
    with pytest.raises(TypeError):
        copy.deepcopy(enrollment)
    with pytest.raises(TypeError):
        json.dumps({"secret": Secret("text")})


def test_only_the_sealed_record_has_them_all(made: Made, enrollment: Enrollment) -> None:
    assert set(made.canaries.found_in(record.encode(enrollment))) == made.canaries.names


def test_nothing_in_the_program_pickles() -> None:
    refused = {"pickle", "shelve", "marshal", "dill", "multiprocessing"}
    for path in (ROOT / "enroller").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not refused & {name.partition(".")[0] for name in names}, path
