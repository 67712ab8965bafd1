"""Signed presets: who has signed, and that nothing was changed since."""

import base64
import subprocess
from pathlib import Path

import pytest

from enroller.errors import InputError
from enroller.model import Secret
from enroller.preset import parse, signature
from enroller.preset.content import sum_of
from tests.settings.conftest import Write, site

__all__ = ["site"]

TEXT = '# for Berlin\nserver = "acme.example"\nclient_id = "laptop-17"\n'
PATH = Path("/tmp/x.enroll")


@pytest.fixture(scope="module")
def key(openssl: str) -> Secret:
    """As an administrator makes it."""
    made = subprocess.run([openssl, "genpkey", "-algorithm", "ed25519"], capture_output=True, check=True, text=True)
    return Secret(made.stdout)


def test_a_key_that_the_settings_name_is_trusted_by_that_name(site: Write, key: Secret) -> None:
    text, public = signature.signed(TEXT, key)
    site(f'preset_keys = ["Somebody: {"A" * 43}=", "Acme IT: {public}"]')
    preset = parse(text, PATH)
    assert (preset.signed, preset.signer, preset.asked.client_id) == (True, "Acme IT", "laptop-17")


def test_the_key_may_stand_there_as_openssl_writes_it(site: Write, key: Secret, openssl: str) -> None:
    text, _ = signature.signed(TEXT, key)
    shown = subprocess.run(
        [openssl, "pkey", "-pubout"], input=key.reveal(), capture_output=True, check=True, text=True
    ).stdout
    site(f'preset_keys = ["Acme IT: {shown.splitlines()[1]}"]')
    assert parse(text, PATH).signer == "Acme IT"


def test_any_other_key_is_nobodys(site: Write, key: Secret) -> None:
    preset = parse(signature.signed(TEXT, key)[0], PATH)
    assert (preset.signed, preset.signer) == (True, None)
    assert not parse(TEXT, PATH).signed


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("acme.example", "evil.example"),
        lambda text: text.replace("# for Berlin", "# for Bonn"),
        lambda text: text.replace("\n", "\r\n", 1),
        lambda text: "protect = 'file'\n" + text,
    ],
)
def test_what_was_changed_is_refused_whole(site: Write, key: Secret, change: object) -> None:
    assert callable(change)
    with pytest.raises(InputError, match=r"line \d, column \d+: it was changed after it was signed"):
        parse(change(signature.signed(TEXT, key)[0]), PATH)


@pytest.mark.parametrize("line", ['signature = "x"', 'signature = "A B"\nprotect = "file"', "signature = 7"])
def test_what_is_no_signature_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="its signature is not in its last line, or is none"):
        parse(f"{TEXT}{line}\n", PATH)


def test_nothing_may_follow_it(site: Write, key: Secret) -> None:
    with pytest.raises(InputError, match="its signature is not in its last line"):
        parse(signature.signed(TEXT, key)[0] + 'protect = "file"\n', PATH)


def test_signing_again_takes_the_old_one_away(site: Write, key: Secret) -> None:
    text, public = signature.signed(TEXT, key)
    assert signature.signed(text, key) == (text, public)
    assert signature.without_signature(text) == TEXT


def test_openssl_finds_it_good(key: Secret, openssl: str, tmp_path: Path) -> None:
    text, _ = signature.signed(TEXT, key)
    (tmp_path / "key.pem").write_text(key.reveal())
    (tmp_path / "signed").write_bytes(b"enroller preset\0" + TEXT.encode())
    (tmp_path / "signature").write_bytes(base64.b64decode(text.splitlines()[-1].split()[-1].rstrip('"')))
    command = [openssl, "pkeyutl", "-verify", "-rawin", "-inkey", "key.pem", "-in", "signed", "-sigfile", "signature"]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----"])
def test_what_is_no_key_signs_nothing(pem: str) -> None:
    with pytest.raises(InputError, match="no Ed25519 private key"):
        signature.signed(TEXT, Secret(pem))


def test_it_covers_the_ca_file_that_lies_beside_it(site: Write, key: Secret, tmp_path: Path) -> None:
    ca_file, path = tmp_path / "root.pem", tmp_path / "x.enroll"
    ca_file.write_text("a certificate")
    text = f'server = "acme.example"\nca_file = "root.pem"\nca_sha256 = "{sum_of(str(ca_file))}"\n'
    signed = signature.signed(text, key)[0]
    assert parse(signed, path).signed
    ca_file.write_text("another certificate")
    with pytest.raises(InputError, match="its CA file is not the one that it was made with"):
        parse(signed, path)
    with pytest.raises(InputError, match="its CA file is covered by nothing"):
        parse(signature.signed('server = "acme.example"\nca_file = "root.pem"\n', key)[0], path)


def test_line_ends_that_were_changed_are_named(site: Write, key: Secret) -> None:
    with pytest.raises(InputError, match="its line ends at least"):
        parse(signature.signed(TEXT, key)[0].replace("\n", "\r\n"), PATH)
