"""What must hold after every kill and at the end; each finding is a sentence."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from enroller.errors import StorageError
from enroller.model import Enrollment, ServiceName, State
from enroller.vault import files, seal
from tests.soak.commands import Ran
from tests.soak.scenarios import Scenario
from tests.soak.services import PASSWORD, Known, Services

AT_THE_END = {"enrollment.json", "enrollment.json.1", "lock", "sealed.json", "sealed.json.1"}
"""The files of an enrollment that is done: the reserve is given up, and nothing is left of a write."""


@dataclass(frozen=True)
class Look:
    """How things stand between two commands: what the device has stored, and what the service knows."""

    stored: tuple[Enrollment, ...]
    known: Known


class Judge:
    """Looks after each command of one case, and finds what is amiss. Nothing is changed by it, so nothing is repaired.

    Made before the first command, which is then the beginning.
    """

    def __init__(self, scenario: Scenario, services: Services, data_dir: Path) -> None:
        self._scenario = scenario
        self._services = services
        self._data_dir = data_dir
        self._looks = [self._look()]

    @property
    def nothing_begun(self) -> bool:
        """Whether nothing is stored of what the command is about."""
        return self._current(self._looks[-1]) is None

    @property
    def signed_out(self) -> bool:
        """Whether the service takes the stored access token no more, so that the password is needed once again."""
        current = self._current(self._looks[-1])
        grant = current.grant if current else None
        return grant is not None and not self._services.holds(self._scenario.service, grant.access_token.reveal())

    def after(self, ran: Ran) -> Iterator[str]:
        """What is amiss after a command, killed or not."""
        self._services.settle()
        before, now = self._looks[-1], self._look()
        self._looks.append(now)
        yield from self._spoken(ran)
        yield from self._open_secrets()
        yield from self._wide_rights()
        new, allowed = now.known.registrations - before.known.registrations, self._allowed_registrations(before)
        if new > allowed:
            yield f"registered {new} times where {allowed} would do"
        current = self._current(before)
        if new and current is not None and current.approved and not now.known.signed:
            yield "registered without a signature, though the service knows the key"
        if len(now.known.devices) > 1:
            yield f"the service knows {len(now.known.devices)} devices"
        keys = {one.id: one.key for one in before.stored}
        if any(one.key != keys.get(one.id, one.key) for one in now.stored):
            yield "the key has changed"

    def at_the_end(self, last: Ran, used: Ran) -> Iterator[str]:
        """What is amiss once the technician has done all with the command `last`, and a program has asked for a token
        with `used`."""
        begun, end = self._looks[0].known, self._looks[-1]
        if last.status not in (0, 9):  # 9: enrolled already
            yield f"it ended with {last.status}: {last.err.strip()}"
        one = int(not self._scenario.enrolled or self._scenario.new_key)
        keys = frozenset[str]().union(*(look.known.keys for look in self._looks)) - begun.keys
        if len(keys) > one:
            yield f"{len(keys)} new keys were sent"
        if end.known.approvals - begun.approvals > one:
            yield f"people had to approve {end.known.approvals - begun.approvals} times"
        if used.status or not self._services.holds(self._scenario.service, used.out.strip()):
            yield f"a program gets no good token: {used.status} {used.err.strip()}"
        if [one.state for one in end.stored] != [State.ENROLLED]:
            yield f"stored are {[f'{one.id} {one.state}' for one in end.stored]}"
            return
        (enrollment,) = end.stored
        device = enrollment.progress.device_identifier or enrollment.asked.client_id
        if end.known.devices != {device}:
            yield f"the service knows {sorted(end.known.devices)}, and stored is {device}"
        if enrollment.key.fingerprint not in end.known.keys:
            yield "the stored key is not the one that the service knows"
        yield from self._leftovers()

    # What is looked at

    def _look(self) -> Look:
        folders = sorted(self._data_dir.glob("enrollments/*"))
        stored = tuple(one for folder in folders if (one := _newest(folder)) is not None)
        return Look(stored, self._services.known(self._scenario.service))

    def _current(self, look: Look) -> Enrollment | None:
        """The enrollment that the command is about: where it makes a new one, none that was there before it."""
        before = {one.id for one in self._looks[0].stored} if self._scenario.new_key else set()
        return next((one for one in look.stored if one.id not in before), None)

    def _allowed_registrations(self, before: Look) -> int:
        """How many requests to register may arrive from here on.

        None where the answer to the last one is stored, or (Privicore) a device was made; one more where what came
        after it was lost: the tokens were handed out, and are not stored.
        """
        current = self._current(before)
        if self._scenario.service is ServiceName.PRIVICORE:
            return 0 if before.known.devices else 1
        if current is None:
            return 1
        if current.ticket is not None:
            return int(self._services.has_spent(current.ticket.device_code.reveal()))
        if current.state is not State.ENROLLED or current.grant is None:
            return 1
        token = current.grant.refresh_token
        spent = token is not None and not self._services.refreshes(token.reveal())
        return int(self._scenario.registers or (self._scenario.stale and spent))

    def _secrets(self) -> set[str]:
        stored = (one.key.private_key.reveal() for look in self._looks for one in look.stored)
        return {*self._services.secrets(), *stored}

    def _spoken(self, ran: Ran) -> Iterator[str]:
        """`token` prints a secret on purpose."""
        said = ran.err if ran.prints_token else ran.out + ran.err
        if any(secret in said for secret in self._secrets()):
            yield "a secret was said"
        if "Traceback" in ran.err or ran.status == 1:
            yield f"a defect: {ran.err.strip()}"

    def _open_secrets(self) -> Iterator[str]:
        secrets = self._secrets()
        for path in self._data_dir.rglob("*"):
            if path.is_file() and not path.name.startswith(files.SEALED):
                content = path.read_text(errors="replace")
                if any(secret in content for secret in secrets):
                    yield f"a secret stands in {path.name}"

    def _wide_rights(self) -> Iterator[str]:
        for path in (self._data_dir, *self._data_dir.rglob("*")):
            if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
                yield f"others may read {path.name}"

    def _leftovers(self) -> Iterator[str]:
        folders = list(self._data_dir.glob("enrollments/*"))
        if len(folders) != 1:
            yield f"there are {len(folders)} folders of enrollments"
        for folder in folders:
            odd = sorted({file.name for file in folder.iterdir()} ^ AT_THE_END)
            if odd:
                yield f"at the end there is too much, or too little: {', '.join(odd)}"
        if any(PASSWORD.encode() in path.read_bytes() for path in self._data_dir.rglob("*") if path.is_file()):
            yield "the password is kept, though nobody needs it any more"


def _newest(folder: Path) -> Enrollment | None:
    """What the next command will find in an enrollment's folder."""
    truth = folder / files.SEALED
    for path in (truth, files.earlier(truth)):
        try:
            content = files.read(path)
            if content is not None:
                return seal.read(content, folder.name).unseal(b"")
        except StorageError:
            continue
    return None
