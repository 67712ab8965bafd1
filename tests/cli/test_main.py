"""The entry point: whatever happens ends in a sentence and an exit status."""

import argparse
import json
import sys
from pathlib import Path

import pytest

from enroller import errors
from enroller.cli import commands, main
from enroller.cli.context import Context
from tests.test_errors import ALL


@pytest.fixture(autouse=True)
def _no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' process keeps its own way to end."""
    monkeypatch.setattr(main, "_end_like_ctrl_c", lambda: None)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(tmp_path, capsys)


class Run:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, standard output and standard error."""
        status = main.main(["--data-dir", str(self._folder / "data"), *arguments])
        return (status, *self._capsys.readouterr())


ENROLL = ("enroll", "--json", "--server", "acme.example", "--protect", "file")


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_an_installation_without_the_sandbox_says_so(command: str, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("enroller.sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "enroller.sandbox", None)
    status, _, said = run(command)
    assert status == 2
    assert "This installation has no sandbox." in said


@pytest.mark.parametrize(
    "more",
    [
        ("--server", "acme example"),
        ("--server", "ftp://acme.example"),
        ("--client-id", " "),
        ("--client-id", "a\nb"),
        ("--client-type", "toaster"),
        ("--key-type", "dsa"),
        ("--rsa-bits", "1024"),
        ("--poll-interval", "0"),
        ("--timeout", "nan"),
        ("--timeout", "-1"),
        ("--service", "other"),
        ("--protect", "hope"),
        ("--ca-file", "/nowhere/ca.pem"),
        ("--ca-file", __file__),
        ("--api-key-file", "/nowhere/key"),
        ("--passphrase-file", "-", "--api-key-file", "-", "--protect", "passphrase"),
        ("--no-such-option",),
        ("surplus",),
        ("--api-key", "hunter2"),
        ("--api-key=hunter2",),
        ("--pass", "hunter2"),
        (),
    ],
    ids=" ".join,
)
def test_bad_input_is_told_in_place_and_leaves_nothing(
    more: tuple[str, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"key\n")))
    status, out, err = run(*ENROLL, *more)
    assert status == 2
    (event,) = map(json.loads, out.splitlines())
    assert list(event) == ["event", "code", "message", "advice"]
    assert (event["event"], event["code"]) == ("failed", "bad_input")
    assert err.strip()
    assert "hunter2" not in out + err, "a secret in the wrong place is not repeated"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("as_json", [True, False])
def test_every_error_ends_with_its_status_and_its_advice(
    kind: type[errors.EnrollerError], as_json: bool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Context) -> int:
        raise kind("What happened.")

    monkeypatch.setattr(commands, "list_", fail)
    status, out, err = run("list", *(["--json"] if as_json else []))
    assert status == kind.exit_status
    assert "What happened." in err
    assert kind.advice in err
    if as_json:
        assert json.loads(out) == {
            "event": "failed",
            "code": kind.code,
            "message": "What happened.",
            "advice": kind.advice,
        }
    else:
        assert out == ""


def test_a_defect_names_its_place_and_neither_values_nor_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Context) -> int:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(commands, "list_", fail)
    status, out, err = run("list")
    assert (status, out) == (1, "")
    assert "ZeroDivisionError in test_main.py, line" in err
    assert "hunter2" not in err
    assert "Traceback" not in err


def test_ctrl_c_before_anything_is_under_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Context) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "list_", interrupted)
    assert run("list")[0] == 130


@pytest.mark.parametrize("place", [("list", "--data-dir"), ("--data-dir",)])
def test_the_data_folder_can_be_named_before_or_after_the_command(
    place: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def look(ctx: Context) -> int:
        seen.append(ctx.app.data_dir)
        return 0

    monkeypatch.setattr(commands, "list_", look)
    arguments = [*place, str(tmp_path / "there"), *(["list"] if "list" not in place else [])]
    assert main.main(arguments) == 0
    monkeypatch.setenv("ENROLLER_DATA_DIR", str(tmp_path / "elsewhere"))
    assert main.main(arguments) == 0
    assert main.main(["list"]) == 0
    assert seen == [tmp_path / "there", tmp_path / "there", tmp_path / "elsewhere"]


def test_the_options_are_the_contracts() -> None:
    """Scripts are written against these; taking one away breaks them."""
    from enroller.cli.parser import build

    parser = build("")
    (commands_,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    found = {
        name: {option for action in command._actions for option in action.option_strings if option.startswith("--")}
        for name, command in commands_.choices.items()
    }
    everywhere = {"--help", "--data-dir", "--verbose"}
    secrets = {"--api-key-file", "--password-file", "--token-file", "--passphrase-file"}
    waits = {"--no-wait", "--timeout"}
    way = {"--ca-file", "--proxy-user", "--proxy-password-file"}
    expected = {
        "wizard": {"--preset", "--exit-after-start"},
        "enroll": {"--service", "--server", "--client-id", "--client-type", "--description", "--key-type", "--rsa-bits",
                   "--protect", "--poll-interval", "--replace", "--json", "--device-name", "--username",
                   "--websocket-url", "--approve", "--replace-profile-key"} | way | secrets | waits,
        "resume": {"--json", "--same-machine"} | way | secrets | waits,
        "renew": {"--json", "--same-machine"} | way | secrets | waits,
        "token": {"--json", "--same-machine"} | way | secrets,
        "list": {"--json"},
        "show": {"--json"},
        "configuration": {"--json", "--get", "--passphrase-file", "--same-machine"},
        "remove": {"--json", "--at-service", "--same-machine"} | way | secrets,
        "doctor": {"--json", "--service", "--server", "--protect"} | way,
        "self-test": {"--json", "--window"},
        "settings": {"--json", "--example", "--set", "--clear", "--user"},
        "preset": {"--json", "--out", "--api-key-file", "--passphrase-file", "--signing-key-file"},
        "demo": {"--approve-after", "--service"},
    }  # fmt: skip
    assert {name: options - everywhere for name, options in found.items() if name != "sandbox"} == expected
