"""The manual pages, in the language of man(7), from the command line's own help."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from installer.linux.command_line import Command, Option, Program
from installer.product import Product


def page(program: Program, product: Product, epoch: int, exits: Mapping[int, str]) -> str:
    """enroller(1). `exits`: what each exit status means."""
    lines = [
        *_head(program.name, product, epoch, product.summary),
        *(".SH SYNOPSIS", f".B {program.name}", ".RI [ OPTION \\|.\\|.\\|.]", ".RI [ COMMAND \\|.\\|.\\|.]"),
        *(".SH DESCRIPTION", _text(program.description)),
    ]
    for paragraph in product.long_description:
        lines += [".PP", _text(paragraph)]
    lines.append(".SH OPTIONS")
    lines += _options(program.options)
    lines.append(".SH COMMANDS")
    for command in program.commands:
        lines += [f".SS {_text(command.name)}", _text(_sentence(command.summary)), *_synopsis(program, command)]
        lines += _options(_own(command.options, program.options))
    lines.append(".SH EXIT STATUS")
    for status, meaning in sorted(exits.items()):
        lines += [".TP", f".B {status}", _text(meaning)]
    lines += _foot(f"{program.name}-wizard")
    return "".join(f"{line}\n" for line in lines)


def wizard_page(program: Program, product: Product, epoch: int) -> str:
    """enroller-wizard(1): the command `wizard` under a name of its own."""
    name = f"{program.name}-wizard"
    wizard = next(command for command in program.commands if command.name == "wizard")
    alone = Command(name, wizard.summary, wizard.options)
    lines = [
        *_head(name, product, epoch, product.summary),
        *(".SH SYNOPSIS", f".B {_text(name)}", *_words(alone)),
        *(".SH DESCRIPTION", _text(product.long_description[0])),
        ".SH OPTIONS",
        *_options(alone.options),
        *_foot(program.name),
    ]
    return "".join(f"{line}\n" for line in lines)


def _head(name: str, product: Product, epoch: int, summary: str) -> Iterable[str]:
    day = datetime.fromtimestamp(epoch, UTC).date().isoformat()
    yield f'.TH {_text(name).upper()} 1 "{day}" "{product.title} {product.version}" "User Commands"'
    yield ".SH NAME"
    yield f"{_text(name)} \\- {_text(summary[:1].lower() + summary[1:])}"


def _foot(other: str) -> Iterable[str]:
    return (".SH SEE ALSO", f".BR {_text(other)} (1)")


def _synopsis(program: Program, command: Command) -> list[str]:
    return [".PP", f".B {program.name} {_text(command.name)}", *_words(command)]


def _words(command: Command) -> Iterable[str]:
    if command.flags:
        yield ".RI [ OPTION \\|.\\|.\\|.]"
    for argument in command.arguments:
        yield f".RI [ {_text(argument.value)} ]" if argument.optional else f".I {_text(argument.value)}"


def _own(options: Iterable[Option], common: Iterable[Option]) -> list[Option]:
    """Without what stands among the options of all commands."""
    told = {option.flags for option in common if option.flags}
    return [option for option in options if option.flags not in told]


def _options(options: Iterable[Option]) -> Iterable[str]:
    group = ""
    for option in options:
        if option.group != group:
            group = option.group
            yield from (".PP", f"{_text(group[:1].upper() + group[1:])}:")
        flags = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in option.flags)
        value = f"\\fI{_text(option.value)}\\fR" if option.value else ""
        yield from (".TP", f"{flags} {value}".strip(), _text(_sentence(option.help)) or "\\&")


def _sentence(text: str) -> str:
    """Help texts are short and have no end; what stands in parentheses alone is a default."""
    if text.startswith("(") and text.endswith(")"):
        return f"Default: {text[1:-1]}."
    return text and text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


_ESCAPES = {"\\": "\\e", "-": "\\-", "’": "\\(cq", "“": "\\(lq", "”": "\\(rq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
"""groff_char(7): what would be set as another character than the one that is meant."""


def _text(text: str) -> str:
    """As roff takes it literally; a dot or an apostrophe at the beginning of a line would be a request."""
    escaped = "".join(_ESCAPES.get(one, one) for one in text)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def check(page: Path) -> list[str]:
    """The command that says what is wrong with a page, and nothing where nothing is (lintian asks the same way)."""
    return ["man", "--warnings", "--encoding=utf8", "--local-file", "--troff-device=utf8", "--ditroff", str(page)]
