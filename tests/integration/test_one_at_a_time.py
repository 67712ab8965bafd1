"""Several commands at once: one has the enrollment, the others wait or say so, and the lock dies with its owner."""

import time
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from enroller.app import App
from enroller.sandbox.server import Sandbox
from enroller.services import Goal
from enroller.vault import Unlock
from tests.integration.conftest import Cli, Enroll, approve_pending
from tests.waiting import until


@pytest.fixture
def stale_privicore(cli: Cli, sandbox: Sandbox, password_file: Path) -> Cli:
    """A Privicore device whose account's token seems to be over in half a minute."""
    where = ("--service", "privicore", "--server", sandbox.privicore_url, "--ca-file", str(sandbox.ca_file))
    who = ("--username", sandbox.privicore.username, "--password-file", str(password_file), "--approve")
    assert cli.run("enroll", *where, *who, "--protect", "file", "--poll-interval", "0.05").status == 0
    with App(cli.data_dir).vault.open(cli.folders()[0].name, Unlock()) as opened:
        grant = opened.enrollment.grant
        assert grant is not None
        old = replace(grant, issued_at=time.time() - 3600, expires_at=time.time() + 30)
        opened.save(replace(opened.enrollment, grant=old))
    return cli


def test_eight_tokens_at_once_make_one_reauthorization(stale_privicore: Cli, sandbox: Sandbox) -> None:
    done = [running.end() for running in [stale_privicore.start("token") for _ in range(8)]]
    assert {one.status for one in done} == {0}
    assert len({one.out for one in done}) == 1
    assert sandbox.privicore.holder(done[0].out.strip()) is not None
    assert sandbox.privicore.counts()["reauthorize-authorization-token"] == 1


def test_where_the_one_that_refreshes_is_killed_one_of_the_others_does_it(stale: Cli, sandbox: Sandbox) -> None:
    sandbox.world.inject("hang", 1, "token")
    first = stale.start("token")
    until(lambda: sandbox.world.counts()["refresh"] == 1, "the refresh")
    others = [stale.start("token") for _ in range(4)]
    first.kill()
    done = [running.end() for running in others]
    assert {one.status for one in done} == {0}
    assert len({one.out for one in done}) == 1
    assert sandbox.world.counts()["refresh"] == 2, "the one that hung, and one more"


def test_a_token_waits_for_a_window_that_has_the_enrollment_open(stale: Cli, sandbox: Sandbox) -> None:
    app = App(stale.data_dir)
    with app.vault.open(stale.folders()[0].name, Unlock()) as opened:
        running = stale.start("token")
        assert app.run(opened, inbox=SimpleQueue(), publish=lambda _: None, goal=Goal.REFRESH) is None
        grant = opened.enrollment.grant
    assert grant is not None
    assert running.end().out.strip() == grant.access_token.reveal()
    assert sandbox.world.counts()["refresh"] == 1


@pytest.mark.parametrize("command", ["renew", "resume"])
def test_what_would_ask_as_well_during_a_resume_ends_with_10(
    command: str, cli: Cli, enroll: Enroll, sandbox: Sandbox
) -> None:
    assert cli.run(*enroll("--no-wait")).status == 3
    ident = cli.folders()[0].name
    resumed = cli.start("resume", "--json")
    resumed.until("pending")
    other = cli.run(command, ident, "--json")
    assert (other.status, other.events[-1]["code"]) == (10, "in_use")
    approve_pending(sandbox)
    assert resumed.end().status == 0
    assert sandbox.world.counts()["register"] == 1


def test_the_lock_of_a_killed_command_holds_nobody_up(cli: Cli, enroll: Enroll) -> None:
    running = cli.start(*enroll())
    running.until("pending")
    running.kill()
    assert cli.run("resume", "--json", "--no-wait").status == 3


def test_of_two_that_enroll_at_the_same_instant_one_wins(cli: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
    """Without a client id, each would make one of its own."""
    arguments = list(enroll("--no-wait"))
    at = arguments.index("--client-id")
    del arguments[at : at + 2]
    done = [running.end() for running in [cli.start(*arguments) for _ in range(4)]]
    assert sorted({one.status for one in done}) in ([3], [3, 10])
    assert len(cli.folders()) == 1
    assert len({seen.client_id for seen in sandbox.world.requests()}) == 1
