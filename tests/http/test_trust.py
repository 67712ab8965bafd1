"""Whom we trust, and what is said of whom we don't: a cause each, whose turn it is, and what to do."""

import datetime as dt
import os
import re
import ssl
import subprocess
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from enroller import errors
from enroller.http import describe_ca, explain, read_ca_file, shown, tls_context
from enroller.http.inspection import inspector
from tests.http.asking import Serve, failure, send
from tests.http.servers import (
    DAY,
    ISSUER_TO_BE_FETCHED,
    Certificate,
    answering,
    certificate,
    hang,
    in_public_log,
)

HERE = ("127.0.0.1",)

Dates = tuple[dt.timedelta, dt.timedelta]
"""From when to when, both from now."""


def dated(offset: dt.timedelta) -> str:
    """A `Date` header of a server whose clock is ahead of ours."""
    return f"Date: {(dt.datetime.now(dt.UTC) + offset):%a, %d %b %Y %H:%M:%S} GMT"


class TestTrust:
    def test_the_systems_store_does_not_know_our_authority(self, serve: Serve) -> None:
        error = failure(serve(answering()), None)
        assert type(error) is errors.UntrustedIssuer
        assert error.message == (
            "The certificate of 127.0.0.1 was issued by “The company's root”, which this device does not know."
        )
        assert (error.whose, error.sent) == ("IT", False)

    def test_another_authoritys_file_does_not_help(self, serve: Serve, tmp_path: Path) -> None:
        (tmp_path / "other.pem").write_bytes(certificate("Another root").public)
        assert type(failure(serve(answering()), str(tmp_path / "other.pem"))) is errors.UntrustedIssuer

    def test_a_gateways_own_certificate_is_trusted_by_its_file(self, serve: Serve, tmp_path: Path) -> None:
        own = certificate("gateway", hosts=HERE)
        error = failure(serve(answering(), own), None)
        assert type(error) is errors.UntrustedIssuer
        assert error.message == "The certificate of 127.0.0.1 vouches for itself alone."
        assert error.whose == "service"
        (tmp_path / "own.pem").write_bytes(own.public)
        assert send(serve(answering(), own), str(tmp_path / "own.pem")).status == 200

    def test_a_leaf_can_be_trusted_without_its_root(self, serve: Serve, ca: Certificate, tmp_path: Path) -> None:
        leaf = certificate("gateway", issuer=ca, hosts=HERE)
        (tmp_path / "leaf.pem").write_bytes(leaf.public)
        assert send(serve(answering(), leaf), str(tmp_path / "leaf.pem")).status == 200

    @pytest.mark.parametrize("system", ["win32", "darwin"])
    def test_that_is_so_where_the_system_judges_certificates_too(
        self, system: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leaf = certificate("gateway", hosts=HERE)
        (tmp_path / "leaf.pem").write_bytes(leaf.public)
        monkeypatch.setattr("enroller.http.trust.sys", SimpleNamespace(platform=system))
        context = tls_context(leaf.public.decode())
        monkeypatch.undo()
        assert type(context) is ssl.SSLContext  # truststore takes the certificates of authorities alone
        assert send(serve(answering(), leaf), str(tmp_path / "leaf.pem")).status == 200

    def test_an_older_companys_root_is_trusted_on_every_version_of_python(self, serve: Serve, tmp_path: Path) -> None:
        root = certificate("Old root", modern=False)
        (tmp_path / "old.pem").write_bytes(root.public)
        leaf = certificate("server", issuer=root, hosts=HERE, modern=False)
        assert send(serve(answering(), leaf), str(tmp_path / "old.pem")).status == 200

    def test_the_context_is_the_same_on_every_version_of_python(self) -> None:
        context = tls_context(None)
        assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2

    def test_checking_cannot_be_switched_off(self) -> None:
        """One place looks without trusting, for a message, and sends nothing of ours. No option, no variable."""
        package = Path(errors.__file__).parents[1]
        lax = re.compile(r"CERT_NONE|check_hostname *= *False|_create_unverified|verify *= *False|insecure|no.verify")
        found = {str(p.relative_to(package)) for p in package.rglob("*.py") if lax.search(p.read_text())}
        assert found == {"http/shown.py"}


class TestReSigned:
    """A proxy that inspects shows certificates of its own making."""

    @pytest.mark.parametrize(
        ("organisation", "name", "said"),
        [
            ("Zscaler Inc.", "Zscaler Root CA", "was re-signed by “Zscaler Root CA”"),
            ("Fortinet", "FGT60F-CA", "was re-signed by “FGT60F-CA” (FortiGate)"),
            ("mitmproxy", "mitmproxy", "was re-signed by “mitmproxy”"),
            ("ACME", "ACME TLS Inspection CA", "was probably re-signed by “ACME TLS Inspection CA”"),
        ],
    )
    def test_it_is_named_and_it_is_its_turn(self, organisation: str, name: str, said: str, serve: Serve) -> None:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        inspecting = certificate(name, subject=subject)
        error = failure(serve(answering(), certificate("x", issuer=inspecting, hosts=HERE)), None)
        assert type(error) is errors.UntrustedIssuer
        assert error.message == f"The certificate of 127.0.0.1 {said}, a proxy that inspects what is encrypted."
        assert error.advice.startswith("IT's turn: ask for the root certificate of that proxy")
        assert error.whose == "IT"

    @pytest.mark.parametrize(
        "name", ["The company's root", "ACME Issuing CA 2", "Design Authority", "DigiCert Global Root"]
    )
    def test_whose_name_says_nothing_of_it_is_not_suspected(self, name: str) -> None:
        assert inspector([certificate(name).certificate]) is None


class TestMissingIntermediate:
    """The root is trusted, and the server keeps to itself what leads there."""

    @pytest.fixture
    def between(self, ca: Certificate) -> Certificate:
        return certificate("ACME Issuing CA 2", issuer=ca, authority=True)

    def test_the_chain_is_trusted_where_it_is_sent(
        self, between: Certificate, serve: Serve, ca_file: str, tmp_path: Path
    ) -> None:
        leaf = certificate("server", issuer=between, hosts=HERE)
        assert send(serve(answering(), leaf.context(tmp_path, between)), ca_file).status == 200

    @pytest.mark.parametrize("evidence", [in_public_log(), ISSUER_TO_BE_FETCHED], ids=["logged", "fetched"])
    def test_it_is_named(self, evidence: x509.ExtensionType, between: Certificate, serve: Serve, ca_file: str) -> None:
        leaf = certificate("server", issuer=between, hosts=HERE, more=(evidence,))
        error = failure(serve(answering(), leaf), ca_file)
        assert type(error) is errors.MissingIntermediate
        assert error.message == (
            "127.0.0.1 does not send the intermediate certificate “ACME Issuing CA 2”, by which its own was issued."
        )
        assert error.whose == "service"
        assert "the server has to send the whole chain" in error.advice
        # Only a public log proves it: a company's own root may be fetched as well.
        assert ("import that as the CA file" in error.advice) is (evidence is ISSUER_TO_BE_FETCHED)

    def test_without_any_sign_of_one_it_is_an_unknown_issuer(
        self, between: Certificate, serve: Serve, ca_file: str
    ) -> None:
        error = failure(serve(answering(), certificate("server", issuer=between, hosts=HERE)), ca_file)
        assert type(error) is errors.UntrustedIssuer
        assert "issued by “ACME Issuing CA 2”" in error.message

    def test_where_it_is_sent_and_the_root_is_unknown_the_root_is_named(
        self, between: Certificate, serve: Serve, tmp_path: Path
    ) -> None:
        leaf = certificate("server", issuer=between, hosts=HERE, more=(ISSUER_TO_BE_FETCHED,))
        error = failure(serve(answering(), leaf.context(tmp_path, between)), None)
        assert type(error) is errors.UntrustedIssuer
        assert "issued by “The company's root”" in error.message


class TestDates:
    """Too early or too late: it is the certificate's fault, or this device's clock's."""

    EXPIRED = (-30 * DAY, -2 * DAY)
    EARLY = (2 * DAY, 30 * DAY)

    @pytest.fixture
    def dated_server(self, serve: Serve, ca: Certificate) -> Serve:
        def start(dates: Dates, *headers: str) -> str:
            leaf = certificate("server", issuer=ca, hosts=HERE, begins=dates[0], ends=dates[1])
            return serve(answering(b"", "404 Not Found", *headers), leaf)

        return start

    @pytest.mark.parametrize(
        ("dates", "kind", "told"),
        [
            (EXPIRED, errors.CertificateExpired, ("ended on", EXPIRED[1])),
            (EARLY, errors.CertificateNotYetValid, ("begins on", EARLY[0])),
        ],
    )
    def test_without_the_servers_time_both_are_named(
        self,
        dates: Dates,
        kind: type[errors.TlsFailed],
        told: tuple[str, dt.timedelta],
        dated_server: Serve,
        ca_file: str,
    ) -> None:
        error = failure(dated_server(dates), ca_file)
        assert type(error) is kind
        verb, day = told[0], (dt.datetime.now(dt.UTC) + told[1]).date()
        assert f"The certificate of 127.0.0.1 {verb} {day}" in error.message
        assert "this device's clock says" in error.message
        assert "clock" in error.advice

    @pytest.mark.parametrize(
        ("dates", "kind"), [(EXPIRED, errors.CertificateExpired), (EARLY, errors.CertificateNotYetValid)]
    )
    def test_where_the_servers_clock_agrees_it_is_the_certificate(
        self,
        dates: Dates,
        kind: type[errors.TlsFailed],
        dated_server: Serve,
        ca_file: str,
    ) -> None:
        error = failure(dated_server(dates, dated(dt.timedelta())), ca_file)
        assert type(error) is kind
        assert "by the server's clock as well" in error.message
        assert "This device's clock is not the cause" in error.advice
        assert error.whose == "service"

    @pytest.mark.parametrize(
        ("dates", "ahead", "said"),
        [(EARLY, 3 * DAY, "2 d 23 h behind|3 d 0 h behind"), (EXPIRED, -3 * DAY, "3 d 0 h ahead of")],
    )
    def test_where_it_does_not_the_measured_offset_is_told(
        self,
        dates: Dates,
        ahead: dt.timedelta,
        said: str,
        dated_server: Serve,
        ca_file: str,
    ) -> None:
        error = failure(dated_server(dates, dated(ahead)), ca_file)
        assert isinstance(error, errors.CertificateExpired | errors.CertificateNotYetValid)
        assert re.match(f"This device's clock is ({said}) the server's\\. The certificate", error.message)
        assert error.advice.startswith("Your turn: set this device's clock")
        assert error.whose == "technician"

    def test_a_certificate_above_the_servers_own_may_be_the_one(
        self, ca: Certificate, serve: Serve, ca_file: str, tmp_path: Path
    ) -> None:
        between = certificate("Old issuer", issuer=ca, authority=True, begins=self.EXPIRED[0], ends=self.EXPIRED[1])
        leaf = certificate("server", issuer=between, hosts=HERE)
        error = failure(serve(answering(), leaf.context(tmp_path, between)), ca_file)
        assert type(error) is errors.CertificateExpired
        assert error.message.startswith("A certificate above that of 127.0.0.1 ended on")

    def test_a_server_that_is_silent_at_the_second_look_does_not_hold_us(
        self, ca: Certificate, serve: Serve, ca_file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shown, "PATIENCE", 0.3)
        leaf = certificate("server", issuer=ca, hosts=HERE, begins=self.EXPIRED[0], ends=self.EXPIRED[1])
        error = failure(serve(hang, leaf), ca_file)
        assert type(error) is errors.CertificateExpired
        assert "this device's clock says" in error.message


class TestOtherFaults:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_wrong_name_is_told_with_the_right_one(
        self, host: str, serve: Serve, ca: Certificate, ca_file: str
    ) -> None:
        other = certificate("server", issuer=ca, hosts=("other.example", "192.0.2.1"))
        error = failure(serve(answering(), other, host=host), ca_file)
        assert type(error) is errors.WrongName
        assert error.message == (
            f"{host} was asked for, and the certificate that it shows is for other.example, 192.0.2.1."
        )

    def test_a_key_that_is_too_short(self, serve: Serve, ca: Certificate, ca_file: str) -> None:
        weak = certificate("server", issuer=ca, hosts=HERE, rsa_bits=1024)
        error = failure(serve(answering(), weak), ca_file)
        assert type(error) is errors.TlsFailed
        assert error.message == "The certificate of 127.0.0.1 is too weak: its key is too short."
        assert error.whose == "service"

    def test_an_outdated_hash(self, serve: Serve, ca: Certificate, ca_file: str, tmp_path: Path, openssl: str) -> None:
        """Made by openssl: the library refuses to."""

        def run(*arguments: str) -> None:
            subprocess.run([openssl, *arguments], cwd=tmp_path, check=True, capture_output=True)

        (tmp_path / "root.pem").write_bytes(ca.pem)
        run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-subj", "/CN=old", "-out", "req.pem")
        signing = ("-CA", "root.pem", "-CAkey", "root.pem", "-sha1", "-set_serial", "7", "-days", "2")
        run("x509", "-req", "-in", "req.pem", *signing, "-out", "old.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(tmp_path / "old.pem", tmp_path / "key.pem")
        error = failure(serve(answering(), context), ca_file)
        assert type(error) is errors.TlsFailed
        assert error.message == "The certificate of 127.0.0.1 is too weak: it is signed with an outdated hash."

    def test_a_version_of_tls_that_is_not_safe(
        self, server_certificate: Certificate, serve: Serve, ca_file: str, tmp_path: Path
    ) -> None:
        context = server_certificate.context(tmp_path)
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        error = failure(serve(answering(), context), ca_file)
        assert type(error) is errors.TlsFailed
        assert "it offers no version of TLS that is safe (1.2 or newer)" in error.message
        assert error.whose == "service"

    def test_a_server_that_wants_a_certificate_of_ours(
        self, server_certificate: Certificate, serve: Serve, ca_file: str, tmp_path: Path
    ) -> None:
        context = server_certificate.context(tmp_path)
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        error = failure(serve(answering(), context), ca_file)
        assert type(error) is errors.TlsFailed
        assert "No secure connection to 127.0.0.1, port" in error.message

    @pytest.mark.parametrize("number", [-2146762487, 0])
    def test_what_another_system_says_in_its_own_numbers_is_told_by_what_is_seen(self, number: int) -> None:
        """Windows: CERT_E_UNTRUSTEDROOT."""
        said = ssl.SSLCertVerificationError("x")
        said.verify_code = number
        seen = shown.Shown((certificate("server", issuer=certificate("ACME root"), hosts=HERE).certificate,))
        error = explain.certificate(said, "acme.example", seen)
        assert type(error) is errors.UntrustedIssuer
        assert "“ACME root”" in error.message
        assert type(explain.certificate(said, "acme.example", None)) is errors.UntrustedIssuer


class TestCaFile:
    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(errors.InputError, match="cannot be read") as refused:
            read_ca_file(str(tmp_path / "none.pem"))
        assert refused.value.field == "ca_file"

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"0hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    )
    def test_one_that_is_none(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_bytes(content)
        with pytest.raises(errors.InputError, match="no usable certificate") as refused:
            read_ca_file(str(tmp_path / "ca.pem"))
        assert refused.value.field == "ca_file"

    def test_a_pipe_holds_nobody(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "ca.pem")
        with pytest.raises(errors.InputError, match="no usable certificate"):
            read_ca_file(str(tmp_path / "ca.pem"))

    def test_a_name_that_no_file_can_have(self) -> None:
        with pytest.raises(errors.InputError, match="cannot be read: it is no name of a file"):
            read_ca_file("a\0b")

    def test_one_of_beginnings_alone_is_gone_through_in_a_moment(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n" * 35_000)
        begun = time.process_time()
        with pytest.raises(errors.InputError, match="no usable certificate"):
            read_ca_file(str(tmp_path / "ca.pem"))
        assert time.process_time() - begun < 2.0

    def test_one_in_der_as_windows_exports_it(self, ca_file: str, tmp_path: Path) -> None:
        pem = Path(ca_file).read_text()
        (tmp_path / "ca.cer").write_bytes(ssl.PEM_cert_to_DER_cert(pem))
        assert read_ca_file(str(tmp_path / "ca.cer")).split() == pem.split()

    def test_what_stands_around_the_certificates_does_not_matter(self, ca_file: str, tmp_path: Path) -> None:
        pem = Path(ca_file).read_text()
        (tmp_path / "ca.pem").write_text(f"Firma Müller, Wurzel:\n{pem}\n{pem}", encoding="latin-1")
        assert read_ca_file(str(tmp_path / "ca.pem")).count("BEGIN CERTIFICATE") == 2


class TestWhatPeopleCompare:
    def test_the_fingerprint_is_the_one_that_openssl_shows(self, ca: Certificate, ca_file: str, openssl: str) -> None:
        said = subprocess.run(
            [openssl, "x509", "-in", ca_file, "-noout", "-fingerprint", "-sha256"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        seen = describe_ca(read_ca_file(ca_file))
        assert said.strip().split("=")[1] == seen.sha256_fingerprint
        assert (seen.subject, seen.issuer, seen.is_ca) == ("The company's root", "The company's root", True)
        assert (seen.starts, seen.ends) == (
            ca.certificate.not_valid_before_utc.timestamp(),
            ca.certificate.not_valid_after_utc.timestamp(),
        )

    def test_a_gateways_own_certificate_is_no_authority(self) -> None:
        own = certificate("gateway\u202e\n", hosts=HERE)
        seen = describe_ca(own.public.decode())
        assert (seen.subject, seen.is_ca) == ("gateway", False)

    def test_what_is_no_certificate(self) -> None:
        with pytest.raises(errors.InputError):
            describe_ca("hello")
