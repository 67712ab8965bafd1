"""What `enroller enroll` begins with: a new enrollment, or the one that is under way for the same device."""

import argparse
import uuid
from dataclasses import replace

from enroller import errors
from enroller.beginning import require_allowed
from enroller.cli import secret_input
from enroller.cli.context import Context, open_known, unlock
from enroller.model import (
    KEY_TYPES,
    Asked,
    ClientType,
    Credential,
    KeyPair,
    KeyType,
    Progress,
    Protection,
    ServiceName,
    State,
)
from enroller.text import plain
from enroller.vault import Opened, Summary

_FOREIGN = {
    ServiceName.SAFEQ_CLOUD: ("device_name", "username", "websocket_url", "approve", "replace_profile_key"),
    ServiceName.PRIVICORE: ("client_id", "client_type", "key_type", "rsa_bits"),
}
"""The options that a service has no use for."""


def asked_for(options: argparse.Namespace) -> Asked:
    """The options as the engine takes them. Raises InputError that names the field."""
    from pathlib import Path

    from enroller import form
    from enroller.address import canonical, websocket
    from enroller.cli.managed import settle

    settle(options)
    service = ServiceName(options.service)
    for name in _FOREIGN[service]:
        if getattr(options, name) not in (None, False):
            raise errors.InputError(f"--{name.replace('_', '-')} is not for --service {service}.", field=name)
    safeq = service is ServiceName.SAFEQ_CLOUD
    return Asked(
        server=canonical(options.server),
        client_id=form.client_id(options.client_id) if options.client_id is not None else "",
        service=service,
        client_type=ClientType(options.client_type or ClientType.DESKTOP_CLIENT),
        description=form.description(options.description) if safeq or options.description else "",
        device_name=form.device_name(options.device_name) if options.device_name is not None else "",
        username=form.username(options.username) if options.username is not None else "",
        websocket_url=websocket(options.websocket_url) if options.websocket_url is not None else None,
        approve=options.approve,
        replace_profile_key=options.replace_profile_key,
        key_type=KeyType(options.key_type or KEY_TYPES[service][0]),
        rsa_bits=options.rsa_bits or 3072,
        poll_interval=options.poll_interval,
        ca_file=str(Path(options.ca_file).absolute()) if options.ca_file else None,
        protection=Protection(options.protect),
    )


def begin(ctx: Context, asked: Asked, credential: Credential | None) -> Opened:
    """Never a second identity by accident: what is known for this server (and identity) is gone on with."""
    there = ctx.app.at(asked.service, asked.server, None)
    found = [one for one in there if asked.identity in ("", one.identity)]
    copied = [one for one in found if ctx.app.is_copied(one)]
    known = [one for one in found if one not in copied]
    if copied and not known and not ctx.options.replace:
        raise errors.OtherMachine(f"{plain(copied[0].identity)} ({copied[0].id}) belongs to another machine than this.")
    enrolled = [one for one in known if one.state is State.ENROLLED]
    if enrolled and not ctx.options.replace:
        one = enrolled[0]
        raise errors.AlreadyEnrolled(f"{plain(one.identity)} is enrolled with {plain(one.server)} ({one.id}).")
    if len({one.identity for one in known}) > 1:
        option = "--client-id" if asked.service is ServiceName.SAFEQ_CLOUD else "--device-name"
        raise errors.InputError(
            "There are several enrollments with this server.",
            field=option.removeprefix("--").replace("-", "_"),
            advice=f"Name one with {option}.",
        )
    # A replacement that is under way already is gone on with, too.
    under_way = [one for one in known if one.replaces or not ctx.options.replace]
    if under_way:
        return _go_on(ctx, under_way[0], asked, credential)
    credential = credential or secret_input.asked_credential(asked.service, asked.username)
    opener = unlock(ctx, asked.protection, new=True)
    asked = _named(asked, known[0].identity if known else None)
    key = _generate(ctx, asked)
    replaced = next((one.id for one in (*known, *copied)), None)
    login = secret_input.proxy_login(ctx.options)
    return ctx.app.create(asked, key, credential, opener, replaces=replaced, proxy_login=login, known=there)


def _named(asked: Asked, before: str | None) -> Asked:
    """With the identity that was given, that it had before, or a new one."""
    if asked.identity:
        return asked
    if asked.service is ServiceName.SAFEQ_CLOUD:
        return replace(asked, client_id=before or str(uuid.uuid4()))
    from enroller.form import device_name

    return replace(asked, device_name=device_name(before))


def _go_on(ctx: Context, one: Summary, asked: Asked, credential: Credential | None) -> Opened:
    """Opens an enrollment that is not finished. A request that was turned down starts anew with the same key."""
    opened = open_known(ctx, one, credential=credential)
    enrollment = opened.enrollment
    old = enrollment.asked
    waiting = enrollment.ticket is not None and enrollment.state not in (State.EXPIRED, State.DENIED)
    if waiting:
        ctx.printer.say(f"Going on with the request that waits already ({one.id}).")
        username, approve = asked.username or old.username, asked.approve or old.approve
        if (username, approve) != (old.username, old.approve):
            opened.save(replace(enrollment, asked=replace(old, username=username, approve=approve)))
        return opened
    asked = replace(
        asked, client_id=old.client_id, device_name=old.device_name, protection=old.protection,
        username=asked.username or old.username,
    )  # fmt: skip
    key = enrollment.key
    if enrollment.state in (State.KEY_READY, State.FAILED, State.CANCELLED, State.DENIED, State.EXPIRED):
        require_allowed(asked)
        other_length = key.key_type in (KeyType.RSA, KeyType.X509) and asked.rsa_bits != old.rsa_bits
        if asked.key_type is not key.key_type or other_length:
            key = _generate(ctx, asked)
            enrollment = replace(enrollment, approved=False)
        # A device that was turned down is known no more; one that was asked for meanwhile must not be made twice.
        progress = Progress() if enrollment.state is State.DENIED else enrollment.progress
        enrollment = replace(enrollment, state=State.KEY_READY, ticket=None, progress=progress)
    else:
        asked = replace(asked, key_type=old.key_type, rsa_bits=old.rsa_bits)
    ca_pem = ctx.app.certificates(asked.ca_file) or enrollment.ca_pem
    opened.save(replace(enrollment, asked=asked, key=key, ca_pem=ca_pem, interval=asked.poll_interval))
    return opened


def _generate(ctx: Context, asked: Asked) -> KeyPair:
    from enroller import keys

    return keys.generate(asked.key_type, rsa_bits=asked.rsa_bits, device=asked.identity, now=ctx.app.clock.wall())
