"""The certificates, judged by openssl as well as by Python's strictest check."""

import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509

from enroller.sandbox.authority import Identity, new_identity


@pytest.fixture(scope="module")
def identity() -> Identity:
    return new_identity(["localhost", "127.0.0.1", "::1", "gateway.acme.example"], time.time())


def shake_hands(identity: Identity, name: str, context: ssl.SSLContext) -> None:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            identity.context.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        context.wrap_socket(ours, server_hostname=name).close()
    finally:
        ours.close()
        server.join()


def strict(identity: Identity) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=identity.ca_pem.decode())
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT  # the default from Python 3.13 on
    return context


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "gateway.acme.example"])
def test_the_server_is_known_by_each_of_its_names(identity: Identity, name: str) -> None:
    shake_hands(identity, name, strict(identity))


def test_the_server_is_not_known_by_another_name(identity: Identity) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(identity, "other.example", strict(identity))


def test_no_other_authority_vouches_for_the_server(identity: Identity) -> None:
    stranger = new_identity(["localhost"], time.time())
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(identity, "localhost", strict(stranger))


def test_the_authority_is_one_and_can_make_no_other(identity: Identity) -> None:
    certificate = x509.load_pem_x509_certificate(identity.ca_pem)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert b"PRIVATE" not in identity.ca_pem


def test_openssl_reads_the_authority(identity: Identity, tmp_path: Path, openssl: str) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(identity.ca_pem)
    command = [openssl, "verify", "-x509_strict", "-CAfile", str(file), str(file)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"{file}: OK\n"
