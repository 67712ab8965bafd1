"""What every command gets, and how it opens an enrollment that is known."""

import argparse
import sys
from dataclasses import dataclass, replace

from enroller import errors
from enroller.app import App
from enroller.cli import secret_input
from enroller.cli.printer import Printer
from enroller.model import Protection, Secret
from enroller.vault import Opened, Summary, Unlock


@dataclass
class Context:
    """What every command gets."""

    app: App
    options: argparse.Namespace
    printer: Printer


def open_known(ctx: Context, one: Summary, *, api_key: Secret | None = None, wait: float = 0.0) -> Opened:
    """Opens an enrollment, with the API key that was given put into the place of the old one."""
    if one.problem is not None and one.state is None:
        raise errors.Damaged(one.problem)
    api_key = api_key or secret_input.api_key(ctx.options)
    opened = ctx.app.vault.open(one.id, unlock(ctx, one.protection), wait=wait)
    if api_key is not None and api_key != opened.enrollment.api_key:
        opened.save(replace(opened.enrollment, api_key=api_key))
    return opened


def unlock(ctx: Context, protection: Protection | None, *, new: bool = False) -> Unlock:
    return Unlock(secret_input.passphrase(ctx.options, needed=protection is Protection.PASSPHRASE, new=new))


def tell_notes(ctx: Context, opened: Opened) -> None:
    for note in opened.notes:
        print(note, file=sys.stderr)
