"""What the shells complete after `enroller`: for bash, zsh and fish."""

from collections.abc import Callable, Iterable

from installer.linux.command_line import Command, Option, Program


def bash(program: Program) -> str:
    """For bash-completion, which loads it by the program's name."""
    common = " ".join(_flags(program.options))
    cases = "".join(
        f"        {command.name}) words='{' '.join(_flags(command.options))}' ;;\n" for command in program.commands
    )
    values = "".join(f"        {'|'.join(flags)}) {action}; return ;;\n" for flags, action in _bash_values(program))
    names = " ".join(command.name for command in program.commands)
    files = "|".join(command.name for command in program.commands if any(x.takes_file for x in command.arguments))
    return f"""\
# Completions of {program.name} for bash.
_{program.name}() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD - 1]}}" command='' words index
    COMPREPLY=()
    [[ ${{COMP_WORDS[0]##*/}} == *-wizard ]] && command=wizard
    for ((index = 1; index < COMP_CWORD; index++)); do
        case "${{COMP_WORDS[index]}}" in
        {"|".join(_flags(x for x in program.options if x.value))}) ((index++)) ;;
        -*) ;;
        *) command="${{command:-${{COMP_WORDS[index]}}}}" ;;
        esac
    done
    case "$before" in
{values}    esac
    case "$command" in
        '') words='{names} {common}' ;;
{cases}    esac
    if [[ $current != -* && $command == @({files}) ]]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$current"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    fi
}}
complete -F _{program.name} {program.name} {program.name}-wizard
"""


def _bash_values(program: Program) -> Iterable[tuple[tuple[str, ...], str]]:
    """The flags that take a value, and what is offered for it."""
    seen: dict[tuple[str, ...], str] = {}
    for option in _all_options(program):
        if option.flags and option.value:
            offered = "true"
            if option.choices:
                offered = f"COMPREPLY=($(compgen -W '{' '.join(option.choices)}' -- \"$current\"))"
            elif option.takes_file or option.takes_folder:
                kind = "-d" if option.takes_folder else "-f"
                offered = f'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen {kind} -- "$current"))'
            seen.setdefault(option.flags, offered)
    return seen.items()


def zsh(program: Program) -> str:
    """For zsh's completion system, as a function of its own."""
    listed = "\n".join(f"        {_quoted(f'{x.name}:{x.summary}')}" for x in program.commands)
    cases = "\n".join(
        f"            {command.name}) _arguments {_zsh_specs(command)} ;;" for command in program.commands
    )
    wizard = next(command for command in program.commands if command.name == "wizard")
    return f"""\
#compdef {program.name} {program.name}-wizard
# Completions of {program.name} for zsh.
_{program.name}() {{
    local curcontext="$curcontext" state line
    local -a commands
    commands=(
{listed}
    )
    if [[ $service == *-wizard ]]; then
        _arguments {_zsh_specs(wizard)}
        return
    fi
    _arguments -C {" ".join(_zsh_spec(option) for option in program.options)} '1: :->command' '*:: :->rest'
    case $state in
        command) _describe -t commands command commands ;;
        rest)
            case $words[1] in
{cases}
            esac ;;
    esac
}}
_{program.name} "$@"
"""


def _zsh_specs(command: Command) -> str:
    return " ".join(_zsh_spec(option) for option in command.options)


def _zsh_spec(option: Option) -> str:
    action = "_files" if option.takes_file else "_files -/" if option.takes_folder else f"({' '.join(option.choices)})"
    action = action if action != "()" else " "
    value = _plain(option.value.lower()) or "value"
    if not option.flags:
        return _quoted(f"{'::' if option.optional else ':'}{value}:{action}")
    told = _plain(option.help)
    ends = f":{value}:{action}" if option.value else ""
    if len(option.flags) == 1:
        return _quoted(f"{option.flags[0]}[{told}]{ends}")
    excluded, alternatives = " ".join(option.flags), ",".join(option.flags)
    return f"'({excluded})'{{{alternatives}}}{_quoted(f'[{told}]{ends}')}"


def _plain(text: str) -> str:
    """Without what has a meaning in a specification of zsh's."""
    return text.replace("[", "(").replace("]", ")").replace(":", " -")


def fish(program: Program) -> str:
    """For fish, which loads it by the program's name."""
    lines = [f"# Completions of {program.name} for fish.", f"complete -c {program.name} -f"]
    for command in program.commands:
        lines.append(_fish(program.name, "__fish_use_subcommand", f"-a {command.name}", command.summary))
    for option in program.options:
        lines.append(_fish(program.name, "__fish_use_subcommand", _fish_option(option), option.help))
    for command in program.commands:
        where = f"__fish_seen_subcommand_from {command.name}"
        for option in command.options:
            if option.flags:
                lines.append(_fish(program.name, where, _fish_option(option), option.help))
            elif option.takes_file:
                lines.append(f"complete -c {program.name} -n '{where}' -F")
    lines.append(f"complete -c {program.name}-wizard -w '{program.name} wizard'")
    return "".join(f"{line}\n" for line in lines)


def _fish(name: str, where: str, what: str, told: str) -> str:
    return f"complete -c {name} -n '{where}' {what} -d {_fish_quoted(told)}"


def _fish_option(option: Option) -> str:
    flags = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags]
    if option.choices:
        flags.append(f"-x -a '{' '.join(option.choices)}'")
    elif option.takes_folder:
        flags.append("-x -a '(__fish_complete_directories)'")
    elif option.takes_file:
        flags.append("-r -F")
    elif option.value:
        flags.append("-x")
    return " ".join(flags)


def _fish_quoted(text: str) -> str:
    """Inside fish's single quotes only these two have a meaning."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted(text: str) -> str:
    """Inside a POSIX shell's single quotes nothing has a meaning but their end."""
    return "'" + text.replace("'", "'\\''") + "'"


def _flags(options: Iterable[Option]) -> list[str]:
    return [flag for option in options for flag in option.flags]


def _all_options(program: Program) -> Iterable[Option]:
    yield from program.options
    for command in program.commands:
        yield from command.options


SHELLS: dict[str, Callable[[Program], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
