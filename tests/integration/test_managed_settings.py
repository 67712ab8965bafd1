"""A device whose administrator has decided something, from the file on its disk to the enrollment."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from enroller.sandbox.server import Sandbox
from tests.conftest import API_KEY
from tests.integration.conftest import INTERVAL, Cli, Done, approve_pending

Managed = Callable[[str], dict[str, str]]


@pytest.fixture
def managed(tmp_path: Path) -> Managed:
    """Writes the site's settings; gives the environment under which they are found."""

    def write(text: str) -> dict[str, str]:
        folder = tmp_path / "xdg" / "enroller"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.toml").write_text(text)
        return {"XDG_CONFIG_DIRS": str(folder.parent)}

    return write


@pytest.fixture
def given(sandbox: Sandbox) -> str:
    """Everything that a technician would have to type for the sandbox."""
    way = f'server = "{sandbox.url}"\nca_file = "{sandbox.ca_file}"\n'
    return way + 'protect = "file"\ndescription = "Desk {hostname}"\n'


def failed(done: Done) -> tuple[int, str, str]:
    event = done.event("failed")
    return done.status, event["code"], event["message"]


class TestEnroll:
    def test_needs_nothing_but_the_api_key(self, cli: Cli, sandbox: Sandbox, managed: Managed, given: str) -> None:
        environment = managed(given + "locked = true")
        line = ("enroll", "--json", "--client-id", "laptop-17", "--poll-interval", str(INTERVAL))
        running = cli.start(*line, ENROLLER_API_KEY=API_KEY, **environment)
        running.until("pending")
        assert sandbox.world.requests()[0].description == f"Desk {os.uname().nodename.partition('.')[0]}"
        approve_pending(sandbox)
        assert running.end().status == 0
        (shown,) = cli.run("list", "--json").document
        assert (shown["server"], shown["state"]) == (sandbox.url, "enrolled")

    def test_trusts_what_the_settings_name_and_says_where_that_cannot_be_read(
        self, enrolled: Cli, sandbox: Sandbox, managed: Managed, tmp_path: Path
    ) -> None:
        assert enrolled.run("renew", **managed(f'ca_file = "{sandbox.ca_file}"')).status == 0
        done = enrolled.run("renew", "--json", **managed(f'ca_file = "{tmp_path / "gone.pem"}"'))
        assert failed(done)[:2] == (2, "bad_settings")
        assert "gone.pem cannot be read" in failed(done)[2]

    @pytest.mark.parametrize(
        ("setting", "option"),
        [
            ('server = "gateway.acme.example"', ("--server", "other.example")),
            ('service = "safeq-cloud"', ("--service", "privicore")),
            ('client_type = "printer"', ("--client-type", "server")),
            ('description = "Desk"', ("--description", "Another")),
            ('key_type = "rsa"', ("--key-type", "ed25519")),
            ("rsa_bits = 4096", ("--rsa-bits", "2048")),
            ('protect = "keyring"', ("--protect", "file")),
            ('ca_file = "/etc/acme.pem"', ("--ca-file", "/tmp/other.pem")),
        ],
    )
    def test_refuses_what_is_locked_otherwise(
        self, cli: Cli, managed: Managed, setting: str, option: tuple[str, str]
    ) -> None:
        environment = managed(f"{setting}\nlocked = true")
        server = () if "server" in setting else ("--server", "gateway.acme.example")
        done = cli.run("enroll", "--json", *server, *option, ENROLLER_API_KEY=API_KEY, **environment)
        status, code, message = failed(done)
        assert (status, code) == (2, "set_by_administrator")
        assert message.startswith(f"{option[0]} is set for this device: ")
        assert "settings.toml" in message
        assert not (cli.data_dir / "enrollments").exists(), "nothing was begun"

    def test_takes_the_same_value_written_another_way(self, cli: Cli, managed: Managed, given: str) -> None:
        environment = managed('server = "gateway.invalid"\nlocked = true')
        line = ("enroll", "--json", "--server", " HTTPS://Gateway.invalid/ ", "--protect", "file", "--timeout", "5")
        assert failed(cli.run(*line, ENROLLER_API_KEY=API_KEY, **environment))[1] != "set_by_administrator"

    def test_what_is_not_submitted_yet_follows_a_lock_that_came_later(self, cli: Cli, managed: Managed) -> None:
        line = ("enroll", "--json", "--server", "127.0.0.1:9", "--protect", "file", "--timeout", "5")
        assert cli.run(*line, "--description", "Mine", ENROLLER_API_KEY=API_KEY).status == 7
        environment = managed('description = "{hostname}"\nlocked = true')
        pattern = ("--description", "{hostname}")
        assert failed(cli.run(*line, *pattern, ENROLLER_API_KEY=API_KEY, **environment))[1] == "set_by_administrator"

    def test_takes_no_other_certificates_while_the_settings_cannot_be_read(
        self, enrolled: Cli, sandbox: Sandbox, managed: Managed
    ) -> None:
        done = enrolled.run("renew", "--json", "--ca-file", str(sandbox.ca_file), **managed("ca_file = "))
        assert failed(done)[:2] == (2, "bad_settings")

    def test_keeps_no_plain_file_where_that_is_forbidden(self, cli: Cli, managed: Managed) -> None:
        environment = managed("plain_file = false")
        line = ("enroll", "--json", "--server", "gateway.acme.example", "--protect", "file")
        assert failed(cli.run(*line, ENROLLER_API_KEY=API_KEY, **environment))[:2] == (2, "set_by_administrator")

    def test_begins_nothing_where_the_settings_cannot_be_used(
        self, cli: Cli, sandbox: Sandbox, managed: Managed, given: str
    ) -> None:
        done = cli.run("enroll", "--json", ENROLLER_API_KEY=API_KEY, **managed(given + "servr = 1\n"))
        status, code, message = failed(done)
        assert (status, code) == (2, "bad_settings")
        assert "line 5, column 9: “servr” is no setting" in message
        assert not sandbox.world.requests()

    def test_without_any_server_says_so(self, cli: Cli, managed: Managed) -> None:
        done = cli.run("enroll", "--json", **managed(""))
        assert failed(done) == (2, "bad_input", "No server was given.")


class TestWhatIsEnrolled:
    def test_goes_on_while_the_settings_cannot_be_used_and_that_is_said(self, enrolled: Cli, managed: Managed) -> None:
        done = enrolled.run("token", **managed("server = "))
        assert done.status == 0
        assert "line 1, column 10" in done.err

    def test_takes_the_way_that_the_settings_name(self, stale: Cli, managed: Managed) -> None:
        environment = managed('proxy = "http://127.0.0.1:9"\nlocked = true')
        done = stale.run("token", **environment, HTTPS_PROXY="", NO_PROXY="*")
        assert done.status == 7
        assert "The proxy in the setting “proxy” (" in done.err


class TestSettings:
    def test_prints_each_value_and_where_it_came_from(self, cli: Cli, managed: Managed, tmp_path: Path) -> None:
        environment = managed('server = "acme.example"\nplain_file = false\nlocked = ["server"]')
        found = {one["name"]: one for one in cli.run("settings", "--json", **environment).document["settings"]}
        where = str(tmp_path / "xdg/enroller/settings.toml")
        assert found["server"] == {
            "name": "server", "value": "acme.example", "source": "file", "where": where, "locked": True,
        }  # fmt: skip
        assert found["plain_file"]["value"] is False
        assert found["key_type"] == {
            "name": "key_type", "value": "ed25519", "source": "default", "where": None, "locked": False,
        }  # fmt: skip
        lines = cli.run("settings", **environment).out.splitlines()
        assert f"server       acme.example                       settings file (locked): {where}" in lines

    def test_says_where_they_cannot_be_used(self, cli: Cli, managed: Managed) -> None:
        done = cli.run("settings", **managed("locked = 1"))
        assert done.status == 2
        assert "line 1, column 10: “locked” has to be true, false or a list of names" in done.err

    def test_are_kept_for_an_installer_and_dropped_with_it(self, cli: Cli, tmp_path: Path) -> None:
        home = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
        assert (
            cli.run("settings", "--user", "--set", "server=acme.example", "--set", "rsa_bits=4096", **home).status == 0
        )
        found = {one["name"]: one for one in cli.run("settings", "--json", **home).document["settings"]}
        assert (found["server"]["value"], found["server"]["source"], found["rsa_bits"]["value"]) == (
            "acme.example",
            "user",
            4096,
        )
        assert cli.run("settings", "--user", "--clear", "--set", "servr=1", **home).status == 2
        assert "acme.example" in cli.run("settings", **home).out, "nothing was changed"
        assert cli.run("settings", "--user", "--clear", **home).status == 0
        assert "acme.example" not in cli.run("settings", **home).out

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ("server", "--set server has no value."),
            ("servr=1", "“servr” is no setting."),
            ("rsa_bits=5", "“rsa_bits” has to be one"),
        ],
    )
    def test_what_an_installer_tells_is_checked(self, cli: Cli, tmp_path: Path, told: str, said: str) -> None:
        done = cli.run("settings", "--user", "--set", told, XDG_CONFIG_HOME=str(tmp_path / "config"))
        assert done.status == 2
        assert said in done.err


def test_a_preset_is_made_ready_to_be_sent(cli: Cli, tmp_path: Path, api_key_file: Path, openssl: str) -> None:
    plain, ready, key, passphrase = (tmp_path / name for name in ("a.toml", "a.enroll", "key.pem", "passphrase"))
    plain.write_text('# Berlin\nserver = "acme.example"\nca_file = "root.pem"')
    (tmp_path / "root.pem").write_text("a certificate")
    passphrase.write_text("correct horse battery\n")
    subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    secrets = ("--api-key-file", str(api_key_file), "--passphrase-file", str(passphrase))
    done = cli.run("preset", str(plain), "--out", str(ready), *secrets, "--signing-key-file", str(key), "--json")
    assert done.status == 0
    text = ready.read_text()
    assert text.startswith('# Berlin\nserver = "acme.example"\nca_file = "root.pem"\nca_sha256 = "')
    assert text.splitlines()[-1].startswith(f'signature = "{done.document["public_key"]} ')
    assert API_KEY not in text
    again = cli.run("preset", str(ready), "--out", str(ready), *secrets, "--json")
    assert again.status == 0
    names = [line.partition(" ")[0] for line in ready.read_text().splitlines()]
    assert names == ["#", "server", "ca_file", "ca_sha256", "sealed_api_key"]
    (tmp_path / "root.pem").write_text("another certificate")
    assert "its CA file is not the one" in cli.run("wizard", "--preset", str(ready), QT_QPA_PLATFORM="offscreen").err


@pytest.mark.parametrize(
    ("content", "passphrase", "said"),
    [
        ('server = "a"\nkey = 1', "correct horse battery", "line 2, column 7: it has “key”, which is no setting"),
        ('client_id = "a"', "correct horse battery", "the preset names none"),
        ('server = "acme.example"', "short", "The passphrase has fewer than 12 characters."),
    ],
)
def test_a_preset_that_would_be_no_good_is_not_made(
    cli: Cli, tmp_path: Path, api_key_file: Path, *, content: str, passphrase: str, said: str
) -> None:
    (tmp_path / "a.toml").write_text(content)
    (tmp_path / "passphrase").write_text(passphrase)
    secrets = ("--api-key-file", str(api_key_file), "--passphrase-file", str(tmp_path / "passphrase"))
    done = cli.run("preset", str(tmp_path / "a.toml"), "--out", str(tmp_path / "a.enroll"), *secrets)
    assert done.status == 2
    assert said in done.err
    assert not (tmp_path / "a.enroll").exists()
