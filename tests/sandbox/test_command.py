"""`enroller sandbox` as a process of its own."""

import argparse
import itertools
import json
import shlex
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
from enroller.sandbox.privicore.shapes import CommandStatus, Join, Shapes

LAST_LINE = "Then approve the request on the administrator's page.\n"
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
    with started("--json", "--api-key", "mykey", "--password", "mine", "--ca-out", str(ca_file)) as process:
        assert process.stdout is not None
        places = json.loads(process.stdout.readline())
        assert list(places) == [
            *("service_url", "admin_url", "ca_file", "api_key"),
            *("privicore_url", "websocket_url", "username", "password"),
        ]
        assert (places["api_key"], places["ca_file"]) == ("mykey", str(ca_file))
        assert (places["username"], places["password"]) == ("owner@example.test", "mine")
        assert places["websocket_url"].startswith("wss://127.0.0.1:")
        assert ca_file.exists()
        with urllib.request.urlopen(places["admin_url"] + "api/state", timeout=10) as answer:
            view = json.load(answer)
        assert view["safeq"]["url"] == places["service_url"]
        assert view["privicore"]["url"] == places["privicore_url"]
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.urlopen(places["service_url"], timeout=10)  # a client that does not know the authority
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_tells_people_what_to_type() -> None:
    with started("--api-key", "it's mine", "--password", "it's mine, too") as process:
        assert process.stdout is not None
        text = "".join(iter(process.stdout.readline, LAST_LINE))
    commands = [line for line in text.replace("\\\n", "").splitlines() if "enroller enroll" in line]
    safeq, privicore = (shlex.split(command) for command in commands)
    assert safeq[:3] == ["ENROLLER_API_KEY=it's mine", "enroller", "enroll"]
    assert privicore[:6] == ["printf", "%s", "it's mine, too", "|", "enroller", "enroll"]
    assert "it's mine, too" not in privicore[4:], "the secret is no argument of ours"
    options = dict(itertools.pairwise(privicore))
    assert (options["--service"], options["--username"]) == ("privicore", "owner@example.test")
    assert options["--password-file"] == "-"
    assert options["--server"].startswith("https://127.0.0.1:")
    assert options["--websocket-url"].startswith("wss://127.0.0.1:")
    assert options["--ca-file"] == dict(itertools.pairwise(safeq))["--ca-file"]


def test_has_the_vendors_lives_by_default() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([])
    assert (args.expires_in, args.token_life, args.refresh_life) == (259_200, 3_600, 7_776_000)
    assert (args.host, args.port, args.admin_port, args.trust) == ("127.0.0.1", 7400, 7480, False)


def test_sets_privicore_up_as_it_is_told() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    line = "--privicore-lag 1.5 --privicore-token-life 60 --privicore-shape status=object --privicore-shape join=bare"
    options = command.options_of(parser.parse_args(line.split()))
    assert (options.lag, options.token_life) == (1.5, 60)
    assert options.wire == Shapes(status=CommandStatus.OBJECT, join=Join.BARE)


@pytest.mark.parametrize(
    ("shape", "words"),
    [("status=maybe", "string, array, object"), ("colour=red", "command_id, "), ("status", "none of")],
)
def test_lists_the_shapes_where_there_is_no_such_one(
    shape: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--privicore-shape", shape])
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf"])
def test_refuses_a_life_that_is_none(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--expires-in", value])
    assert ended.value.code == 2
    assert "--expires-in" in capsys.readouterr().err
