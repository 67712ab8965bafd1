"""The manual pages, from the command line's own parser."""

import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from enroller.cli import parser
from installer import product
from installer.linux import command_line, generate, manual
from installer.linux.command_line import Option

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = product.read(ROOT)
PROGRAM = command_line.read(parser.build())


def test_every_command_is_read_but_those_that_are_not_packed() -> None:
    names = {command.name for command in PROGRAM.commands}
    assert names == set(parser.COMMANDS) - {"sandbox", "demo"}


def test_options_are_read_with_what_they_take() -> None:
    small = argparse.ArgumentParser(prog="p", add_help=False)
    small.add_argument("-k", "--key", choices=["a", "b"], help="of %(prog)s")
    small.add_argument("--hidden", help=argparse.SUPPRESS)
    small.add_argument_group("More").add_argument("--file", metavar="PATH")
    small.add_argument("id", metavar="ID", nargs="?", help="which")
    assert set(command_line.read(small).options) == {
        Option(("-k", "--key"), "a|b", "of p", ("a", "b"), "", False),
        Option(("--file",), "PATH", "", (), "More", False),
        Option((), "ID", "which", (), "", True),
    }


def test_each_command_option_and_exit_status_has_its_place() -> None:
    page = manual.page(PROGRAM, PRODUCT, 0, generate.exit_statuses())
    for command in PROGRAM.commands:
        assert f".SS {command.name}\n".replace("-", "\\-") in page
        assert all(flag.replace("-", "\\-") in page for option in command.flags for flag in option.flags)
    assert set(generate.exit_statuses()) == {*range(11), 130}
    assert "1970-01-01" in page


def test_the_wizard_has_a_page_of_its_own() -> None:
    page = manual.wizard_page(PROGRAM, PRODUCT, 0)
    assert page.startswith(".TH ENROLLER\\-WIZARD 1 ")
    assert "\\-\\-preset" in page


@pytest.mark.skipif(shutil.which("man") is None, reason="there is no man here")
def test_man_has_nothing_to_say_against_them(tmp_path: Path) -> None:
    for text in (manual.page(PROGRAM, PRODUCT, 0, generate.exit_statuses()), manual.wizard_page(PROGRAM, PRODUCT, 0)):
        file = tmp_path / "page.1"
        file.write_text(text, encoding="utf-8")
        asked = subprocess.run(manual.check(file), capture_output=True, text=True, check=False)
        assert (asked.returncode, asked.stderr) == (0, "")


def test_no_text_becomes_a_request_of_roff() -> None:
    assert manual._text(".SH x") == "\\&.SH x"
    assert manual._text("'a\\n-") == "\\&'a\\en\\-"
