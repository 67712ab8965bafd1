"""What an enrollment begins with: locked settings, then a preset, then the other settings."""

from pathlib import Path

import pytest

from enroller import machine
from enroller.beginning import beginning, described
from enroller.errors import BadSettings
from enroller.form import host_name
from enroller.model import ClientType, KeyType, Protection, ServiceName
from enroller.preset import Preset, parse
from tests.settings.conftest import Write, site

__all__ = ["site"]


def preset(text: str) -> Preset:
    return parse(text, Path("/tmp/x.enroll"))


def test_without_anything_it_is_empty(site: Write) -> None:
    asked = beginning().asked
    assert (asked.server, asked.service, asked.protection) == ("", ServiceName.SAFEQ_CLOUD, Protection.KEYRING)


def test_settings_fill_the_form(site: Write) -> None:
    site('server = "acme.example"\nclient_type = "printer"\nkey_type = "rsa"\nrsa_bits = 4096\nprotect = "passphrase"')
    asked = beginning().asked
    assert (asked.server, asked.client_type, asked.key_type, asked.rsa_bits, asked.protection) == (
        "acme.example",
        ClientType.PRINTER,
        KeyType.RSA,
        4096,
        Protection.PASSPHRASE,
    )


def test_a_preset_stands_before_settings_that_are_not_locked(site: Write) -> None:
    site('server = "acme.example"\nclient_type = "printer"')
    began = beginning(preset('server = "other.example"\nclient_id = "laptop-17"'))
    assert (began.asked.server, began.asked.client_id) == ("other.example", "laptop-17")
    assert began.asked.client_type is ClientType.PRINTER
    assert began.overruled == ()


def test_a_lock_stands_before_a_preset_and_that_is_known(site: Write) -> None:
    site('server = "acme.example"\nprotect = "keyring"\nlocked = ["server", "protect"]')
    began = beginning(preset('server = "evil.example"\nprotect = "keyring"\nclient_id = "laptop-17"'))
    assert (began.asked.server, began.asked.client_id) == ("acme.example", "laptop-17")
    assert began.overruled == ("server",)


def test_a_locked_service_leaves_nothing_of_a_preset_for_the_other(site: Write) -> None:
    site('service = "privicore"\nserver = "acme.example"\nlocked = true')
    began = beginning(preset('service = "safeq-cloud"\nserver = "evil.example"\nclient_id = "laptop-17"'))
    assert (began.asked.service, began.asked.server, began.asked.client_id) == (
        ServiceName.PRIVICORE,
        "acme.example",
        "",
    )
    assert began.overruled == ("service",)


def test_a_server_that_is_named_with_a_service_is_one_of_it(site: Write) -> None:
    site('service = "privicore"\nserver = "acme.example"')
    assert beginning().asked.server == "acme.example"
    assert beginning(preset('service = "safeq-cloud"')).asked.server == ""


def test_what_is_for_safeq_cloud_is_not_for_privicore(site: Write) -> None:
    site('service = "privicore"\nkey_type = "rsa"\nclient_type = "printer"')
    assert beginning().asked.key_type is KeyType.ED25519, "the adapter takes its own"
    assert beginning().asked.client_type is ClientType.DESKTOP_CLIENT


def test_a_description_is_about_this_machine(site: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "serial_number", lambda: "5CG1")
    site('description = "{hostname} ({serial})"')
    assert described() == beginning().asked.description == f"{host_name()} (5CG1)"


def test_nothing_begins_with_settings_that_cannot_be_used(site: Write) -> None:
    site("server = ")
    with pytest.raises(BadSettings):
        beginning()


def test_a_preset_that_names_no_service_is_about_the_one_of_this_device(site: Write) -> None:
    site('service = "privicore"')
    began = beginning(preset('server = "acme.example"\nusername = "kim"'))
    assert (began.asked.service, began.asked.username, began.overruled) == (ServiceName.PRIVICORE, "kim", ())


def test_a_preset_that_says_the_same_in_other_words_is_not_overruled(site: Write) -> None:
    site('server = "https://Acme.example/"\nlocked = true')
    assert beginning(preset('server = "acme.example"')).overruled == ()
    assert beginning(preset('server = "no address"')).overruled == ("server",)
