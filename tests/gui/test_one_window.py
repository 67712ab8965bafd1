"""One window for each data folder: a later start brings the open one to the front. In processes of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enroller.errors import InUse
from enroller.gui import claim as claims
from enroller.gui.claim import LOCK, Answer, Call, Claim, take, take_or_call
from enroller.gui.start import hear_others
from tests.gui.person import Person
from tests.gui.stories import Open, goes_to
from tests.waiting import until

PATIENCE = 60.0
"""Seconds; a start takes a fraction of one."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Starts `enroller wizard` in a process of its own, for the test's data folder where no other is given."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*options: str, folder: Path = data_dir) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "enroller", "--data-dir", str(folder), "wizard", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def person(open_window: Open, data_dir: Path) -> Iterator[Person]:
    """Somebody at the first window of the data folder, which hears of others."""
    claim = take(data_dir)
    assert claim is not None
    person = open_window()
    summons = hear_others(person.window, claim)
    yield person
    summons.stop()


def listens(folder: Path) -> bool:
    """Whether a window has told where it listens."""
    lock = folder / LOCK
    return lock.exists() and lock.stat().st_size > 0


def ended(person: Person, process: "subprocess.Popen[str]") -> tuple[int, str]:
    """The exit status of a later start and what it said, while the window goes on living."""
    person.waits_until(lambda: process.poll() is not None, "the later start to end")
    said = process.communicate()[1]
    return process.returncode, said


class TestALaterStart:
    def test_brings_the_window_to_the_front_of_another_programs(
        self, person: Person, start: Start, tmp_path: Path
    ) -> None:
        other = start(folder=tmp_path / "other")  # another folder: another window
        person.waits_until(lambda: not person.window.isActiveWindow(), "the other window to get the focus")
        later = start()
        status, said = ended(person, later)
        assert (status, said) == (0, "Enroller is open already; its window was brought to the front.\n")
        person.waits_until(person.window.isActiveWindow, "the first window to be active")
        assert other.poll() is None

    def test_restores_it_where_it_was_minimized(self, person: Person, start: Start) -> None:
        person.window.showMinimized()
        surface = person.window.windowHandle()
        person.waits_until(
            lambda: person.window.isMinimized() and not surface.isExposed(), "the window to be minimized"
        )
        assert ended(person, start())[0] == 0
        person.waits_until(lambda: not person.window.isMinimized() and surface.isExposed(), "it to be restored")
        person.waits_until(person.window.isActiveWindow, "it to be active")

    @pytest.mark.parametrize("option", ["--preset", None])
    def test_with_a_preset_asks_in_the_window_whether_to_use_it(
        self, option: str | None, person: Person, start: Start, tmp_path: Path
    ) -> None:
        preset = tmp_path / "preset.toml"
        preset.write_text('server = "acme.example"\nca_file = "root.pem"')
        status, said = ended(person, start(*filter(None, (option, str(preset)))))
        assert (status, said.partition(". ")[2]) == (0, "It shows the preset.\n")
        person.waits_for("Use this preset?", preset.name)
        person.clicks("Use it")
        goes_to(person, "Service and server")
        assert person.field("Server address").text() == "acme.example"
        assert person.field("CA file (optional)").text() == str(tmp_path / "root.pem")

    def test_with_a_link_asks_there_too(self, person: Person, start: Start) -> None:
        status, said = ended(person, start("enroller://preset?server=acme.example"))
        assert (status, said.partition(". ")[2]) == (0, "It shows the preset.\n")
        person.waits_for("Use this preset?", "https://acme.example")

    def test_with_something_broken_that_a_desktop_hands_over_says_so_there(self, person: Person, start: Start) -> None:
        status, said = ended(person, start("enroller://nonsense"))
        assert status == 0
        assert "The link cannot be used" in said
        person.waits_for("The link cannot be used", "Nothing was applied.")

    def test_with_a_preset_disturbs_nobody_who_is_typing(self, person: Person, start: Start, tmp_path: Path) -> None:
        preset = tmp_path / "preset.toml"
        preset.write_text('server = "acme.example"')
        goes_to(person, "Service and server")
        person.enters("Server address", "mine.example")
        status, said = ended(person, start("--preset", str(preset)))
        assert status == 0
        assert "The preset was not used" in said
        assert person.questions[0].startswith("The preset was not used"), "nobody reads what a desktop's start says"
        assert person.field("Server address").text() == "mine.example"
        person.clicks("Back")
        assert "The preset was not used" in ended(person, start("--preset", str(preset)))[1], "it is still in the form"

    def test_with_a_bad_preset_says_what_is_wrong_with_it(self, person: Person, start: Start, tmp_path: Path) -> None:
        preset = tmp_path / "preset.toml"
        preset.write_text("server = 7400")
        status, said = ended(person, start("--preset", str(preset)))
        assert status == 2
        assert "“server” has to be a text" in said


class TestWhoIsTheFirst:
    def test_a_killed_window_leaves_the_place_to_the_next(self, start: Start, data_dir: Path) -> None:
        first = start()
        until(lambda: listens(data_dir), "the window to listen")
        socket_of_first = Path(json.loads((data_dir / LOCK).read_text())["address"])
        assert socket_of_first.exists()
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE)
        second = start()
        until(lambda: listens(data_dir) and str(socket_of_first) not in (data_dir / LOCK).read_text(), "the next one")
        assert second.poll() is None
        assert not socket_of_first.parent.exists(), "what the killed one has left is gone"

    def test_of_several_at_the_same_instant_one_wins(self, start: Start, data_dir: Path) -> None:
        all_of_them = [start() for _ in range(4)]
        until(lambda: sum(one.poll() is not None for one in all_of_them) == 3, "all but one to end")
        until(lambda: listens(data_dir), "the one to listen")
        said = [one.communicate()[1] for one in all_of_them if one.poll() is not None]
        assert said == ["Enroller is open already; its window was brought to the front.\n"] * 3

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
    def test_a_window_that_hangs_is_told_of(
        self, start: Start, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(claims, "PATIENCE", 0.3)
        monkeypatch.setattr(claims, "ANSWERED_IN", 0.1)
        first = start()
        until(lambda: listens(data_dir), "the window to listen")
        first.send_signal(signal.SIGSTOP)
        with pytest.raises(InUse, match="does not answer"):
            take_or_call(data_dir, Call())

    def test_a_window_that_was_closed_leaves_no_socket(self, start: Start, data_dir: Path) -> None:
        first = start()
        until(lambda: listens(data_dir), "the window to listen")
        place = Path(json.loads((data_dir / LOCK).read_text())["address"]).parent
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 130
        assert not place.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a port in place of a socket's file")
class TestTheClaim:
    @pytest.fixture
    def claim(self, tmp_path: Path) -> Iterator[Claim]:
        """The first one's."""
        claim = take(tmp_path)
        assert claim is not None
        yield claim
        claim.release()

    def test_nobody_else_may_read_where_it_listens(self, claim: Claim, tmp_path: Path) -> None:
        with claim.listen() or pytest.fail("no socket"):
            lock = tmp_path / LOCK
            place = Path(json.loads(lock.read_text())["address"])
            assert lock.stat().st_mode & 0o077 == 0
            assert place.parent.stat().st_mode & 0o077 == 0

    def test_a_path_that_is_longer_than_a_sockets_may_be_is_no_matter(self, tmp_path: Path) -> None:
        claim = take(tmp_path / ("long" * 40))
        assert claim is not None
        listener = claim.listen()
        assert listener is not None
        listener.close()
        claim.release()

    @pytest.mark.parametrize(
        "line",
        [b"", b"raise\n", b"[]\n", b"{}\n", b'{"word": 3}\n', b'{"word": "guessed", "activation": ""}\n', b"\xff\n"],
    )
    def test_a_caller_who_does_not_know_the_word_is_not_heard(self, claim: Claim, line: bytes) -> None:
        with claim.listen() or pytest.fail("no socket"):
            assert claim.read(line) is None

    def test_a_caller_with_something_unknown_to_say_is_not_heard(self, claim: Claim, tmp_path: Path) -> None:
        with claim.listen() or pytest.fail("no socket"):
            word = json.loads((tmp_path / LOCK).read_text())["word"]
            assert claim.read(json.dumps({"word": word, "delete": "all"}).encode()) is None
            assert claim.read(json.dumps({"word": word, "preset": "x"}).encode()) == Call(preset="x")

    def test_a_window_of_an_older_version_is_told_nothing_that_it_does_not_know(
        self, claim: Claim, tmp_path: Path
    ) -> None:
        told: list[bytes] = []
        with claim.listen() or pytest.fail("no socket") as listener:
            threading.Thread(target=_answer, args=(listener, told), daemon=True).start()
            assert take_or_call(tmp_path, Call(activation="token")) == Answer(used=False)
        assert json.loads(told[0]).keys() == {"activation", "word"}

    def test_what_stands_in_the_file_leads_to_no_removal_of_anything_else(self, tmp_path: Path) -> None:
        precious = tmp_path / "precious"
        precious.write_text("keep me")
        (tmp_path / LOCK).write_text(json.dumps({"address": str(precious), "word": ""}))
        claim = take(tmp_path)
        assert claim is not None
        claim.release()
        assert precious.exists()

    def test_a_folder_that_cannot_hold_it_opens_a_window_all_the_same(self, tmp_path: Path) -> None:
        in_the_way = tmp_path / "file"
        in_the_way.write_text("")
        claim = take_or_call(in_the_way / "data", Call())
        assert isinstance(claim, Claim)
        assert claim.listen() is None

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give folders away")
    def test_nothing_of_ours_is_left_in_somebody_elses_home(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir()
        os.chown(home, 12345, 12345)
        claim = take(home / "data")
        assert claim is not None
        assert list(home.iterdir()) == []


def test_a_caller_that_says_nothing_does_not_hold_the_window(person: Person, start: Start, data_dir: Path) -> None:
    address = json.loads((data_dir / LOCK).read_text())["address"]
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as garbage:
        silent.connect(address)
        garbage.connect(address)
        garbage.sendall(b"x" * 10_000 + b"\n")
        assert ended(person, start())[0] == 0
        garbage.setblocking(False)
        person.waits_until(lambda: _is_over(garbage), "the connection to be ended")


def _answer(listener: socket.socket, told: list[bytes]) -> None:
    """A window that hears one call."""
    listener.setblocking(True)
    connection, _ = listener.accept()
    with connection:
        told.append(connection.recv(64 * 1024))
        connection.sendall(b'{"used": false}\n')


def _is_over(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
