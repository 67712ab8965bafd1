"""A login for a proxy: the name is no secret and may be an option's value, the password never is."""

import argparse
from pathlib import Path

import pytest

from enroller.cli import secret_input
from enroller.errors import InputError
from enroller.model import Login, Secret


def given(**options: str) -> argparse.Namespace:
    return argparse.Namespace(**options)


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text("the proxy's password\n")
    return str(path)


def test_nothing_given_is_none() -> None:
    assert secret_input.proxy_login(given()) is None


def test_a_name_and_a_file(password_file: str) -> None:
    login = secret_input.proxy_login(given(proxy_user="kim", proxy_password_file=password_file))
    assert login == Login("kim", Secret("the proxy's password"))
    assert "the proxy's password" not in repr(login)


def test_a_password_alone_is_nobodys(password_file: str) -> None:
    with pytest.raises(InputError, match="user name") as found:
        secret_input.proxy_login(given(proxy_password_file=password_file))
    assert found.value.field == "proxy_user"


def test_without_a_terminal_the_option_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError) as found:
        secret_input.proxy_login(given(proxy_user="kim"))
    assert "--proxy-password-file" in found.value.advice


def test_standard_input_carries_one_secret() -> None:
    with pytest.raises(InputError, match="only one secret"):
        secret_input.proxy_login(given(proxy_user="kim", proxy_password_file="-", api_key_file="-"))
    both = given(passphrase_file="-", proxy_password_file="-")
    with pytest.raises(InputError, match="only one secret"):
        secret_input.passphrase(both, needed=True)
