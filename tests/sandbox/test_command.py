"""`enroller sandbox` as a process of its own."""

import argparse
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from enroller.sandbox import command

SCRIPT = """
import argparse, sys
from enroller.sandbox import command
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args()))
"""


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-c", SCRIPT, "--port", "0", "--admin-port", "0", *arguments]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_says_where_things_are_and_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    ca_file = tmp_path / "ca.pem"
    with started("--json", "--api-key", "mykey", "--ca-out", str(ca_file)) as process:
        assert process.stdout is not None
        places = json.loads(process.stdout.readline())
        assert sorted(places) == ["admin_url", "api_key", "ca_file", "service_url"]
        assert (places["api_key"], places["ca_file"]) == ("mykey", str(ca_file))
        assert ca_file.exists()
        with urllib.request.urlopen(places["admin_url"] + "api/state", timeout=10) as answer:
            assert json.load(answer)["service_url"] == places["service_url"]
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.urlopen(places["service_url"], timeout=10)  # a client that does not know the authority
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_tells_people_what_to_type() -> None:
    with started("--api-key", "it's mine") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
    [example] = [line.strip() for line in lines if "enroller enroll" in line]
    assert example.startswith("""ENROLLER_API_KEY='it'"'"'s mine' enroller enroll --server https://127.0.0.1:""")
    assert " --ca-file " in example


def test_has_the_vendors_lives_by_default() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([])
    assert (args.expires_in, args.token_life, args.refresh_life) == (259_200, 3_600, 7_776_000)
    assert (args.host, args.port, args.admin_port, args.trust) == ("127.0.0.1", 7400, 7480, False)


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf"])
def test_refuses_a_life_that_is_none(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--expires-in", value])
    assert ended.value.code == 2
    assert "--expires-in" in capsys.readouterr().err
