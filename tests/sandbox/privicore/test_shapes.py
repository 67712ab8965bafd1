"""The choice of shapes."""

import pytest

from enroller.sandbox.privicore.shapes import Methods, Shapes, choices


def test_every_shape_can_be_chosen_by_words() -> None:
    for name, kind in choices().items():
        for value in kind:
            assert getattr(Shapes().changed(name, value.value), name) is value


def test_the_usual_shape_is_the_first_of_its_kind() -> None:
    """The page tells by that how many are unusual."""
    usual = Shapes()
    assert {name: getattr(usual, name) for name in choices()} == {
        name: next(iter(kind)) for name, kind in choices().items()
    }


def test_other_choices_stay() -> None:
    shapes = Shapes().changed("join", "bare").changed("status", "object")
    assert (shapes.join, shapes.status) == ("bare", "object")


@pytest.mark.parametrize(
    ("name", "value", "words"), [("colour", "red", "command_id, "), ("join", "red", "echoed, bare")]
)
def test_what_there_is_not_is_refused_with_what_there_is(name: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Shapes().changed(name, value)


def test_a_method_that_is_not_there_has_a_status() -> None:
    assert [Methods.BOTH.refusal(method) for method in ("GET", "POST")] == [None, None]
    assert [Methods.POST_OR_404.refusal(method) for method in ("GET", "POST")] == [404, None]
    assert [Methods.GET_OR_405.refusal(method) for method in ("GET", "POST")] == [None, 405]
