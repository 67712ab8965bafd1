"""The composition root: the one place where store, network, service and clock are wired into an engine.

Both front ends hold one `App` and call its blocking functions from a worker thread.
"""

import os
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from enroller import errors
from enroller.clock import Clock
from enroller.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from queue import SimpleQueue

    from enroller.enroll import Listener
    from enroller.model import Asked, Credential, Enrollment, KeyPair, Login, ServiceName
    from enroller.services import Goal
    from enroller.steps import Command, Snapshot
    from enroller.vault import Opened, Summary, Unlock, Vault


class App:
    """An engine over one data folder (None: the user's own). `verbose`: the log goes to stderr as well."""

    def __init__(self, data_dir: Path | None = None, *, verbose: bool = False) -> None:
        self.data_dir_given = data_dir
        if data_dir is None:
            import platformdirs

            self.data_dir = Path(platformdirs.user_data_dir("enroller", appauthor=False))
            log_dir = Path(platformdirs.user_log_dir("enroller", appauthor=False))
        else:
            self.data_dir = data_dir.absolute()
            log_dir = self.data_dir / "logs"
        self.clock = Clock()
        self.log = Log(log_dir, verbose=verbose)

    @cached_property
    def vault(self) -> "Vault":
        """The store; imported when somebody asks for it."""
        from enroller.vault import Vault

        return Vault(self.data_dir)

    def command_line(self, *words: str) -> str:
        """The command `enroller` with `words` for this data folder, ready to be pasted."""
        import shlex

        where = [] if self.data_dir_given is None else ["--data-dir", str(self.data_dir)]
        return shlex.join(["enroller", *where, *words])

    def anything_stored(self) -> bool:
        """Whether there is anything to list; costs next to nothing."""
        try:
            with os.scandir(self.data_dir / "enrollments") as entries:
                return any(True for _ in entries)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # the store says what is wrong

    def at(self, service: "ServiceName", server: str, identity: str | None) -> "list[Summary]":
        """What is known here of enrollments with that server, under that client id or device name or (None) any."""
        return [
            known
            for known in self.vault.list()
            if (known.service, known.server) == (service, server) and identity in (None, known.identity)
        ]

    def create(
        self,
        asked: "Asked",
        key: "KeyPair",
        credential: "Credential",
        unlock: "Unlock",
        *,
        replaces: str | None = None,
        proxy_login: "Login | None" = None,
        ca_pem: str | None = None,
        known: "Collection[Summary] | None" = None,
    ) -> "Opened":
        """A new enrollment, safely stored before anything is sent. `ca_pem`: the CA file's content, where it was read.

        `known`: what the caller knew of enrollments with that server when it decided to begin one. Raises InUse where
        there is another by now, AlreadyEnrolled, StorageError, InputError for a CA file that cannot be used,
        SetByAdministrator for what the administrator has decided otherwise, and BadSettings where that is not known.
        """
        import secrets

        from enroller import machine
        from enroller.beginning import require_allowed
        from enroller.model import Enrollment, State

        require_allowed(asked)
        enrollment = Enrollment(
            id=secrets.token_hex(4),
            asked=asked,
            key=key,
            credential=credential,
            created_at=self.clock.wall(),
            ca_pem=ca_pem or self.certificates(asked.ca_file),
            proxy_login=proxy_login,
            machine=machine.evidence(),
            interval=asked.poll_interval,
            replaces=replaces,
        )
        with self.vault.beginning():
            there = self.at(asked.service, asked.server, None)
            if known is not None and {one.id for one in there} - {one.id for one in known}:
                raise errors.InUse("Another Enroller has just begun an enrollment with this server.")
            for one in there:
                if (one.state, one.identity) == (State.ENROLLED, asked.identity) and one.id != replaces:
                    raise errors.AlreadyEnrolled(f"{one.identity} is enrolled with {one.server} ({one.id}).")
            return self.vault.create(enrollment, unlock)

    def open(
        self,
        id: str,  # noqa: A002 - the vault's own word
        unlock: "Unlock",
        *,
        wait: float = 0.0,
        same_machine: bool = False,
    ) -> "Opened":
        """Opens an enrollment to go about under its identity; see `Vault.open`.

        Raises OtherMachine where it was made on another one, unless somebody knows it is the `same_machine`.
        """
        from dataclasses import replace

        from enroller import machine

        here = machine.evidence()
        opened = self.vault.open(id, unlock, wait=wait)
        enrollment = opened.enrollment
        if machine.is_another(enrollment.machine, here) and not same_machine:
            opened.close()
            raise errors.OtherMachine(f"{enrollment.asked.identity} ({id}) belongs to another machine than this.")
        known = here if same_machine else tuple(sorted({*enrollment.machine, *here}))  # parts come one by one
        if known != enrollment.machine:
            # A full disk, for one, does not hinder what is to be done: it is noted the next time.
            with suppress(errors.StorageError):
                opened.save(replace(enrollment, machine=known))
        return opened

    def is_copied(self, known: "Summary") -> bool:
        """Whether an enrollment was made on another machine."""
        from enroller import machine

        return machine.is_another(known.machine, machine.evidence())

    def now(self, enrollment: "Enrollment") -> float:
        """The latest that it may be, in seconds since the epoch, by the clocks and by what the service has told."""
        from enroller.true_time import latest

        clock = self.clock
        return latest(enrollment.anchor, clock.boot_id(), clock.boot(), clock.wall())

    def certificates(self, ca_file: str | None) -> str | None:
        """The content of a CA file, kept in the enrollment: the file may be on a stick. Raises InputError."""
        from enroller.http import read_ca_file

        return read_ca_file(ca_file) if ca_file else None

    def accept(self, opened: "Opened", credential: "Credential") -> None:
        """Puts a new credential into the place of the old one."""
        from enroller import services

        enrollment = opened.enrollment
        if enrollment.credential != credential:
            opened.save(services.find(enrollment.asked.service).accept(enrollment, credential))

    def trust(self, opened: "Opened", ca_file: str) -> None:
        """Puts other certificates into the place of those that were trusted. Raises InputError."""
        from dataclasses import replace

        enrollment, path = opened.enrollment, str(Path(ca_file).absolute())
        pem = self.certificates(path)
        if pem != enrollment.ca_pem:
            opened.save(replace(enrollment, ca_pem=pem, asked=replace(enrollment.asked, ca_file=path)))

    def can(self, goal: "Goal", enrollment: "Enrollment") -> bool:
        """Whether the service of an enrollment has calls of its own for `goal`."""
        from enroller import services

        return goal in services.find(enrollment.asked.service).tables

    def prepare(self, service: "ServiceName") -> None:
        """Imports what an enrollment needs, so that the window does not feel it later; for the engine's thread."""
        from importlib import import_module

        from enroller import services

        services.find(service)
        for name in ("vault", "keys", "session", "enroll", "http.way", "http.exchange", "http.explain"):
            import_module(f"enroller.{name}")

    def run(
        self,
        opened: "Opened",
        *,
        inbox: "SimpleQueue[Command]",
        publish: "Callable[[Snapshot], None]",
        goal: "Goal | None" = None,
        patient: bool = False,
    ) -> errors.EnrollerError | None:
        """Drives an opened enrollment to its end (`goal` None: enroll); see `enroll.enroll`."""
        import random
        import secrets

        from enroller import services
        from enroller.enroll import enroll
        from enroller.http import Http, managed_roots
        from enroller.services import Goal
        from enroller.session import Session

        managed_roots()  # unusable ones are told before anything is sent
        asked = opened.enrollment.asked
        service = services.find(asked.service)

        def log_and_publish(snapshot: "Snapshot") -> None:
            self._log(snapshot)
            publish(snapshot)

        session = Session(
            opened.enrollment,
            service,
            jitter=random.SystemRandom().random,
            nonce=lambda: secrets.token_urlsafe(16),
            goal=goal or Goal.ENROLL,
            patient=patient,
            boot_id=self.clock.boot_id(),
        )
        with _channel(opened.enrollment, inbox) as listener:
            error = enroll(
                session,
                sender=Http(),
                listener=listener,
                store=opened,
                clock=self.clock,
                inbox=inbox,
                publish=log_and_publish,
            )
        if error is not None:
            return services.advised(error, service, asked.server)
        self._forget_replaced(opened)
        return None

    def title(self, service: "ServiceName") -> str:
        """The service's name as its people say it."""
        from enroller import services

        return services.find(service).title

    def _forget_replaced(self, opened: "Opened") -> None:
        """Once the new enrollment is saved, the one that it replaces is forgotten."""
        from dataclasses import replace

        old = opened.enrollment.replaces
        if old is None:
            return
        with suppress(errors.InputError):  # it is gone already; what a kill left of it goes as well
            self.vault.remove(old)
        opened.save(replace(opened.enrollment, replaces=None))

    def _log(self, snapshot: "Snapshot") -> None:
        enrollment = snapshot.enrollment
        self.log.write(
            "step",
            enrollment=enrollment.id,
            happening=snapshot.happening.name.lower(),
            call=snapshot.call,
            state=enrollment.state,
            code=snapshot.problem.code if snapshot.problem else None,
            next_in=None if snapshot.next_at is None else round(snapshot.next_at - snapshot.at.boot, 1),
            signed=enrollment.signed or None,
            state_echoed=None if snapshot.state_echoed else False,
        )


@contextmanager
def _channel(enrollment: "Enrollment", inbox: "SimpleQueue[Command]") -> "Iterator[Listener]":
    """The channel on which outcomes of commands are pushed, where there is one; what it hears goes into `inbox`."""
    from enroller.enroll import Deaf

    if enrollment.asked.websocket_url is None:
        yield Deaf()
        return
    from enroller.push import Push
    from enroller.steps import ChannelChanged, Pushed

    push = Push(
        enrollment.asked.websocket_url,
        via=enrollment.via,
        heard=lambda message: inbox.put(Pushed(message)),
        changed=lambda: inbox.put(ChannelChanged()),
    )
    try:
        yield push
    finally:
        push.close()
