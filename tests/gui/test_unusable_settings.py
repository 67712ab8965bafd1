"""Settings that cannot be used: said on the first page, and nothing new is begun; what is there goes on."""

from pathlib import Path

import pytest

from enroller.gui.prefill import Prefill
from enroller.preset import parse
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key
from tests.gui.stories import Open, newest, submits
from tests.settings.conftest import Write, site

__all__ = ["site"]


@pytest.fixture
def broken(site: Write) -> Path:
    """A settings file with a slip in its second line."""
    return site('protect = "keyring"\nserver = 7400')


def test_the_first_page_tells_where_and_whose_turn_it_is(open_window: Open, broken: Path) -> None:
    person = open_window()
    person.waits_for(
        f"The settings file {broken} cannot be used: line 2, column 10: “server” has to be a text.", "IT's turn"
    )
    assert not person.can_press("Next")
    person.alt("n")
    assert person.sees("Enroll this device")


def test_a_preset_does_not_help(open_window: Open, broken: Path) -> None:
    person = open_window()
    person.window.start_page.offer(parse('server = "evil.example"', Path("/tmp/x.enroll")))
    assert not person.sees("Use this preset?")
    assert not person.can_press("Next")
    assert person.sees("cannot be used")


def test_what_waits_is_gone_on_with(
    open_window: Open, filled: Prefill, sandbox: Sandbox, site: Write, data_dir: Path
) -> None:
    before = open_window(filled)
    submits(before)
    before.presses(Key.Key_Escape)
    site("server = ")
    person = open_window()
    person.waits_for("cannot be used: line 1", "Waiting for approval.")
    assert not person.can_press("New enrollment")
    person.clicks("Resume")
    person.waits_for("Not approved yet")
    sandbox.world.approve(newest(sandbox))
    person.waits_for("This device is enrolled")
    person.clicks("Enroll another")
    person.waits_for("Enroll this device", "cannot be used")
    assert not person.can_press("New enrollment")
    assert person.can_press("Renew")


def test_what_came_to_nothing_is_removed(open_window: Open, filled: Prefill, site: Write, data_dir: Path) -> None:
    before = open_window(filled)
    submits(before)
    before.clicks("Give up the request")
    before.waits_for("The request was given up")
    site("server = ")
    person = open_window()
    person.waits_for("cannot be used", "Given up.")
    person.answers = ["Remove"]
    person.clicks("Remove…")
    person.waits_until(lambda: Vault(data_dir).list() == [], "it to be gone")


def test_a_copied_disk_begins_nothing_either(open_window: Open, filled: Prefill, site: Write, data_dir: Path) -> None:
    submits(open_window(filled))
    [known] = Vault(data_dir).list()
    site("server = ")
    person = open_window()
    person.window.enroll_anew(known)
    person.waits_for("Enroll this device", "cannot be used")
    assert not person.can_press("New enrollment")
