"""The composition root: what only the wired whole can show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from enroller import errors, keys
from enroller.app import App
from enroller.model import Anchor, Asked, KeyType, Protection, ServiceName, State
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock
from tests.conftest import API_KEY
from tests.fakes import api_key, vector_key

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


class TestTheMachineThatItWasMadeOn:
    HERE, THERE = ("hw:here", "os:a"), ("hw:there", "os:a")

    @pytest.fixture
    def machine(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[str, ...]], None]:
        """Takes the disk to a machine that is known by that."""
        from enroller import machine

        def become(known: tuple[str, ...]) -> None:
            monkeypatch.setattr(machine, "evidence", lambda: known)

        return become

    @pytest.fixture
    def known(self, app: App, machine: Callable[[tuple[str, ...]], None]) -> str:
        """An enrollment that was made on this one."""
        machine(self.HERE)
        with app.create(asked("https://acme.example"), vector_key(), api_key(API_KEY), Unlock()) as opened:
            return opened.enrollment.id

    def test_opens_it(self, app: App, known: str) -> None:
        app.open(known, Unlock()).close()
        (listed,) = app.vault.list()
        assert not app.is_copied(listed)

    def test_a_copy_of_its_disk_does_not(
        self, app: App, known: str, machine: Callable[[tuple[str, ...]], None]
    ) -> None:
        machine(self.THERE)
        with pytest.raises(errors.OtherMachine) as found:
            app.open(known, Unlock())
        assert found.value.exit_status == 8
        assert app.is_copied(app.vault.list()[0])
        app.vault.open(known, Unlock()).close()  # and it holds no lock

    def test_the_same_machine_with_other_parts_does_if_somebody_says_so_once(
        self, app: App, known: str, machine: Callable[[tuple[str, ...]], None]
    ) -> None:
        machine(self.THERE)
        app.open(known, Unlock(), same_machine=True).close()
        app.open(known, Unlock()).close()
        machine(self.HERE)
        with pytest.raises(errors.OtherMachine):
            app.open(known, Unlock())

    def test_parts_may_be_exchanged_one_by_one(
        self, app: App, known: str, machine: Callable[[tuple[str, ...]], None]
    ) -> None:
        for parts in (("hw:here", "hw:new", "os:a"), ("hw:new", "os:a"), ("hw:new", "hw:newer", "os:a"), ("hw:newer",)):
            machine(parts)
            app.open(known, Unlock()).close()
        (listed,) = app.vault.list()
        assert set(listed.machine) == {"hw:here", "hw:new", "hw:newer", "os:a"}

    def test_what_was_stored_before_machines_were_known_belongs_to_the_first_that_opens_it(
        self, app: App, machine: Callable[[tuple[str, ...]], None]
    ) -> None:
        machine(())
        with app.create(asked("https://acme.example"), vector_key(), api_key(API_KEY), Unlock()) as opened:
            known = opened.enrollment.id
        machine(self.HERE)
        app.open(known, Unlock()).close()
        machine(self.THERE)
        with pytest.raises(errors.OtherMachine):
            app.open(known, Unlock())


def test_the_time_is_what_the_service_told(app: App) -> None:
    """A clock that was set back must not make an old token fresh."""
    now, boot = app.clock.wall(), app.clock.boot()
    told = Anchor(app.clock.boot_id(), boot - 60, now - 60, now - 60 + 3600)
    with app.create(asked("https://acme.example"), vector_key(), api_key(API_KEY), Unlock()) as opened:
        assert app.now(opened.enrollment) == pytest.approx(now, abs=2)
        later = opened.save(replace(opened.enrollment, anchor=told))
    assert app.now(later) == pytest.approx(now + 3600, abs=2)


def test_who_decided_to_begin_before_another_did_begins_no_second_one(app: App) -> None:
    """Two commands look at the same empty folder; without a client id, each would make one of its own."""
    looked = app.at(SAFEQ, "https://acme.example", None)
    app.create(asked("https://acme.example"), vector_key(), api_key(API_KEY), Unlock(), known=looked).close()
    other = asked("https://acme.example", client_id="laptop-18")
    with pytest.raises(errors.InUse):
        app.create(other, vector_key(), api_key(API_KEY), Unlock(), known=looked)
    assert [one.client_id for one in app.vault.list()] == ["laptop-17"]
    app.create(other, vector_key(), api_key(API_KEY), Unlock(), known=app.vault.list()).close()
