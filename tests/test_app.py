"""The composition root: what only the wired whole can show."""

from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from enroller import errors, keys
from enroller.app import App
from enroller.http import Http
from enroller.model import Asked, KeyType, Protection, ServiceName, State
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock
from tests.conftest import API_KEY
from tests.fakes import api_key, vector_key
from tests.http.servers import answering, serving

SAFEQ = ServiceName.SAFEQ_CLOUD


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "data")


def asked(server: str, ca_file: Path | None = None, **changes: object) -> Asked:
    given = Asked(
        server=server,
        client_id="laptop-17",
        ca_file=str(ca_file) if ca_file else None,
        poll_interval=0.05,
        protection=Protection.FILE,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def enroll(app: App, asked: Asked, replaces: str | None = None) -> str:
    with app.create(asked, vector_key(), api_key(API_KEY), Unlock(), replaces=replaces) as opened:
        assert app.run(opened, inbox=SimpleQueue(), publish=lambda _: None) is None
        return opened.enrollment.id


class TestProbe:
    def test_the_service_is_recognised_and_nothing_is_registered(self, app: App, sandbox: Sandbox) -> None:
        app.probe(SAFEQ, sandbox.url, str(sandbox.ca_file))
        assert sandbox.world.requests() == []

    def test_something_else_is_recognised_as_that(self, app: App) -> None:
        with (
            serving(answering(b'{"hello": "world"}', "404 Not Found")) as port,
            pytest.raises(errors.ProtocolError, match="not as YSoft SAFEQ Cloud"),
        ):
            app.probe(SAFEQ, f"http://127.0.0.1:{port}", None)

    def test_a_stranger_is_not_trusted(self, app: App, sandbox: Sandbox) -> None:
        with pytest.raises(errors.UntrustedIssuer):
            app.probe(SAFEQ, sandbox.url, None)

    @pytest.mark.parametrize(
        ("server", "named"), [("https://acme.example", True), ("https://acme.example:7401", False)]
    )
    def test_where_nobody_answers_at_443_the_advice_names_7400(
        self, server: str, named: bool, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise errors.ConnectionFailed("No connection.")

        monkeypatch.setattr(Http, "send", refuse)
        with pytest.raises(errors.ConnectionFailed) as found:
            app.probe(SAFEQ, server, None)
        assert ("7400" in found.value.advice) is named


def test_an_enrollment_is_never_overwritten(app: App, sandbox: Sandbox) -> None:
    sandbox.world.set_trust(True)
    first = enroll(app, asked(sandbox.url, sandbox.ca_file))
    with pytest.raises(errors.AlreadyEnrolled, match=first):
        app.create(asked(sandbox.url), vector_key(), api_key(API_KEY), Unlock())
    assert [one.id for one in app.vault.list()] == [first]


def test_one_that_is_replaced_is_forgotten_once_the_new_one_is_saved(app: App, sandbox: Sandbox) -> None:
    sandbox.world.set_trust(True)
    first = enroll(app, asked(sandbox.url, sandbox.ca_file))
    second = enroll(app, asked(sandbox.url, sandbox.ca_file), replaces=first)
    (known,) = app.vault.list()
    assert (known.id, known.state, known.replaces) == (second, State.ENROLLED, None)


def test_a_ca_file_that_is_none_is_refused_before_anything_is_made(app: App) -> None:
    with pytest.raises(errors.InputError) as refused:
        app.create(asked("https://a.example", Path(__file__)), vector_key(), api_key("k"), Unlock())
    assert refused.value.field == "ca_file"
    assert not (app.data_dir / "enrollments").exists()


def test_the_ca_file_may_be_taken_away_once_the_enrollment_is_made(app: App, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.world.set_trust(True)
    on_a_stick = tmp_path / "root.pem"
    on_a_stick.write_bytes(sandbox.ca_file.read_bytes())
    with app.create(asked(sandbox.url, on_a_stick), vector_key(), api_key(API_KEY), Unlock()) as opened:
        on_a_stick.unlink()
        assert app.run(opened, inbox=SimpleQueue(), publish=lambda _: None) is None
        assert opened.enrollment.state is State.ENROLLED


def test_what_is_known_of_a_server(app: App) -> None:
    key = keys.generate(KeyType.ED25519, rsa_bits=3072, device="x", now=0.0)
    for server, client_id in (("https://a.example", "x"), ("https://a.example", "y"), ("https://b.example", "x")):
        app.create(asked(server, client_id=client_id), key, api_key("k"), Unlock()).close()
    assert len(app.at(SAFEQ, "https://a.example", None)) == 2
    assert [one.client_id for one in app.at(SAFEQ, "https://a.example", "y")] == ["y"]
    assert app.at(SAFEQ, "https://c.example", None) == []
