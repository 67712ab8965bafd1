"""Which targets a machine builds: all that it can, or those that are named."""

import pytest

from installer.artefacts import TARGETS, chosen, to_prove
from installer.release import Target
from installer.steps import Problem

SOME = {
    "wheel": Target("on any", lambda _: []),
    "deb": Target("on one", lambda _: [], on=("linux",)),
    "both": Target("on two", lambda _: [], on=("linux", "win32")),
    "pkg": Target("on another", lambda _: [], on=("darwin",)),
}


@pytest.mark.parametrize(
    ("here", "able", "left_out"),
    [
        ("linux", ["wheel", "deb", "both"], ["pkg"]),
        ("win32", ["wheel", "both"], ["deb", "pkg"]),
        ("darwin", ["wheel", "pkg"], ["deb", "both"]),
    ],
)
def test_by_default_all_that_this_system_can_build(here: str, able: list[str], left_out: list[str]) -> None:
    assert chosen([], SOME, here) == (able, left_out)


def test_those_that_are_named_in_the_order_of_their_names_and_nothing_is_said_of_others() -> None:
    assert chosen(["both", "wheel"], SOME, "linux") == (["both", "wheel"], [])


def test_what_cannot_be_built_here_is_refused_with_where_it_can() -> None:
    with pytest.raises(Problem, match="The target pkg cannot be built here: it can only be built on macOS"):
        chosen(["wheel", "pkg"], SOME, "linux")
    with pytest.raises(Problem, match="on Linux or Windows"):
        chosen(["both"], SOME, "darwin")


def test_what_is_no_target_is_refused_with_all_there_are() -> None:
    with pytest.raises(Problem, match=r"no target 'dmg'\. There are: wheel, deb, both, pkg\."):
        chosen(["dmg"], SOME, "linux")


def test_the_package_for_macos_is_built_there_alone() -> None:
    assert TARGETS["pkg"].on == ("darwin",)
    assert "pkg" in chosen([], TARGETS, "linux")[1]


@pytest.mark.parametrize(
    ("options", "proved"),
    [([], []), (["--prove"], ["wheel", "deb"]), (["--prove=deb"], ["deb"]), (["--prove=deb,wheel"], ["deb", "wheel"])],
)
def test_what_is_built_is_proved_where_that_is_wanted(options: list[str], proved: list[str]) -> None:
    assert to_prove(options, ["wheel", "deb"]) == proved


@pytest.mark.parametrize(
    ("option", "said"), [("--proof", "There is no option --proof"), ("--prove=rpm", "The target rpm is not built now")]
)
def test_what_cannot_be_proved_is_said(option: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        to_prove([option], ["deb"])
