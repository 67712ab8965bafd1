"""Values: frozen, and silent about secrets."""

import dataclasses
from typing import Any

import pytest

from enroller import model
from enroller.model import Grant, Request, Response, Secret, Ticket
from tests.fakes import an_enrollment, api_key, vector_key

HIDDEN = "hunter2"

VALUES = [
    Secret(HIDDEN),
    Ticket(Secret(HIDDEN), 1.0),
    Grant(Secret(HIDDEN), Secret(HIDDEN), 0.0, 1.0),
    dataclasses.replace(vector_key(), private_key=Secret(HIDDEN)),
    an_enrollment(
        credential=api_key(HIDDEN),
        key=dataclasses.replace(vector_key(), private_key=Secret(HIDDEN)),
        ticket=Ticket(Secret(HIDDEN), None),
        grant=Grant(Secret(HIDDEN), Secret(HIDDEN), 0.0, 1.0),
    ),
    Request("POST", "https://acme.example", {"Authorization": HIDDEN}, HIDDEN.encode()),
    Response(200, {"set-cookie": HIDDEN}, HIDDEN.encode()),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_secret_is_shown_by_accident(value: object) -> None:
    for shown in (repr(value), str(value), f"{value}", f"{value!r:>5}", "%s" % (value,), repr([value])):  # noqa: UP031
        assert HIDDEN not in shown


@pytest.mark.parametrize("value", VALUES[1:], ids=lambda value: type(value).__name__)
def test_nothing_can_be_changed(value: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, "changed")
    assert not hasattr(value, "__dict__")


def test_every_value_of_the_model_is_frozen() -> None:
    kinds = [one for one in vars(model).values() if dataclasses.is_dataclass(one)]
    assert len(kinds) >= 7
    assert all(vars(one)["__dataclass_params__"].frozen for one in kinds)


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert (bool(Secret("")), bool(Secret("x"))) == (False, True)
    assert Secret("a").reveal() == "a"
