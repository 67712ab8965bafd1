"""The commands of `dev.py`: what each is for, what it needs, and what it starts in the environment."""

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from installer import audit as auditing
from installer import environment, system
from installer.display import own_display
from installer.environment import Checkout
from installer.steps import Problem, Steps, end_on_sigterm, foreground, sentence_for_os_error
from installer.system import Need

REQUIREMENTS = {
    # dev.txt comes first: runtime.txt takes its versions from there.
    "dev.txt": ["pyproject.toml", "--extra", "sandbox", "--extra", "dev"],
    "runtime.txt": ["pyproject.toml", "--constraint", "installer/requirements/dev.txt"],
    # What goes into the frozen folder, and what freezes it.
    "freeze.txt": [
        *("pyproject.toml", "installer/requirements/freeze.in", "--constraint", "installer/requirements/runtime.txt"),
    ],
    "lock.txt": ["installer/requirements/lock.in"],
    "audit.txt": ["installer/requirements/audit.in"],
    "mitmproxy.txt": [
        *("installer/requirements/mitmproxy.in", "--override", "installer/requirements/mitmproxy.override"),
    ],
    "windows-python.txt": ["installer/requirements/windows-python.in"],
    "windows-tools.txt": ["installer/requirements/windows-tools.in"],
}
"""The pinned requirements and what each is resolved from."""


ALL_TESTS = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile")
"""Pytest's arguments for the whole suite: each worker has a display of its own, and takes test files whole."""


@dataclass(frozen=True)
class Session:
    """What every command is given: where it works, with what environment variables, and the rest of its line."""

    checkout: Checkout
    steps: Steps
    env: Mapping[str, str]
    arguments: Sequence[str]

    def python(self, *arguments: str, env: Mapping[str, str] | None = None) -> int:
        """Runs the environment's interpreter in the foreground and returns its exit status."""
        python = str(self.checkout.python)
        return foreground([python, *arguments], self.env if env is None else env, self.checkout.root)

    def display(self) -> AbstractContextManager[dict[str, str]]:
        """A display of our own, as environment variables."""
        return own_display(self.env, self.steps.log)


@dataclass(frozen=True)
class Command:
    """One command: how it does its work, which parts of the system it needs, and what else its line takes."""

    run: Callable[[Session], int]
    needs: Callable[[], tuple[Need, ...]]
    takes: str = ""

    @property
    def summary(self) -> str:
        """What it is for, in one line."""
        return (self.run.__doc__ or "").partition("\n")[0]


def demo(session: Session) -> int:
    """Tries Enroller on a sandbox of its own; nothing is kept.

    It opens the wizard, or works in the terminal where there is no display. OPTIONS go to `enroller demo`.
    """
    return session.python("-m", "enroller", "demo", *session.arguments)


def run(session: Session) -> int:
    """Opens the wizard.

    OPTIONS go to `enroller wizard`.
    """
    return session.python("-m", "enroller", "wizard", *session.arguments)


def lint(session: Session) -> int:
    """Checks style and types, and shows all complaints."""
    checks = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
    failed = [" ".join(check) for check in checks if session.python("-m", *check)]
    if failed:
        session.steps.say("Not clean: " + ", ".join(failed))
    return 1 if failed else 0


def test(session: Session) -> int:
    """Checks style and types, then runs all tests.

    Windows appear on a display of their own. With PYTEST ARGUMENTS only pytest runs, with these.
    """
    lint_status = 0 if session.arguments else lint(session)
    try:
        # A proxy that inspects; it pins packages that ours could not live with.
        environment.beside("mitmproxy", session.checkout, session.steps, session.env)
    except Problem as problem:  # its tests say that they miss it
        session.steps.say(str(problem))
    with session.display() as env:
        status = session.python("-m", "pytest", *(session.arguments or ALL_TESTS), env=env)
    if lint_status:
        session.steps.say("The checks of style and types above have failed.")
    return status or lint_status


def bench(session: Session) -> int:
    """Measures what is promised, and prints the ratios.

    OPTIONS go to tests/benchmarks/run.py.
    """
    return _script(session, "tests/benchmarks/run.py")


def soak(session: Session) -> int:
    """Kills it at each place where it may die, and feeds it hostile answers.

    It takes a quarter of an hour. OPTIONS go to tests/soak/run.py.
    """
    return session.python("-m", "tests.soak.run", *session.arguments)


def screenshots(session: Session) -> int:
    """Takes pictures of every page of the real window.

    OPTIONS go to tests/screenshots/run.py.
    """
    return _script(session, "tests/screenshots/run.py")


def lock(session: Session) -> int:
    """Pins the requirements of pyproject.toml by version and hash.

    Versions that still fit are kept; `--upgrade` or `--upgrade-package NAME` takes the newest. UV OPTIONS go to
    `uv pip compile`.
    """
    checkout, steps = session.checkout, session.steps
    folder = checkout.requirements
    env = {**session.env, "UV_PYTHON_DOWNLOADS": "never"}
    with environment.exclusive(checkout, steps):
        if (folder / "lock.txt").is_file():
            environment.install_pinned("Installing uv", folder / "lock.txt", checkout, steps, env)
        for name, sources in REQUIREMENTS.items():
            steps.run(f"Resolving {name}", [*_uv(checkout, name), *sources, *session.arguments], env, checkout.root)
    return 0


def audit(session: Session) -> int:
    """Checks the pinned packages: versions, hashes, licences, known vulnerabilities.

    Where the database of vulnerabilities cannot be reached that is said, and is no failure.
    """
    checkout, steps = session.checkout, session.steps
    status = session.python("-m", "installer.audit")
    try:
        pip_audit = environment.beside("audit", checkout, steps, session.env)
        answer = auditing.ask(pip_audit, checkout.dev / "audit" / "cache", session.env)
    except Problem:  # without a network there may be no pip-audit either; why stands in the log
        answer = None
    said, told = auditing.told(answer)
    for line in said:
        steps.say(line)
    return status or told


def bill(session: Session) -> int:
    """Writes the bill of materials of what ships (CycloneDX) to dist/."""
    return session.python("-m", "installer.bill", "dist/enroller.cdx.json")


def installers(session: Session) -> int:
    """Builds the installers into dist/: all that this machine can, or TARGETS.

    Targets: see `installers --list`. With `--prove` the artefacts are installed, used, upgraded and removed as well, or
    with `--prove=deb,rpm` those.
    """
    from installer import artefacts

    return artefacts.command(session.arguments, session.checkout, session.steps, session.env)


def _uv(checkout: Checkout, name: str) -> list[str]:
    """One resolution for every system and Python, with nothing in the file about the machine that made it."""
    return [
        *(str(checkout.python), "-m", "uv", "pip", "compile", "--quiet", "--no-config"),
        *("--universal", "--python-version", "3.11", "--python", str(checkout.python)),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
        *("--custom-compile-command", "python3 installer/dev.py lock"),
        *("--output-file", f"installer/requirements/{name}"),
    ]


def _script(session: Session, script: str) -> int:
    if not (session.checkout.root / script).is_file():
        raise Problem(f"This checkout has no {script}.")
    with session.display() as env:
        # For `import tests…`, as pytest has it.
        return session.python(script, *session.arguments, env={**env, "PYTHONPATH": str(session.checkout.root)})


def _nothing() -> tuple[Need, ...]:
    return ()


def _window_if_shown() -> tuple[Need, ...]:
    return system.WINDOW if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else ()


def _all() -> tuple[Need, ...]:
    return system.WINDOW + system.TESTS


COMMANDS = {
    "demo": Command(demo, _window_if_shown, "[OPTIONS]"),
    "run": Command(run, _window_if_shown, "[OPTIONS]"),
    "test": Command(test, _all, "[PYTEST ARGUMENTS]"),
    "lint": Command(lint, _nothing),
    "bench": Command(bench, _all, "[OPTIONS]"),
    "soak": Command(soak, _nothing, "[OPTIONS]"),
    "screenshots": Command(screenshots, _all, "[OPTIONS]"),
    "lock": Command(lock, _nothing, "[UV OPTIONS]"),
    "audit": Command(audit, _nothing),
    "bill": Command(bill, _nothing),
    "installers": Command(installers, _nothing, "[--prove[=TARGETS]] [TARGETS]"),
}
"""All commands, in the order of the help text."""


def usage() -> str:
    """The help text."""
    width = max(len(f"{name} {command.takes}") for name, command in COMMANDS.items())
    lines = [f"  {f'{name} {command.takes}':{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        (
            "Usage: python3 installer/dev.py COMMAND",
            "",
            *lines,
            "",
            "The first time sets everything up, in a minute or two: 130 MB of Python packages are downloaded, and on",
            "Linux up to 250 MB of system packages (most of them for tests). Later times need no network.",
            "Everything lies in .dev/, which may be deleted at any time. Details of the last set-up: .dev/log.txt",
        )
    )


def main(arguments: Sequence[str]) -> int:
    """Runs one command line and returns the exit status: 0, the started program's, 1 a problem, 2 usage, 130 Ctrl-C."""
    end_on_sigterm()
    root = Path(__file__).resolve().parent.parent
    try:
        return _dispatch(arguments, Checkout(root))
    except KeyboardInterrupt:
        return 130
    except Problem as problem:
        sentence = str(problem)
    except OSError as error:
        sentence = sentence_for_os_error(error) or f"{error}. Nothing was lost; the same command may be given again."
    print(f"dev.py: {sentence}", file=sys.stderr)
    return 1


def _dispatch(arguments: Sequence[str], checkout: Checkout) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    if name in ("--help", "-h", "help"):
        print(usage())
        return 0
    if name not in COMMANDS:
        print(f"dev.py: {f'no command {name!r}' if name else 'which command?'}\n\n{usage()}", file=sys.stderr)
        return 2
    command = COMMANDS[name]
    if rest and rest[0] in ("--help", "-h"):
        print(f"Usage: python3 installer/dev.py {name} {command.takes}\n\n{inspect.getdoc(command.run)}")
        return 0
    if rest and not command.takes:
        print(f"dev.py: {name} takes no arguments", file=sys.stderr)
        return 2
    if not checkout.is_whole():
        raise Problem(
            f"{checkout.root} is no complete checkout of Enroller. Clone the repository and start this in it."
        )
    steps = Steps(checkout.dev / "log.txt", sys.stderr)
    session = Session(checkout, steps, clean(os.environ), rest)
    prepare(session, command.needs())
    return command.run(session)


def clean(env: Mapping[str, str]) -> dict[str, str]:
    """`env` without what would let another Python, or another place for packages, shine through."""
    strangers = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    elsewhere = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_HASHES", "PIP_NO_BINARY")
    kept = {name: value for name, value in env.items() if name not in strangers + elsewhere}
    return {**kept, "PYTHONNOUSERSITE": "1"}


def prepare(session: Session, needs: tuple[Need, ...]) -> None:
    """Sees to it that everything is there; asks neither pip nor apt when it is."""
    checkout, steps = session.checkout, session.steps
    if environment.is_ready(checkout) and not system.missing(needs):
        return
    with environment.exclusive(checkout, steps):
        ready = environment.is_ready(checkout)  # once more: another dev.py may have done it meanwhile
        missing = system.missing(needs if ready else system.SETUP + needs)
        if not ready or missing:
            steps.say("Setting up, once (details: .dev/log.txt)")
            steps.log.write_bytes(b"")
        if missing:
            system.install(missing, steps, session.env, checkout.root)
        if not ready:
            environment.make(checkout, steps, session.env)
