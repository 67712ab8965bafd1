"""What the sources of settings give, and which of them decides. Pure.

The list of the settings is imported where it is asked: a device without settings starts without it. The values are no
dataclasses for the same reason: the wizard's first page needs none of those, and asks whether there are settings.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from enroller.errors import BadSettings, InputError, SetByAdministrator

LOCKED = "locked"
"""In a file: true, or the names of the settings that nobody may change."""


class Source(StrEnum):
    """Where a value can come from; the first that has one decides."""

    POLICY = "policy"
    FILE = "file"
    INSTALLATION = "installation"
    USER = "user"
    DEFAULT = "default"


class Layer(NamedTuple):
    """What one place gives. `where`: in words, for people. `locked`: the names that nobody may change."""

    source: Source
    where: str
    values: Mapping[str, Any]
    locked: frozenset[str] = frozenset()


class Setting(NamedTuple):
    """One setting as it holds. `value` None: nobody gives one."""

    name: str
    value: Any
    source: Source = Source.DEFAULT
    where: str = ""
    locked: bool = False


class Settings:
    """The settings that hold. `problem`: why none do, where a source is unusable. `notes`: what people should know."""

    def __init__(
        self,
        given: Mapping[str, Setting] | None = None,
        problem: BadSettings | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.given = given or {}
        self.problem = problem
        self.notes = notes

    def __getitem__(self, name: str) -> Setting:
        """The setting `name`, with its default where nobody gives one."""
        if name in self.given:
            return self.given[name]
        from enroller.settings.names import RULES

        return Setting(name, RULES[name].default)

    def text(self, name: str) -> str:
        """The value of a text; empty where nobody gives one."""
        return str(self[name].value or "")

    def all(self) -> list[Setting]:
        """All that there are, in their order."""
        from enroller.settings.names import RULES

        return [self[name] for name in RULES]

    def require(self) -> None:
        """Raises BadSettings where a source is unusable: what the administrator wants is not known then."""
        if self.problem is not None:
            raise self.problem

    def is_locked(self, name: str) -> bool:
        """Whether nobody in front of the device may choose it."""
        return self[name].locked

    def refuse_other(self, name: str, wanted: object, option: str) -> None:
        """Raises SetByAdministrator where `wanted` (an option's value; None: not given) is not what is locked."""
        setting = self[name]
        if setting.locked and wanted is not None and str(wanted) != str(setting.value):
            raise self.contradicted(name, option)

    def contradicted(self, name: str, what: str) -> SetByAdministrator:
        """The error for another value than the one that is locked; `what`: the option, or the field, in words."""
        from enroller.text import plain

        setting = self[name]
        return SetByAdministrator(
            f"{what} is set for this device: {plain(str(setting.value), 100)}, by {setting.where}.", field=name
        )


def merged(layers: Iterable[Layer], notes: Iterable[str] = (), problem: BadSettings | None = None) -> Settings:
    """The settings of several places, the one that decides first."""
    given: dict[str, Setting] = {}
    for layer in layers:
        for name, value in layer.values.items():
            given.setdefault(name, Setting(name, value, layer.source, layer.where, name in layer.locked))
    return Settings(given, problem, tuple(notes))


def checked(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first setting with an unusable value, and what is wrong, to follow its name; None where all are good."""
    from enroller.settings.names import RULES

    for name, value in values.items():
        rule = RULES.get(name)
        wrong = "is no setting" if rule is None else rule.wrong(value)
        if wrong:
            return name, wrong
    return None


def locked_names(values: Mapping[str, Any]) -> frozenset[str]:
    """The settings that `locked` in a file means: true, false, or a list of what the file gives. Raises InputError."""
    wanted = values.get(LOCKED, False)
    names = [name for name in values if name != LOCKED]
    if isinstance(wanted, bool):
        return frozenset(names if wanted else ())
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise InputError("has to be true, false or a list of names")
    from enroller.text import plain

    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(f"names {plain(missing[0], 40)}, which has no value here")
    return frozenset(wanted)
