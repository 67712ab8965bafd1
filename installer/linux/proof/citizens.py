"""What the systems' own checkers say of the artefacts: no error and no warning that is not explained beside it."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from installer.linux import manual, stage
from installer.release import Build
from installer.steps import Problem

HERE = Path(__file__).parent.parent


def examine_tree(build: Build) -> None:
    """Desktop entry, AppStream metadata, manual pages and completions. Raises Problem."""
    share, product = build.shared(stage.tree) / "usr/share", build.product
    entry, metainfo = f"applications/{product.id}.desktop", f"metainfo/{product.id}.metainfo.xml"
    require("Checking the desktop entry", ["desktop-file-validate", str(share / entry)], build)
    require("Checking the AppStream metadata", ["appstreamcli", "validate", "--no-net", str(share / metainfo)], build)
    for page in sorted((share / "man/man1").iterdir()):
        require(f"Checking the manual page {page.name}", manual.check(page), build, silent=True)
    completions = {
        "bash": f"bash-completion/completions/{product.name}",
        "zsh": f"zsh/vendor-completions/_{product.name}",
        "fish": f"fish/vendor_completions.d/{product.name}.fish",
    }
    for shell, file in completions.items():
        require(f"Checking the completions of {shell}", [shell, "-n", str(share / file)], build)


def examine_deb(build: Build, package: Path) -> None:
    """By lintian. Raises Problem."""
    options = ["--fail-on=error,warning", "--allow-root", "--no-tag-display-limit"]
    require("Checking the Debian package", ["lintian", *options, str(package)], build)


def examine_rpm(build: Build, package: Path) -> None:
    """By rpmlint, whose advice fails as well. Raises Problem."""
    command = ["rpmlint", "--strict", f"--config={HERE / 'rpmlint.toml'}", str(package)]
    require("Checking the RPM package", command, build)


def require(title: str, command: Sequence[str], build: Build, *, silent: bool = False) -> None:
    """Runs a checker. Raises Problem where it is not content, or `silent` and it says something on standard error."""
    begun = time.monotonic()
    asked = subprocess.run(command, env={**build.env, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False)
    build.steps.say(f"  {title}: {time.monotonic() - begun:.1f} s")
    if asked.returncode or (silent and asked.stderr):
        raise Problem(f"{title}: {command[0]} is not content.\n{(asked.stdout + asked.stderr).strip()[-3000:]}")
