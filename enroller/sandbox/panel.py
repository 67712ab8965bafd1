"""One service's part of the administrator's page: what it shows, and the calls that it makes."""

import json
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from enroller.sandbox.watched import Watched

LARGEST_BODY = 4096

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Panel:
    """What both services' parts have in common: faults, and decisions about what is listed.

    Each call answers with the view as it is then. `prefix` is where the calls begin, `/api/…`.
    """

    def __init__(self, world: Watched[Any], prefix: str) -> None:
        self.watched = world
        self._prefix = prefix

    def view(self) -> dict[str, object]:
        """Everything that this part shows; no secret in it."""
        faults = [
            {"fault": each.fault, "path": each.where, "count": each.count, "seconds": each.seconds}
            for each in self.watched.faults()
        ]
        return {"faults": faults, "possible_faults": self.watched.possible_faults, "endpoints": self.watched.endpoints}

    def quiet_for(self) -> float | None:
        """Seconds until time alone changes the view, if it does."""
        return None

    def routes(self) -> list[Route]:
        """The calls of this part."""
        return [
            self.setting("/faults", self._inject),
            Route(self._prefix + "/faults", self._clear, methods=["DELETE"]),
        ]

    def setting(self, path: str, change: Callable[[dict[str, Any]], None]) -> Route:
        """A call with a JSON object. `change` raises ValueError where it cannot be done: 400."""

        async def answer(request: Request) -> Response:
            document = await _document(request)
            try:
                change(document)
            except ValueError as error:
                raise HTTPException(400, str(error)) from None
            return self._done()

        return Route(self._prefix + path, answer, methods=["POST"])

    def decision(self, path: str, change: Callable[[str], None]) -> Route:
        """A call about the thing whose id is in the path. `change` raises KeyError: 404; ValueError: 409."""

        async def answer(request: Request) -> Response:
            try:
                change(request.path_params["id"])
            except KeyError:
                raise HTTPException(404, "There is no such request or device.") from None
            except ValueError as error:
                raise HTTPException(409, str(error)) from None
            return self._done()

        return Route(self._prefix + path, answer, methods=["POST"])

    def deed(self, path: str, change: Callable[[], None]) -> Route:
        """A call without anything more to say."""

        async def answer(_: Request) -> Response:
            change()
            return self._done()

        return Route(self._prefix + path, answer, methods=["POST"])

    def _inject(self, wanted: dict[str, Any]) -> None:
        count, seconds = wanted.get("count", 1), number(wanted, "seconds")
        if not (count is None or type(count) is int):
            raise ValueError("`count` must be a whole number or null.")
        self.watched.inject(str(wanted.get("fault")), count, str(wanted.get("path", "any")), seconds)

    async def _clear(self, _: Request) -> Response:
        self.watched.clear_faults()
        return self._done()

    def _done(self) -> Response:
        return JSONResponse(self.view(), headers=HEADERS)


def number(document: dict[str, Any], name: str) -> float | None:
    """A member that is a number or null (also where it is missing). Raises ValueError for anything else."""
    found = document.get(name)
    if found is not None and type(found) not in (int, float):
        raise ValueError(f"`{name}` must be a number or null.")
    return found


def switch(document: dict[str, Any]) -> bool:
    """The member `on`. Raises ValueError where it is neither true nor false."""
    on = document.get("on")
    if not isinstance(on, bool):
        raise ValueError("`on` must be true or false.")  # noqa: TRY004 - it is the value that is wrong
    return on


async def _document(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "The body is too large.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise HTTPException(400, "The body must be a JSON object.")
    return document
