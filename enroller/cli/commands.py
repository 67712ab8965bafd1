"""What each command does. A command takes its options and returns its exit status; errors are raised."""

import argparse
import json
import shlex
import sys
import uuid
from dataclasses import dataclass, replace

from enroller import errors
from enroller.app import App
from enroller.cli import secret_input
from enroller.cli.printer import Printer
from enroller.cli.runner import run
from enroller.cli.select import select
from enroller.model import Asked, ClientType, Enrollment, KeyPair, KeyType, Protection, Secret, ServiceName, State
from enroller.steps import Goal, Happening, Snapshot
from enroller.text import plain, rfc3339
from enroller.vault import Opened, Summary, Unlock

UNFINISHED = frozenset(
    {State.KEY_READY, State.SUBMITTING, State.OUTCOME_UNKNOWN, State.AWAITING_APPROVAL, State.SAVING, State.EXPIRED,
     State.FAILED}
)  # fmt: skip
"""What `resume` goes on from. Denied and cancelled are decisions of people; a new `enroll` overrules them."""

TOKEN_PATIENCE = 30.0
"""Seconds that `token` waits for another process, and again for the service."""


@dataclass
class Context:
    """What every command gets."""

    app: App
    options: argparse.Namespace
    printer: Printer


def resume_command(app: App, enrollment_id: str) -> str:
    """The command that goes on with an enrollment, ready to be pasted."""
    where = [] if app.data_dir_given is None else ["--data-dir", str(app.data_dir)]
    return shlex.join(["enroller", *where, "resume", enrollment_id])


# enroll, resume, renew


def enroll(ctx: Context) -> int:
    """`enroller enroll`: a new enrollment, or the one that is under way for the same server and client id."""
    asked = _asked(ctx.options)
    ctx.app.check_ca_file(asked.ca_file)
    api_key = secret_input.api_key(ctx.options)
    opened = _open_or_create(ctx, asked, api_key)
    with opened:
        _tell_notes(ctx, opened)
        ctx.printer.key_ready(opened.enrollment)
        return _drive(ctx, opened, Goal.ENROLL)


def resume(ctx: Context) -> int:
    """`enroller resume`: goes on from wherever it stands."""
    known = ctx.app.vault.list()
    wanted = ctx.options.id
    if wanted is None and not any(one.state in UNFINISHED for one in known):
        enrolled = [one for one in known if one.state is State.ENROLLED]
        if enrolled:
            ctx.printer.say("Nothing to go on with: all is done.")
            return 0
    one = select(known, wanted, lambda x: x.state in UNFINISHED, "go on with")
    with _open(ctx, one) as opened:
        _tell_notes(ctx, opened)
        return _drive(ctx, opened, Goal.ENROLL)


def renew(ctx: Context) -> int:
    """`enroller renew`: registers again with the known key, signed."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda x: x.state is State.ENROLLED, "renew")
    with _open(ctx, one) as opened:
        _tell_notes(ctx, opened)
        if opened.enrollment.state is not State.ENROLLED and not opened.enrollment.approved:
            raise errors.InputError(
                f"{one.id} was never approved, so there is nothing to renew.",
                field="id",
                advice="Use `enroller resume`.",
            )
        return _drive(ctx, opened, Goal.RENEW)


def _drive(ctx: Context, opened: Opened, goal: Goal) -> int:
    no_wait = ctx.options.no_wait

    def leave_at(snapshot: Snapshot) -> bool:
        return no_wait and snapshot.enrollment.state is State.AWAITING_APPROVAL

    error = run(ctx.app, opened, ctx.printer, goal=goal, timeout=ctx.options.timeout, leave_at=leave_at)
    if error is not None:
        ctx.printer.ended(error, opened.enrollment)
        return error.exit_status
    ctx.printer.saved(opened.enrollment, str(opened.path))
    return 0


def _asked(options: argparse.Namespace) -> Asked:
    from pathlib import Path

    from enroller.address import canonical
    from enroller.form import client_id, description

    return Asked(
        server=canonical(options.server),
        client_id=client_id(options.client_id) if options.client_id is not None else "",
        service=ServiceName(options.service),
        client_type=ClientType(options.client_type),
        description=description(options.description),
        key_type=KeyType(options.key_type),
        rsa_bits=options.rsa_bits,
        poll_interval=options.poll_interval,
        ca_file=str(Path(options.ca_file).absolute()) if options.ca_file else None,
        protection=Protection(options.protect),
    )


def _open_or_create(ctx: Context, asked: Asked, api_key: Secret | None) -> Opened:
    """Never a second identity by accident: what is known for this server (and client id) is gone on with."""
    known = ctx.app.at(asked.service, asked.server, asked.client_id or None)
    enrolled = [one for one in known if one.state is State.ENROLLED]
    if enrolled and not ctx.options.replace:
        one = enrolled[0]
        raise errors.AlreadyEnrolled(f"{plain(one.client_id)} is enrolled with {one.server} ({one.id}).")
    if len(known) > 1 and not asked.client_id:
        raise errors.InputError(
            "There are several enrollments with this server.", field="client_id", advice="Name one with --client-id."
        )
    if known and not ctx.options.replace:
        return _go_on(ctx, known[0], asked, api_key)
    api_key = api_key or secret_input.asked_api_key()
    unlock = _unlock(ctx, asked.protection)
    asked = replace(asked, client_id=asked.client_id or (known[0].client_id if known else str(uuid.uuid4())))
    key = _generate(ctx, asked)
    return ctx.app.create(asked, key, api_key, unlock, replaces=known[0].id if known else None)


def _go_on(ctx: Context, one: Summary, asked: Asked, api_key: Secret | None) -> Opened:
    """Opens an enrollment that is not finished. A request that was turned down starts anew with the same key."""
    opened = _open(ctx, one, api_key=api_key)
    enrollment = opened.enrollment
    waiting = enrollment.ticket is not None and enrollment.state not in (State.EXPIRED, State.DENIED)
    if waiting:
        ctx.printer.say(f"Going on with the request that waits already ({one.id}).")
        return opened
    old = enrollment.asked
    asked = replace(asked, client_id=old.client_id, protection=old.protection)
    key = enrollment.key
    if enrollment.state in (State.KEY_READY, State.FAILED, State.CANCELLED, State.DENIED, State.EXPIRED):
        other_length = asked.key_type is not KeyType.ED25519 and asked.rsa_bits != old.rsa_bits
        if asked.key_type is not key.key_type or other_length:
            key = _generate(ctx, asked)
            enrollment = replace(enrollment, approved=False)
        enrollment = replace(enrollment, state=State.KEY_READY, ticket=None)
    else:
        asked = replace(asked, key_type=old.key_type, rsa_bits=old.rsa_bits)
    opened.save(replace(enrollment, asked=asked, key=key, interval=asked.poll_interval))
    return opened


def _generate(ctx: Context, asked: Asked) -> KeyPair:
    from enroller import keys

    return keys.generate(asked.key_type, rsa_bits=asked.rsa_bits, device=asked.client_id, now=ctx.app.clock.wall())


def _open(ctx: Context, one: Summary, *, api_key: Secret | None = None, wait: float = 0.0) -> Opened:
    """Opens an enrollment, with the API key that was given put into the place of the old one."""
    if one.problem is not None and one.state is None:
        raise errors.Damaged(one.problem)
    api_key = api_key or secret_input.api_key(ctx.options)
    opened = ctx.app.vault.open(one.id, _unlock(ctx, one.protection), wait=wait)
    if api_key is not None and api_key != opened.enrollment.api_key:
        opened.save(replace(opened.enrollment, api_key=api_key))
    return opened


def _unlock(ctx: Context, protection: Protection | None) -> Unlock:
    return Unlock(secret_input.passphrase(ctx.options, needed=protection is Protection.PASSPHRASE))


def _tell_notes(ctx: Context, opened: Opened) -> None:
    for note in opened.notes:
        print(note, file=sys.stderr)


# token


def token(ctx: Context) -> int:
    """`enroller token`: one valid access token and nothing else."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda x: x.token_expires_at is not None, "get a token of")
    with _open(ctx, one, wait=TOKEN_PATIENCE) as opened:
        _tell_notes(ctx, opened)
        if not _fresh(opened.enrollment, ctx.app.clock.wall()):
            _refresh(ctx, opened)
        grant = opened.enrollment.grant
        if grant is None:
            raise errors.StillWaiting(f"{one.id} is not approved yet, so there is no token.")
        if ctx.options.json:
            print(json.dumps({"access_token": grant.access_token.reveal(), "expires_at": rfc3339(grant.expires_at)}))
        else:
            print(grant.access_token.reveal())
    return 0


def _fresh(enrollment: Enrollment, now: float) -> bool:
    """Whether the token is good for at least a minute, or a tenth of its life where that is shorter."""
    grant = enrollment.grant
    if grant is None or now < grant.issued_at:
        return False  # a clock that went back behind the issue tells nothing about the end
    return grant.expires_at - now > min(60.0, (grant.expires_at - grant.issued_at) / 10)


def _refresh(ctx: Context, opened: Opened) -> None:
    if opened.enrollment.grant is None and opened.enrollment.state is not State.DENIED:
        return
    quiet = Printer(as_json=False, boot=ctx.app.clock.boot, resume_command=str, quiet=True)

    def leave_at(snapshot: Snapshot) -> bool:
        return snapshot.happening is Happening.REGISTERED and not snapshot.enrollment.signed

    error = run(ctx.app, opened, quiet, goal=Goal.REFRESH, timeout=TOKEN_PATIENCE, leave_at=leave_at)
    if error is not None:
        raise error


# list, show, remove, doctor


def list_(ctx: Context) -> int:
    """`enroller list`."""
    known = ctx.app.vault.list()
    if ctx.options.json:
        print(json.dumps([_listed(one) for one in known]))
        return 0
    if not known:
        print("Nothing is enrolled or waiting here.")
    for one in known:
        print(
            f"{one.id}  {one.state or 'damaged':<18}  {one.service or '':<12}  {plain(one.client_id, 40)}  {one.server}"
        )
        if one.problem:
            print(f"   {one.problem}")
    return 0


def show(ctx: Context) -> int:
    """`enroller show`."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda _: True, "show")
    if one.state is None:
        raise errors.Damaged(one.problem or "")
    members = {
        **_listed(one),
        "client_type": one.client_type,
        "description": one.description,
        "key_type": one.key_type,
        "public_key": one.public_key,
        "protection": one.protection,
        "created_at": rfc3339(one.created_at),
        "approval_expires_at": rfc3339(one.approval_expires_at),
        "token_expires_at": rfc3339(one.token_expires_at),
        "failure": one.failure,
        "path": str(ctx.app.data_dir / "enrollments" / one.id),
    }
    if ctx.options.json:
        print(json.dumps(members))
        return 0
    for name, value in members.items():
        if value not in (None, ""):
            print(f"{name.replace('_', ' '):<20} {plain(str(value), 2000)}")
    return 0


def _listed(one: Summary) -> dict[str, object]:
    ends = one.token_expires_at if one.state is State.ENROLLED else one.approval_expires_at
    return {
        "id": one.id,
        "service": one.service,
        "state": one.state,
        "client_id": one.client_id,
        "server": one.server,
        "fingerprint": one.fingerprint,
        "expires_at": rfc3339(ends),
    }


def remove(ctx: Context) -> int:
    """`enroller remove`: forgets it here; SAFEQ Cloud offers no call to forget it there."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda _: True, "remove")
    for note in ctx.app.vault.remove(one.id):
        print(note, file=sys.stderr)
    ctx.printer.say(f"{one.id} is forgotten on this device.")
    if one.state is State.ENROLLED:
        ctx.printer.say("   The service still knows the device: its administrator can remove it there.")
    return 0


def doctor(ctx: Context) -> int:
    """`enroller doctor`: what stands in the way of an enrollment, before one begins."""
    from enroller.doctor import examine

    options = ctx.options
    checks = examine(ctx.app, ServiceName(options.service), options.server, options.ca_file)
    if options.json:
        print(json.dumps({"ok": all(c.error is None for c in checks), "checks": [c.document() for c in checks]}))
    else:
        for check in checks:
            print(f"{'passed' if check.error is None else 'FAILED'}  {check.title}: {check.found}")
            if check.error is not None:
                print(f"        {check.error.advice}")
    return next((c.error.exit_status for c in checks if c.error is not None), 0)
