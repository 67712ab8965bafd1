"""The command `dev.py installers`: which artefacts there are, and what of this machine they need."""

from collections.abc import Mapping, Sequence

from installer import environment, linux, macos, product, release, system, windows
from installer.environment import Checkout
from installer.release import Build, Target
from installer.steps import Problem, Steps

TARGETS: dict[str, Target] = {**linux.TARGETS, **windows.TARGETS, **macos.TARGETS}
"""Every artefact by the name that the command line knows, in the order in which they are built."""


def command(arguments: Sequence[str], checkout: Checkout, steps: Steps, env: Mapping[str, str]) -> int:
    """Builds, and with `--prove` proves; returns the exit status. Raises Problem."""
    if "--list" in arguments:
        for name, target in TARGETS.items():
            steps.say(f"  {name:10} {target.summary}")
        return 0
    prove = "--prove" in arguments
    wanted = [word for word in arguments if word != "--prove"] or list(TARGETS)
    unknown = [word for word in wanted if word not in TARGETS]
    if unknown:
        raise Problem(f"There is no target {unknown[0]!r}. There are: {', '.join(TARGETS)}.")
    targets = [TARGETS[name] for name in wanted]
    needs = [need for one in targets for need in (*one.needs, *(one.proof_needs if prove else ()))]
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
    for one in targets:
        if prove and one.prove is not None:
            one.prove(build)
    return 0
