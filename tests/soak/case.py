"""One case: a command is killed at a certain place, somebody goes on with it, and all is well in the end."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.soak.commands import Commands, Ran
from tests.soak.judge import Judge
from tests.soak.scenarios import SCENARIOS, Scenario, prepare
from tests.soak.services import Memories, Services


@dataclass(frozen=True)
class Case:
    """`places`: the number of the place at which the command dies, then the one at which the next command dies, …

    `power`: by a power cut, which takes with it what is not durable, rather than by a kill.
    """

    scenario: str
    places: tuple[int, ...]
    power: bool = False

    def __str__(self) -> str:
        return f"{self.scenario}:{'+'.join(map(str, self.places))}{'p' if self.power else ''}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` writes. Raises ValueError."""
        found = re.fullmatch(r"([a-z-]+):(\d+(?:\+\d+)*)(p?)", text)
        if found is None or found[1] not in SCENARIOS:
            raise ValueError(f"{text} is none: a case looks like safeq-enroll:17, safeq-enroll:17+5, safeq-enroll:17p.")
        return cls(found[1], tuple(map(int, found[2].split("+"))), power=bool(found[3]))


@dataclass(frozen=True)
class Outcome:
    """What became of a case. `died`: the names of the places of its kills. `amiss`: what was not as it must be."""

    case: Case
    died: tuple[str, ...]
    amiss: tuple[str, ...]


class Bench:
    """Where cases are tried, one after the other: services, commands, and a folder of their own."""

    def __init__(self, services: Services, commands: Commands, folder: Path) -> None:
        self._services = services
        self._commands = commands
        self._folder = folder
        self._nothing = services.memory()
        self._beginnings: dict[str, tuple[Path, Memories]] = {}

    def points(self, name: str) -> tuple[str, ...]:
        """The places at which a scenario's command can die, by one run that is not killed. Raises RuntimeError."""
        scenario = SCENARIOS[name]
        data_dir = self._begin(scenario)
        judge = Judge(scenario, self._services, data_dir)
        ran = self._commands.run(data_dir, scenario.told(self._services))
        amiss = [*judge.after(ran), *self._at_the_end(judge, data_dir, ran)]
        if amiss:
            raise RuntimeError(f"{name} fails though nobody kills it: {'; '.join(amiss)}")
        return ran.points

    def attempt(self, case: Case) -> Outcome:
        """Kills, goes on, and looks after each command."""
        scenario = SCENARIOS[case.scenario]
        data_dir = self._begin(scenario)
        judge = Judge(scenario, self._services, data_dir)
        words = scenario.told(self._services)
        places, died, amiss = list(case.places), list[str](), list[str]()
        while True:
            at = places.pop(0) if places else 0
            ran = self._commands.run(data_dir, words, at=at, power=case.power and at > 0)
            amiss += judge.after(ran)
            if ran.killed:
                died.append(ran.points[-1])
                words = scenario.again(self._services)
                continue
            places.clear()
            other = self._otherwise(scenario, judge, ran)
            if other is None:
                break
            words = other
        amiss += self._at_the_end(judge, data_dir, ran)
        return Outcome(case, tuple(died), tuple(dict.fromkeys(amiss)))

    def _otherwise(self, scenario: Scenario, judge: Judge, ran: Ran) -> tuple[str, ...] | None:
        """What a technician types after a command that did not do; None where there is nothing more to try."""
        told = scenario.told(self._services)
        if ran.words != told and (ran.status == 2 or judge.nothing_begun):
            return told  # there was nothing to go on with: it was killed before anything was stored
        password = "--password-file"
        if ran.status == 6 and judge.signed_out and password in ran.err and password not in ran.words:
            return (*ran.words, password, str(self._services.password_file))
        return None

    def _at_the_end(self, judge: Judge, data_dir: Path, last: Ran) -> list[str]:
        """After the last command, the device is used."""
        used = self._commands.run(data_dir, ["token"])
        return [*judge.after(used), *judge.at_the_end(last, used)]

    def _begin(self, scenario: Scenario) -> Path:
        """A device and services as they are before the command; made once and copied."""
        data_dir = self._folder / "data"
        shutil.rmtree(data_dir, ignore_errors=True)
        if scenario.name not in self._beginnings:
            self._services.set_back(self._nothing)
            prepare(scenario, self._services, lambda words: self._run_well(data_dir, words), data_dir)
            copy = self._folder / scenario.name
            if data_dir.exists():
                data_dir.rename(copy)
            self._beginnings[scenario.name] = (copy, self._services.memory())
        copy, memory = self._beginnings[scenario.name]
        if copy.exists():
            shutil.copytree(copy, data_dir)
        self._services.set_back(memory)
        return data_dir

    def _run_well(self, data_dir: Path, words: Sequence[str]) -> None:
        ran = self._commands.run(data_dir, words)
        if ran.status:
            raise RuntimeError(f"{words[0]} ended with {ran.status}: {ran.err}")
