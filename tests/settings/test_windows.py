"""What Windows' registry says, in the settings' own kinds."""

import pytest

from enroller.errors import BadSettings
from enroller.settings import Source
from enroller.settings.windows import layer

WHERE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Enroller"


def test_numbers_and_texts_become_what_the_setting_wants() -> None:
    raw = {"server": "acme.example", "plain_file": 0, "rsa_bits": 4096, "preset_keys": []}
    assert layer(Source.POLICY, WHERE, raw, mandatory=True).values == {**raw, "plain_file": False}
    keys = [f"{name}: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" for name in ("Acme", "Other")]
    assert layer(Source.USER, WHERE, {"preset_keys": " | ".join(keys)}, mandatory=False).values == {"preset_keys": keys}
    told = {"plain_file": "true", "rsa_bits": "2048"}
    assert layer(Source.INSTALLATION, WHERE, told, mandatory=False).values == {"plain_file": True, "rsa_bits": 2048}


def test_a_policy_locks_all_that_it_gives() -> None:
    raw = {"server": "acme.example", "protect": "keyring"}
    assert layer(Source.POLICY, WHERE, raw, mandatory=True).locked == {"server", "protect"}
    assert layer(Source.POLICY, WHERE, raw, mandatory=False).locked == frozenset()


def test_what_an_installer_was_told_may_lock() -> None:
    raw = {"server": "acme.example", "protect": "keyring", "locked": "server"}
    assert layer(Source.INSTALLATION, WHERE, raw, mandatory=False).locked == {"server"}
    raw["locked"] = "server, "
    assert layer(Source.INSTALLATION, WHERE, raw, mandatory=False).locked == {"server"}
    raw["locked"] = "true"
    assert layer(Source.INSTALLATION, WHERE, raw, mandatory=False).locked == {"server", "protect"}


@pytest.mark.parametrize(
    "raw", [{"plain_file": 2}, {"rsa_bits": "many"}, {"server": 1}, {"nonsense": "x"}, {"rsa_bits": "9" * 5000}]
)
def test_a_bad_value_is_named_with_its_key(raw: dict[str, object]) -> None:
    with pytest.raises(BadSettings, match=r"HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Enroller\\" + next(iter(raw))):
        layer(Source.POLICY, WHERE, raw, mandatory=True)


def test_a_lock_of_nothing_is_told() -> None:
    with pytest.raises(BadSettings, match=r"\\locked cannot be used: it names protect"):
        layer(Source.INSTALLATION, WHERE, {"server": "x.example", "locked": "protect"}, mandatory=False)
