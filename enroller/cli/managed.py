"""The administrator's settings in the place of options that were not given, and before those that contradict them."""

import argparse
from pathlib import Path

from enroller import settings
from enroller.beginning import FOR_SAFEQ_CLOUD, belongs, described, refuse_plain_file
from enroller.errors import InputError
from enroller.model import Protection, ServiceName
from enroller.settings import Settings


def settle(options: argparse.Namespace, *, server_needed: bool = True) -> None:
    """Completes the options of a command that begins an enrollment, or checks the way to one.

    Raises BadSettings, SetByAdministrator where an option is another value than the one that is locked, and InputError
    without a server.
    """
    given = settings.current()
    given.require()
    _settle_one(options, given, "service")
    if belongs(given, "server", options.service):
        _settle_one(options, given, "server")
    _settle_one(options, given, "protect")
    refuse_plain_file(Protection(options.protect))
    refuse_other_ca_file(options)
    if hasattr(options, "description"):
        _settle_description(options, given)
        if options.service == ServiceName.SAFEQ_CLOUD:
            for name in sorted(FOR_SAFEQ_CLOUD):
                _settle_one(options, given, name)
    if server_needed and options.server is None:
        raise InputError("No server was given.", field="server", advice="Give its address with --server.")


def refuse_other_ca_file(options: argparse.Namespace) -> None:
    """Raises SetByAdministrator where other certificates are to be trusted than those that are locked.

    Raises BadSettings where that is not known.
    """
    ca_file = getattr(options, "ca_file", None)
    if ca_file is not None:
        given = settings.current()
        given.require()
        given.refuse_other("ca_file", str(Path(ca_file).absolute()), "--ca-file")


def _settle_one(options: argparse.Namespace, given: Settings, name: str) -> None:
    wanted = getattr(options, name)
    setting = given[name]
    if name == "server" and wanted is not None and setting.locked:
        from enroller.address import canonical

        wanted = canonical(wanted)
        given.refuse_other(name, None if wanted == canonical(str(setting.value)) else wanted, "--server")
    else:
        given.refuse_other(name, wanted, f"--{name.replace('_', '-')}")
    if wanted is None:
        setattr(options, name, setting.value)


def _settle_description(options: argparse.Namespace, given: Settings) -> None:
    meant = described()
    if options.description is None:
        options.description = meant or None
    elif given.is_locked("description") and options.description.strip() != meant:
        raise given.contradicted("description", "--description")
