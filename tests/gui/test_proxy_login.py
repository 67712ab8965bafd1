"""A proxy that wants a user name and password: asked for once, in place, and kept with the other secrets."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from enroller.gui.prefill import Prefill
from enroller.model import Login, Secret
from enroller.sandbox.server import Sandbox
from enroller.steps import NewVia
from tests.gui.person import Key, Person
from tests.gui.privicore_stories import stored
from tests.gui.stories import Open, goes_to, newest, submits
from tests.http.servers import proxying, serving

PASSWORD = "pass-of-the-proxy"
BASIC = "Basic " + base64.b64encode(f"kim:{PASSWORD}".encode()).decode()
"""RFC 7617."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a proxy got that lets only kim through; this machine's settings name it."""
    seen: list[bytes] = []
    with serving(proxying(BASIC, seen)) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        yield seen


@pytest.fixture
def person(open_window: Open, filled: Prefill, seen: list[bytes]) -> Person:
    """Somebody behind that proxy."""
    person = open_window(filled)
    goes_to(person, "Service and server")
    person.clicks("Next")
    person.waits_for("wants a user name and password")
    return person


def logs_in(person: Person, password: str) -> None:
    """Types both, by keyboard alone."""
    person.waits_until(lambda: person.focus is person.field("User name for the proxy"), "the focus in the field")
    person.types("kim")
    person.presses(Key.Key_Return)
    assert person.focus is person.field("Password for the proxy")
    person.types(password)
    assert not person.sees(password)
    person.presses(Key.Key_Return)


def test_it_is_asked_for_once_and_kept_sealed(person: Person, sandbox: Sandbox, data_dir: Path) -> None:
    logs_in(person, PASSWORD)
    person.waits_for("Identity of this device")
    submits_from_here(person)
    assert not person.sees("wants a user name and password")
    sandbox.world.approve(newest(sandbox))
    person.waits_for("This device is enrolled")
    assert stored(data_dir).proxy_login == Login("kim", Secret(PASSWORD))
    views = b"".join(path.read_bytes() for path in data_dir.rglob("enrollment.json*"))
    assert views
    assert PASSWORD.encode() not in views


def test_a_wrong_password_can_be_typed_anew(person: Person) -> None:
    logs_in(person, "wrong")
    person.waits_for("does not accept the user name and password")
    person.waits_until(lambda: person.focus is person.field("Password for the proxy"), "the focus in the field")
    assert person.field("User name for the proxy").text() == "kim"
    assert person.field("Password for the proxy").text() == ""
    person.types(PASSWORD)
    person.clicks("Use it")
    person.waits_for("Identity of this device")


def test_with_one_half_missing_nothing_is_asked(person: Person, seen: list[bytes]) -> None:
    asked = len(seen)
    person.enters("User name for the proxy", "kim")
    person.clicks("Use it")
    assert person.sees("wants a user name and password")
    assert len(seen) == asked


def test_another_address_takes_the_question_away(person: Person) -> None:
    person.enters("Server address", "other.example")
    assert not person.sees("wants a user name and password")
    assert not person.can_press("Use it")


def test_while_a_request_waits(
    open_window: Open, filled: Prefill, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    person = open_window(filled)
    submits(person)
    with serving(proxying(BASIC)) as port:  # the laptop is in the office now
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        person.waits_for("wants a user name and password", "Still waiting; nothing is lost.")
        person.enters("User name for the proxy", "kim")
        before = person.window.snapshot
        person.waits_until(lambda: person.window.snapshot is not before, "the next try")
        assert person.field("User name for the proxy").text() == "kim", "what is typed stays"
        person.enters("Password for the proxy", PASSWORD)
        person.clicks("Use it")
        person.waits_until(lambda: not person.sees("wants a user name and password"), "the trouble to pass")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")
    assert stored(data_dir).proxy_login == Login("kim", Secret(PASSWORD))
    assert sandbox.world.counts()["register"] == 1


def test_while_a_request_waits_a_refused_login_is_not_tried_again_by_itself(
    open_window: Open, filled: Prefill, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = open_window(filled)
    submits(person)
    with serving(proxying(BASIC)) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        person.waits_for("wants a user name and password", "Your turn:")
        logs_in(person, "wrong")
        person.waits_for("does not accept the user name and password", "Your turn:", "The request ends in")
        assert not person.sees("Next check in")
        assert not person.can_press("Check now")
        person.enters("Password for the proxy", PASSWORD)
        person.clicks("Use it")
        person.waits_for("The administrator's turn.", "Not approved yet")
        sandbox.world.approve(newest(sandbox))
        person.waits_for("This device is enrolled")


def test_a_login_that_is_given_shows_in_no_repr() -> None:
    assert PASSWORD not in repr(NewVia(proxy_login=Login("kim", Secret(PASSWORD))))


def submits_from_here(person: Person) -> None:
    """From the identity's page to the approval."""
    person.clicks("Next")
    person.waits_for("Key of this device", "SHA256:")
    person.clicks("Next")
    person.clicks("Submit")
    person.waits_for("Waiting for approval", "Not approved yet")
