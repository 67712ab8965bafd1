"""Writes what Enroller itself knows best. It runs in the environment, where Enroller can be imported.

`python -m installer.linux.generate FOLDER EPOCH` writes the manual pages, the completions and the example of the
settings into the folder.
"""

import sys
from pathlib import Path

from enroller import errors
from enroller.cli import parser
from enroller.settings import example
from installer import product
from installer.linux import command_line, completions, manual

ROOT = Path(__file__).resolve().parents[2]


def exit_statuses() -> dict[int, str]:
    """What each exit status means, in the words of the errors that have it."""
    kinds: list[type[errors.EnrollerError]] = [errors.EnrollerError, *errors.EnrollerError.__subclasses__()]
    found = {0: "Done."}
    for error in kinds:
        found.setdefault(error.exit_status, f"{error.title}.")
    return found


def main(folder: Path, epoch: int) -> None:
    """Writes all of it."""
    described, program = product.read(ROOT), command_line.read(parser.build())
    texts = {
        f"{program.name}.1": manual.page(program, described, epoch, exit_statuses()),
        f"{program.name}-wizard.1": manual.wizard_page(program, described, epoch),
        "settings.toml": example.commented(),
        **{f"{program.name}.{shell}": write(program) for shell, write in completions.SHELLS.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
