"""What each command does. A command takes its options and returns its exit status; errors are raised."""

import json
import sys

from enroller import errors
from enroller.cli import secret_input
from enroller.cli.begin import asked_for, begin
from enroller.cli.context import Context, given_credential, open_known, open_only, tell_notes
from enroller.cli.printer import Printer
from enroller.cli.runner import run
from enroller.cli.select import select
from enroller.model import CredentialKind, Enrollment, ServiceName, State
from enroller.services import Goal
from enroller.steps import Happening, Snapshot
from enroller.text import plain, rfc3339
from enroller.vault import Opened, Summary

UNFINISHED = frozenset(
    {State.KEY_READY, State.SUBMITTING, State.OUTCOME_UNKNOWN, State.AWAITING_APPROVAL, State.SAVING, State.EXPIRED,
     State.FAILED}
)  # fmt: skip
"""What `resume` goes on from. Denied and cancelled are decisions of people; a new `enroll` overrules them."""

REMOVAL_PATIENCE = 60.0
"""Seconds that `remove` waits for the service."""

TOKEN_PATIENCE = 30.0
"""Seconds that `token` waits for another process, and again for the service."""


# enroll, resume, renew


def enroll(ctx: Context) -> int:
    """`enroller enroll`: a new enrollment, or the one that is under way for the same server and client id."""
    asked = asked_for(ctx.options)
    credential = secret_input.credential(ctx.options, asked.service)
    if credential is not None and credential.kind is CredentialKind.PASSWORD and not asked.username:
        raise errors.InputError(
            "A password needs its user name.", field="username", advice="Add --username NAME, or use --token-file."
        )
    opened = begin(ctx, asked, credential)
    with opened:
        tell_notes(ctx, opened)
        ctx.printer.key_ready(opened.enrollment)
        return _drive(ctx, opened, Goal.ENROLL)


def resume(ctx: Context) -> int:
    """`enroller resume`: goes on from wherever it stands."""
    known = ctx.app.vault.list()
    wanted = ctx.options.id
    if wanted is None and not any(map(_is_unfinished, known)):
        enrolled = [one for one in known if one.state is State.ENROLLED]
        if enrolled:
            ctx.printer.say("Nothing to go on with: all is done.")
            return 0
    one = select(known, wanted, _is_unfinished, "go on with")
    with open_known(ctx, one) as opened:
        tell_notes(ctx, opened)
        return _drive(ctx, opened, Goal.ENROLL)


def _is_unfinished(one: Summary) -> bool:
    """Whether there is anything to go on with: asking the service, or forgetting what was replaced."""
    return one.state in UNFINISHED or (one.state is State.ENROLLED and one.replaces is not None)


def renew(ctx: Context) -> int:
    """`enroller renew`: fresh credentials; SAFEQ Cloud: by a signed registration, Privicore: by a renewed token."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda x: x.state is State.ENROLLED or x.approved, "renew")
    with open_known(ctx, one) as opened:
        tell_notes(ctx, opened)
        if opened.enrollment.state is not State.ENROLLED and not opened.enrollment.approved:
            raise errors.InputError(
                f"{one.id} was never approved, so there is nothing to renew.",
                field="id",
                advice="Use `enroller resume`.",
            )
        return _drive(ctx, opened, Goal.RENEW)


def _drive(ctx: Context, opened: Opened, goal: Goal) -> int:
    no_wait = ctx.options.no_wait
    ctx.printer.renewing = goal is Goal.RENEW

    def leave_at(snapshot: Snapshot) -> bool:
        return no_wait and snapshot.enrollment.state is State.AWAITING_APPROVAL

    error = run(ctx.app, opened, ctx.printer, goal=goal, timeout=ctx.options.timeout, leave_at=leave_at)
    if error is not None:
        ctx.printer.ended(error, opened.enrollment)
        return error.exit_status
    ctx.printer.saved(opened.enrollment, str(opened.path))
    return 0


# token


def token(ctx: Context) -> int:
    """`enroller token`: one valid access token and nothing else."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda x: x.token_expires_at is not None, "get a token of")
    credential = given_credential(ctx, one)
    with open_only(ctx, one, wait=TOKEN_PATIENCE) as opened:
        tell_notes(ctx, opened)
        fresh = _fresh(opened.enrollment, ctx.app.now(opened.enrollment))
        if credential is not None:
            ctx.app.accept(opened, credential)
            # Who signs in anew does not want the old token; a service may have ended it before its time.
            fresh = fresh and credential.kind is CredentialKind.API_KEY
        error = None if fresh else _refresh(ctx, opened)
        if error is not None:
            ctx.printer.ended(error, opened.enrollment)
            return error.exit_status
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


def _refresh(ctx: Context, opened: Opened) -> errors.EnrollerError | None:
    """Gets a fresh token, or says why there is none."""
    if opened.enrollment.grant is None and opened.enrollment.state is not State.DENIED:
        return None
    quiet = Printer(as_json=False, boot=ctx.app.clock.boot, command_line=ctx.app.command_line, quiet=True)

    def leave_at(snapshot: Snapshot) -> bool:
        return snapshot.happening is Happening.REGISTERED and not snapshot.enrollment.signed

    error = run(ctx.app, opened, quiet, goal=Goal.REFRESH, timeout=TOKEN_PATIENCE, leave_at=leave_at)
    grant = opened.enrollment.grant
    if (
        isinstance(error, errors.Unreachable | errors.StorageError)
        and grant is not None
        and grant.expires_at > ctx.app.now(opened.enrollment)
    ):
        return None  # no fresh one to be had just now, and the old one is good for some seconds more
    if isinstance(error, errors.StillWaiting):
        return errors.StillWaiting("The service does not know this device's key any more: a new approval is needed.")
    return error


# configuration


def configuration(ctx: Context) -> int:
    """`enroller configuration`: what a program on this machine needs to work with the service."""
    known = ctx.app.vault.list()
    one = select(known, ctx.options.id, lambda x: x.device_identifier is not None and x.state is State.ENROLLED, "read")
    with open_only(ctx, one, wait=TOKEN_PATIENCE) as opened:
        tell_notes(ctx, opened)
        grant = opened.enrollment.grant
    if grant is None:
        raise errors.StillWaiting(f"{one.id} is not approved yet, so there is no configuration.")
    if grant.configuration is None:
        raise errors.InputError(
            f"{ctx.app.title(opened.enrollment.asked.service)} gives a device no configuration.",
            field="id",
            advice="Its programs need an access token alone: use `enroller token`.",
        )
    members = json.loads(grant.configuration.reveal())
    if ctx.options.get is None:
        print(json.dumps(members, indent=None if ctx.options.json else 2))
        return 0
    if ctx.options.get not in members:
        raise errors.InputError(
            f"The configuration has no {plain(ctx.options.get, 60)}.",
            field="get",
            advice=f"It has: {', '.join(members)}.",
        )
    print(members[ctx.options.get])
    return 0


# list, show, remove, doctor, self-test, settings, preset


def list_(ctx: Context) -> int:
    """`enroller list`."""
    known = ctx.app.vault.list()
    if ctx.options.json:
        print(json.dumps([_listed(one) for one in known]))
        return 0
    if not known:
        print("Nothing is enrolled or waiting here.")
    for one in known:
        standing = f"{one.id}  {one.state or 'damaged':<18}  {one.service or '':<12}"
        print(f"{standing}  {plain(one.identity, 40)}  {plain(one.server, 100)}")
        if ctx.app.is_copied(one):
            print("   made on another machine")
        if one.problem:
            print(f"   {plain(one.problem, 1000)}")
    return 0


def show(ctx: Context) -> int:
    """`enroller show`."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda _: True, "show")
    if one.state is None:
        raise (errors.TooNew if one.is_newer else errors.Damaged)(one.problem or "")
    members = {
        **_listed(one),
        **_own(one),
        "description": one.description,
        "key_type": one.key_type,
        "public_key": one.public_key,
        "protection": one.protection,
        "created_at": rfc3339(one.created_at),
        "approval_expires_at": rfc3339(one.approval_expires_at),
        "token_expires_at": rfc3339(one.token_expires_at),
        "failure": one.failure,
        "other_machine": ctx.app.is_copied(one),
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
        "client_id": one.client_id or None,
        "server": one.server,
        "fingerprint": one.fingerprint,
        "expires_at": rfc3339(ends),
    }


def _own(one: Summary) -> dict[str, object]:
    """The members that only one service knows."""
    if one.service is not ServiceName.PRIVICORE:
        return {"client_type": one.client_type}
    names = ("device_name", "device_identifier", "username", "websocket_url", "profile_key", "kept_key")
    return {name: getattr(one, name) or None for name in names}


def remove(ctx: Context) -> int:
    """`enroller remove`: forgets it here, and at the service where that is wanted and can be asked."""
    one = select(ctx.app.vault.list(), ctx.options.id, lambda _: True, "remove")
    if ctx.options.at_service:
        with open_known(ctx, one) as opened:
            error = _remove_there(ctx, opened)
        if error is not None:
            ctx.printer.failed(error)
            return error.exit_status
        ctx.printer.say(f"{one.server} knows {plain(one.identity)} no more.")
    for note in ctx.app.vault.remove(one.id):
        print(note, file=sys.stderr)
    ctx.printer.say(f"{one.id} is forgotten on this device.")
    if one.state is State.ENROLLED and not ctx.options.at_service:
        ctx.printer.say("   The service still knows the device: whoever approved it there can remove it there.")
    return 0


def _remove_there(ctx: Context, opened: Opened) -> errors.EnrollerError | None:
    if not ctx.app.can(Goal.REMOVE, opened.enrollment):
        return errors.InputError(
            f"{ctx.app.title(opened.enrollment.asked.service)} offers no way to remove a device by itself.",
            field="at_service",
            advice="Remove it here without --at-service, and ask the administrator to remove it there.",
        )
    if opened.enrollment.progress.device_identifier is None:
        return None  # the service has nothing of ours
    return run(ctx.app, opened, ctx.printer, goal=Goal.REMOVE, timeout=REMOVAL_PATIENCE)


def doctor(ctx: Context) -> int:
    """`enroller doctor`."""
    from enroller.cli.doctor import doctor as examine

    return examine(ctx)


def self_test(ctx: Context) -> int:
    """`enroller self-test`."""
    from enroller.cli.self_test import self_test as examine

    return examine(ctx)


def settings(ctx: Context) -> int:
    """`enroller settings`."""
    from enroller.cli.settings import show_or_set

    return show_or_set(ctx)


def preset(ctx: Context) -> int:
    """`enroller preset`."""
    from enroller.cli.preset import make

    return make(ctx)
