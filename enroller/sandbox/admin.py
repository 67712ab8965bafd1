"""The administrator's port: the page, the JSON it lives on, and the stream that keeps it up to date.

    GET    /api/state                 everything the page shows
    GET    /api/events                the same again at each change (server-sent events)

    POST   /api/requests/ID/approve | reject | expire
    POST   /api/trust                 {"on": true}: automatic endpoint trust
    POST   /api/faults                {"fault": "hang", "path": "token", "count": 2, "seconds": null}
    DELETE /api/faults                everything works again

    POST   /api/privicore/devices/ID/approve | reject | remove
    POST   /api/privicore/shape       {"name": "status", "value": "object"}
    POST   /api/privicore/lag         {"seconds": 2.5}
    POST   /api/privicore/key         {"on": true}: the ready-made profile has a public key, a new one; false: none
    POST   /api/privicore/rejection   {"kind": "approve-device", "reason": "…"}: of the next command of this kind
    POST   /api/privicore/expire-tokens | drop-sockets
    POST   /api/privicore/faults, DELETE /api/privicore/faults

In a fault, `count` null means: until cleared. There is no log-in: the port is bound to loopback, and what other web
pages send to it is refused.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from enroller import resources
from enroller.sandbox.panel import HEADERS, Panel
from enroller.sandbox.watched import waking

HEARTBEAT = 15.0
"""Seconds between signs of life on a quiet stream, so that both ends notice a dead one."""

SHORTEST_QUIET = 0.05

_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)
_MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_FILES = ("admin.html", "admin.css", "admin.js", "parts.js", "safeq.js", "privicore.js")


def application(panels: Mapping[str, Panel], about: Mapping[str, str]) -> ASGIApp:
    """The ASGI application. `panels`: the services' parts, by the names that the page has for them. `about` (`ca_file`)
    is shown on the page as it is."""
    views = _Views(panels, about)
    routes = [
        Route("/", partial(_file, "admin.html")),
        *(Route(f"/{name}", partial(_file, name)) for name in _FILES),
        Route("/api/state", views.state),
        Route("/api/events", views.events),
        *(route for panel in panels.values() for route in panel.routes()),
    ]
    return _Guard(Starlette(routes=routes, exception_handlers={HTTPException: _refused}))


class _Guard:
    """Refuses what a foreign web page makes a browser send: by a name of its own for this address (DNS rebinding:
    `Host`), or across sites (`Origin`, `Sec-Fetch-Site`). Programs send neither of the latter and are welcome."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 403."""
        if self._is_ours(Request(scope)):
            await self._app(scope, receive, send)
        else:
            await JSONResponse({"error": "This page is for this machine only."}, 403)(scope, receive, send)

    @staticmethod
    def _is_ours(request: Request) -> bool:
        host = request.headers.get("host", "")
        if not _LOOPBACK.fullmatch(host):
            return False
        if request.method in ("GET", "HEAD"):
            return True
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        return origin in (None, f"http://{host}") and site == "same-origin"


class _Views:
    """What all parts show, once and as a stream."""

    def __init__(self, panels: Mapping[str, Panel], about: Mapping[str, str]) -> None:
        self._panels = panels
        self._about = about

    def _view(self) -> dict[str, object]:
        return {**self._about, **{name: panel.view() for name, panel in self._panels.items()}}

    def _now(self) -> float:
        return max(panel.watched.now() for panel in self._panels.values())

    async def state(self, _: Request) -> Response:
        return JSONResponse({**self._view(), "now": self._now()}, headers=HEADERS)

    async def events(self, _: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=HEADERS)

    async def _stream(self) -> AsyncIterator[str]:
        """Each view once; time changes it too, when a request runs out.

        After each change the view is sent even where it is what was sent before: the page may show what somebody there
        has just switched and somebody else has switched back.
        """
        with waking(*(panel.watched for panel in self._panels.values())) as changed:
            yield "retry: 1000\n\n"
            sent: dict[str, object] | None = None
            while True:
                woken = changed.is_set()
                changed.clear()
                view = self._view()
                document = json.dumps({**view, "now": self._now()})
                yield f"data: {document}\n\n" if woken or view != sent else ": quiet\n\n"
                sent = view
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), self._quiet_for())

    def _quiet_for(self) -> float:
        ends = [panel.quiet_for() for panel in self._panels.values()]
        return max(SHORTEST_QUIET, min([HEARTBEAT, *(end for end in ends if end is not None)]))


async def _file(name: str, _: Request) -> Response:
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    return Response(resources.read(f"sandbox/{name}"), media_type=media_type, headers=HEADERS)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
