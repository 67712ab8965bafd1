"""Small real servers for the tests of `enroller.http`: each connection is handed to a function in a thread."""

import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

Handler = Callable[[socket.socket], None]

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key; `pem` holds both, `public` the certificate alone."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def public(self) -> bytes:
        return self.certificate.public_bytes(ser.Encoding.PEM)

    @property
    def pem(self) -> bytes:
        private = self.key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
        return self.public + private

    def context(self, folder: Path, *others: "Certificate") -> ssl.SSLContext:
        """A server's TLS context that shows this certificate, and those of `others` after it, however weak they are."""
        path = folder / f"{self.certificate.serial_number}.pem"
        path.write_bytes(self.pem + b"".join(other.public for other in others))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(path)
        return context


def certificate(
    name: str,
    *,
    issuer: Certificate | None = None,
    hosts: tuple[str, ...] = (),
    begins: dt.timedelta = -DAY,
    ends: dt.timedelta = DAY,
    modern: bool = True,
    authority: bool = False,
    rsa_bits: int | None = None,
    more: tuple[x509.ExtensionType, ...] = (),
    subject: x509.Name | None = None,
) -> Certificate:
    """A certificate valid from `begins` to `ends`, both from now; without `issuer` it is signed by itself.

    Not `modern`: without the extensions that strict checking asks of a root, as older companies' roots are.
    `authority`: may sign others although somebody else has signed it. `more`: further extensions.
    """
    key = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
    subject = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(host) for host in hosts]), False)
    elif issuer is None or authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=modern)
    if modern and issuer:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return Certificate(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


ISSUER_TO_BE_FETCHED = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://pki.example/issuer.crt")
        )
    ]
)
"""Where the issuer's certificate can be had (RFC 5280, section 4.2.2.1), as public authorities write it."""


def in_public_log() -> x509.ExtensionType:
    """A stamp of a public log (RFC 6962, section 3.3). Nobody checks its signature here."""
    stamp = bytes(1 + 32) + (1).to_bytes(8, "big") + bytes(2) + b"\x04\x03" + (8).to_bytes(2, "big") + bytes(8)
    stamps = len(stamp).to_bytes(2, "big") + stamp
    listed = len(stamps).to_bytes(2, "big") + stamps
    oid = ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS
    return x509.UnrecognizedExtension(oid, b"\x04" + bytes([len(listed)]) + listed)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@contextmanager
def serving(handler: Handler, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Runs `handler` for each connection on a free port of loopback, inside TLS where there is a `context`.

    The handler's connection is closed when it returns, and cut when the test ends.
    """
    connections: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if context is None:
                handler(connection)
            else:
                with context.wrap_socket(connection, server_side=True) as secure:
                    connections.append(secure)
                    handler(secure)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the test is over
            connections.append(connection)
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def request(connection: socket.socket) -> bytes:
    """Reads one request whole; its body has a length."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> Handler:
    """Answers every request with this."""

    def handle(connection: socket.socket) -> None:
        request(connection)
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)

    return handle


def hang(connection: socket.socket) -> None:
    """Reads whatever comes and says nothing, until the other side goes away."""
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    """Ends with a TCP RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def dripping(start: bytes, drop: bytes) -> Handler:
    """Answers `start` and then `drop` again and again, for six seconds: a client without a deadline fails its test."""

    def handle(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(start)
        never = threading.Event()
        for _ in range(200):
            connection.sendall(drop)
            never.wait(0.03)

    return handle


def proxying(wanted: str | None = None, seen: list[bytes] | None = None) -> Handler:
    """A proxy that tunnels (RFC 9110, section 9.3.6); with `wanted` only for who brings that Proxy-Authorization."""

    def handle(connection: socket.socket) -> None:
        head = request(connection)
        if seen is not None:
            seen.append(head)
        if wanted is not None and f"proxy-authorization: {wanted}".lower() not in head.decode().lower():
            connection.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="office"\r\nContent-Length: 0\r\n\r\n'
            )
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(target, connection), daemon=True)
            back.start()
            _pump(connection, target)
            back.join(5)

    return handle


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
