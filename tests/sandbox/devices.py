"""A device as the protocol describes it, made of keys alone: what the sandbox is tested with knows nothing of ours."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from enroller import keys
from enroller.model import KeyPair, KeyType, Request, Response
from enroller.sandbox import safeq
from enroller.sandbox.world import World

API_KEY = "the api key"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Device:
    """A device with or without a key, which makes requests as plain values."""

    client_id: str
    key: KeyPair | None

    def register(self, *, signed: bool = False, **changes: str | None) -> Request:
        """A registration; `changes` replaces parameters, None leaves one out."""
        form: dict[str, str | None] = {
            "client_id": self.client_id,
            "client_secret": API_KEY,
            "client_type": "desktop_client",
            "response_type": "device_code",
        }
        if self.key:
            form |= {"public_key": self.key.public_key, "key_type": self.key.key_type.value}
        return self.request("register", form | changes, signed=signed)

    def poll(self, device_code: str, *, signed: bool = True, **changes: str | None) -> Request:
        """The first kind of token request."""
        return self._token("device_code", device_code, changes, signed=signed)

    def refresh(self, refresh_token: str, *, signed: bool = True, **changes: str | None) -> Request:
        """The second kind of token request."""
        return self._token("refresh_token", refresh_token, changes, signed=signed)

    def _token(self, grant_type: str, value: str, changes: Mapping[str, str | None], *, signed: bool) -> Request:
        form: dict[str, str | None] = {
            "client_id": self.client_id,
            "client_secret": API_KEY,
            "grant_type": grant_type,
            grant_type: value,
        }
        return self.request("token", {**form, **changes}, signed=signed)

    def request(self, path: str, form: Mapping[str, str | None], *, signed: bool) -> Request:
        """Any request of this device's; a device without a key cannot sign."""
        body = urlencode({name: value for name, value in form.items() if value is not None}).encode()
        headers = dict(FORM)
        if signed and self.key:
            headers["HCP-Request-Signature"] = base64.b64encode(keys.sign(self.key, body)).decode()
        return Request("POST", f"/oauth/v1/{path}", headers, body)


_rsa = keys.generate(KeyType.RSA, rsa_bits=2048, device="any", now=1_800_000_000)
_certified = keys.generate(KeyType.X509, rsa_bits=2048, device="any", now=1_800_000_000)


def device(key_type: KeyType | None = KeyType.ED25519, client_id: str = "device-1") -> Device:
    """A device; RSA keys are slow to make, so all devices of a type share theirs. Ed25519 keys are new ones."""
    if key_type is None:
        return Device(client_id, None)
    new = keys.generate(KeyType.ED25519, rsa_bits=0, device=client_id, now=0)
    return Device(client_id, {KeyType.RSA: _rsa, KeyType.X509: _certified, KeyType.ED25519: new}[key_type])


def ask(world: World, request: Request) -> tuple[int, dict[str, Any]]:
    """Status and members of the service's answer."""
    answer = safeq.handle(world, request)
    return answer.status, members(answer)


def members(answer: Response) -> dict[str, Any]:
    """The JSON object of an answer."""
    document: dict[str, Any] = json.loads(answer.body)
    return document


def registered(world: World, who: Device, **changes: str | None) -> str:
    """Registers and gives the device code."""
    status, answer = ask(world, who.register(signed=False, **changes))
    assert status == 200, answer
    return str(answer["device_code"])


def enrolled(world: World, who: Device) -> dict[str, Any]:
    """Registers, has the administrator approve, and gives the tokens."""
    code = registered(world, who)
    world.approve(world.requests()[0].id)
    status, answer = ask(world, who.poll(code))
    assert status == 200, answer
    return answer
