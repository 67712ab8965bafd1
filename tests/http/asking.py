"""Sends a request with a secret in it, and looks at the error that comes of it."""

from collections.abc import Callable

import pytest

from enroller import errors
from enroller.http import Http, read_ca_file
from enroller.model import Login, Request, Response, Via

Serve = Callable[..., str]
"""Starts a server (the fixture `serve`) and gives its address."""

SECRET = b"client_secret=hunter2"


def send(url: str, ca_file: str | None, *, deadline: float = 10.0, login: Login | None = None) -> Response:
    ca_pem = read_ca_file(ca_file) if ca_file else None
    return Http(deadline=deadline).send(Request("POST", f"{url}/token", {"X-Ours": "1"}, SECRET), Via(ca_pem, login))


def failure(url: str, ca_file: str | None, *, deadline: float = 10.0, login: Login | None = None) -> errors.Unreachable:
    with pytest.raises(errors.Unreachable) as found:
        send(url, ca_file, deadline=deadline, login=login)
    error = found.value
    assert error.__cause__ is None, "a cause may carry what was sent"
    assert "hunter2" not in error.message
    assert error.message.endswith(".")
    return error
