"""The settings of a device: from its files, and refused whole where one is unusable."""

import os
import stat
import sys
from pathlib import Path

import platformdirs
import pytest

from enroller import settings
from enroller.errors import InputError, NotWritable
from enroller.settings import Source, here, installation
from tests.settings.conftest import Write, forget


class TestTheSitesFile:
    def test_is_read(self, site: Write) -> None:
        path = site('server = "acme.example"\nlocked = true')
        server = settings.current()["server"]
        assert (server.value, server.source, server.where, server.locked) == (
            "acme.example",
            Source.FILE,
            str(path),
            True,
        )

    def test_need_not_be_there(self, site: Write) -> None:
        assert settings.current().given == {}
        assert settings.current().problem is None

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('server = "a', r"line 1, column 12: illegal character"),
            ('protect = "file"\nserver = 7', r"line 2, column 10: “server” has to be a text"),
            ('protect = "file"\nservr = "x"', r"line 2, column 9: “servr” is no setting"),
            ('protect = "file"\nlocked = ["server"]', r"line 2, column 10: “locked” names server, which has no value"),
            ("[server]\nx = 1", r"“server” has to be a text"),
        ],
    )
    def test_that_is_bad_is_told_with_its_place_and_nothing_is_applied(self, site: Write, text: str, said: str) -> None:
        path = site(text + "\n")
        found = settings.current()
        assert found.problem is not None
        assert str(path) in found.problem.message
        assert said in found.problem.message
        assert found.given == {}
        assert found.problem.whose == "IT"

    def test_that_may_not_be_read_is_told(self, site: Write, tmp_path: Path) -> None:
        site("").unlink()
        (tmp_path / "site" / here.SITE).mkdir()
        assert settings.current().problem is not None

    def test_that_is_a_link_to_nowhere_is_told(self, site: Write, tmp_path: Path) -> None:
        site("").unlink()
        (tmp_path / "site" / here.SITE).symlink_to(tmp_path / "nowhere")
        forget()
        assert settings.current().problem is not None

    @pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become another user")
    def test_in_a_folder_that_is_closed_to_its_reader_is_told(self, site: Write, tmp_path: Path) -> None:
        site('server = "acme.example"').parent.chmod(0o700)
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)
        os.seteuid(65534)
        try:
            found = settings.current()
        finally:
            os.seteuid(0)
        assert found.problem is not None
        assert "Permission denied" in found.problem.message

    def test_of_a_user_that_is_bad_takes_no_lock_away(self, site: Write, tmp_path: Path) -> None:
        (tmp_path / "user").mkdir()
        (tmp_path / "user" / here.INSTALLATION).write_text("nonsense")
        site('server = "acme.example"\nlocked = true')
        found = settings.current()
        assert found.problem is not None
        assert found.is_locked("server")


class TestOnLinux:
    def test_nobody_takes_the_administrators_folder_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_DIRS", "/opt/one:/opt/two")
        assert here.site_folders() == [Path("/etc/xdg/enroller"), Path("/opt/one/enroller"), Path("/opt/two/enroller")]
        monkeypatch.setenv("XDG_CONFIG_DIRS", "/opt/one:/etc/xdg:relative")
        assert here.site_folders() == [Path("/etc/xdg/enroller"), Path("/opt/one/enroller")]

    def test_the_folders_are_those_of_platformdirs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name, raising=False)
            assert here.site_folders() == [platformdirs.site_config_path("enroller", appauthor=False)]
            assert here.user_folder() == platformdirs.user_config_path("enroller", appauthor=False)
        monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
        assert here.user_folder() == Path("~/.config/enroller").expanduser()
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert here.user_folder() == platformdirs.user_config_path("enroller", appauthor=False)


class TestWhatAnInstallerWasTold:
    @pytest.mark.parametrize(("machine", "source"), [(True, Source.INSTALLATION), (False, Source.USER)])
    def test_is_kept_until_it_is_cleared(self, site: Write, machine: bool, source: Source) -> None:
        installation.tell({"server": "acme.example", "rsa_bits": "4096", "plain_file": "false"}, machine=machine)
        given = settings.current()
        assert [given[name].value for name in ("server", "rsa_bits", "plain_file")] == ["acme.example", 4096, False]
        assert given["server"].source is source
        installation.forget(machine=machine)
        assert settings.current().given == {}

    def test_is_added_to_what_was_told_before_and_an_empty_value_drops_one(self, site: Write) -> None:
        installation.tell({"server": "acme.example", "proxy": "direct"}, machine=True)
        installation.tell({"proxy": "", "protect": "passphrase", "locked": "server, protect"}, machine=True)
        given = settings.current()
        assert set(given.given) == {"server", "protect"}
        assert given.is_locked("server")

    def test_several_keys_have_a_bar_between_them(self, site: Write) -> None:
        keys = [f"{name}: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" for name in ("Acme", "Ümläut")]
        installation.tell({"preset_keys": " | ".join(keys)}, machine=True)
        assert settings.current()["preset_keys"].value == keys

    def test_stands_behind_what_the_administrator_writes(self, site: Write) -> None:
        site('server = "file.example"')
        installation.tell({"server": "told.example"}, machine=True)
        assert settings.current()["server"].value == "file.example"

    def test_is_readable_for_everybody(self, site: Write, tmp_path: Path) -> None:
        (tmp_path / "site").rmdir()
        before = os.umask(0o077)
        try:
            installation.tell({"server": "acme.example"}, machine=True)
        finally:
            os.umask(before)
        modes = [
            stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "site", tmp_path / "site" / here.INSTALLATION)
        ]
        assert modes == [0o755, 0o644]

    @pytest.mark.parametrize("told", [{"server": "http://x.example"}, {"servr": "x"}, {"rsa_bits": "4"}])
    def test_that_is_no_setting_changes_nothing(self, site: Write, tmp_path: Path, told: dict[str, str]) -> None:
        with pytest.raises(InputError):
            installation.tell({"protect": "file", **told}, machine=True)
        assert not (tmp_path / "site" / here.INSTALLATION).exists()

    def test_a_lock_of_something_else_changes_nothing(self, site: Write, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="“locked” names server, which has no value here"):
            installation.tell({"locked": "server"}, machine=True)
        assert not (tmp_path / "site" / here.INSTALLATION).exists()

    def test_that_was_damaged_is_left_alone_until_it_is_cleared(self, site: Write, tmp_path: Path) -> None:
        file = tmp_path / "site" / here.INSTALLATION
        file.write_text('protect = "keyring"\nserver = ')
        with pytest.raises(InputError, match="line 2, column 10") as refused:
            installation.tell({"server": "acme.example"}, machine=True)
        assert "--clear" in refused.value.advice
        assert file.read_text() == 'protect = "keyring"\nserver = '
        installation.tell({"server": "acme.example"}, machine=True, afresh=True)
        assert settings.current()["server"].value == "acme.example"

    def test_keeps_its_lock_and_loses_nothing(self, site: Write) -> None:
        installation.tell({"server": "acme.example", "locked": "true"}, machine=True)
        installation.tell({"proxy": "direct"}, machine=True)
        given = settings.current()
        assert (given["proxy"].value, given.is_locked("server"), given.is_locked("proxy")) == ("direct", True, False)

    def test_that_would_be_too_much_to_read_changes_nothing(self, site: Write, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="more than settings may have"):
            installation.tell({"description": "😀" * 4096, "server": "acme.example"}, machine=True)
        assert not list((tmp_path / "site").iterdir())

    def test_without_the_right_says_so(self, site: Write, tmp_path: Path) -> None:
        (tmp_path / "user").write_text("a file where a folder should be")
        with pytest.raises(NotWritable, match="The settings of this user cannot be changed"):
            installation.tell({"server": "acme.example"}, machine=False)


def test_what_is_read_once_holds_for_the_process(site: Write) -> None:
    path = site('server = "one.example"')
    assert settings.current()["server"].value == "one.example"
    path.write_text('server = "two.example"')
    assert settings.current()["server"].value == "one.example"
    forget()
    assert settings.current()["server"].value == "two.example"
