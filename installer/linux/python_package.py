"""The wheel and the source distribution, for those who have Python."""

from pathlib import Path

from installer.release import Build


def packages(build: Build) -> list[Path]:
    """Builds both with the pinned build tools of the environment. Raises Problem."""
    out = build.work / "python"
    command = [str(build.checkout.python), "-m", "build", "--no-isolation", "--outdir", str(out)]
    build.run("Building the wheel and the source distribution", command, SOURCE_DATE_EPOCH=str(build.epoch))
    return [file.replace(build.dist / file.name) for file in sorted(out.iterdir())]
