"""The tree of errors: what scripts and pages rely on."""

import re
from collections.abc import Iterator

import pytest

from enroller import errors
from enroller.errors import EnrollerError

CONTRACT = {
    "EnrollerError": 1,
    "InputError": 2,
    "StillWaiting": 3,
    "Denied": 4,
    "Expired": 5,
    "ServiceError": 6,
    "Unreachable": 7,
    "StorageError": 8,
    "AlreadyEnrolled": 9,
    "InUse": 10,
    "Interrupted": 130,
}
"""The exit status of each branch."""


def tree(root: type[EnrollerError] = EnrollerError) -> Iterator[type[EnrollerError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


ALL = list(tree())


def drawn() -> dict[str, str | None]:
    """Class and parent as the module's docstring draws them; classes side by side in a line share their parent."""
    parents: dict[str, str | None] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([│├└─ ]*)([A-Z][A-Za-z]+(?:, [A-Z][A-Za-z]+)*)", line)
        if match is None:
            continue
        depth = len(match[1])
        while path and path[-1][0] >= depth:
            path.pop()
        for name in match[2].split(", "):
            parents[name] = path[-1][1] if path else None
        path.append((depth, match[2].split(", ")[-1]))
    return parents


def test_the_drawing_is_the_tree() -> None:
    assert drawn() == {one.__name__: None if one is EnrollerError else one.__bases__[0].__name__ for one in ALL}


def test_codes_are_unique_and_fit_for_programs() -> None:
    codes = [one.code for one in ALL]
    # Refused is the plain case of ServiceError, and stands for it.
    assert sorted(set(codes)) == sorted(one.code for one in ALL if one is not errors.Refused)
    assert all(re.fullmatch(r"[a-z0-9_]+", code) for code in codes)


@pytest.mark.parametrize(("name", "status"), CONTRACT.items())
def test_exit_status(name: str, status: int) -> None:
    branch: type[EnrollerError] = getattr(errors, name)
    assert branch.exit_status == status
    heads = {getattr(errors, other) for other in CONTRACT}
    for one in tree(branch):
        if next(base for base in one.__mro__ if base in heads) is branch:
            assert one.exit_status == status


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_says_what_happened_and_what_to_do(kind: type[EnrollerError]) -> None:
    error = kind()
    assert error.message == f"{error.title}."
    assert error.advice.endswith(".")
    assert not error.title.endswith(".")
    assert kind("What happened.").message == "What happened."


def test_an_advice_of_its_own_takes_the_place_of_the_classs() -> None:
    assert errors.ConnectionFailed("x", advice="Try port 7400.").advice == "Try port 7400."
    assert errors.ConnectionFailed("x").advice == errors.ConnectionFailed.advice


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (errors.ConnectionFailed(), False),
        (errors.NameNotFound(), False),
        (errors.LoginPage(), False),
        (errors.ConnectionLost(), True),
        (errors.TimedOut(), True),
        (errors.Busy(), True),
    ],
)
def test_whether_the_request_may_have_arrived(error: errors.Unreachable, sent: bool) -> None:
    assert error.sent is sent
