"""`list`, `show`, `remove`, `doctor`, `demo` and what happens around every command."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from enroller import __version__
from enroller.model import ServiceName
from enroller.sandbox.server import Sandbox
from tests.integration.conftest import Cli, Enroll


def test_version(cli: Cli) -> None:
    done = cli.run("--version")
    assert (done.status, done.out) == (0, f"enroller {__version__}\n")


def test_help_names_every_command(cli: Cli) -> None:
    done = cli.run("--help")
    assert done.status == 0
    for command in (
        "wizard",
        "enroll",
        "resume",
        "list",
        "show",
        "token",
        "renew",
        "configuration",
        "remove",
        "doctor",
        "sandbox",
        "demo",
    ):
        assert command in done.out


def test_an_empty_list(cli: Cli) -> None:
    assert cli.run("list", "--json").document == []
    assert "Nothing" in cli.run("list").out


def test_show_tells_everything_but_the_secrets(enrolled: Cli, sandbox: Sandbox) -> None:
    shown = enrolled.run("show", "--json").document
    seen = sandbox.world.requests()[0]
    assert (shown["state"], shown["fingerprint"], shown["key_type"]) == ("enrolled", seen.fingerprint, "ed25519")
    assert Path(shown["path"]) == enrolled.folders()[0]
    for_people = enrolled.run("show").out
    assert shown["fingerprint"] in for_people
    token = enrolled.run("token").out.strip()
    for said in (json.dumps(shown), for_people, enrolled.run("list").out):
        assert token not in said


def test_where_several_are_known_one_must_be_named(enrolled: Cli, enroll: Enroll, sandbox: Sandbox) -> None:
    assert enrolled.run(*enroll("--client-id", "laptop-18", "--no-wait")).status == 3
    done = enrolled.run("show", "--json")
    assert done.status == 2
    for folder in enrolled.folders():
        assert folder.name in done.events[-1]["advice"]
    assert enrolled.run("token").status == 0, "one alone has a token"
    assert enrolled.run("resume", "--timeout", "0.1").status == 3, "one alone is unfinished"
    assert enrolled.run("show", "no-such-id").status == 2


def test_a_service_without_a_configuration_says_what_its_programs_need(enrolled: Cli) -> None:
    (folder,) = enrolled.folders()
    done = enrolled.run("configuration", folder.name)
    assert done.status == 2
    assert "enroller token" in done.err
    assert enrolled.run("configuration").status == 2


def test_a_removal_that_the_service_does_not_offer_removes_nothing(enrolled: Cli) -> None:
    (folder,) = enrolled.folders()
    done = enrolled.run("remove", folder.name, "--at-service")
    assert done.status == 2
    assert "offers no way" in done.err
    assert folder.exists()


def test_nobody_sees_a_word_of_the_other_service(enrolled: Cli) -> None:
    for done in (enrolled.run("show"), enrolled.run("list"), enrolled.run("renew")):
        assert not any(word in done.out + done.err for word in ("rivicore", "owner", "password", "device_name"))


def test_remove_forgets_it_here(enrolled: Cli) -> None:
    (folder,) = enrolled.folders()
    done = enrolled.run("remove", folder.name)
    assert (done.status, folder.exists()) == (0, False)
    assert "approved it" in done.out
    assert enrolled.run("list", "--json").document == []
    assert enrolled.run("remove", folder.name).status == 2
    assert enrolled.run("remove", "../" + folder.name).status == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no owner bits")
def test_what_is_stored_is_its_owners_alone(enrolled: Cli) -> None:
    for path in enrolled.data_dir.rglob("*"):
        if path.name != "lock":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_log_tells_the_steps_and_verbose_shows_it(enrolled: Cli) -> None:
    done = enrolled.run("--verbose", "renew")
    assert "happening=submitting call=register" in done.err
    lines = (enrolled.data_dir / "logs/enroller.log").read_text().splitlines()
    assert any("happening=approved" in line for line in lines)
    assert lines[-1].endswith("ended command=renew exit=0")


class TestDoctor:
    def test_everything_is_well_but_the_key_store(self, cli: Cli, sandbox: Sandbox) -> None:
        report = cli.run("doctor", "--json", "--server", sandbox.url, "--ca-file", str(sandbox.ca_file)).document
        found = {check["name"]: check["ok"] for check in report["checks"]}
        assert found["storage"]
        assert found["service"]
        assert report["ok"] is (False not in found.values())
        assert sandbox.world.requests() == [], "nothing is registered by asking"

    def test_each_problem_is_told_and_the_first_gives_the_status(self, cli: Cli) -> None:
        done = cli.run(
            "doctor", "--server", "http://acme.example", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"
        )
        assert done.status == 8
        assert done.out.count("FAILED") == 2


@pytest.mark.parametrize("service", ServiceName)
def test_the_demo_without_a_display_ends_by_itself(service: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    more = ("--service", service, "--approve-after", "0.5")
    done = cli.run("demo", *more, TMPDIR=str(tmp_path / "temporary"))
    assert done.status == 0, done.err
    assert "Enrolled." in done.out
    assert list((tmp_path / "temporary").iterdir()) == []


def test_without_a_display_the_wizard_names_the_command(cli: Cli) -> None:
    done = cli.run("wizard")
    assert done.status == 2
    assert "enroller enroll" in done.err


@pytest.mark.parametrize("command", [("list", "--json"), ("show",), ("token",)])
def test_an_output_that_cannot_be_written_is_no_defect(command: tuple[str, ...], enrolled: Cli) -> None:
    import subprocess

    arguments = [sys.executable, "-m", "enroller", "--data-dir", str(enrolled.data_dir), *command]
    with Path("/dev/full").open("w") as full:  # full(4)
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 8
    assert b"cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_defect(enrolled: Cli) -> None:
    import subprocess

    command = [sys.executable, "-m", "enroller", "--data-dir", str(enrolled.data_dir), "show"]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 8
