"""The engine takes no new enrollment that is not what the administrator wants, whoever has filled it in."""

from dataclasses import replace
from pathlib import Path

import pytest

from enroller.app import App
from enroller.beginning import locked_values, locks, require_allowed
from enroller.cli.main import main
from enroller.errors import BadSettings, SetByAdministrator
from enroller.form import host_name
from enroller.model import Asked, ClientType, KeyType, Protection, ServiceName
from enroller.vault import Unlock
from tests.fakes import api_key, vector_key
from tests.settings.conftest import Write, site

__all__ = ["site"]

WANTED = Asked(server="https://gateway.acme.example:7400", client_id="laptop-17", description="Reception")


@pytest.fixture
def decided(site: Write) -> Path:
    """Everything is locked."""
    return site(
        'service = "safeq-cloud"\nserver = "Gateway.acme.example:7400/"\nclient_type = "desktop_client"\n'
        'description = "Reception"\nkey_type = "ed25519"\nrsa_bits = 4096\nprotect = "keyring"\n'
        'ca_file = "/etc/ssl/acme.pem"\nlocked = true'
    )


def is_allowed(asked: Asked) -> bool:
    try:
        require_allowed(asked)
    except SetByAdministrator:
        return False
    return True


class TestRequireAllowed:
    def test_what_is_wanted_passes_however_it_is_written(self, decided: Path) -> None:
        assert is_allowed(WANTED)
        assert is_allowed(replace(WANTED, ca_file="/etc/ssl/acme.pem"))
        assert not is_allowed(replace(WANTED, server="https://gateway.acme.example:7401"))

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"service": ServiceName.PRIVICORE}, "The service is set for this device: safeq-cloud"),
            ({"server": "https://evil.example"}, "The server is set for this device: Gateway.acme.example:7400/"),
            ({"client_type": ClientType.PRINTER}, "The kind of device is set for this device: desktop_client"),
            ({"description": "Mine"}, "The description is set for this device: Reception"),
            ({"key_type": KeyType.RSA}, "The key's type is set for this device: ed25519"),
            ({"protection": Protection.FILE}, "What keeps the secrets is set for this device: keyring"),
            ({"ca_file": "/tmp/mine.pem"}, "The CA file is set for this device: /etc/ssl/acme.pem"),
        ],
    )
    def test_anything_else_is_refused(self, decided: Path, change: dict[str, object], said: str) -> None:
        with pytest.raises(SetByAdministrator) as refused:
            require_allowed(replace(WANTED, **change))  # type: ignore[arg-type]
        assert refused.value.message == f"{said}, by {decided}."

    def test_a_length_counts_where_the_key_has_one(self, site: Write) -> None:
        site("rsa_bits = 4096\nlocked = true")
        require_allowed(replace(WANTED, rsa_bits=2048))
        with pytest.raises(SetByAdministrator, match="The key's length is set for this device: 4096"):
            require_allowed(replace(WANTED, key_type=KeyType.X509, rsa_bits=2048))

    def test_a_plain_file_where_none_is_wanted(self, site: Write) -> None:
        site("plain_file = false")
        require_allowed(WANTED)
        with pytest.raises(SetByAdministrator, match="may not be kept in a plain file on this device"):
            require_allowed(replace(WANTED, protection=Protection.FILE))

    def test_what_is_only_suggested_binds_nobody(self, site: Write) -> None:
        site('server = "other.example"\nprotect = "passphrase"')
        assert is_allowed(WANTED)

    def test_what_nobody_can_read_allows_nothing(self, site: Write) -> None:
        site("server = ")
        with pytest.raises(BadSettings):
            require_allowed(WANTED)


def test_the_engine_asks_before_it_stores_anything(decided: Path, tmp_path: Path) -> None:
    app = App(tmp_path / "data")
    with pytest.raises(SetByAdministrator):
        app.create(replace(WANTED, server="https://evil.example"), vector_key(), api_key("key"), Unlock())
    assert app.vault.list() == []


class TestLocks:
    def test_by_their_names_and_by_what_they_hold(self, decided: Path) -> None:
        assert list(locks(ServiceName.SAFEQ_CLOUD)) == [
            "service", "server", "client_type", "description", "key_type", "rsa_bits", "protect", "ca_file",
        ]  # fmt: skip
        assert locked_values(ServiceName.SAFEQ_CLOUD)["protection"] is Protection.KEYRING

    def test_of_another_service_only_what_it_has(self, decided: Path) -> None:
        assert list(locks(ServiceName.PRIVICORE)) == ["service", "server", "description", "protect", "ca_file"]
        assert "key_type" not in locked_values(ServiceName.PRIVICORE)

    def test_a_locked_server_is_the_only_one_whatever_service_somebody_chooses(self, site: Write) -> None:
        site('service = "privicore"\nserver = "gateway.acme.example"\nlocked = ["server"]')
        with pytest.raises(SetByAdministrator, match=r"The server is set for this device: gateway\.acme\.example"):
            require_allowed(replace(WANTED, server="https://other.example"))

    def test_none_without_settings_and_with_broken_ones(self, site: Write) -> None:
        assert locks(ServiceName.SAFEQ_CLOUD) == {}
        site("server = ")
        assert locks(ServiceName.SAFEQ_CLOUD) == locked_values(ServiceName.SAFEQ_CLOUD) == {}


@pytest.mark.parametrize(("pattern", "found"), [("({serial})", host_name()), ("x" * 300, "x" * 255)])
def test_a_locked_description_is_always_one_that_can_be_sent(pattern: str, found: str, site: Write) -> None:
    site(f'description = "{pattern}"\nlocked = true')
    from enroller import machine

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(machine, "serial_number", lambda: "")
        assert locked_values(ServiceName.SAFEQ_CLOUD)["description"] == found
        require_allowed(replace(WANTED, description=found))


def test_the_demo_takes_no_device_to_another_server(
    site: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # the demo sets them for its process
    site('server = "gateway.acme.example"\nlocked = true')
    assert main(["demo"]) == 2
    assert "The server is set for this device: gateway.acme.example" in capsys.readouterr().err
