"""What setup.nsi is told: the product, the settings, and nothing that a quotation mark could break out of."""

from pathlib import Path

import pytest

from installer.windows import setup
from installer.windows.settings import parameters
from tests.installer.windows.made import PRODUCT, SETTINGS

SCRIPT = Path(setup.__file__).with_name("setup.nsi").read_text()


def told(signer: str = "") -> str:
    return setup.defines(PRODUCT, Path("/folder"), Path("/dist/setup.exe"), parameters(SETTINGS), signer)


def test_every_setting_is_a_parameter_and_what_is_locked_comes_last() -> None:
    lines = told().splitlines()
    begin = lines.index("!macro SETTINGS")
    assert lines[begin + 1 : -1] == [
        '!insertmacro SETTING "SERVICE" "service"',
        '!insertmacro SETTING "SERVER" "server"',
        '!insertmacro SETTING "RSA_BITS" "rsa_bits"',
        '!insertmacro SETTING "PLAIN_FILE" "plain_file"',
        '!insertmacro SETTING "PRESET_KEYS" "preset_keys"',
        '!insertmacro SETTING "LOCKED" "locked"',
    ]


def test_everything_that_the_script_wants_to_know_is_told() -> None:
    names = {line.split()[1] for line in told().splitlines() if line.startswith("!define")}
    missing = [name for name in names if "${" + name + "}" not in SCRIPT]
    assert missing == []
    assert PRODUCT.title not in SCRIPT.replace("enroller-VERSION", "").partition("Unicode true")[2]


def test_the_uninstaller_is_signed_only_with_a_key() -> None:
    assert "!define SIGN " not in told()
    assert '!define SIGN "python -m sign"' in told("python -m sign")


@pytest.mark.parametrize(
    ("text", "found"), [("plain", "plain"), ('"best"', '$\\"best$\\"'), ("$5", "$$5"), ("C:\\x", "C:\\x")]
)
def test_texts_in_quotation_marks(text: str, found: str) -> None:
    assert setup.quoted(text) == found
