"""What is looked up again and again around a device of Privicore's."""

import json
from pathlib import Path

from enroller.model import Enrollment, State
from enroller.sandbox.privicore.values import Seen
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock, Vault


def device(sandbox: Sandbox) -> Seen:
    """The one device that was ever made."""
    [one] = sandbox.privicore.devices()
    return one


def stored(data_dir: Path) -> Enrollment:
    """The one enrollment that is kept, secrets included."""
    [one] = Vault(data_dir).list()
    with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
        return opened.enrollment


def stored_fingerprint(data_dir: Path) -> str:
    """Of the key that this device has made."""
    [one] = Vault(data_dir).list()
    return one.fingerprint


def stored_id(data_dir: Path) -> str:
    """Of the one enrollment that is kept."""
    [one] = Vault(data_dir).list()
    return one.id


def stored_public_key(data_dir: Path) -> str:
    """The key that this device has made, as the service gets it."""
    [one] = Vault(data_dir).list()
    return one.public_key


def assert_enrolled(data_dir: Path, sandbox: Sandbox) -> None:
    """What is on disk is the device's own, and the password is not."""
    enrollment = stored(data_dir)
    assert enrollment.state is State.ENROLLED
    assert enrollment.grant is not None
    assert enrollment.grant.configuration is not None
    members = json.loads(enrollment.grant.configuration.reveal())
    assert members["device-identifier"] == device(sandbox).identifier
    assert enrollment.credential is None
    holder = sandbox.privicore.holder(enrollment.grant.access_token.reveal())
    assert holder is not None
    assert holder.profile == sandbox.privicore.username


def a_token(sandbox: Sandbox) -> str:
    """A good token of the account."""
    made = sandbox.privicore.authenticate(sandbox.privicore.username, sandbox.privicore.password)
    assert made is not None
    return made[0]
