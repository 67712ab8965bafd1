"""The command `dev.py installers`: which artefacts there are, and what of this machine they need."""

import sys
from collections.abc import Mapping, Sequence

from installer import bills, environment, linux, macos, product, release, system, windows
from installer.environment import Checkout
from installer.release import Build, Target
from installer.steps import Problem, Steps

TARGETS: dict[str, Target] = {**linux.TARGETS, **windows.TARGETS, **macos.TARGETS, "bill": bills.TARGET}
"""Every artefact by the name that the command line knows, in the order in which they are built."""


SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
"""What people call what `sys.platform` says."""


def chosen(words: Sequence[str], targets: Mapping[str, Target], here: str) -> tuple[list[str], list[str]]:
    """The targets to build, and those left out because the system `here` cannot build them; by default all that can.

    Raises Problem for a word that names none, or one that cannot be built here.
    """
    for word in words:
        if word not in targets:
            raise Problem(f"There is no target {word!r}. There are: {', '.join(targets)}.")
        if not _is_for(targets[word], here):
            raise Problem(f"The target {word} cannot be built here: {_only_on(targets[word])}.")
    if words:
        return list(words), []
    able = [name for name, target in targets.items() if _is_for(target, here)]
    return able, [name for name in targets if name not in able]


def _is_for(target: Target, here: str) -> bool:
    return not target.on or here in target.on


def _only_on(target: Target) -> str:
    return f"it can only be built on {' or '.join(SYSTEMS[one] for one in target.on)}"


def command(arguments: Sequence[str], checkout: Checkout, steps: Steps, env: Mapping[str, str]) -> int:
    """Builds, and with `--prove` proves, all of it or `--prove=deb,rpm`; returns the exit status. Raises Problem."""
    if "--list" in arguments:
        for name, target in TARGETS.items():
            steps.say(f"  {name:10} {target.summary}")
        return 0
    options = [word for word in arguments if word.startswith("-")]
    wanted, left_out = chosen([word for word in arguments if word not in options], TARGETS, sys.platform)
    proved = to_prove(options, wanted)
    for name in left_out:
        steps.say(f"{name}: left out, for {_only_on(TARGETS[name])}.")
    needs = [need for name in wanted for need in TARGETS[name].needs]
    needs += [need for name in proved for need in TARGETS[name].proof_needs]
    missing = system.missing(dict.fromkeys(needs))
    if missing:
        with environment.exclusive(checkout, steps):
            system.install(missing, steps, env, checkout.root)
    root = checkout.root
    build = Build(
        checkout=checkout,
        steps=steps,
        env=env,
        product=product.read(root),
        epoch=release.commit_time(root),
        dist=root / "dist",
        work=checkout.dev / "build",
    )
    release.make(TARGETS, wanted, build)
    for name in proved:
        prove = TARGETS[name].prove
        if prove is not None:
            prove(build)
    return 0


def to_prove(options: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Those of the `wanted` targets that are to be proved. Raises Problem for an option that is none."""
    proved: list[str] = []
    for option in options:
        name, _, names = option.partition("=")
        if name != "--prove":
            raise Problem(f"There is no option {name}. There are: --list, --prove, --prove=TARGET,….")
        proved += names.split(",") if names else wanted
    missing = [name for name in proved if name not in wanted]
    if missing:
        raise Problem(f"The target {missing[0]} is not built now, so it cannot be proved.")
    return proved
