"""What a command says: events for programs, lines and a countdown for people."""

import io
import json
import sys
from dataclasses import replace

import pytest

from enroller import errors
from enroller.cli.printer import Printer
from enroller.model import Enrollment, ProfileKey, State
from enroller.steps import Happening, Now, Snapshot
from tests import privicore_fakes
from tests.fakes import BOOT, LIFE, WALL, an_enrollment, enrolled, waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Screen:
    """A printer and what it has printed; `boot` is moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, as_json: bool = False, terminal: bool = False) -> None:
        self.out = Terminal() if terminal else io.StringIO()
        self.err = io.StringIO()
        monkeypatch.setattr(sys, "stdout", self.out)
        monkeypatch.setattr(sys, "stderr", self.err)
        self.boot = BOOT
        self.printer = Printer(as_json=as_json, boot=lambda: self.boot, command_line=lambda *words: " ".join(words))

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


def snapshot(happening: Happening, **changes: object) -> Snapshot:
    pending = Snapshot(happening, waiting(), Now(BOOT, WALL), next_at=BOOT + 5, deadline=BOOT + LIFE)
    return replace(pending, **changes)  # type: ignore[arg-type]


def test_the_events_of_a_whole_enrollment(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, as_json=True)
    screen.printer.key_ready(an_enrollment())
    screen.printer.show(snapshot(Happening.SUBMITTING, enrollment=an_enrollment(), next_at=None, deadline=None))
    screen.printer.show(snapshot(Happening.REGISTERED))
    screen.printer.show(snapshot(Happening.ASKING, next_at=None))
    screen.printer.show(snapshot(Happening.PENDING))
    screen.printer.show(snapshot(Happening.RETRYING, problem=errors.Busy(), next_at=BOOT + 10.26))
    screen.printer.show(snapshot(Happening.APPROVED))
    screen.printer.saved(enrolled(), "/the/folder")
    assert screen.events == [
        {"event": "key_ready", "fingerprint": an_enrollment().key.fingerprint, "key_type": "ed25519"},
        {"event": "submitting"},
        {"event": "registered", "enrollment": "5c1f0a2b", "expires_at": "2027-01-18T08:00:00Z"},
        {"event": "pending", "next_poll_in": 5.0, "expires_in": 259200.0},
        {"event": "pending", "next_poll_in": 5.0, "expires_in": 259200.0},
        {"event": "retrying", "code": "busy", "next_poll_in": 10.3},
        {"event": "approved"},
        {"event": "saved", "enrollment": "5c1f0a2b", "path": "/the/folder"},
    ]
    assert "Registered" in screen.err.getvalue(), "people's text goes to standard error"


class TestPrivicore:
    """The same events; other words for people."""

    def shown(self, monkeypatch: pytest.MonkeyPatch, enrollment: Enrollment) -> str:
        screen = Screen(monkeypatch)
        screen.printer.show(snapshot(Happening.REGISTERED, enrollment=enrollment, deadline=None))
        assert "administrator" not in screen.out.getvalue()
        return screen.out.getvalue()

    def test_whose_turn_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said = self.shown(monkeypatch, privicore_fakes.waiting(privicore_fakes.IDENTIFIED))
        assert "the owner's turn: approve “Laptop 17”" in said
        assert privicore_fakes.DEVICE in said
        assert privicore_fakes.key_pair().fingerprint in said

    def test_a_key_that_was_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = replace(privicore_fakes.IDENTIFIED, profile_key=ProfileKey.KEPT, kept_key="SHA256:theirs")
        said = self.shown(monkeypatch, privicore_fakes.waiting(kept))
        assert "which is kept: SHA256:theirs" in said
        assert privicore_fakes.key_pair().fingerprint not in said

    def test_an_approval_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said = self.shown(monkeypatch, privicore_fakes.approving())
        assert "approved with this account" in said
        assert "turn" not in said

    def test_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        screen = Screen(monkeypatch)
        screen.printer.saved(privicore_fakes.enrolled(), "/the/folder")
        assert "configuration 5c1f0a2b" in screen.out.getvalue()


def test_without_an_end_the_times_are_null(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, as_json=True)
    ticket = waiting().ticket
    assert ticket is not None
    endless = waiting(ticket=replace(ticket, expires_at=None))
    screen.printer.show(snapshot(Happening.REGISTERED, enrollment=endless, deadline=None))
    assert [event.get("expires_at", event.get("expires_in")) for event in screen.events] == [None, None]


@pytest.mark.parametrize("error", [errors.StillWaiting("Later."), errors.Interrupted("Interrupted.")])
def test_what_is_kept_is_left_pending_with_the_command_to_go_on(
    error: errors.EnrollerError, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch, as_json=True)
    screen.printer.ended(error, waiting())
    assert screen.events == [
        {
            "event": "left_pending",
            "enrollment": "5c1f0a2b",
            "expires_at": "2027-01-18T08:00:00Z",
            "resume": "resume 5c1f0a2b",
        }
    ]
    assert "resume 5c1f0a2b" in screen.err.getvalue()


def test_events_are_ascii_so_that_no_locale_can_break_them(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, as_json=True)
    screen.printer.failed(errors.InputError("Größe"))
    assert screen.out.getvalue().isascii()
    assert screen.events[0]["message"] == "Größe"


class TestTerminal:
    def test_the_countdown_is_one_line_that_is_repainted_only_when_it_changes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        screen = Screen(monkeypatch, terminal=True)
        screen.printer.show(snapshot(Happening.PENDING))
        screen.printer.tick()
        screen.boot += 1
        screen.printer.tick()
        painted = screen.out.getvalue().split("\r\x1b[K")[1:]
        assert painted == [
            "   waiting for approval · next check in 5 s · the request ends in 3 d 0 h",
            "   waiting for approval · next check in 4 s · the request ends in 2 d 23 h",
        ]

    def test_it_gives_way_to_what_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        screen = Screen(monkeypatch, terminal=True)
        screen.printer.show(snapshot(Happening.PENDING))
        screen.printer.say("Approved.")
        assert screen.out.getvalue().endswith("\r\x1b[KApproved.\n")

    def test_it_does_not_speak_of_approval_before_the_request_has_arrived(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        screen = Screen(monkeypatch, terminal=True)
        lost = snapshot(
            Happening.RETRYING, enrollment=an_enrollment(state=State.OUTCOME_UNKNOWN), problem=errors.ConnectionLost()
        )
        screen.printer.show(lost)
        screen.printer.tick()
        assert "next try in 5 s" in screen.out.getvalue()
        assert "waiting for approval" not in screen.out.getvalue()

    def test_elsewhere_there_are_plain_lines_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        screen = Screen(monkeypatch)
        screen.printer.show(snapshot(Happening.PENDING))
        screen.printer.tick()
        screen.printer.say("Approved.")
        assert screen.out.getvalue() == "Approved.\n"


def test_a_new_approval_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    screen.printer.show(snapshot(Happening.SUBMITTING, new_approval=True, next_at=None))
    assert "a new approval is needed" in screen.out.getvalue()


def test_what_a_person_typed_cannot_paint_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    asked = replace(an_enrollment().asked, client_id="a\u202eb", description="x\x1b[2Jy")
    screen.printer.show(snapshot(Happening.SUBMITTING, enrollment=waiting(asked=asked)))
    screen.printer.show(snapshot(Happening.REGISTERED, enrollment=waiting(asked=asked)))
    assert "\x1b" not in screen.out.getvalue()
    assert "\u202e" not in screen.out.getvalue()
