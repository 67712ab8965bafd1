"""What `enroller enroll` begins with: a new enrollment, or the one that is under way for the same device."""

import argparse
import uuid
from dataclasses import replace

from enroller import errors
from enroller.cli import secret_input
from enroller.cli.context import Context, open_known, unlock
from enroller.model import Asked, ClientType, KeyPair, KeyType, Protection, Secret, ServiceName, State
from enroller.text import plain
from enroller.vault import Opened, Summary


def asked_for(options: argparse.Namespace) -> Asked:
    """The options as the engine takes them. Raises InputError that names the field."""
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


def begin(ctx: Context, asked: Asked, api_key: Secret | None) -> Opened:
    """Never a second identity by accident: what is known for this server (and client id) is gone on with."""
    known = ctx.app.at(asked.service, asked.server, asked.client_id or None)
    enrolled = [one for one in known if one.state is State.ENROLLED]
    if enrolled and not ctx.options.replace:
        one = enrolled[0]
        raise errors.AlreadyEnrolled(f"{plain(one.client_id)} is enrolled with {one.server} ({one.id}).")
    if len({one.client_id for one in known}) > 1:
        raise errors.InputError(
            "There are several enrollments with this server.", field="client_id", advice="Name one with --client-id."
        )
    # A replacement that is under way already is gone on with, too.
    under_way = [one for one in known if one.replaces or not ctx.options.replace]
    if under_way:
        return _go_on(ctx, under_way[0], asked, api_key)
    api_key = api_key or secret_input.asked_api_key()
    opener = unlock(ctx, asked.protection, new=True)
    asked = replace(asked, client_id=asked.client_id or (known[0].client_id if known else str(uuid.uuid4())))
    key = _generate(ctx, asked)
    return ctx.app.create(asked, key, api_key, opener, replaces=known[0].id if known else None)


def _go_on(ctx: Context, one: Summary, asked: Asked, api_key: Secret | None) -> Opened:
    """Opens an enrollment that is not finished. A request that was turned down starts anew with the same key."""
    opened = open_known(ctx, one, api_key=api_key)
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
    ca_pem = ctx.app.certificates(asked.ca_file) or enrollment.ca_pem
    opened.save(replace(enrollment, asked=asked, key=key, ca_pem=ca_pem, interval=asked.poll_interval))
    return opened


def _generate(ctx: Context, asked: Asked) -> KeyPair:
    from enroller import keys

    return keys.generate(asked.key_type, rsa_bits=asked.rsa_bits, device=asked.client_id, now=ctx.app.clock.wall())
