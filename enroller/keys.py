"""Device keys: generate, encode, sign, verify, and the fingerprint that two people compare.

`cryptography` is imported inside the functions: it costs 70 ms, and the wizard's first page needs none of it.
"""

import base64
import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from enroller.model import KeyPair, KeyType, Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

CERTIFICATE_YEARS = 10
"""Life of the self-signed certificate: re-registration must work "even after a long time" (page "Register device")."""

SIGNED_KEY_TAG = bytes.fromhex("31420500")
"""The version tag that begins Privicore's signed public key."""


def generate(key_type: KeyType, *, rsa_bits: int, device: str, now: float) -> KeyPair:
    """Makes a new key pair. `device` names the device in an X.509 certificate that is valid from `now` on.

    RSA takes seconds; `cryptography` lets other threads run meanwhile.
    """
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa, x25519

    private: ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey | RSAPrivateKey
    if key_type is KeyType.X25519:
        private = x25519.X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
    elif key_type is KeyType.ED25519:
        private = ed25519.Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
    else:
        # e = 65537: FIPS 186-5, appendix A.1.1
        private = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
        if key_type is KeyType.X509:
            public = _self_signed(private, device, now)
        else:
            public = _spki(private.public_key())
    pkcs8 = private.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    return KeyPair(
        key_type=key_type,
        private_key=Secret(base64.b64encode(pkcs8).decode()),
        public_key=signed_public_key(public) if key_type is KeyType.X25519 else base64.b64encode(public).decode(),
        fingerprint=fingerprint(key_type, public),
    )


def signed_public_key(public_key: bytes) -> str:
    """A bare X25519 key in Privicore's form: tag, key and their BLAKE2b-512 (RFC 7693), as 200 hexadecimal digits."""
    body = SIGNED_KEY_TAG + public_key
    return (body + hashlib.blake2b(body).digest()).hex()


def open_signed_public_key(text: str) -> bytes:
    """The bare key in Privicore's form of it. Raises ValueError where the form, the tag or the hash is wrong."""
    data = bytes.fromhex(text) if len(text) == 200 and text.isalnum() else b""
    body = data[:36]
    if not body.startswith(SIGNED_KEY_TAG) or hashlib.blake2b(body).digest() != data[36:]:
        raise ValueError("not a signed public key")
    return body[4:]


def sign(key: KeyPair, message: bytes) -> bytes:
    """The signature over `message`: plain Ed25519 (RFC 8032), or RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

    private = ser.load_der_private_key(base64.b64decode(key.private_key.reveal()), password=None)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
    raise ValueError("not a device key")


def verify(key_type: KeyType, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made with the key that `public_key` (as sent to the service) stands for.

    Raises ValueError where `public_key` is not a key of that type.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding

    public = load_public(key_type, public_key)
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, message)
        else:
            public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def load_public(key_type: KeyType, public_key: bytes) -> "Ed25519PublicKey | RSAPublicKey":
    """Reads a public key for signatures: SubjectPublicKeyInfo, bare 32 bytes (Ed25519), or a certificate.

    Raises ValueError where the bytes are no key of that type.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if key_type is KeyType.ED25519 and len(public_key) == 32:
        return ed25519.Ed25519PublicKey.from_public_bytes(public_key)
    try:
        if key_type is KeyType.X509:
            public = x509.load_der_x509_certificate(public_key).public_key()
        else:
            public = ser.load_der_public_key(public_key)  # type: ignore[assignment]
    except UnsupportedAlgorithm as error:
        raise ValueError("a key of an unknown algorithm") from error
    wanted = ed25519.Ed25519PublicKey if key_type is KeyType.ED25519 else rsa.RSAPublicKey
    if not isinstance(public, wanted):
        raise ValueError(f"not an {key_type} key")  # noqa: TRY004 - the value is wrong, not the caller
    return public


def fingerprint(key_type: KeyType, public_key: bytes) -> str:
    """`SHA256:` and the unpadded base64 of SHA-256 over the key's DER SubjectPublicKeyInfo (RFC 5280, 4.1)."""
    digest = hashlib.sha256(_spki(_public(key_type, public_key))).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def spoken(fingerprint: str) -> str:
    """A short form of a fingerprint for the telephone: four groups of four digits (53 bits of the digest)."""
    text = fingerprint.removeprefix("SHA256:")
    digest = base64.b64decode(text + "=" * (-len(text) % 4))
    digits = f"{int.from_bytes(digest[:8]) % 10**16:016d}"
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


def _public(key_type: KeyType, public_key: bytes) -> "Ed25519PublicKey | RSAPublicKey | X25519PublicKey":
    if key_type is not KeyType.X25519:
        return load_public(key_type, public_key)
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    return X25519PublicKey.from_public_bytes(public_key)


def _spki(public: "Ed25519PublicKey | RSAPublicKey | X25519PublicKey") -> bytes:
    from cryptography.hazmat.primitives import serialization as ser

    return public.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)


def _self_signed(private: "RSAPrivateKey", device: str, now: float) -> bytes:
    """A version 3 certificate that names the device; good for signing, no authority over others (RFC 5280)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    # ub-common-name is 64 (RFC 5280, appendix A.1).
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device[:64] or "device")])
    start = dt.datetime.fromtimestamp(now, dt.UTC).replace(microsecond=0)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
         "encipher_only", "decipher_only"), False
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        # A day back: the service's clock may be behind ours.
        .not_valid_before(start - dt.timedelta(days=1))
        .not_valid_after(start + dt.timedelta(days=365 * CERTIFICATE_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )
    return builder.sign(private, hashes.SHA256()).public_bytes(ser.Encoding.DER)
