"""Steps: one line each, the rest in the log, and a sentence that a newcomer can act on."""

import errno
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from installer.steps import (
    SPACE_NEEDED,
    Problem,
    Steps,
    foreground,
    require_space,
    sentence_for,
    sentence_for_os_error,
)

ROOT = Path(__file__).resolve().parents[2]

OUTPUTS = {
    # What the programs really print (pip 23.0.1, apt 2.6, Python 3.11), shortened.
    "The network": [
        "WARNING: Retrying (Retry(total=0, ...)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3."
        "connection.HTTPSConnection object>: Failed to establish a new connection: [Errno -3] Temporary failure in "
        "name resolution')': /simple/anyio/\nERROR: Could not find a version that satisfies the requirement "
        "anyio==4.1.0 (from versions: none)\nERROR: No matching distribution found for anyio==4.1.0",
        "Err:1 http://mirror.example/debian bookworm InRelease\n  Temporary failure resolving 'mirror.example'",
        "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='h', port=443): Read timed out.",
    ],
    "The disk is full": [
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "E: You don't have enough free space in /var/cache/apt/archives/.",
    ],
    "A downloaded package is not the one": [
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package "
        "versions, please update the hashes."
    ],
    "The package index's certificate": [
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed "
        "certificate in certificate chain (_ssl.c:992)')) - skipping\nERROR: No matching distribution found for x==1"
    ],
    "The proxy": [
        "connection broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError('...: Failed to establish a "
        "new connection: [Errno 111] Connection refused'))': /simple/anyio/"
    ],
    "One of the packages is not offered": [
        "ERROR: Could not find a version that satisfies the requirement pyside6-essentials==6.11.3 (from versions: "
        "none)\nERROR: No matching distribution found for pyside6-essentials==6.11.3"
    ],
    "Another program is installing": [
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4242 (apt-get)"
    ],
    "An earlier installation": ["E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct it."],
    "The system's package sources": ["E: Unable to locate package chromium"],
    "A right is missing": ["Error: [Errno 13] Permission denied: '/srv/enroller/.dev/venv'"],
}


@pytest.mark.parametrize(("begins", "output"), [(b, o) for b, outputs in OUTPUTS.items() for o in outputs])
def test_each_kind_of_failure_has_its_sentence(begins: str, output: str) -> None:
    assert (sentence_for(output) or "").startswith(begins)


@pytest.mark.parametrize("output", ["", "Downloading x-1.0-py3-none-any.whl (407 kB)", "ValueError: something else"])
def test_other_output_gets_no_invented_reason(output: str) -> None:
    assert sentence_for(output) is None


def test_errors_of_the_system_name_the_file() -> None:
    assert sentence_for_os_error(OSError(errno.ENOSPC, "", "/c/.dev/log.txt")) == (
        "The disk is full. About 700 MB are needed. (/c/.dev/log.txt)"
    )
    assert "Clone into a folder of your own" in (sentence_for_os_error(PermissionError(errno.EACCES, "", "/c")) or "")
    assert sentence_for_os_error(OSError(errno.EIO, "")) is None


def test_a_small_disk_is_refused_before_anything_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(free: int) -> None:
        monkeypatch.setattr("installer.steps.shutil.disk_usage", lambda _folder: type("Usage", (), {"free": free}))

    usage(SPACE_NEEDED)
    require_space(tmp_path)
    usage(SPACE_NEEDED - 1)
    with pytest.raises(Problem, match="699 MB are free"):
        require_space(tmp_path)


def test_a_step_is_one_line_and_its_output_goes_to_the_log(tmp_path: Path) -> None:
    screen = StringIO()
    steps = Steps(tmp_path / "log.txt", screen)
    steps.run("Counting", [sys.executable, "-c", "print('one'); print('two')"], os.environ, tmp_path)
    assert screen.getvalue().startswith("  Counting … ")
    assert screen.getvalue().count("\n") == 1
    assert "one\ntwo\n" in (tmp_path / "log.txt").read_text().replace("\r", "")


def test_a_failed_step_shows_the_end_of_its_output_only(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "log.txt", StringIO())
    steps.run("Before", [sys.executable, "-c", "print('earlier')"], os.environ, tmp_path)
    program = "import sys; [print('line', n) for n in range(100)]; sys.exit(3)"
    with pytest.raises(Problem) as problem:
        steps.run("Failing", [sys.executable, "-c", program], os.environ, tmp_path)
    said = str(problem.value)
    assert said.startswith("This step failed: Failing.")
    assert "line 99" in said
    assert "line 80" not in said
    assert "earlier" not in said
    assert str(tmp_path / "log.txt") in said


def test_what_was_heard_before_explains_a_failure(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "log.txt", StringIO())
    with pytest.raises(Problem, match="The network could not be reached"):
        steps.run(
            "Installing",
            [sys.executable, "-c", "print('E: Unable to locate package xvfb'); raise SystemExit(100)"],
            os.environ,
            tmp_path,
            heard="Temporary failure resolving 'mirror.example'",
        )


def test_a_step_cannot_wait_for_an_answer(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "log.txt", StringIO())
    with pytest.raises(Problem, match="EOFError"):
        steps.run("Asking", [sys.executable, "-c", "input('Password: ')"], os.environ, tmp_path)


PARENT = """
import os, sys
from installer.steps import end_on_sigterm, foreground
from pathlib import Path
end_on_sigterm()
child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
try:
    sys.exit(foreground([sys.executable, "-c", child], os.environ, Path.cwd()))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "status", "whole_group"), [(signal.SIGINT, 130, True), (signal.SIGTERM, 143, False)]
)
def test_a_signal_ends_the_program_in_front_as_well(number: signal.Signals, status: int, whole_group: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if whole_group:  # as a terminal does upon Ctrl-C
            os.killpg(parent.pid, number)
        else:
            parent.send_signal(number)
        assert parent.wait(timeout=20) == status
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_status_of_the_program_in_front_is_handed_on(tmp_path: Path) -> None:
    assert foreground([sys.executable, "-c", "raise SystemExit(9)"], os.environ, tmp_path) == 9
