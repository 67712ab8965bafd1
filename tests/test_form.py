"""What people type about a device."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller import form
from enroller.errors import InputError


@pytest.mark.parametrize("typed", ["laptop-17", "  laptop-17 ", "Büro 3 / Gerät 7", "{0966a26c}"])
def test_any_text_is_a_client_id(typed: str) -> None:
    assert form.client_id(typed) == typed.strip()


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("a\nb", "control"),
        ("a\0b", "control"),
        ("\ud800", "control"),
        ("x" * 256, "256"),
    ],
)
def test_what_is_none_is_refused_by_name(typed: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        form.client_id(typed)
    assert refused.value.field == "client_id"


def test_the_longest() -> None:
    assert len(form.client_id("x" * form.LONGEST)) == form.LONGEST


def test_a_description_is_the_hosts_name_unless_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "reception.acme.example")
    assert form.description(None) == form.description("  ") == "reception"
    assert form.description(" Laptop at the reception ") == "Laptop at the reception"
    with pytest.raises(InputError) as refused:
        form.description("two\nlines")
    assert refused.value.field == "description"


def test_a_machine_without_a_name_is_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "")
    assert form.host_name() == "device"


@given(st.text())
def test_any_text_is_taken_or_refused_and_what_is_taken_can_be_sent(typed: str) -> None:
    try:
        taken = form.client_id(typed)
    except InputError:
        return
    assert taken.encode()
    assert form.client_id(taken) == taken
