"""Device keys: the vendor's published example byte for byte, and openssl's opinion of the rest."""

import base64
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller import keys
from enroller.model import KeyPair, KeyType, Secret
from tests.fakes import WALL, vector, vector_key
from tests.privicore_fakes import vectors

MESSAGE = b"client_id=laptop-17&grant_type=device_code"


@cache
def made(key_type: KeyType, bits: int = 2048) -> KeyPair:
    return keys.generate(key_type, rsa_bits=bits, device="laptop-17", now=WALL)


def public_bytes(pair: KeyPair) -> bytes:
    return base64.b64decode(pair.public_key)


def run(openssl: str, *arguments: str | Path, stdin: bytes = b"") -> bytes:
    return subprocess.run([openssl, *arguments], input=stdin, check=True, capture_output=True).stdout


class TestPublishedExample:
    def test_the_public_key_comes_from_the_seed(self) -> None:
        assert vector_key().public_key == vector()["public_key_base64"]

    def test_the_signature_byte_for_byte(self) -> None:
        signature = keys.sign(vector_key(), vector()["token_body"].encode())
        assert base64.b64encode(signature).decode() == vector()["token_signature_base64"]

    def test_it_verifies_and_nothing_else_does(self) -> None:
        public, body = public_bytes(vector_key()), vector()["token_body"].encode()
        signature = base64.b64decode(vector()["token_signature_base64"])
        assert keys.verify(KeyType.ED25519, public, body, signature)
        assert not keys.verify(KeyType.ED25519, public, body + b"&", signature)
        assert not keys.verify(KeyType.ED25519, public, body, signature[::-1])

    def test_both_encodings_of_the_key_are_one_key(self) -> None:
        prefix = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, section 10.1
        bare = public_bytes(vector_key())
        assert keys.fingerprint(KeyType.ED25519, prefix + bare) == vector_key().fingerprint


SIGNING = (KeyType.ED25519, KeyType.RSA, KeyType.X509)


@pytest.mark.parametrize("key_type", SIGNING)
class TestEverySigningType:
    def test_signs_what_it_verifies(self, key_type: KeyType) -> None:
        pair = made(key_type)
        signature = keys.sign(pair, MESSAGE)
        assert keys.verify(key_type, public_bytes(pair), MESSAGE, signature)
        assert not keys.verify(key_type, public_bytes(pair), MESSAGE + b"x", signature)

    def test_the_private_key_is_pkcs8_and_hidden(self, key_type: KeyType, openssl: str, tmp_path: Path) -> None:
        private = tmp_path / "key.der"
        private.write_bytes(base64.b64decode(made(key_type).private_key.reveal()))
        spki = run(openssl, "pkey", "-in", private, "-inform", "DER", "-pubout", "-outform", "DER")
        digest = run(openssl, "dgst", "-sha256", "-binary", stdin=spki)
        assert made(key_type).fingerprint == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
        assert made(key_type).private_key.reveal() not in repr(made(key_type))

    def test_each_key_is_another(self, key_type: KeyType) -> None:
        again = keys.generate(key_type, rsa_bits=2048, device="laptop-17", now=WALL)
        assert again.fingerprint != made(key_type).fingerprint

    def test_a_key_of_another_type_is_refused(self, key_type: KeyType) -> None:
        for other in SIGNING:
            if other is not key_type:
                with pytest.raises(ValueError, match=r".*"):
                    keys.load_public(key_type, public_bytes(made(other)))

    @pytest.mark.parametrize("junk", [b"", b"x", b"x" * 31, b"\x30\x00", bytes(1000)])
    def test_junk_is_refused(self, key_type: KeyType, junk: bytes) -> None:
        with pytest.raises(ValueError, match=r".*"):
            keys.fingerprint(key_type, junk)


class TestRsa:
    @pytest.mark.parametrize("bits", [2048, 3072])
    def test_openssl_reads_the_public_key_and_accepts_the_signature(
        self, bits: int, openssl: str, tmp_path: Path
    ) -> None:
        pair = made(KeyType.RSA, bits)
        public, signature, message = tmp_path / "public.der", tmp_path / "signature", tmp_path / "message"
        public.write_bytes(public_bytes(pair))
        signature.write_bytes(keys.sign(pair, MESSAGE))
        message.write_bytes(MESSAGE)
        text = run(openssl, "pkey", "-pubin", "-inform", "DER", "-in", public, "-noout", "-text").decode()
        assert f"({bits} bit)" in text
        assert "65537" in text
        pem = tmp_path / "public.pem"
        pem.write_bytes(run(openssl, "pkey", "-pubin", "-inform", "DER", "-in", public, "-pubout"))
        said = run(openssl, "dgst", "-sha256", "-verify", pem, "-signature", signature, message)
        assert said == b"Verified OK\n"


class TestX509:
    @pytest.fixture
    def pem(self, openssl: str, tmp_path: Path) -> Path:
        path = tmp_path / "certificate.pem"
        path.write_bytes(run(openssl, "x509", "-inform", "DER", stdin=public_bytes(made(KeyType.X509))))
        return path

    def test_it_is_what_a_device_certificate_should_be(self, openssl: str, pem: Path) -> None:
        text = run(openssl, "x509", "-in", pem, "-noout", "-text").decode()
        assert "Version: 3" in text
        assert re.search(r"Subject: CN ?= ?laptop-17", text)
        assert re.search(r"Issuer: CN ?= ?laptop-17", text)
        assert "Signature Algorithm: sha256WithRSAEncryption" in text
        assert re.search(r"Key Usage: critical\s+Digital Signature\n", text)
        assert re.search(r"Basic Constraints: critical\s+CA:FALSE", text)
        assert "TLS Web Client Authentication" in text

    def test_its_signature_is_its_own(self, openssl: str, pem: Path) -> None:
        said = run(openssl, "verify", "-check_ss_sig", "-attime", str(int(WALL)), "-CAfile", pem, pem)
        assert said.decode().endswith(": OK\n")

    def test_it_is_valid_from_a_day_before_until_ten_years_after(self, openssl: str, pem: Path) -> None:
        dates = run(openssl, "x509", "-in", pem, "-noout", "-dates").decode()
        assert dates == "notBefore=Jan 14 08:00:00 2027 GMT\nnotAfter=Jan 12 08:00:00 2037 GMT\n"

    def test_the_serial_number_is_positive_random_and_fits(self, openssl: str, pem: Path) -> None:
        """RFC 5280, section 4.1.2.2: at most 20 octets."""
        serial = run(openssl, "x509", "-in", pem, "-noout", "-serial").decode().removeprefix("serial=").strip()
        assert 0 < int(serial, 16) < 1 << 159
        assert len(serial) > 20

    def test_its_fingerprint_is_that_of_the_key_inside(self, openssl: str, pem: Path) -> None:
        public = run(openssl, "x509", "-in", pem, "-noout", "-pubkey")
        spki = run(openssl, "pkey", "-pubin", "-outform", "DER", stdin=public)
        digest = run(openssl, "dgst", "-sha256", "-binary", stdin=spki)
        assert made(KeyType.X509).fingerprint == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @pytest.mark.parametrize("device", ["x" * 255, "Büro 3, \\ = / +", "北京"])
    def test_any_client_id_can_name_it(self, device: str) -> None:
        from cryptography import x509

        pair = keys.generate(KeyType.X509, rsa_bits=2048, device=device, now=WALL)
        name = x509.load_der_x509_certificate(public_bytes(pair)).subject
        assert [attribute.value for attribute in name] == [device[:64]]


class TestSignedPublicKey:
    """Privicore's form of an X25519 key; the vectors are by independent implementations."""

    @pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["public_key"][:8])
    def test_it_is_written_and_read_as_others_do(self, vector: dict[str, str]) -> None:
        assert keys.signed_public_key(bytes.fromhex(vector["public_key"])) == vector["signed_public_key"]
        assert keys.open_signed_public_key(vector["signed_public_key"]).hex() == vector["public_key"]

    @given(st.integers(0, 199), st.sampled_from("0123456789abcdef"))
    def test_any_other_digit_is_noticed(self, place: int, digit: str) -> None:
        text = vectors()[0]["signed_public_key"]
        changed = text[:place] + digit + text[place + 1 :]
        if changed != text:
            with pytest.raises(ValueError, match="not a signed"):
                keys.open_signed_public_key(changed)

    @given(st.text(max_size=210) | st.text("0123456789abcdef ", min_size=200, max_size=200))
    def test_junk_is_refused(self, junk: str) -> None:
        with pytest.raises(ValueError, match=r".*"):
            keys.open_signed_public_key(junk)

    def test_ours_is_made_so(self) -> None:
        pair = made(KeyType.X25519)
        bare = keys.open_signed_public_key(pair.public_key)
        assert keys.fingerprint(KeyType.X25519, bare) == pair.fingerprint

    def test_it_signs_nothing(self) -> None:
        with pytest.raises(ValueError, match="not a device key"):
            keys.sign(made(KeyType.X25519), MESSAGE)


class TestFingerprint:
    def test_its_form(self) -> None:
        assert re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", vector_key().fingerprint)

    def test_the_spoken_form_is_four_groups_of_digits_that_depend_on_the_whole_key(self) -> None:
        spoken = {keys.spoken(made(kind).fingerprint) for kind in KeyType}
        assert len(spoken) == 4
        assert all(re.fullmatch(r"\d{4}( \d{4}){3}", one) for one in spoken)

    def test_the_spoken_form_of_the_published_key_never_changes(self) -> None:
        """Two versions of Enroller, here and at the administrator's, must say the same."""
        assert keys.spoken(vector_key().fingerprint) == "9630 5499 3533 0136"


def test_what_is_no_device_key_signs_nothing() -> None:
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ec

    other = ec.generate_private_key(ec.SECP256R1())
    der = other.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    foreign = KeyPair(KeyType.RSA, Secret(base64.b64encode(der).decode()), "", "")
    with pytest.raises(ValueError, match="not a device key"):
        keys.sign(foreign, MESSAGE)
