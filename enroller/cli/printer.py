"""What a command says while it runs: JSON events for programs, lines and a live countdown for people."""

import json
import sys
from collections.abc import Callable

from enroller import errors
from enroller.keys import spoken
from enroller.model import Enrollment, ProfileKey, ServiceName, State
from enroller.steps import Happening, Snapshot
from enroller.text import duration, plain, rfc3339

Boot = Callable[[], float]


class Printer:
    """`as_json`: one object a line on stdout and no other text there.

    `command_line`: makes a command of ours from its words, ready to be pasted. `quiet`: only failures are told.
    `renewing`: nothing is approved, and the device is enrolled already."""

    def __init__(self, *, as_json: bool, boot: Boot, command_line: Callable[..., str], quiet: bool = False) -> None:
        self._json = as_json
        self._muted = quiet
        self._boot = boot
        self._command_line = command_line
        self._out = sys.stderr if as_json else sys.stdout
        # A windowed program on Windows has no output at all.
        self._live = not as_json and not quiet and self._out is not None and self._out.isatty()
        self._line = ""
        self.renewing = False
        self._last: Snapshot | None = None

    def say(self, text: str) -> None:
        """A line for people."""
        self._clear()
        if not self._muted:
            print(text, file=self._out, flush=True)

    def emit(self, event: str, **members: object) -> None:
        """An event for programs."""
        if self._json:
            print(json.dumps({"event": event, **members}), flush=True)  # in ASCII: safe in any locale

    def key_ready(self, enrollment: Enrollment) -> None:
        """The key exists; nothing was sent yet."""
        key = enrollment.key
        self.emit("key_ready", fingerprint=key.fingerprint, key_type=key.key_type.value)
        self.say(f"Key ready ({key.key_type}): {key.fingerprint}")
        self.say(f"   to compare by telephone: {spoken(key.fingerprint)}")

    def show(self, snapshot: Snapshot) -> None:
        """What just happened."""
        self._last = snapshot
        enrollment = snapshot.enrollment
        left = None if snapshot.deadline is None else round(max(0.0, snapshot.deadline - self._boot()), 1)
        next_in = None if snapshot.next_at is None else round(max(0.0, snapshot.next_at - self._boot()), 1)
        match snapshot.happening:
            case Happening.SUBMITTING:
                self.emit("submitting")
                self._say_submitting(snapshot)
            case Happening.REGISTERED:
                self.emit("registered", enrollment=enrollment.id, expires_at=rfc3339(snapshot.expires_at))
                self.emit("pending", next_poll_in=next_in, expires_in=left)
                self._say_registered(snapshot)
            case Happening.PENDING:
                self.emit("pending", next_poll_in=next_in, expires_in=left)
                self.tick()
            case Happening.RETRYING if snapshot.problem:
                self.emit("retrying", code=snapshot.problem.code, next_poll_in=next_in)
                self.say(f"{snapshot.problem.message} Still trying; next time in {duration(next_in or 0)}.")
            case Happening.APPROVED:
                self.emit("approved")
                if not self.renewing:
                    self.say("Approved.")
            case _:
                pass

    def saved(self, enrollment: Enrollment, path: str) -> None:
        """The credentials are stored; the end of a success."""
        self.emit("saved", enrollment=enrollment.id, path=path)
        self.say(f"{'Renewed' if self.renewing else 'Enrolled'}. The credentials are stored in {path}")
        self.say(f"   programs get a valid token with: {self._command_line('token', enrollment.id)}")
        if enrollment.grant is not None and enrollment.grant.configuration is not None:
            self.say(f"   and what else they need with:    {self._command_line('configuration', enrollment.id)}")

    def ended(self, error: errors.EnrollerError, enrollment: Enrollment | None) -> None:
        """The end of everything else."""
        kept = enrollment is not None and enrollment.state is not State.ENROLLED
        if enrollment is not None and kept and isinstance(error, errors.StillWaiting | errors.Interrupted):
            command = self._command_line("resume", enrollment.id)
            ends = enrollment.ticket.expires_at if enrollment.ticket else None
            self.emit("left_pending", enrollment=enrollment.id, expires_at=rfc3339(ends), resume=command)
            self.say(f"{error.message}")
            self.say(f"   nothing is lost; go on with: {command}")
            return
        self.failed(error)

    def failed(self, error: errors.EnrollerError) -> None:
        """What happened, whose turn it is and what to do."""
        self.emit("failed", code=error.code, message=error.message, advice=error.advice)
        self._clear()
        print(
            f"{error.title}. {error.message}" if error.message != f"{error.title}." else error.message, file=sys.stderr
        )
        print(f"   {error.advice}", file=sys.stderr, flush=True)

    def tick(self) -> None:
        """Brings the countdown on a terminal up to date."""
        snapshot = self._last
        if not self._live or snapshot is None or snapshot.next_at is None:
            return
        now = self._boot()
        waiting = snapshot.enrollment.state is State.AWAITING_APPROVAL
        words = [
            f"{'waiting for approval · next check' if waiting else 'next try'} in {duration(snapshot.next_at - now)}"
        ]
        if snapshot.deadline is not None:
            words.append(f"the request ends in {duration(snapshot.deadline - now)}")
        line = "   " + " · ".join(words)
        if line != self._line:
            # \r and CSI K (ECMA-48, 8.3.41): back to the first column, erase to the end of the line.
            print(f"\r\x1b[K{line}", end="", file=self._out, flush=True)
            self._line = line

    def _clear(self) -> None:
        if self._line:
            print("\r\x1b[K", end="", file=self._out, flush=True)
            self._line = ""

    def _say_submitting(self, snapshot: Snapshot) -> None:
        asked = snapshot.enrollment.asked
        if snapshot.new_approval:
            self.say("The service does not know this key any more: a new approval is needed.")
        self.say(f"Submitting to {asked.server} as {plain(asked.identity)} …")

    def _say_registered(self, snapshot: Snapshot) -> None:
        enrollment = snapshot.enrollment
        self.say(f"Registered ({enrollment.id}).")
        if not enrollment.signed:
            self._say_whose_turn(snapshot)

    def _say_whose_turn(self, snapshot: Snapshot) -> None:
        enrollment = snapshot.enrollment
        asked, progress = enrollment.asked, enrollment.progress
        if progress.profile_key is ProfileKey.KEPT:
            self.say(f"   the account has a key already, which is kept: {progress.kept_key}")
        if asked.approve:
            self.say(f"   {plain(asked.shown_as)} is approved with this account")
            return
        who = "owner" if asked.service is ServiceName.PRIVICORE else "administrator"
        self.say(f"   the {who}'s turn: approve “{plain(asked.shown_as)}”")
        if progress.device_identifier is not None:
            self.say(f"   which got the identifier {progress.device_identifier}")
        if progress.profile_key is not ProfileKey.KEPT:
            self.say(f"   with the key {enrollment.key.fingerprint}")
        if snapshot.expires_at is not None:
            self.say(f"   before {rfc3339(snapshot.expires_at)}")
