"""The way to a service, with each kind of trouble on it: what fails, what is said of the rest, and whose turn it is.

The verdicts are of proxy, name, connection, tls, clock, login page and service, in this order.
"""

import datetime as dt
import socket
import threading
import time
from email.utils import format_datetime
from pathlib import Path

import pytest

from enroller import errors
from enroller.http import dial
from enroller.http.way import way_to
from enroller.model import Login, Secret, ServiceName
from enroller.preflight import NAMES, login_page, network
from enroller.preflight import certificate as trusted
from enroller.preflight.login_page import captive
from enroller.sandbox.server import Sandbox
from tests.conftest import PASSWORD
from tests.http.asking import Serve
from tests.http.servers import DAY, Certificate, answering, certificate, hang, proxying, reset
from tests.http.test_dial import black_hole
from tests.preflight.conftest import Examine, verdicts

__all__ = ["black_hole"]


@pytest.fixture
def ca_pem(ca: Certificate) -> str:
    return ca.public.decode()


@pytest.fixture
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No step waits for long."""
    monkeypatch.setattr(network, "STEP", 0.5)


def date(ahead: dt.timedelta = dt.timedelta()) -> str:
    return f"Date: {format_datetime(dt.datetime.now(dt.UTC) + ahead, usegmt=True)}"


def refusing_tls(connection: socket.socket) -> None:
    """Ends with a TCP RST as soon as somebody wants to encrypt."""
    connection.recv(1)
    reset(connection)


class TestAllIsWell:
    @pytest.mark.parametrize("service", ServiceName)
    def test_each_line_says_what_was_found(self, service: ServiceName, sandbox: Sandbox, look: Examine) -> None:
        server = {ServiceName.SAFEQ_CLOUD: sandbox.url, ServiceName.PRIVICORE: sandbox.privicore_url}[service]
        report = look(server, sandbox.ca_file.read_text(), service=service)
        assert tuple(report) == NAMES[2:]
        assert verdicts(report) == "p-ppppp"
        assert report["proxy"].found == "There is none: straight to the server."
        assert report["connection"].found.startswith("127.0.0.1 answers at port ")
        assert "(trusted by the CA file), good until 20" in report["tls"].found
        assert "TLSv1.3" in report["tls"].found
        assert report["clock"].found.startswith("This device's clock agrees with the service's, to ")
        assert report["service"].found.startswith("127.0.0.1 answers as ")
        assert {check.whose for check in report.values()} == {""}
        assert sandbox.world.requests() == [], "nothing is registered by asking"

    def test_a_name_is_looked_up(self, sandbox: Sandbox, look: Examine) -> None:
        report = look(sandbox.privicore_url.replace("127.0.0.1", "localhost"), sandbox.ca_file.read_text())
        assert verdicts(report) == "ppppppp"
        assert "127.0.0.1" in report["name"].found
        assert report["name"].found.startswith("localhost is ")

    def test_plain_http_on_this_device_needs_no_encryption(self, serve: Serve, look: Examine) -> None:
        report = look(serve(answering(b"{}", "200 OK", date()), None))
        assert verdicts(report) == "p-p-ppp"

    def test_through_a_proxy(
        self, sandbox: Sandbox, serve: Serve, look: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = serve(proxying(), None)
        monkeypatch.setenv("HTTPS_PROXY", address)
        report = look(sandbox.privicore_url, sandbox.ca_file.read_text())
        assert verdicts(report) == "p-ppppp"
        assert report["proxy"].found == f"{address.removeprefix('http://')}, by the environment variable HTTPS_PROXY."
        assert report["name"].found == "The proxy looks the name up."


class TestTheWay:
    def test_an_address_that_is_none(self, look: Examine) -> None:
        report = look("http://acme.example")
        assert verdicts(report) == "-F-----"
        assert isinstance(report["name"].error, errors.InputError)

    def test_a_proxy_that_cannot_be_used(self, look: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", "ftp://proxy.example")
        report = look("acme.example")
        assert verdicts(report) == "F------"
        assert report["proxy"].whose == "IT"

    def test_a_proxy_that_wants_a_password(
        self, sandbox: Sandbox, serve: Serve, look: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", serve(proxying(wanted="Basic am9lOnB3"), None))
        report = look(sandbox.privicore_url, sandbox.ca_file.read_text())
        assert verdicts(report) == "F------"
        assert isinstance(report["proxy"].error, errors.ProxyLogin)
        assert report["proxy"].whose == "technician"
        given = look(sandbox.privicore_url, sandbox.ca_file.read_text(), Login("joe", Secret("pw")))
        assert verdicts(given) == "p-ppppp"
        assert given["proxy"].found.endswith("with a user name and password.")

    def test_a_name_that_nobody_has(self, look: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "x")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        monkeypatch.setattr(dial, "local_addresses", lambda: ("192.0.2.9",))
        report = look("acme.example")
        assert verdicts(report) == "pF-----"
        assert report["name"].found == "No server is named acme.example."

    def test_nobody_at_the_port(self, look: Examine) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        report = look(f"127.0.0.1:{port}")
        assert verdicts(report) == "p-F----"
        assert report["connection"].found == f"No connection to 127.0.0.1, port {port}: connection refused."

    def test_nobody_at_port_443_and_the_advice_names_another(
        self, look: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refused = errors.ConnectionFailed("No connection.")

        def refuse(*_: object) -> None:
            raise refused

        monkeypatch.setattr(dial, "connect", refuse)
        error = look("127.0.0.1", service=ServiceName.SAFEQ_CLOUD)["connection"].error
        assert error is not None
        assert "7400" in error.advice
        other = look("127.0.0.1:8443", service=ServiceName.SAFEQ_CLOUD)["connection"].error
        assert other is not None
        assert "7400" not in other.advice

    @pytest.mark.usefixtures("_in_a_hurry")
    def test_a_black_hole(self, black_hole: dial.Address, look: Examine) -> None:
        begun = time.monotonic()
        report = look(f"127.0.0.1:{black_hole.place[1]}")
        assert verdicts(report) == "p-F----"
        assert report["connection"].found.startswith("Nobody answered in time at 127.0.0.1")
        assert time.monotonic() - begun < 3

    @pytest.mark.usefixtures("_in_a_hurry")
    @pytest.mark.parametrize(("handler", "said"), [(refusing_tls, "cuts it off"), (hang, "then is silent")])
    def test_a_port_that_is_no_server_of_tls(self, handler: object, said: str, serve: Serve, look: Examine) -> None:
        report = look(serve(handler, None).replace("http:", "https:"))
        assert verdicts(report) == "p-pF---"
        assert said in report["tls"].found


class TestTheCertificate:
    def test_an_issuer_that_is_unknown(self, serve: Serve, look: Examine) -> None:
        report = look(serve(answering()))
        assert verdicts(report) == "p-pF---"
        assert isinstance(report["tls"].error, errors.UntrustedIssuer)
        assert report["tls"].whose == "IT"

    def test_one_that_a_proxy_has_re_signed_works_and_is_noted(self, serve: Serve, look: Examine) -> None:
        inspecting = certificate("ACME TLS Inspection")
        leaf = certificate("x", issuer=inspecting, hosts=("127.0.0.1",))
        report = look(serve(answering(b"{}", "200 OK", date()), leaf), inspecting.public.decode())
        assert verdicts(report) == "p-pnppp"
        assert report["tls"].found.startswith(
            "The certificate was probably re-signed by “ACME TLS Inspection”, a proxy that reads what is encrypted: "
        )
        assert report["tls"].whose == "nobody"

    def test_a_clock_that_is_behind_is_why_it_seems_too_early(
        self, serve: Serve, ca: Certificate, ca_pem: str, look: Examine
    ) -> None:
        leaf = certificate("server", issuer=ca, hosts=("127.0.0.1",), begins=2 * DAY, ends=9 * DAY)
        report = look(serve(answering(b"{}", "200 OK", date(3 * DAY)), leaf), ca_pem)
        assert verdicts(report) == "p-pFF--"
        assert isinstance(report["tls"].error, errors.CertificateNotYetValid)
        assert isinstance(report["clock"].error, errors.WrongClock)
        assert report["clock"].found.startswith("This device's clock is ")
        assert " behind the server's" in report["clock"].found
        assert {report[name].whose for name in ("tls", "clock")} == {"technician"}

    def test_a_clock_that_is_right_is_not_blamed(
        self, serve: Serve, ca: Certificate, ca_pem: str, look: Examine
    ) -> None:
        leaf = certificate("server", issuer=ca, hosts=("127.0.0.1",), begins=-9 * DAY, ends=-2 * DAY)
        report = look(serve(answering(b"{}", "200 OK", date()), leaf), ca_pem)
        assert verdicts(report) == "p-pFp--"
        assert report["tls"].whose == "service"


class TestTheAnswer:
    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            ((b"", "302 Found", "Location: https://portal.hotel.example/login"), errors.Redirected),
            ((b"<html>Welcome!</html>", "200 OK", "Content-Type: text/html"), errors.LoginPage),
            ((b"", "511 Network Authentication Required"), errors.LoginPage),
        ],
    )
    def test_a_login_page(
        self,
        answer: tuple[bytes, str],
        kind: type[errors.Unreachable],
        serve: Serve,
        ca_pem: str,
        look: Examine,
    ) -> None:
        report = look(serve(answering(*answer, date())), ca_pem)
        assert verdicts(report) == "p-pppF-"
        assert isinstance(report["login_page"].error, kind)
        assert report["service"].found == "Something else answered in its place."

    def test_another_service(self, serve: Serve, ca_pem: str, look: Examine) -> None:
        report = look(serve(answering(b'{"hello": "world"}', "404 Not Found", date())), ca_pem)
        assert verdicts(report) == "p-ppppF"
        assert report["service"].found.startswith("127.0.0.1 answers, but not as Privicore.")

    def test_a_busy_service(self, serve: Serve, ca_pem: str, look: Examine) -> None:
        report = look(serve(answering(b"", "503 Service Unavailable", date())), ca_pem)
        assert verdicts(report) == "p-ppppF"
        assert report["service"].whose == "service"

    @pytest.mark.usefixtures("_in_a_hurry")
    def test_a_service_that_hangs(self, serve: Serve, ca_pem: str, look: Examine) -> None:
        report = look(serve(hang), ca_pem)
        assert verdicts(report) == "p-pp--F"
        assert isinstance(report["service"].error, errors.TimedOut)

    def test_one_that_does_not_tell_its_time(self, serve: Serve, ca_pem: str, look: Examine) -> None:
        assert verdicts(look(serve(answering()), ca_pem)) == "p-pp-pp"

    def test_a_clock_that_is_off_is_noted(self, serve: Serve, ca_pem: str, look: Examine) -> None:
        report = look(serve(answering(b"{}", "200 OK", date(-dt.timedelta(hours=2)))), ca_pem)
        assert verdicts(report) == "p-ppnpp"
        assert "ahead of the service's" in report["clock"].found
        assert report["clock"].whose == "technician"

    def test_no_secret_is_sent_on_the_way(self, sandbox: Sandbox, look: Examine) -> None:
        look(sandbox.privicore_url, sandbox.ca_file.read_text(), Login("joe", Secret(PASSWORD)))
        assert sandbox.world.requests() == []


class TestTheHotel:
    """Nothing but plain http gets an answer there, and that in everybody's name."""

    def at_port_80(self, answer: object, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> errors.LoginPage | None:
        monkeypatch.setattr(login_page, "PORT", int(serve(answer, None).rpartition(":")[2]))
        return captive(way_to("https://localhost"), time.monotonic() + 2)

    @pytest.mark.parametrize(
        ("status", "header"),
        [
            ("302 Found", "Location: http://portal.hotel.example/login?to=localhost"),
            ("307 Temporary Redirect", "Location: //192.0.2.1/"),
            ("511 Network Authentication Required", "Content-Type: text/html"),
        ],
    )
    def test_its_page_is_known(self, status: str, header: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        page = self.at_port_80(answering(b"<html>", status, header), serve, monkeypatch)
        assert page is not None
        assert "this network wants you to sign in" in page.message

    @pytest.mark.parametrize(
        ("status", "header"),
        [
            ("301 Moved Permanently", "Location: https://localhost/"),
            ("301 Moved Permanently", "Location: https://www.localhost/"),
            ("302 Found", "Location: /start"),
            ("302 Found", "Location: http://["),
            ("200 OK", "Content-Type: text/html"),
            ("404 Not Found", "X: y"),
        ],
    )
    def test_a_server_that_minds_its_own_business_is_none(
        self, status: str, header: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.at_port_80(answering(b"<html>", status, header), serve, monkeypatch) is None

    def test_it_is_found_where_nothing_else_answers(
        self, serve: Serve, look: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.at_port_80(answering(b"", "302 Found", "Location: http://portal.hotel.example/"), serve, monkeypatch)
        report = look(serve(refusing_tls, None).replace("http:", "https:"))
        assert verdicts(report) == "p-pF-F-"
        assert report["login_page"].found == (
            "A page of portal.hotel.example answers in the place of 127.0.0.1: this network wants you to sign in."
        )
        assert report["login_page"].whose == "technician"


@pytest.mark.usefixtures("_in_a_hurry")
def test_a_silent_name_server(look: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20) and [])
    begun = time.monotonic()
    report = look("acme.example")
    released.set()
    assert verdicts(report) == "pF-----"
    assert report["name"].found.endswith("the name server is silent.")
    assert time.monotonic() - begun < 3


def test_a_root_that_somebody_installed_is_told(
    serve: Serve, ca: Certificate, look: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As update-ca-certificates(8) leaves it."""
    (tmp_path / "company.crt").write_bytes(ca.public)
    (tmp_path / "noise.txt").write_text("hello")
    (tmp_path / "roots.pem").write_bytes(ca.public)
    monkeypatch.setattr(trusted, "INSTALLED_BY_HAND", (str(tmp_path), str(tmp_path / "none")))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    report = look(serve(answering(b"{}", "200 OK", date())))
    assert verdicts(report) == "p-ppppp"
    assert "(trusted by a root that was installed on this device)" in report["tls"].found
