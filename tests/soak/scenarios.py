"""What is killed: the commands that ask a service for something, and what a technician types after a kill."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from enroller.model import ServiceName
from enroller.vault import Unlock, Vault
from tests.soak.services import Services

INTERVAL = "0.05"
"""Seconds between two polls; a person would take 5."""

Words = tuple[str, ...]
Told = Callable[[Services], Words]


@dataclass(frozen=True)
class Scenario:
    """One command on its way. `told` makes its words, and `again` those that are typed after a kill.

    `enrolled`: the device was enrolled before. `stale`: and its access token is about to end. `registers`: the command
    registers with the known key, each time it is given. `new_key`: the device gets another key than it had.
    """

    name: str
    service: ServiceName
    told: Told
    again: Told
    enrolled: bool = False
    stale: bool = False
    registers: bool = False
    new_key: bool = False


def _enroll_safeq(services: Services) -> Words:
    sandbox = services.sandbox
    where = ("--server", sandbox.url, "--ca-file", str(sandbox.ca_file), "--api-key-file", str(services.api_key_file))
    return ("enroll", "--json", *where, "--client-id", "laptop-17", "--protect", "file", "--poll-interval", INTERVAL)


def _enroll_privicore(services: Services) -> Words:
    sandbox = services.sandbox
    where = ("--service", "privicore", "--server", sandbox.privicore_url, "--ca-file", str(sandbox.ca_file))
    who = ("--username", sandbox.privicore.username, "--password-file", str(services.password_file))
    what = ("--device-name", "Laptop 17", "--protect", "file", "--poll-interval", INTERVAL)
    return ("enroll", "--json", *where, *who, *what)


def _replacing(services: Services) -> Words:
    return (*_enroll_safeq(services), "--replace")


def _approving(services: Services) -> Words:
    return (*_enroll_privicore(services), "--approve", "--description", "Room 7")


def _pushed(services: Services) -> Words:
    return (*_enroll_privicore(services), "--websocket-url", services.sandbox.websocket_url)


def _say(*words: str) -> Told:
    return lambda _: words


SAFEQ, PRIVICORE = ServiceName.SAFEQ_CLOUD, ServiceName.PRIVICORE
RESUME, RENEW, TOKEN = _say("resume", "--json"), _say("renew", "--json"), _say("token")

SCENARIOS = {
    one.name: one
    for one in (
        Scenario("safeq-enroll", SAFEQ, _enroll_safeq, RESUME),
        Scenario("safeq-enroll-twice", SAFEQ, _enroll_safeq, _enroll_safeq),
        Scenario("safeq-replace", SAFEQ, _replacing, RESUME, enrolled=True, new_key=True),
        Scenario("safeq-renew", SAFEQ, RENEW, RENEW, enrolled=True, registers=True),
        Scenario("safeq-token", SAFEQ, TOKEN, TOKEN, enrolled=True, stale=True),
        Scenario("privicore-enroll", PRIVICORE, _enroll_privicore, RESUME),
        Scenario("privicore-approve", PRIVICORE, _approving, _approving),
        Scenario("privicore-pushed", PRIVICORE, _pushed, RESUME),
        Scenario("privicore-renew", PRIVICORE, RENEW, RENEW, enrolled=True),
        Scenario("privicore-token", PRIVICORE, TOKEN, TOKEN, enrolled=True, stale=True),
    )
}


def prepare(scenario: Scenario, services: Services, run: Callable[[Words], object], data_dir: Path) -> None:
    """Brings the device to where the command begins; `run` runs a command."""
    if scenario.enrolled:
        run((_enroll_safeq if scenario.service is SAFEQ else _enroll_privicore)(services))
    if scenario.stale:
        _age(data_dir)


def _age(data_dir: Path) -> None:
    """As far as the device knows, the access token of the only enrollment ends in a moment."""
    vault = Vault(data_dir)
    (one,) = vault.list()
    with vault.open(one.id, Unlock()) as opened:
        grant = opened.enrollment.grant
        if grant is None:
            raise RuntimeError("not enrolled")
        begun = grant.issued_at - (grant.expires_at - grant.issued_at)
        old = replace(grant, issued_at=begun, expires_at=grant.issued_at + 1)
        opened.save(replace(opened.enrollment, grant=old))
