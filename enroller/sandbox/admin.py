"""The administrator's port: the page, the JSON it lives on, and the stream that keeps it up to date.

    GET    /api/state                                 everything the page shows
    GET    /api/events                                the same again at each change (server-sent events)
    POST   /api/requests/ID/approve | reject | expire
    POST   /api/trust   {"on": true}                  automatic endpoint trust
    POST   /api/faults  {"fault": "hang", "path": "token", "count": 2, "seconds": null}   count null: until cleared
    DELETE /api/faults                                everything works again

There is no log-in: the port is bound to loopback, and what other web pages send to it is refused.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from enroller import resources
from enroller.sandbox.world import OPEN, Seen, World
from enroller.text import plain

LARGEST_BODY = 4096
HEARTBEAT = 15.0
"""Seconds between signs of life on a quiet stream, so that both ends notice a dead one."""

_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)
_FILES = {
    "/": ("admin.html", "text/html"),
    "/admin.css": ("admin.css", "text/css"),
    "/admin.js": ("admin.js", "text/javascript"),
}
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def application(world: World, about: Mapping[str, str]) -> ASGIApp:
    """The ASGI application. `about` (`service_url`, `ca_file`) is shown on the page as it is."""
    api = _Api(world, about)
    actions: dict[str, Callable[[str], None]] = {
        "approve": world.approve,
        "reject": world.reject,
        "expire": world.expire,
    }
    routes = [
        *(Route(path, partial(_file, *file)) for path, file in _FILES.items()),
        Route("/api/state", api.state),
        Route("/api/events", api.events),
        *(
            Route(f"/api/requests/{{id}}/{name}", partial(api.act, action), methods=["POST"])
            for name, action in actions.items()
        ),
        Route("/api/trust", api.trust, methods=["POST"]),
        Route("/api/faults", api.inject, methods=["POST"]),
        Route("/api/faults", api.clear, methods=["DELETE"]),
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


class _Api:
    """The calls of the page."""

    def __init__(self, world: World, about: Mapping[str, str]) -> None:
        self._world = world
        self._about = about

    def _view(self) -> dict[str, object]:
        world = self._world
        return {
            **self._about,
            "trust": world.trust,
            "requests": [_shown(seen) for seen in world.requests()],
            "faults": [
                {"fault": each.fault, "path": each.where, "count": each.count, "seconds": each.seconds}
                for each in world.faults()
            ],
        }

    def _done(self) -> Response:
        return JSONResponse({**self._view(), "now": self._world.now()}, headers=_HEADERS)

    async def state(self, _: Request) -> Response:
        return self._done()

    async def events(self, _: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=_HEADERS)

    async def _stream(self) -> AsyncIterator[str]:
        """Each view once; time changes it too, when a request runs out."""
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        unsubscribe = self._world.subscribe(wake)
        try:
            yield "retry: 1000\n\n"
            sent: dict[str, object] | None = None
            while True:
                changed.clear()
                view = self._view()
                document = json.dumps({**view, "now": self._world.now()})
                yield f"data: {document}\n\n" if view != sent else ": quiet\n\n"
                sent = view
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), self._quiet_for())
        finally:
            unsubscribe()

    def _quiet_for(self) -> float:
        now = self._world.now()
        ends = [seen.expires_at - now for seen in self._world.requests() if seen.state in OPEN]
        return max(0.05, min([HEARTBEAT, *ends]))

    async def act(self, action: Callable[[str], None], request: Request) -> Response:
        try:
            action(request.path_params["id"])
        except KeyError:
            raise HTTPException(404, "There is no such request.") from None
        except ValueError as error:
            raise HTTPException(409, str(error)) from None
        return self._done()

    async def trust(self, request: Request) -> Response:
        on = (await _document(request)).get("on")
        if not isinstance(on, bool):
            raise HTTPException(400, "`on` must be true or false.")
        self._world.set_trust(on)
        return self._done()

    async def inject(self, request: Request) -> Response:
        wanted = await _document(request)
        count, seconds = wanted.get("count", 1), wanted.get("seconds")
        if not (count is None or type(count) is int) or not (seconds is None or type(seconds) in (int, float)):
            raise HTTPException(400, "`count` and `seconds` must be numbers or null.")
        try:
            self._world.inject(str(wanted.get("fault")), count, str(wanted.get("path", "any")), seconds)
        except ValueError as error:
            raise HTTPException(400, str(error)) from None
        return self._done()

    async def clear(self, _: Request) -> Response:
        self._world.clear_faults()
        return self._done()


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


async def _document(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "The body is too large.")
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise HTTPException(400, "The body must be a JSON object.")
    return document


async def _file(name: str, media_type: str, _: Request) -> Response:
    return Response(resources.read(f"sandbox/{name}"), media_type=media_type, headers=_HEADERS)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
