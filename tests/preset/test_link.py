"""Links that open the wizard filled in."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller.errors import InputError
from enroller.model import KeyType, ServiceName
from enroller.preset import from_link
from enroller.preset.link import is_link


def test_its_values_are_a_presets() -> None:
    preset = from_link("enroller://preset?server=acme.example%3A7400&client_id=laptop+17&key_type=rsa&rsa_bits=4096")
    asked = preset.asked
    assert (asked.server, asked.client_id, asked.key_type, asked.rsa_bits) == (
        "acme.example:7400",
        "laptop 17",
        KeyType.RSA,
        4096,
    )
    assert preset.given == {"server", "client_id", "key_type", "rsa_bits"}
    assert not preset.signed


def test_the_other_service_too() -> None:
    preset = from_link("ENROLLER://preset/?service=privicore&server=acme.example&username=kim")
    assert (preset.asked.service, preset.asked.username) == (ServiceName.PRIVICORE, "kim")


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("enroller://other?server=x", "it begins with something else"),
        ("enroller://preset/a?server=x", "it begins with something else"),
        ("enroller://preset?server", "its values are not name=value"),
        ("enroller://preset?server=%ff", "its values are not name=value"),
        ("enroller://preset?api_key=x", "it may not say “api_key”"),
        ("enroller://preset?sealed_api_key=x", "it may not say “sealed_api_key”"),
        ("enroller://preset?ca_file=/etc/passwd", "it may not say “ca_file”"),
        ("enroller://preset?replace_profile_key=true", "it may not say “replace_profile_key”"),
        ("enroller://preset?server=a&server=b", "it says twice “server”"),
        ("enroller://preset?rsa_bits=1024", "“rsa_bits” has to be 2048, 3072 or 4096"),
        ("enroller://preset?server=a%E2%80%AEb", "“server” holds characters that cannot be seen"),
        ("enroller://preset?username=kim", "it has “username”, which is no setting for safeq-cloud"),
        ("enroller://preset?server=" + "a" * 17_000, "it is longer than any"),
    ],
)
def test_a_bad_one_is_refused_with_the_reason(link: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        from_link(link)
    assert refused.value.message == f"The link cannot be used: {refused.value.message[25:]}"
    assert why in refused.value.message
    assert refused.value.advice == "Nothing was applied."


def test_a_link_is_told_from_a_files_name() -> None:
    assert is_link("enroller://preset?server=x")
    assert is_link("ENROLLER:x")
    assert not is_link("/home/kim/enroller.enroll")
    assert not is_link("C:\\enroller.enroll")


@given(st.text(max_size=60))
def test_whatever_comes_is_a_preset_or_a_sentence(text: str) -> None:
    with suppress(InputError):
        assert from_link(f"enroller://preset?{text}").origin == "a link"
