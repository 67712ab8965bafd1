"""SAFEQ Cloud's part of the administrator's page."""

from typing import Any

from starlette.routing import Route

from enroller.sandbox.panel import Panel, switch
from enroller.sandbox.world import OPEN, Seen, World
from enroller.text import plain


class SafeqPanel(Panel):
    """Requests, automatic trust and faults."""

    def __init__(self, world: World, about: dict[str, str]) -> None:
        """`about` (`url`) is shown as it is."""
        super().__init__(world, "/api")
        self._world = world
        self._about = about

    def view(self) -> dict[str, object]:
        requests = [_shown(seen) for seen in self._world.requests()]
        return {**self._about, "trust": self._world.trust, "requests": requests, **super().view()}

    def quiet_for(self) -> float | None:
        now = self._world.now()
        return min((seen.expires_at - now for seen in self._world.requests() if seen.state in OPEN), default=None)

    def routes(self) -> list[Route]:
        world = self._world
        return [
            *super().routes(),
            self.decision("/requests/{id}/approve", world.approve),
            self.decision("/requests/{id}/reject", world.reject),
            self.decision("/requests/{id}/expire", world.expire),
            self.setting("/trust", self._trust),
        ]

    def _trust(self, wanted: dict[str, Any]) -> None:
        self._world.set_trust(switch(wanted))


def _shown(seen: Seen) -> dict[str, object]:
    """A request for the page; what a stranger wrote is made harmless."""
    return {
        "id": seen.id,
        "client_id": plain(seen.client_id),
        "client_type": seen.client_type,
        "description": plain(seen.description),
        "key_type": seen.key_type,
        "fingerprint": seen.fingerprint,
        "spoken": seen.spoken,
        "state": seen.state,
        "signed": seen.signed,
        "registered_at": seen.registered_at,
        "expires_at": seen.expires_at,
    }
