"""An API key in a preset: for who knows the passphrase, and for one server."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from enroller.errors import InputError
from enroller.model import Secret
from enroller.preset import Preset, parse, seal
from enroller.preset.content import sum_of

API_KEY, PASSPHRASE = Secret("sk-very-secret"), Secret("correct horse battery")


@pytest.fixture(scope="module")
def sealed() -> str:
    return seal.sealed(API_KEY, PASSPHRASE, "acme.example:7400")


def preset(sealed: str, server: str = "acme.example:7400", service: str = "safeq-cloud") -> Preset:
    text = f'service = "{service}"\nserver = "{server}"\nsealed_api_key = "{sealed}"\n'
    return parse(text, Path("/tmp/x.enroll"))


def test_the_passphrase_opens_it(sealed: str) -> None:
    assert seal.opened(preset(sealed), PASSPHRASE).secret == API_KEY
    assert seal.opened(preset(sealed, " https://ACME.example:7400/ "), PASSPHRASE).secret == API_KEY


def test_another_passphrase_does_not_and_says_what_to_do(sealed: str) -> None:
    with pytest.raises(InputError, match="does not open the API key") as refused:
        seal.opened(preset(sealed), Secret("correct horse batterz"))
    assert refused.value.field == "passphrase"


def test_in_a_preset_for_another_server_it_stays_closed(sealed: str) -> None:
    with pytest.raises(InputError, match="does not open"):
        seal.opened(preset(sealed, "evil.example"), PASSPHRASE)


def test_it_is_sealed_anew_each_time(sealed: str) -> None:
    again = seal.sealed(API_KEY, PASSPHRASE, "acme.example:7400")
    assert again != sealed
    assert "very" not in again


@pytest.mark.parametrize(
    "text", ["", "AAAA", "sk-very-secret", "%", "A" * 400, "Af8" + "A" * 97]
)  # the last would want 2**255 blocks of memory
def test_what_we_did_not_make_is_refused_at_once(text: str) -> None:
    with pytest.raises(InputError, match="“sealed_api_key” is nothing that `enroller preset` has made"):
        preset(text)


@pytest.mark.parametrize(("server", "service"), [("", "safeq-cloud"), ("acme.example", "privicore")])
def test_it_is_for_a_server_of_safeq_cloud_only(sealed: str, server: str, service: str) -> None:
    with pytest.raises(InputError, match="is for a server of SAFEQ Cloud"):
        preset(sealed, server, service)


def test_nothing_shows_it(sealed: str) -> None:
    assert sealed not in repr(preset(sealed))


def test_it_is_aes_gcm_under_scrypt(sealed: str) -> None:
    """Opened by hand, with the standard library's scrypt."""
    import base64
    import hashlib

    data = base64.b64decode(sealed)
    key = hashlib.scrypt(
        PASSPHRASE.reveal().encode(), salt=data[2:18], n=2 ** data[1], r=8, p=1, maxmem=1 << 28, dklen=32
    )
    bound = b"enroller preset: API key\0https://acme.example:7400\0"
    assert AESGCM(key).decrypt(data[18:30], data[30:], bound) == API_KEY.reveal().encode()


def test_with_another_ca_file_it_stays_closed(tmp_path: Path) -> None:
    """Whoever can change the file beside a preset gets no API key by it, not even with its sum put right."""
    ca_file, path = tmp_path / "root.pem", tmp_path / "x.enroll"
    ca_file.write_text("a certificate")
    closed = seal.sealed(API_KEY, PASSPHRASE, "acme.example", sum_of(str(ca_file)))
    text = 'server = "acme.example"\nca_file = "root.pem"\nca_sha256 = "{}"\nsealed_api_key = "{}"\n'
    good = text.format(sum_of(str(ca_file)), closed)
    assert seal.opened(parse(good, path), PASSPHRASE).secret == API_KEY
    ca_file.write_text("another certificate")
    with pytest.raises(InputError, match="its CA file is not the one that it was made with"):
        parse(good, path)
    with pytest.raises(InputError, match="does not open"):
        seal.opened(parse(text.format(sum_of(str(ca_file)), closed), path), PASSPHRASE)
    with pytest.raises(InputError, match="its CA file is covered by nothing"):
        parse(f'server = "acme.example"\nca_file = "root.pem"\nsealed_api_key = "{closed}"\n', path)
