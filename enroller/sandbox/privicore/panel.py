"""Privicore's part of the administrator's page, who is the owner of the ready-made profile as well."""

import secrets
from dataclasses import asdict
from typing import Any

from starlette.routing import Route

from enroller import keys
from enroller.sandbox.panel import Panel, number, switch
from enroller.sandbox.privicore.shapes import choices
from enroller.sandbox.privicore.values import CommandKind, Seen
from enroller.sandbox.privicore.world import PrivicoreWorld, key_fingerprint
from enroller.text import plain

USUAL_REASON = "The owner does not want this."


class PrivicorePanel(Panel):
    """Devices, the ready-made profile, shapes, lag and faults."""

    def __init__(self, world: PrivicoreWorld, about: dict[str, str]) -> None:
        """`about` (`url`, `websocket_url`) is shown as it is."""
        super().__init__(world, "/api/privicore")
        self._world = world
        self._about = about

    def view(self) -> dict[str, object]:
        world = self._world
        return {
            **self._about,
            "username": world.username,
            "fingerprint": key_fingerprint(world.public_key()),
            "sockets": world.sockets(),
            "lag": world.lag,
            "shapes": asdict(world.shapes),
            "choices": {name: list(kind) for name, kind in choices().items()},
            "kinds": list(CommandKind),
            "rejections": [{"kind": kind, "reason": plain(why)} for kind, why in world.commands_to_reject().items()],
            "devices": [_shown(seen) for seen in world.devices()],
            **super().view(),
        }

    def routes(self) -> list[Route]:
        world = self._world
        return [
            *super().routes(),
            self.decision("/devices/{id}/approve", world.approve),
            self.decision("/devices/{id}/reject", world.reject),
            self.decision("/devices/{id}/remove", world.remove),
            self.setting("/shape", self._shape),
            self.setting("/lag", self._lag),
            self.setting("/key", self._key),
            self.setting("/rejection", self._reject_command),
            self.deed("/expire-tokens", world.expire_tokens),
            self.deed("/drop-sockets", world.drop_sockets),
        ]

    def _shape(self, wanted: dict[str, Any]) -> None:
        self._world.shapes = self._world.shapes.changed(str(wanted.get("name")), str(wanted.get("value")))

    def _lag(self, wanted: dict[str, Any]) -> None:
        self._world.lag = number(wanted, "seconds") or 0.0

    def _key(self, wanted: dict[str, Any]) -> None:
        # Whose key it is does not matter: nobody has the private one.
        self._world.set_public_key(None, keys.signed_public_key(secrets.token_bytes(32)) if switch(wanted) else None)

    def _reject_command(self, wanted: dict[str, Any]) -> None:
        self._world.reject_commands(str(wanted.get("kind")), str(wanted.get("reason") or USUAL_REASON))


def _shown(seen: Seen) -> dict[str, object]:
    """A device for the page; what a stranger wrote is made harmless."""
    return {
        "id": seen.identifier,
        "name": plain(seen.name),
        "meta_name": plain(seen.meta_name or ""),
        "profile": plain(seen.profile),
        "fingerprint": seen.fingerprint,
        "spoken": seen.spoken,
        "state": seen.state,
        "created_at": seen.created_at,
        "decided_at": seen.decided_at,
    }
