"""Closing the window: asked once where something typed would be lost, and never otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from enroller.gui.prefill import Prefill
from enroller.sandbox.faults import Fault
from enroller.sandbox.server import Sandbox
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to

CLOSINGS: list[Callable[[Person], None]] = [
    lambda person: person.presses(Key.Key_Escape),
    Person.closes,
    lambda person: person.clicks("Close"),
]


@pytest.mark.parametrize("close", CLOSINGS, ids=["Escape", "the window's button", "Close"])
class TestAHalfFilledForm:
    def test_stay_keeps_what_was_typed(self, open_window: Open, close: Callable[[Person], None]) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        person.enters("Server address", "acme.example")
        person.answers = ["Go on here"]
        close(person)
        assert person.questions == ["Close without enrolling this device?\n\nWhat was entered here is not kept."]
        assert person.window.isVisible()
        assert person.field("Server address").text() == "acme.example"

    def test_close_closes(self, open_window: Open, close: Callable[[Person], None]) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        person.enters("Server address", "acme.example")
        person.answers = ["Close"]
        close(person)
        assert person.window.isHidden()
        assert len(person.questions) == 1

    def test_an_empty_form_is_not_asked_about(self, open_window: Open, close: Callable[[Person], None]) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        close(person)
        assert person.window.isHidden()
        assert person.questions == []


def test_what_was_typed_for_the_other_service_is_asked_about_too(open_window: Open) -> None:
    person = open_window()
    goes_to(person, "Service and server")
    person.enters("Server address", "acme.example")
    person.clicks("Privicore")
    person.closes()
    assert len(person.questions) == 1
    assert person.window.isVisible()


def test_escape_means_stay(open_window: Open, filled: Prefill) -> None:
    person = open_window(filled)
    goes_to(person, "Identity of this device")
    person.presses(Key.Key_Escape)  # the question comes, and Escape answers it
    assert len(person.questions) == 1
    assert person.window.isVisible()


def test_the_first_page_closes_at_once(open_window: Open, filled: Prefill) -> None:
    person = open_window(filled)
    person.presses(Key.Key_Escape)
    assert person.window.isHidden()
    assert person.questions == []


def test_a_check_that_hangs_does_not_hold_the_window(open_window: Open, filled: Prefill, sandbox: Sandbox) -> None:
    person = open_window(filled)
    goes_to(person, "Service and server")
    sandbox.world.inject(Fault.HANG)
    person.clicks("Next")
    person.waits_for("Checking the connection")
    person.answers = ["Close"]
    person.closes()
    assert person.window.isHidden()


def test_work_that_ends_after_the_window_is_gone_is_no_defect(qapp: object) -> None:
    """The process may end while the engine comes to its end; nobody is there to be told."""
    import threading

    from shiboken6 import delete

    from enroller.gui.bridge import Bridge

    gone, defects = threading.Event(), list[BaseException]()

    def work(_job: object, publish: Callable[[Any], None]) -> None:
        gone.wait(10)
        publish(None)

    bridge = Bridge(defects.append)
    bridge.start(work, done=lambda _: None, failed=lambda _: None, news=lambda _: None)
    delete(bridge)
    gone.set()
    for thread in threading.enumerate():
        if thread.name == "engine":
            thread.join(10)
    assert defects == []
