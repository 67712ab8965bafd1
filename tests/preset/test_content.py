"""Preset files: taken whole or not at all."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller import preset
from enroller.errors import InputError
from enroller.gui.draft import Draft, blank
from enroller.gui.draft import from_prefill as begin
from enroller.gui.prefill import Prefill
from enroller.model import ClientType, KeyType, Protection, ServiceName

GOOD = """
service = "safeq-cloud"
server = "gateway.acme.example:7400"
client_id = "laptop-17"
client_type = "printer"
description = "Reception"
key_type = "rsa"
rsa_bits = 4096
ca_file = "acme-root.pem"
protect = "file"
poll_interval = 2.5
"""

PRIVICORE = """
service = "privicore"
server = "privicore.example:9009"
websocket_url = "cab.example:8083"
device_name = "laptop-17"
description = "Reception"
username = "kim"
replace_profile_key = true
"""


def write(folder: Path, text: str | bytes) -> Path:
    """A preset file."""
    path = folder / "preset.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def form(path: Path) -> Draft:
    """The form that begins with a preset."""
    return begin(Prefill(preset.read(path).asked))


class TestGood:
    def test_each_value_ends_up_in_the_form(self, tmp_path: Path) -> None:
        draft = form(write(tmp_path, GOOD))
        assert draft.server == "gateway.acme.example:7400"
        assert draft.client_id == "laptop-17"
        assert draft.client_type is ClientType.PRINTER
        assert draft.description == "Reception"
        assert (draft.key_type, draft.rsa_bits) == (KeyType.RSA, 4096)
        assert draft.ca_file == str(tmp_path / "acme-root.pem"), "relative to the preset, so that both travel together"
        assert draft.protection is Protection.FILE
        assert draft.poll_interval == 2.5
        assert draft.credential is None

    def test_each_value_for_privicore(self, tmp_path: Path) -> None:
        draft = form(write(tmp_path, PRIVICORE))
        assert draft.service is ServiceName.PRIVICORE
        assert draft.server == "privicore.example:9009"
        assert draft.websocket_url == "cab.example:8083"
        assert (draft.device_name, draft.description, draft.username) == ("laptop-17", "Reception", "kim")
        assert draft.replace_profile_key
        assert draft.key_type is KeyType.X25519
        assert draft.credential is None

    def test_what_it_leaves_out_stays_as_it_was(self, tmp_path: Path) -> None:
        with_preset, without = (
            form(write(tmp_path, 'server = "acme.example"')),
            blank(ServiceName.SAFEQ_CLOUD),
        )
        assert with_preset.server == "acme.example"
        assert with_preset.description == without.description
        assert with_preset.key_type is without.key_type
        assert with_preset.protection is Protection.KEYRING
        assert with_preset.client_id not in ("", without.client_id)

    def test_an_empty_one_is_fine(self, tmp_path: Path) -> None:
        assert form(write(tmp_path, "")).server == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server = ", "line 1, column 10: invalid value"),
        ('sever = "acme.example"', "it has “sever”, which is no setting for safeq-cloud"),
        ('api_key = "secret"', "it has “api_key”, which is no setting for safeq-cloud"),
        ('service = "elsewhere"', "“service” has to be one of safeq-cloud, privicore"),
        ('username = "kim"', "it has “username”, which is no setting for safeq-cloud"),
        ('service = "privicore"\nclient_id = "x"', "it has “client_id”, which is no setting for privicore"),
        ('service = "privicore"\npassword = "secret"', "it has “password”, which is no setting for privicore"),
        ('service = "privicore"\nreplace_profile_key = 1', "“replace_profile_key” has to be true or false"),
        ('key_type = "x25519"', "“key_type” has to be one of ed25519, rsa, x509"),
        ("server = 7400", "“server” has to be a text"),
        ('key_type = "dsa"', "“key_type” has to be one of ed25519, rsa, x509"),
        ('protect = "nothing"', "“protect” has to be one of keyring, passphrase, file"),
        ("rsa_bits = 1024", "“rsa_bits” has to be 2048, 3072 or 4096"),
        ("rsa_bits = true", "“rsa_bits” has to be 2048, 3072 or 4096"),
        ("rsa_bits = 3072.0", "“rsa_bits” has to be 2048, 3072 or 4096"),
        (f"rsa_bits = {'9' * 5000}", "Exceeds the limit"),
        (f"server = {'[' * 3000}", "maximum recursion depth"),
        ('description = "\\u001b[31m"', "“description” holds characters that cannot be seen"),
        ('description = "\\u202e"', "“description” holds characters that cannot be seen"),
        ('ca_file = "a\\u0000b"', "“ca_file” holds characters that cannot be seen"),
        ("poll_interval = 0", "“poll_interval” has to be a number of seconds"),
        ("poll_interval = nan", "“poll_interval” has to be a number of seconds"),
        ('poll_interval = "5"', "“poll_interval” has to be a number of seconds"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        ("#" * (16 * 1024 + 1), "it is larger than any preset"),
    ],
)
def test_a_bad_one_is_refused_with_the_reason(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=r"preset\.toml cannot be used") as refused:
        preset.read(write(tmp_path, text))
    assert said in refused.value.message
    assert refused.value.advice == "Nothing was applied."


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        preset.read(write(tmp_path, 'api_key = "sk-very-secret"'))
    assert "sk-very-secret" not in refused.value.message


def test_one_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        preset.read(tmp_path / "preset.toml")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "preset.toml"
    make(path)
    with pytest.raises(InputError, match=r"it is no file|Is a directory"):
        preset.read(path)


def test_a_name_of_many_parts_costs_no_more_than_a_moment(tmp_path: Path) -> None:
    begun = time.process_time()
    with pytest.raises(InputError):
        preset.read(write(tmp_path, ".".join("a" * (preset.LARGEST // 2 - 4)) + "=1"))
    assert time.process_time() - begun < 10.0
