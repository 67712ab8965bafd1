"""What the shells complete: bash is asked, the others read theirs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from enroller.cli import parser
from installer.linux import command_line, completions

PROGRAM = command_line.read(parser.build())


def offered(line: str, folder: Path) -> list[str]:
    """What bash offers at the end of a line, in a folder."""
    words = line.split(" ")
    script = f"""
{completions.bash(PROGRAM)}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
_enroller
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    asked = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
    return asked.stdout.split()


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")


@needs_bash
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("enroller en", ["enroll"]),
        ("enroller --data-dir place en", ["enroll"]),
        ("enroller enroll --api", ["--api-key-file"]),
        ("enroller --verbose enroll --protect k", ["keyring"]),
        ("enroller token --privicore", []),
        ("enroller-wizard --pre", ["--preset"]),
        ("enroller enroll --ca-file ro", ["root.pem"]),
        ("enroller --data-dir fo", ["folder"]),
        ("enroller enroll --timeout ", []),
    ],
)
def test_bash_offers(line: str, wanted: list[str], tmp_path: Path) -> None:
    (tmp_path / "root.pem").touch()
    (tmp_path / "folder").mkdir()
    assert offered(line, tmp_path) == wanted


@needs_bash
def test_bash_offers_every_command_at_the_beginning(tmp_path: Path) -> None:
    assert {command.name for command in PROGRAM.commands} <= set(offered("enroller ", tmp_path))


@pytest.mark.parametrize("shell", completions.SHELLS)
def test_each_shell_can_read_its_own(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    file = tmp_path / "completions"
    file.write_text(completions.SHELLS[shell](PROGRAM), encoding="utf-8")
    asked = subprocess.run([shell, "-n", str(file)], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")


@pytest.mark.parametrize("shell", completions.SHELLS)
def test_every_flag_is_known_to_each(shell: str) -> None:
    written = completions.SHELLS[shell](PROGRAM)
    flags = {flag for command in PROGRAM.commands for option in command.flags for flag in option.flags}
    told = {flag: f"-l {flag[2:]} " if shell == "fish" and flag.startswith("--") else flag for flag in flags}
    assert [flag for flag, word in told.items() if word not in written and flag != "-h"] == []
