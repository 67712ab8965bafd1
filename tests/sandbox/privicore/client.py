"""A client as the protocol document describes it, which asks a world directly: no socket, values alone."""

import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from enroller import keys
from enroller.model import Request
from enroller.sandbox.privicore import endpoints
from enroller.sandbox.privicore.world import PrivicoreWorld

USERNAME, PASSWORD = "owner@example.test", "the password"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def new_key() -> str:
    """A public key in its signed form."""
    return keys.signed_public_key(os.urandom(32))


@dataclass(frozen=True)
class Answer:
    """What came back; `value` is the JSON in it, None where the body is empty."""

    status: int
    headers: dict[str, str]
    value: Any


class Client:
    """Signed in as the ready-made profile, or with `token`; an empty one: as nobody."""

    def __init__(self, world: PrivicoreWorld, token: str | None = None) -> None:
        self._world = world
        self.token = "" if token is None else token
        if token is None:
            self.sign_in(USERNAME, PASSWORD)

    def sign_in(self, username: str, password: str) -> Answer:
        """Authenticates, and keeps the token."""
        answer = self.post("/profile/authenticate", username=username, password=password)
        if answer.status == 200:
            self.token = answer.value["authorizationToken"]
        return answer

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Any request."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["X-DPT-AUTHORIZATION"] = self.token
        answer = endpoints.handle(self._world, Request(method, path, sent, body))
        return Answer(answer.status, dict(answer.headers), json.loads(answer.body) if answer.body else None)

    def get(self, path: str) -> Any:
        """The JSON of a successful answer."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.value

    def post(self, path: str, **form: str) -> Answer:
        """A form."""
        return self.ask("POST", path, urlencode(form).encode(), Content_Type=FORM["Content-Type"])

    def command(self, path: str, **form: str) -> str:
        """A command in the usual shape; gives its id."""
        answer = self.post(path, **form)
        assert answer.status == 202, answer
        command_id: str = answer.value
        return command_id

    def status(self, command_id: str) -> Any:
        """What is said about a command."""
        return self.get(f"/request-status/{command_id}")

    def done(self, path: str, **form: str) -> str:
        """A command that succeeds at once; gives its id."""
        command_id = self.command(path, **form)
        assert self.status(command_id) == "succeeded"
        return command_id

    def register_key(self) -> str:
        """Registers a new public key."""
        key = new_key()
        self.done("/public-key/register-public-key", publicKey=key)
        return key

    def new_device(self, name: str = "laptop") -> str:
        """Requests a device and gives its identifier."""
        command_id = self.done("/device/request-unique-identifier", deviceName=name)
        identifier: str = self.post("/device/retrieve-unique-identifier", id=command_id).value["deviceIdentifier"]
        return identifier

    def names(self) -> list[str]:
        """The names in the profile's list."""
        return [record["deviceName"] for record in self.get("/device/retrieve-profile-devices")]
