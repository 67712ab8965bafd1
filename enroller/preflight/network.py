"""The checks of the way to the service, one step after the other; the last ones read what the service answers."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

from enroller import errors, services
from enroller.address import canonical, host_of
from enroller.clock import wall
from enroller.http import dial, tls_context, way
from enroller.http.exchange import exchange
from enroller.http.shown import Shown
from enroller.http.stream import Stream, Tcp
from enroller.preflight import LOCAL, NAMES, Check, Target, Verdict
from enroller.preflight.certificate import accepted
from enroller.preflight.clock import Moment, by_answer, by_certificate
from enroller.preflight.login_page import captive
from enroller.text import plain

STEP = 2.5
"""Seconds for each step: who answers at all does so sooner, and all of them together must end in time."""

STEPS = NAMES[len(LOCAL) :]


def network(target: Target, until: float) -> Iterator[Check]:
    """The checks from `proxy` to `service`, each as soon as it is done. `until`: by `time.monotonic`."""
    try:
        server = canonical(target.server)
    except errors.InputError as error:
        yield failed("name", error)
        yield from (skipped(name, "The address is no address.") for name in STEPS if name != "name")
        return
    journey = _Journey(target, server, until)
    with journey.open:
        yield from journey.checks()


def passed(name: str, found: str) -> Check:
    return Check(name, Verdict.PASSED, found)


def skipped(name: str, found: str) -> Check:
    return Check(name, Verdict.SKIPPED, found)


def failed(name: str, error: errors.EnrollerError) -> Check:
    return Check(name, Verdict.FAILED, error.message, error, error.whose)


class _Journey:
    """The way to one server, as far as it goes; `open` closes what it leaves. Each step leaves the next its part."""

    _way: way.Way
    _addresses: list[dial.Address]
    _stream: Stream
    _seconds: float

    def __init__(self, target: Target, server: str, until: float) -> None:
        self._target = target
        self._server = server
        self._until = until
        self._adapter = services.find(target.service)
        self._context = tls_context(target.ca_pem)
        self._seen: Shown | None = None
        self.open = ExitStack()

    def checks(self) -> Iterator[Check]:
        for name, step in (("proxy", self._proxy), ("name", self._name), ("connection", self._connection)):
            try:
                yield step()
            except errors.Unreachable as error:
                yield failed(name, services.advised(error, self._adapter, self._server))
                yield from self._not_reached(after=name)
                return
        try:
            yield self._tls()
        except errors.Unreachable as error:
            yield failed("tls", error)
            yield from self._not_reached(after="tls")
            return
        yield from self._answer()

    # The steps

    def _proxy(self) -> Check:
        self._way = way.way_to(self._server, self._target.proxy_login)
        proxy = self._way.proxy
        if proxy is None:
            return passed("proxy", "There is none: straight to the server.")
        begun = time.monotonic()
        self._keep(way.reached(self._way, self._context, self._step()))
        self._seconds = time.monotonic() - begun
        login = ", with a user name and password" if proxy.login else ""
        return passed("proxy", f"{proxy.name}, by {proxy.source}{login}.")

    def _name(self) -> Check:
        if self._way.proxy is not None:
            return skipped("name", "The proxy looks the name up.")
        self._addresses = dial.look_up(self._way.host, self._way.port, self._step())
        if [str(one) for one in self._addresses] == [self._way.host]:
            return skipped("name", "The address is a number: there is nothing to look up.")
        shown = [plain(str(one), 50) for one in self._addresses[:3]]
        more = ", …" if len(self._addresses) > len(shown) else ""
        return passed("name", f"{plain(self._way.host)} is {', '.join(shown)}{more}.")

    def _connection(self) -> Check:
        there = dial.where(self._way.host, self._way.port)
        if self._way.proxy is not None:
            return passed("connection", f"The proxy reaches {there}, in {_milliseconds(self._seconds)}.")
        begun = time.monotonic()
        sock, address = dial.connect(self._addresses, self._way.host, self._way.port, self._step())
        took = time.monotonic() - begun
        self._keep(Tcp(sock))
        return passed(
            "connection", f"{plain(str(address), 50)} answers at port {self._way.port}, in {_milliseconds(took)}."
        )

    def _tls(self) -> Check:
        if not self._way.secure:
            return skipped("tls", "Plain http, on this device alone: nothing is encrypted.")
        tls = way.secured(self._stream, self._way, self._context, self._step(), saw=self._look_at)
        self._stream = tls
        return accepted(tls, self._target.ca_pem)

    def _answer(self) -> Iterator[Check]:
        """What the service itself says tells the time, and whether it is the service at all."""
        host, title = host_of(self._server), self._adapter.title
        asked = Moment.now()
        try:
            answer = exchange(self._stream, self._adapter.build_probe(self._server), self._step())
        except errors.Unreachable as error:
            yield skipped("clock", "The service did not tell its time.")
            yield skipped("login_page", "Nothing answered.")
            yield failed("service", error)
            return
        yield by_answer(answer, asked, Moment.now())
        try:
            self._adapter.parse_probe(self._server, answer)
        except (errors.LoginPage, errors.Redirected) as error:
            yield failed("login_page", error)
            yield skipped("service", "Something else answered in its place.")
            return
        except errors.ProtocolError as error:
            wrong = errors.ProtocolError(f"{host} answers, but not as {title}. {error.message}")
            yield passed("login_page", "No page answered.")
            yield failed("service", wrong)
            return
        except errors.EnrollerError as error:
            yield passed("login_page", "No page answered.")
            yield failed("service", error)
            return
        yield passed("login_page", "No page answered.")
        yield passed("service", f"{host} answers as {title} does.")

    # Where it ends early

    def _not_reached(self, after: str) -> Iterator[Check]:
        """What can be said of the rest all the same: the time by the certificate, and a hotel's login page."""
        for name in STEPS[STEPS.index(after) + 1 :]:
            if name == "clock" and self._seen is not None:
                yield by_certificate(self._seen, wall())
            elif name == "login_page" and after in ("connection", "tls"):
                page = captive(self._way, self._step())
                yield failed(name, page) if page else skipped(name, "No page was found; the service was not reached.")
            else:
                yield skipped(name, "The service was not reached.")

    def _keep(self, stream: Stream) -> None:
        self._stream = stream
        self.open.callback(stream.close)

    def _look_at(self, seen: Shown | None) -> None:
        self._seen = seen

    def _step(self) -> float:
        return min(self._until, time.monotonic() + STEP)


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))} ms"
