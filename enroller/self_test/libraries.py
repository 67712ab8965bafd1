"""Whether what an enrollment is made of does its work: texts, keys, encryption."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from enroller.errors import UntrustedIssuer
from enroller.model import RSA_BITS, KeyType
from enroller.preflight import Check
from enroller.self_test import broken, noted, passed

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"

PATIENCE = 5.0
"""Seconds for a handshake with ourselves."""


def texts() -> Iterator[Check]:
    """All texts can be read."""
    from enroller import resources

    yield passed("texts", f"{resources.count_texts()} texts, in English.")


def keys() -> Iterator[Check]:
    """A key of each kind is made, signs, and its signature is good; the one that cannot sign is read back."""
    from base64 import b64decode

    from enroller import keys

    message = b"enroller self-test"
    for key_type in KeyType:
        key = keys.generate(key_type, rsa_bits=RSA_BITS[0], device="self-test", now=time.time())
        if key_type is KeyType.X25519:
            public, good = keys.open_signed_public_key(key.public_key), True
        else:
            public = b64decode(key.public_key)
            good = keys.verify(key_type, public, message, keys.sign(key, message))
        if not good or keys.fingerprint(key_type, public) != key.fingerprint:
            yield broken("keys", f"A key of the kind {key_type} does not verify what it has signed.")
            return
    yield passed("keys", f"Made and used: {', '.join(KeyType)}.")


def tls() -> Iterator[Check]:
    """The system's roots are found, and two ends on this machine agree on an encrypted connection."""
    import ssl

    from enroller.http.trust import bundle, count_system_roots

    with TemporaryDirectory(prefix="enroller-self-test-") as folder:
        said = f"{ssl.OPENSSL_VERSION}; {_handshake(Path(folder))} with ourselves"
    roots = count_system_roots()
    if roots is None:
        yield passed("tls", f"{said}; the system itself judges certificates.")
    elif roots > 0:
        yield passed("tls", f"{said}; {roots} roots in the system's trust store.")
    elif bundle() is not None:
        yield broken("tls", f"{said}; but no root in {bundle()} can be used.")
    else:
        found = f"{said}; this system has no roots to trust."
        advice = "Install the system's certificates (for example the package ca-certificates), or give --ca-file."
        yield noted("tls", found, UntrustedIssuer(found, advice=advice))


def _handshake(folder: Path) -> str:
    """The version of TLS that a client, as we make it, and a server with a throw-away certificate agree on."""
    import ssl

    from enroller.http.trust import tls_context

    file = folder / "certificate.pem"
    pem, private = _certificate()
    file.write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    with socket.create_server((HOST, 0)) as listening:
        listening.settimeout(PATIENCE)
        threading.Thread(target=_answer, args=(listening, server), name="self-test server", daemon=True).start()
        connection = socket.create_connection(listening.getsockname(), PATIENCE)
        with (
            connection,
            tls_context(pem.decode(), managed=False).wrap_socket(connection, server_hostname=HOST) as stream,
        ):
            return stream.version() or "no TLS"


def _answer(listening: socket.socket, context: "ssl.SSLContext") -> None:
    """The server's end. Why it fails, the client tells."""
    with suppress(OSError):
        connection, _ = listening.accept()
        connection.settimeout(PATIENCE)
        with connection, context.wrap_socket(connection, server_side=True) as stream:
            stream.recv(1)


def _certificate() -> tuple[bytes, bytes]:
    """A certificate for this machine that signs itself and is good for an hour, and its key, as PEM."""
    import datetime as dt
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Enroller's self-test")])
    now, hour = dt.datetime.now(dt.UTC), dt.timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - hour)
        .not_valid_after(now + hour)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        # macOS takes no server's certificate without: Apple, "Requirements for trusted certificates in macOS 10.15".
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    return certificate.public_bytes(ser.Encoding.PEM), private
