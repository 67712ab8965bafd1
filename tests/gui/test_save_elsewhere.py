"""Approved, and the disk is full: the credentials are in memory alone, and another folder takes them."""

import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from enroller.errors import DiskFull, NotWritable
from enroller.gui.prefill import Prefill
from enroller.gui.signals import EndBySignal
from enroller.model import Enrollment, State
from enroller.sandbox.server import Sandbox
from enroller.vault import Opened, Unlock, Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, leaves_and_resumes, newest, submits


@pytest.fixture
def person(
    open_window: Open, filled: Prefill, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> Person:
    """Somebody whose device was approved when its disk was full."""
    refuse(monkeypatch, data_dir)
    person = open_window(filled)
    submits(person)
    sandbox.world.approve(newest(sandbox))
    person.waits_for("There is no space left.", "The credentials are in memory only.")
    return person


def refuse(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """From now on the disk takes no credentials."""
    real = Opened.save

    def save(opened: Opened, enrollment: Enrollment) -> Enrollment:
        if enrollment.state is State.ENROLLED and data_dir in opened.path.parents:
            raise DiskFull("There is no space left.")
        return real(opened, enrollment)

    monkeypatch.setattr(Opened, "save", save)


def test_another_folder_takes_them(person: Person, tmp_path: Path, data_dir: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    person.files = [stick]
    person.clicks("Save in another folder…")
    person.waits_for("This device is enrolled", "another folder than usual", str(stick))
    [one] = Vault(stick).list()
    assert one.state is State.ENROLLED
    assert Vault(data_dir).list() == []
    person.clicks("Copy")
    command = shlex.split(QGuiApplication.clipboard().text())
    assert command == ["enroller", "--data-dir", str(stick), "token", one.id]
    with Vault(stick).open(one.id, Unlock()) as opened:
        assert opened.enrollment.grant is not None


@pytest.mark.skipif(sys.platform == "win32", reason="there a file cannot be a folder's parent in the dialog either")
def test_a_folder_that_takes_nothing_is_said_and_nothing_is_lost(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = tmp_path / "bad", tmp_path / "good"
    bad.mkdir()
    good.mkdir()
    real = Vault.receive

    def receive(vault: Vault, opened: Opened, enrollment: Enrollment) -> Enrollment:
        if vault._folder == bad:
            raise NotWritable(f"{bad} is on a read-only file system.")
        return real(vault, opened, enrollment)

    monkeypatch.setattr(Vault, "receive", receive)
    person.files = [bad, good]
    person.clicks("Save in another folder…")
    person.waits_for("is on a read-only file system.", "The credentials are in memory only.")
    person.closes()
    assert person.window.isVisible()
    person.clicks("Save in another folder…")
    person.waits_for("This device is enrolled", str(good))


def test_the_page_says_what_is_the_matter_and_nothing_else(person: Person) -> None:
    person.waits_for("Approved, but not stored yet", "leave this window open")
    assert not person.sees("The administrator's turn.")
    assert not person.sees("The request ends in")
    assert not person.sees("For the approver to compare")
    assert not person.can_press("Continue later")
    person.waits_until(lambda: person.focus is person.button("Try again"), "the focus on Try again")


def test_who_closes_is_told_why_it_stays_open(person: Person) -> None:
    person.closes()
    person.waits_for("Closing this window would lose them, so it stays open")


def test_once_stored_the_window_closes_again(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    person.clicks("Try again")
    person.waits_for("This device is enrolled")
    person.clicks("Finish")
    assert person.window.isHidden()


def test_back_to_the_first_page_would_lose_them_too(
    open_window: Open, filled: Prefill, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    again = leaves_and_resumes(open_window, filled)
    assert again.can_press("Back")
    with monkeypatch.context() as full:
        refuse(full, data_dir)
        sandbox.world.approve(newest(sandbox))
        again.waits_for("Approved, but not stored yet")
        assert not again.can_press("Back")
    again.clicks("Try again")
    again.waits_for("This device is enrolled")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
class TestASignal:
    @pytest.fixture
    def exits(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
        """The exit statuses that signals to this process have asked for."""
        exits: list[int] = []
        monkeypatch.setattr(QApplication, "exit", exits.append)
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        end = EndBySignal(person.window)
        yield exits
        end.stop()
        for number, handler in before.items():
            signal.signal(number, handler)

    def test_ctrl_c_is_refused_like_the_close_button(
        self, person: Person, exits: list[int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            person.waits_for("Closing this window would lose them")
            assert "would be lost. Store them in the window first." in capsys.readouterr().err
        assert exits == []
        assert person.window.isVisible()

    def test_only_the_second_sigterm_ends(
        self, person: Person, exits: list[int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        person.waits_for("Closing this window would lose them")
        assert "A second SIGTERM ends it all the same." in capsys.readouterr().err
        assert exits == []
        os.kill(os.getpid(), signal.SIGTERM)
        person.waits_until(lambda: exits == [130], "the exit")


def test_closing_would_lose_them_so_it_does_not_close(person: Person) -> None:
    person.closes()
    person.presses(Key.Key_Escape)
    assert person.window.isVisible()
    assert person.sees("The credentials are in memory only.")


def test_who_chooses_no_folder_is_asked_still(person: Person) -> None:
    person.clicks("Save in another folder…")
    person.waits_for("There is no space left.", "The credentials are in memory only.")
    assert person.can_press("Try again")


def test_where_there_is_space_again_nothing_has_moved(
    person: Person, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.undo()
    person.clicks("Try again")
    person.waits_for("This device is enrolled")
    assert not person.sees("another folder than usual")
    assert [one.state for one in Vault(data_dir).list()] == [State.ENROLLED]
