"""The log: by whitelist, private, bounded, and never in the way."""

import os
import stat
import sys
from pathlib import Path

import pytest

from enroller import log
from enroller.log import Log


def lines(folder: Path) -> list[str]:
    return (folder / "enroller.log").read_text().splitlines()


def test_one_line_for_each_thing_that_happened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "wall", lambda: 1_800_000_000.0)
    Log(tmp_path).write("step", state="submitting", code=None, exit=0)
    assert lines(tmp_path) == ["2027-01-15T08:00:00Z step state=submitting exit=0"]


@pytest.mark.parametrize("name", ["api_key", "body", "access_token", "message", "client_id"])
def test_what_is_not_on_the_list_cannot_be_logged(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Log(tmp_path).write("step", **{name: "x"})
    assert not (tmp_path / "enroller.log").exists()


def test_a_value_cannot_forge_a_line(tmp_path: Path) -> None:
    Log(tmp_path).write("step", host="a\n2027-01-15T08:00:00Z step state=enrolled")
    assert len(lines(tmp_path)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no owner bits")
def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    Log(folder).write("step")
    assert stat.S_IMODE((folder / "enroller.log").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_keeps_one_earlier_file_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LARGEST", 100)
    written = Log(tmp_path)
    for _ in range(20):
        written.write("step", state="submitting")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["enroller.log", "enroller.log.1"]
    assert all(path.stat().st_size < 200 for path in tmp_path.iterdir())


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    Log(tmp_path / "file").write("step")
    assert (tmp_path / "file").read_text() == "in the way"


def test_verbose_says_it_on_standard_error_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Log(tmp_path).write("quiet")
    Log(tmp_path, verbose=True).write("loud", state="submitting")
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0].split(" ", 1)[1]) == ("", "loud state=submitting")


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "of-somebody").write_text("theirs\n")
    (tmp_path / "enroller.log").symlink_to(tmp_path / "of-somebody")
    Log(tmp_path).write("step")
    assert (tmp_path / "of-somebody").read_text() == "theirs\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in this system's folders")
def test_a_pipe_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "enroller.log")
    Log(tmp_path).write("step", state="enrolled")
    assert stat.S_ISFIFO((tmp_path / "enroller.log").stat().st_mode)
