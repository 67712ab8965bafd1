"""The sandbox as a whole: two ports, one thread, one world."""

import asyncio
import logging
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from enroller.errors import InputError
from enroller.sandbox import admin, authority, statefile, wire
from enroller.sandbox.world import Lives, Memory, World

LOOPBACK = "127.0.0.1"
_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound
_PATIENCE = 10.0
"""Seconds for the thread to start or to end; both take a fraction of one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox is set up. Port 0 takes any free one; lives are seconds.

    `api_key`: made at the start where None (or taken from `state`). `state`: a file that keeps the memory. `ca_file`:
    where the authority's certificate goes; a temporary folder where None. The administrator's port is always bound to
    loopback, since it is plain http without a log-in.
    """

    host: str = LOOPBACK
    port: int = 7400
    admin_port: int = 7480
    api_key: str | None = field(default=None, repr=False)
    trust: bool = False
    state: Path | None = None
    device_code_life: float = 259_200
    access_life: float = 3_600
    refresh_life: float = 7_776_000
    ca_file: Path | None = None


class Sandbox:
    """A running sandbox, also as a context manager. `world` is there from the beginning, the rest from `start()` on.

    `url`: of the service, `https://host:port`. `admin_url`: of the page. `ca_file`: the certificate to trust.
    """

    url: str
    admin_url: str
    ca_file: Path

    def __init__(self, options: Options | None = None, *, now: Callable[[], float] = time.time) -> None:
        """`now` gives seconds since the Unix epoch. Raises InputError where the state file is of no use."""
        self.options = options or Options()
        memory = statefile.load(self.options.state) if self.options.state else None
        memory = memory or Memory(api_key=secrets.token_urlsafe(24))
        memory.api_key = self.options.api_key or memory.api_key
        memory.trust = memory.trust or self.options.trust
        lives = Lives(self.options.device_code_life, self.options.access_life, self.options.refresh_life)
        self.world = World(memory, lives=lives, now=now)
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
        """Returns when both ports answer. Raises InputError (field `host`, `port`, …) for what cannot be used."""
        with ExitStack() as stack:
            self._start(stack)
            self._cleanup = stack.pop_all()

    def _start(self, stack: ExitStack) -> None:
        options = self.options
        service = stack.enter_context(_listen(options.host, options.port, "port"))
        page = stack.enter_context(_listen(LOOPBACK, options.admin_port, "admin_port"))
        if options.state:
            statefile.keep(self.world, options.state)
        name = socket.gethostname() if options.host in _WILDCARDS else options.host
        # Made with the true time, whatever clock the world runs on: it is TLS clients who check it.
        names = dict.fromkeys(("localhost", LOOPBACK, "::1", name))
        identity = authority.new_identity(names, time.time())
        self.ca_file = options.ca_file or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="enroller-sandbox-")), "ca.pem"
        )
        try:
            statefile.write_atomically(self.ca_file, identity.ca_pem, mode=0o644)  # a certificate is no secret
        except OSError as error:
            message = f"The CA file {self.ca_file} cannot be written: {error.strerror}."
            raise InputError(message, field="ca_out") from error
        self.url = f"https://{f'[{name}]' if ':' in name else name}:{service.getsockname()[1]}"
        self.admin_url = f"http://{LOOPBACK}:{page.getsockname()[1]}/"

        secure = _config(wire.Service(self.world))
        secure.ssl = identity.context
        about = {"service_url": self.url, "ca_file": str(self.ca_file)}
        self._servers = [_Server(secure, service), _Server(_config(admin.application(self.world, about)), page)]
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        stack.callback(self._end_thread)
        for server in self._servers:
            if not server.ready.wait(_PATIENCE):
                raise RuntimeError("the sandbox's thread did not start")

    def stop(self) -> None:
        """Ends promptly, whatever is under way: open connections are cut. May be called twice."""
        self._cleanup.close()

    def _run(self) -> None:
        async def serve() -> None:
            await asyncio.gather(*(server.serve(sockets=[server.socket]) for server in self._servers))

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
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


def _config(app: ASGIApp) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=wire.Protocol,
        ws="none",
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
