"""Every file and folder of ours is its owner's alone from the system call that makes it, whatever the umask.

The program is traced: what counts is the mode in that call, not what a look at the disk finds afterwards.
"""

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from enroller import folders
from enroller.log import Log
from enroller.sandbox.server import Sandbox
from tests.conftest import required_program
from tests.secrets.conftest import API_KEY, PASSPHRASE, Program
from tests.secrets.processes import PATIENCE, ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")

CALLS = "open,openat,creat,mkdir,mkdirat,mknod,mknodat,chmod,fchmod,fchmodat"
MADE = re.compile(
    r'(?:(?P<file>open(?:at)?|creat|mknod(?:at)?)|mkdir(?:at)?)\((?:AT_FDCWD, )?"(?P<path>[^"]*)", '
    r"(?P<flags>[A-Z_|]*)(?:, )?(?P<mode>0[0-7]*)?"
)
CHANGED = re.compile(r"f?chmod(?:at)?\((?P<what>[^)]*), (?P<mode>0[0-7]+)")


@dataclass(frozen=True)
class Made:
    """One thing that was made: the rights that it was made with."""

    path: str
    mode: int


def made(trace: str, below: Path) -> Iterator[Made]:
    """What the program asked the system to make in a folder."""
    for call in MADE.finditer(trace):
        creates = call["file"] is None or call["file"] in ("creat", "mknod", "mknodat") or "O_CREAT" in call["flags"]
        if creates and call["path"].startswith(str(below)):
            yield Made(call["path"], int(call["mode"], 8))


def tracing(into: Path) -> list[str]:
    """The command line that traces what follows: the calls that succeed (`-z`)."""
    return [required_program("strace"), "-f", "-z", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(into)]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_is_made_so(umask: int, program: Program, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.world.set_trust(True)
    where = ("--server", sandbox.url, "--ca-file", str(sandbox.ca_file), "--poll-interval", "0.05")
    secrets = ("--api-key-file", program.file("api-key", API_KEY), "--passphrase-file", program.file("p", PASSPHRASE))
    opened = secrets[2:]
    everything = ""
    for words in (
        ("doctor",),
        ("enroll", *where, *secrets, "--protect", "passphrase", "--no-wait"),
        ("resume", *opened),
        ("renew", *opened),
    ):
        trace = tmp_path / "trace"
        done = subprocess.run(
            [*tracing(trace), sys.executable, "-B", "-m", "enroller", *words],
            cwd=ROOT,
            # No --data-dir: the folders above ours are to be made as well.
            env={"HOME": str(program.base), "PATH": "/usr/bin:/bin", "TMPDIR": str(program.base)},
            umask=umask,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode in (0, 3, 8), done.stderr.decode()
        everything += trace.read_text()
    ours = list(made(everything, program.base))
    names = {Path(one.path).name for one in ours}
    assert names >= {
        ".local",
        "enroller",
        "enrollments",
        "sealed.json.new",
        "enrollment.json.new",
        "reserve.new",
        "lock",
    }
    assert "enroller.log" in names
    wide = [one for one in ours if one.mode & 0o077]
    assert wide == []
    # Nothing is made narrow afterwards: it never was wide.
    widened = [call[0] for call in CHANGED.finditer(everything) if int(call["mode"], 8) & 0o077]
    assert widened == []
    for path in program.base.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_search_finds_what_is_made_too_wide(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    ways = "import os,sys; f=sys.argv[1]; os.umask(0); open(f+'/a','w'); os.mkdir(f+'/b'); os.mkdir(f+'/c', 0o700)"
    subprocess.run([*tracing(trace), sys.executable, "-c", ways, str(tmp_path)], check=True)
    found = [(Path(one.path).name, one.mode) for one in made(trace.read_text(), tmp_path)]
    assert found == [("a", 0o666), ("b", 0o777), ("c", 0o700)]


class TestFolders:
    def test_those_above_are_the_owners_too(self, tmp_path: Path) -> None:
        folders.make_private(tmp_path / "one" / "two" / "three")
        for name in ("one", "one/two", "one/two/three"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700

    def test_one_that_is_there_stays_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "there").mkdir(mode=0o755)
        before = (tmp_path / "there").stat().st_mode
        folders.make_private(tmp_path / "there")
        assert (tmp_path / "there").stat().st_mode == before

    def test_something_else_in_its_place_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        for place in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(OSError, match="file"):
                folders.make_private(place)

    def test_the_log_makes_its_own(self, tmp_path: Path) -> None:
        Log(tmp_path / "state" / "log").write("step")
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
