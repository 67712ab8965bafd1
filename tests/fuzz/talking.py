"""Lets hostile answers meet a whole session, and holds it to what must be true whatever they say."""

import contextlib
import io
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from enroller import errors
from enroller.cli.printer import Printer
from enroller.enroll import Deaf, enroll
from enroller.model import Credential, CredentialKind, Enrollment, Request, Response, Secret, State, Via
from enroller.services import Goal
from enroller.session import Session
from enroller.steps import NewCredential, Pushed, Snapshot
from enroller.vault import files, record, view
from tests.fakes import BOOT, DAY, WALL
from tests.fuzz.shown import check_shown
from tests.fuzz.situations import API_KEY, PASSWORD, Situation, honest, secrets_in

LONGEST_WAIT = 7.7 * DAY
"""Seconds: nobody stays away for longer than the longest `Retry-After` that is believed, jitter included."""

LONGEST_INTERVAL = 3600.0
"""Seconds between polls; each `slow_down` adds five."""

SHORTEST_WAIT = 0.5
"""Seconds: a service that is at work is looked at again after that, and never sooner."""

MOST_WITHOUT_A_WAIT = 25
"""Requests in a row: Privicore's whole table is shorter."""

MOST_REQUESTS = 80

PROCESSOR_TIME = 3.0
"""Seconds for one answer; a quarter of a mebibyte takes a fiftieth of that to read."""


@dataclass
class Talk:
    """A session, the service that says `script` and is honest from then on, a disk, a clock and a terminal."""

    situation: Situation
    script: list[Response]
    latency: float = 0.05
    patient: bool = False
    pushed: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disk = self.situation.asks
        self.now = BOOT
        self.terminal = io.StringIO()
        self.sent: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.answered = False
        self.last: Snapshot | None = None
        self.asked = self.without_wait = self.revision = 0

    # What the loop needs

    def send(self, request: Request, _via: Via) -> Response:
        """The next hostile answer, or an honest one."""
        assert self.last is not None
        assert self.last.call is not None
        assert request.url.startswith(self.situation.asks.asked.server + "/")
        self.sent = secrets_in(request)
        self.asked += 1
        self.without_wait += 1
        assert self.asked < MOST_REQUESTS, "it goes on for ever"
        assert self.without_wait < MOST_WITHOUT_A_WAIT, "one question after the other, without a pause"
        self.now += self.latency
        if self.script:
            self.answered = True
            return self.script.pop(0)
        return honest(self.last.call, self.last.enrollment, self.wall())

    def prove(self) -> None:
        """There is room."""

    def save(self, enrollment: Enrollment) -> Enrollment:
        """The vault gives back what it was given, and can read what it has written."""
        content = record.encode(enrollment)
        assert record.decode(content, record.SCHEMA) == enrollment
        assert len(content) * 4 / 3 < files.LIMIT / 2, "the vault could not read this again"
        public = view.render(enrollment)
        assert len(public) < files.LIMIT / 2
        assert view.read(public, enrollment.id).state is enrollment.state
        _check_finite(enrollment)
        assert 1.0 <= (enrollment.interval or 1.0) <= LONGEST_INTERVAL + 5.0 * self.asked
        self.revision += 1
        self.disk = replace(enrollment, revision=self.revision)
        return self.disk

    def move(self, _folder: Path, enrollment: Enrollment) -> Enrollment:
        raise AssertionError(enrollment.id)

    def publish(self, snapshot: Snapshot) -> None:
        self.last = snapshot
        if self.answered:
            self.kinds[type(snapshot.problem).__name__ if snapshot.problem else "taken"] += 1
            self.answered = False
        self.printer.show(snapshot)
        for moment in (snapshot.next_at, snapshot.deadline, snapshot.at.wall, snapshot.expires_at):
            assert moment is None or math.isfinite(moment)
        if snapshot.problem is not None:
            self._tell(snapshot.problem)

    def boot(self) -> float:
        return self.now

    def wall(self) -> float:
        return WALL + self.now - BOOT

    def wait(self, until: float | None, _inbox: "SimpleQueue[Any]", _woken: object = None) -> Any:
        if self.pushed:
            return Pushed(self.pushed.pop(0))
        if until is None:
            return NewCredential(self._credential())
        ahead = until - self.now
        assert ahead <= LONGEST_WAIT, f"a wait of {ahead} s"
        if ahead > 0:
            expired = self.last is not None and self.last.deadline is not None and until >= self.last.deadline
            assert ahead >= SHORTEST_WAIT or expired, f"a wait of {ahead} s"
            self.without_wait = 0
            self.now = until
        return None

    # What is done

    def run(self, goal: Goal) -> errors.EnrollerError | None:
        """One command: `enroll`, `resume`, `renew`, `token` or `remove`. Returns what it ends with."""
        self.asked = self.without_wait = 0
        with contextlib.redirect_stdout(self.terminal), contextlib.redirect_stderr(self.terminal):
            self.printer = Printer(as_json=False, boot=self.boot, command_line=lambda *words: " ".join(words))
            session = Session(
                self.disk,
                self.situation.service,
                jitter=lambda: 0.5,
                nonce=lambda: "a-nonce",
                goal=goal,
                patient=self.patient,
            )
            error = enroll(
                session, sender=self, listener=Deaf(), store=self, clock=self, inbox=SimpleQueue(), publish=self.publish
            )
            if error is None:
                self.printer.saved(self.disk, "/somewhere")
            else:
                self.printer.ended(error, self.disk)
                self._tell(error)
        return error

    def take_credential(self) -> None:
        """The technician gives the API key or password once more."""
        self.disk = self.situation.service.accept(self.disk, self._credential())

    def _credential(self) -> Credential:
        if self.situation.service.keeps_credential:
            return Credential(CredentialKind.API_KEY, Secret(API_KEY))
        return Credential(CredentialKind.PASSWORD, Secret(PASSWORD))

    def _tell(self, error: errors.EnrollerError) -> None:
        """What a window shows of an error; the request before it is not repeated."""
        check_shown(f"{error.title}\n{error.message}\n{error.advice}", self.sent)


def judge(
    situation: Situation,
    said: Sequence[Response] = (),
    *,
    latency: float = 0.05,
    patient: bool = False,
    pushed: Sequence[bytes] = (),
) -> Counter[str]:
    """Lets the service say `said`, and checks all that is promised. Returns what became of each answer."""
    talk = Talk(situation, list(said), latency, patient, list(pushed))
    begun = time.thread_time()
    error = talk.run(situation.goal)
    spent = time.thread_time() - begun
    assert spent < PROCESSOR_TIME * (1 + len(said) + len(pushed)), f"{spent:.1f} s of processor time"
    check_shown(talk.terminal.getvalue())
    _check_recovery(talk, error)
    return talk.kinds


def _check_recovery(talk: Talk, error: errors.EnrollerError | None) -> None:
    """Whatever it was: with an honest service the next command succeeds, unless somebody has said no."""
    talk.script.clear()
    if talk.disk.state is State.DENIED:
        return
    goal = talk.situation.goal
    if error is not None or not talk.situation.service.keeps_credential:
        talk.take_credential()
    if error is None and goal is Goal.ENROLL:
        goal = Goal.REFRESH
    again = talk.run(goal)
    assert again is None, f"after {error!r} an honest service ends in {again!r}"


def _check_finite(value: object) -> None:
    if isinstance(value, float):
        assert math.isfinite(value)
    elif is_dataclass(value):
        for member in fields(value):
            _check_finite(getattr(value, member.name))
