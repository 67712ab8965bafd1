"""The sandbox as a whole: ports for both services, pushed messages and the administrator; one thread."""

import asyncio
import logging
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from enroller.errors import InputError
from enroller.sandbox import admin, authority, safeq, statefile, wire
from enroller.sandbox.panel import Panel
from enroller.sandbox.privicore import endpoints, push
from enroller.sandbox.privicore.panel import PrivicorePanel
from enroller.sandbox.privicore.shapes import Shapes
from enroller.sandbox.privicore.values import Memory as PrivicoreMemory
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.safeq_panel import SafeqPanel
from enroller.sandbox.watched import waking
from enroller.sandbox.world import Lives, Memory, World

LOOPBACK = "127.0.0.1"
_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound
PRIVICORE_PORT, WEBSOCKET_PORT = 9009, 8083
"""Those of the vendor's public sandbox, and of its example of a WebSocket proxy."""
_PATIENCE = 10.0
"""Seconds for the thread to start or to end; both take a fraction of one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox is set up. Port 0 takes any free one; lives and `lag` are seconds.

    `api_key` and `password`: made at the start where None (or taken from `state`). `state`: a file that keeps the
    memory. `ca_file`: where the authority's certificate goes; a temporary folder where None. The administrator's port
    is always bound to loopback, since it is plain http without a log-in.

    SAFEQ Cloud's: `port`, `api_key`, `trust`, and the lives of requests, access tokens and refresh tokens. Privicore's:
    `privicore_port`, `websocket_port` (None: the vendor's, or any free one where `port` is any free one), `wire` (the
    shapes of its answers), `token_life`, `lag`, and the ready-made profile's `username` and `password`.
    """

    host: str = LOOPBACK
    port: int = 7400
    privicore_port: int | None = None
    websocket_port: int | None = None
    admin_port: int = 7480
    api_key: str | None = field(default=None, repr=False)
    trust: bool = False
    state: Path | None = None
    device_code_life: float = 259_200
    access_life: float = 3_600
    refresh_life: float = 7_776_000
    username: str = "owner@example.test"
    password: str | None = field(default=None, repr=False)
    wire: Shapes = field(default_factory=Shapes)
    token_life: float = 86_400
    lag: float = 0.0
    ca_file: Path | None = None

    def ports(self) -> dict[str, int]:
        """The ports to listen on, by the names of their options."""
        free = self.port == 0
        usual = {"privicore_port": 0 if free else PRIVICORE_PORT, "websocket_port": 0 if free else WEBSOCKET_PORT}
        asked = {"privicore_port": self.privicore_port, "websocket_port": self.websocket_port}
        chosen = {name: port for name, port in asked.items() if port is not None}
        return {"port": self.port, **usual, **chosen, "admin_port": self.admin_port}


class Sandbox:
    """A running sandbox, also as a context manager. The worlds are there at once, the rest from `start()` on.

    `world`, `url`: SAFEQ Cloud and its address, `https://host:port`. `privicore`, `privicore_url`, `websocket_url`:
    Privicore, its address and that of its WebSocket proxy, `wss://host:port`. `admin_url`: of the page. `ca_file`: the
    certificate to trust.
    """

    url: str
    privicore_url: str
    websocket_url: str
    admin_url: str
    ca_file: Path

    def __init__(self, options: Options | None = None, *, now: Callable[[], float] = time.time) -> None:
        """`now` gives seconds since the Unix epoch. Raises InputError where the state file is of no use."""
        self.options = options = options or Options()
        memories = statefile.load(options.state) if options.state else None
        memory, privicore = memories or (Memory(api_key=secrets.token_urlsafe(24)), PrivicoreMemory())
        memory.api_key = options.api_key or memory.api_key
        memory.trust = memory.trust or options.trust
        lives = Lives(options.device_code_life, options.access_life, options.refresh_life)
        self.world = World(memory, lives=lives, now=now)
        self.privicore = PrivicoreWorld(
            privicore,
            username=options.username,
            password=options.password,
            token_life=options.token_life,
            lag=options.lag,
            shapes=options.wire,
            now=now,
        )
        self._cleanup = ExitStack()
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when all ports answer. Raises InputError (field `host`, `port`, …) for what cannot be used."""
        with ExitStack() as stack:
            self._start(stack)
            self._cleanup = stack.pop_all()

    def _start(self, stack: ExitStack) -> None:
        listeners = self._listen(stack)
        if self.options.state:
            statefile.keep(self.world, self.privicore, self.options.state)
        host = self.options.host
        name = socket.gethostname() if host in _WILDCARDS else host
        # Made with the true time, whatever clock the worlds run on: it is TLS clients who check it.
        names = dict.fromkeys(("localhost", LOOPBACK, "::1", name))
        identity = authority.new_identity(names, time.time())
        # No session tickets (RFC 8446, section 4.6.1): nobody resumes a session here, and a WebSocket client that reads
        # and writes in two threads can hang where one arrives just while it writes its first request.
        identity.context.num_tickets = 0
        self._write_ca_file(identity.ca_pem, stack)
        self.url = _address("https", name, listeners["port"])
        self.privicore_url = _address("https", name, listeners["privicore_port"])
        self.websocket_url = _address("wss", name, listeners["websocket_port"])
        self.admin_url = _address("http", LOOPBACK, listeners["admin_port"]) + "/"
        safeq_service = wire.Service(self.world, safeq.handle, safeq.arrived)
        privicore_service = wire.Service(self.privicore, endpoints.handle, endpoints.arrived)
        page = admin.application(self._panels(), {"ca_file": str(self.ca_file)})
        self._servers = [
            _Server(_secure(safeq_service, identity), listeners["port"]),
            _Server(_secure(privicore_service, identity), listeners["privicore_port"]),
            _Server(_secure(push.Push(self.privicore), identity, push.Protocol), listeners["websocket_port"]),
            _Server(_config(page), listeners["admin_port"]),
        ]
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        stack.callback(self._end_thread)
        for server in self._servers:
            if not server.ready.wait(_PATIENCE):
                raise RuntimeError("the sandbox's thread did not start")

    def _listen(self, stack: ExitStack) -> dict[str, socket.socket]:
        """A socket for each port, by the name of its option."""
        return {
            option: stack.enter_context(
                _listen(LOOPBACK if option == "admin_port" else self.options.host, port, option)
            )
            for option, port in self.options.ports().items()
        }

    def _write_ca_file(self, pem: bytes, stack: ExitStack) -> None:
        self.ca_file = self.options.ca_file or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="enroller-sandbox-")), "ca.pem"
        )
        try:
            statefile.write_atomically(self.ca_file, pem, mode=0o644)  # a certificate is no secret
        except OSError as error:
            message = f"The CA file {self.ca_file} cannot be written: {error.strerror}."
            raise InputError(message, field="ca_out") from error

    def _panels(self) -> dict[str, Panel]:
        addresses = {"url": self.privicore_url, "websocket_url": self.websocket_url}
        return {
            "safeq": SafeqPanel(self.world, {"url": self.url}),
            "privicore": PrivicorePanel(self.privicore, addresses),
        }

    def is_idle(self) -> bool:
        """Whether no connection is open and no request is being handled."""
        return not any(server.server_state.connections or server.server_state.tasks for server in self._servers)

    def stop(self) -> None:
        """Ends promptly, whatever is under way: open connections are cut. May be called twice."""
        self._cleanup.close()

    def _run(self) -> None:
        async def serve() -> None:
            settling = asyncio.create_task(_keep_settling(self.privicore))
            await asyncio.gather(*(server.serve(sockets=[server.socket]) for server in self._servers))
            settling.cancel()

        asyncio.run(serve())

    def _end_thread(self) -> None:
        for server in self._servers:
            server.should_exit = True
        if self._thread:
            self._thread.join(_PATIENCE)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is `ready` and at the end cuts connections rather than wait for clients."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        self.socket = listener
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._cut()
        await super().shutdown(sockets)
        await self._cut()  # those that were being made meanwhile

    async def _cut(self) -> None:
        """Also waits until they know it: uvicorn would say farewell to a WebSocket that is closing, and fail."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for _ in range(20):
            if self.server_state.connections:
                await asyncio.sleep(0.01)


async def _keep_settling(world: PrivicoreWorld) -> None:
    """Lets commands end when their time has come, though nobody asks: somebody may listen."""
    with waking(world) as changed:
        while True:
            changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), world.settle())


def _secure(
    app: ASGIApp, identity: authority.Identity, websocket: type[asyncio.Protocol] | None = None
) -> uvicorn.Config:
    config = _config(app, websocket)
    config.ssl = identity.context
    return config


def _config(app: ASGIApp, websocket: type[asyncio.Protocol] | None = None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=wire.Protocol,
        ws=websocket or "none",
        ws_max_size=push.LARGEST_MESSAGE,
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than any polling interval: a client's idle connection stays good
        timeout_graceful_shutdown=1,
    )
    config.load()
    return config


def _address(scheme: str, name: str, listener: socket.socket) -> str:
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}"


def _listen(host: str, port: int, option: str) -> socket.socket:
    """A listening socket. Raises InputError that says why there is none."""
    if not 0 <= port <= 65_535:  # getaddrinfo would take the lower 16 bits
        raise InputError(f"{port} is no port.", field=option, advice="A port is a number from 0 to 65535.")
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=128)
    except socket.gaierror as error:
        raise InputError(f"{host} is no address of this machine.", field="host") from error
    except OSError as error:
        raise InputError(
            f"Port {port} of {host} cannot be used: {error.strerror}.",
            field=option,
            advice="Name another port, or 0 for any free one; or end the program that uses it.",
        ) from error
    # Connections inherit it. asyncio would set it only on sockets made by itself, and an answer in two writes would
    # wait 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
