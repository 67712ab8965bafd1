"""Approved, and the disk is full: the credentials are in memory alone, and another folder takes them."""

import shlex
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from enroller.errors import DiskFull, NotWritable
from enroller.gui.prefill import Prefill
from enroller.model import Enrollment, State
from enroller.sandbox.server import Sandbox
from enroller.vault import Opened, Unlock, Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, newest, submits


@pytest.fixture
def person(
    open_window: Open, filled: Prefill, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> Person:
    """Somebody whose device was approved when its disk was full."""
    real = Opened.save

    def save(opened: Opened, enrollment: Enrollment) -> Enrollment:
        if enrollment.state is State.ENROLLED and data_dir in opened.path.parents:
            raise DiskFull("There is no space left.")
        return real(opened, enrollment)

    monkeypatch.setattr(Opened, "save", save)
    person = open_window(filled)
    submits(person)
    sandbox.world.approve(newest(sandbox))
    person.waits_for("There is no space left.", "The credentials are in memory only.")
    return person


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
