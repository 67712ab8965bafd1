"""Networks as they are: a proxy that inspects and one that wants a password, both real programs.

What people read is tested word for word: each sentence says what happened, whose turn it is, and what to do.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from enroller import errors
from enroller.http import Http, describe_ca, read_ca_file
from enroller.model import Login, Secret, Via
from enroller.sandbox.server import Sandbox
from enroller.services.privicore import Privicore
from tests.preflight.conftest import Examine, verdicts
from tests.preflight.programs import mitmproxy, tinyproxy

LOGIN = Login("kim", Secret("s3cret-pw"))


class TestOneThatInspects:
    """First its root is unknown; with its root given as the CA file all works, and it is noted who reads along."""

    @pytest.fixture
    def its_root(self, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        with mitmproxy(tmp_path / "mitmproxy", sandbox.ca_file) as (address, root):
            monkeypatch.setenv("HTTPS_PROXY", address)
            yield root

    def test_from_the_first_refusal_to_the_imported_root(self, its_root: Path, sandbox: Sandbox, look: Examine) -> None:
        server = sandbox.privicore_url
        before = look(server)
        assert verdicts(before) == "p-pF---"
        error = before["tls"].error
        assert isinstance(error, errors.UntrustedIssuer)
        assert error.message == (
            "The certificate of 127.0.0.1 was re-signed by “mitmproxy”, a proxy that inspects what is encrypted."
        )
        assert error.advice == (
            "IT's turn: ask for the root certificate of that proxy, compare its fingerprint, and import it as the CA "
            "file (--ca-file). Certificate checking cannot be switched off."
        )
        assert before["tls"].whose == "IT"

        pem = read_ca_file(str(its_root))
        assert describe_ca(pem).subject == "mitmproxy"
        after = look(server, pem)
        assert verdicts(after) == "p-pnppp"
        assert after["tls"].found.startswith(
            "The certificate was re-signed by “mitmproxy”, a proxy that reads what is encrypted: "
        )
        answer = Http().send(Privicore().build_probe(server), Via(pem))
        assert answer.status == 200


class TestOneThatWantsAPassword:
    @pytest.fixture
    def address(self, tmp_path: Path) -> Iterator[str]:
        with tinyproxy(tmp_path, LOGIN.name, LOGIN.password.reveal()) as address:
            yield address

    def test_without_with_a_wrong_and_with_the_right_one(
        self, address: str, sandbox: Sandbox, look: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", address)
        server, pem = sandbox.privicore_url, sandbox.ca_file.read_text()
        name = address.removeprefix("http://")

        without = look(server, pem)
        assert verdicts(without) == "F------"
        assert without["proxy"].found == f"The proxy {name} wants a user name and password (Basic)."
        assert without["proxy"].whose == "technician"

        wrong = look(server, pem, Login("kim", Secret("guess-work")))
        assert wrong["proxy"].found == f"The proxy {name} does not accept the user name and password (Basic)."

        right = look(server, pem, LOGIN)
        assert verdicts(right) == "p-ppppp"
        assert (
            right["proxy"].found == f"{name}, by the environment variable HTTPS_PROXY, with a user name and password."
        )

        for report in (without, wrong, right):
            assert "guess-work" not in str(report)
            assert "s3cret" not in str(report)

    def test_from_the_environment_alone(
        self, address: str, sandbox: Sandbox, look: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", address.replace("http://", "http://kim:s3cret%2Dpw@"))
        report = look(sandbox.privicore_url, sandbox.ca_file.read_text())
        assert verdicts(report) == "p-ppppp"
        assert "s3cret" not in str(report)
