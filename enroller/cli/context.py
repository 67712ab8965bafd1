"""What every command gets, and how it opens an enrollment that is known."""

import argparse
import sys
from dataclasses import dataclass, replace

from enroller import errors
from enroller.app import App
from enroller.cli import secret_input
from enroller.cli.managed import refuse_other_ca_file
from enroller.cli.printer import Printer
from enroller.model import Credential, CredentialKind, Protection
from enroller.vault import Opened, Summary, Unlock


@dataclass
class Context:
    """What every command gets."""

    app: App
    options: argparse.Namespace
    printer: Printer


def open_known(ctx: Context, one: Summary, *, credential: Credential | None = None, wait: float = 0.0) -> Opened:
    """Opens an enrollment, with the credential that was given put into the place of the old one."""
    credential = credential or given_credential(ctx, one)
    opened = open_only(ctx, one, wait=wait)
    if credential is not None:
        ctx.app.accept(opened, credential)
    return opened


def open_only(ctx: Context, one: Summary, *, wait: float = 0.0) -> Opened:
    """Opens an enrollment, with the CA file that was given put into the place of the old one."""
    refuse_other_ca_file(ctx.options)
    same_machine = getattr(ctx.options, "same_machine", False)
    opened = ctx.app.open(one.id, unlock(ctx, one.protection), wait=wait, same_machine=same_machine)
    try:
        ca_file = getattr(ctx.options, "ca_file", None)
        if ca_file is not None:
            ctx.app.trust(opened, ca_file)
        login = secret_input.proxy_login(ctx.options)
        if login is not None:
            opened.save(replace(opened.enrollment, proxy_login=login))
    except BaseException:
        opened.close()
        raise
    return opened


def given_credential(ctx: Context, one: Summary) -> Credential | None:
    """What was given to ask with, for an enrollment that is known. Raises InputError where it does not fit."""
    credential = secret_input.credential(ctx.options, one.service)
    if credential is not None and credential.kind is CredentialKind.PASSWORD and not one.username:
        raise errors.InputError(
            "This enrollment was begun with a token, and knows no user name.", field="token", advice="Use --token-file."
        )
    return credential


def unlock(ctx: Context, protection: Protection | None, *, new: bool = False) -> Unlock:
    return Unlock(secret_input.passphrase(ctx.options, needed=protection is Protection.PASSPHRASE, new=new))


def tell_notes(ctx: Context, opened: Opened) -> None:
    for note in opened.notes:
        print(note, file=sys.stderr)
