"""Steps that run nothing and remember what they were told."""

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from installer.steps import Steps


class RememberedSteps(Steps):
    """Runs nothing. `titles` tells what would have been run; a title that contains `failing` fails."""

    def __init__(self, log: Path) -> None:
        super().__init__(log, StringIO())
        self.commands: list[list[str]] = []
        self.titles: list[str] = []
        self.failing: str | None = None

    def attempt(self, title: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> tuple[int, str]:
        self.titles.append(title)
        self.commands.append(list(command))
        if self.failing is not None and self.failing in title:
            return 1, "it did not work"
        return 0, ""
