"""The command line as data, read from its own parser: what manual pages and shells' completions are made from."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from installer.linux.contents import SANDBOX_COMMANDS


@dataclass(frozen=True)
class Option:
    """An option by its `flags`, or a positional argument where there are none. `group`: its heading in the help.

    `value`: what it takes, as the help names it; empty for a switch. `choices`: all that it may be, where it is told.
    """

    flags: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...] = ()
    group: str = ""
    optional: bool = True

    @property
    def takes_file(self) -> bool:
        """Whether a shell should offer files."""
        return any(word in self.value for word in ("FILE", "PATH", "PEM"))

    @property
    def takes_folder(self) -> bool:
        """Whether a shell should offer folders."""
        return self.value == "DIR"


@dataclass(frozen=True)
class Command:
    """A command with its options, those that all commands take included."""

    name: str
    summary: str
    options: tuple[Option, ...]

    @property
    def flags(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.flags)

    @property
    def arguments(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if not option.flags)


@dataclass(frozen=True)
class Program:
    """The whole. `options`: those before a command."""

    name: str
    description: str
    options: tuple[Option, ...]
    commands: tuple[Command, ...]


def read(parser: argparse.ArgumentParser) -> Program:
    """What a parser understands, without the commands that are not packed."""
    commands = [
        Command(choice.dest, choice.help or "", tuple(_options(action.choices[choice.dest])))
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for choice in action._choices_actions
        if choice.dest not in SANDBOX_COMMANDS
    ]
    return Program(parser.prog, parser.description or "", tuple(_options(parser)), tuple(commands))


def _options(parser: argparse.ArgumentParser) -> Iterator[Option]:
    for group in parser._action_groups:
        # The first two are argparse's own, for positional arguments and for options.
        title = group.title if group not in parser._action_groups[:2] else ""
        for action in group._group_actions:
            if action.help != argparse.SUPPRESS and not isinstance(action, argparse._SubParsersAction):
                yield _option(action, parser.prog, title or "")


def _option(action: argparse.Action, prog: str, group: str) -> Option:
    choices = tuple(map(str, action.choices or ()))
    value = ""
    if action.nargs != 0:
        value = str(action.metavar or "|".join(choices) or action.dest.upper())
    told = (action.help or "") % {**vars(action), "prog": prog}
    return Option(tuple(action.option_strings), value, told, choices, group, action.nargs == "?")
