"""What a configuration profile has given a Mac."""

import os
import plistlib
import pwd
from pathlib import Path

import pytest

from enroller.errors import BadSettings
from enroller.settings import macos, merged


def profile(folder: Path, **values: object) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{macos.ID}.plist").write_bytes(plistlib.dumps(values))


def test_all_of_it_is_locked(tmp_path: Path) -> None:
    profile(tmp_path, server="acme.example", plain_file=False, rsa_bits=4096, PayloadUUID="x")
    given = merged(macos.policies(tmp_path))
    assert [given[name].value for name in ("server", "plain_file", "rsa_bits")] == ["acme.example", False, 4096]
    assert given.is_locked("plain_file")


def test_the_users_stands_before_the_machines(tmp_path: Path) -> None:
    profile(tmp_path, server="machine.example", proxy="direct")
    profile(tmp_path / pwd.getpwuid(os.getuid()).pw_name, server="user.example")
    given = merged(macos.policies(tmp_path))
    assert (given["server"].value, given["proxy"].value) == ("user.example", "direct")


def test_none_need_be_there(tmp_path: Path) -> None:
    assert macos.policies(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"<plist", b"bplist00nonsense", plistlib.dumps({"server": 7}), plistlib.dumps(["x"])]
)
def test_bad_ones_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{macos.ID}.plist").write_bytes(content)
    with pytest.raises(BadSettings, match="anaged preference"):
        macos.policies(tmp_path)
