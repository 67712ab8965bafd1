"""The first page: what stands in the way of storing anything is said at once, and what has come to nothing can go."""

import datetime as dt
from pathlib import Path

import pytest

from enroller.errors import NotWritable
from enroller.gui import wizard
from enroller.gui.pages.stored import when_it_ends
from enroller.gui.prefill import Prefill
from enroller.model import State
from enroller.sandbox.server import Sandbox
from enroller.vault import Unlock, Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, leaves_and_resumes, newest, submits

QUESTION = "Its key is deleted. What the service knows of it stays there."


class TestWhatHasComeToNothing:
    @pytest.fixture
    def person(self, open_window: Open, filled: Prefill) -> Person:
        """Somebody at the first page who has given a request up."""
        person = open_window(filled)
        submits(person)
        person.clicks("Give up the request")
        person.clicks("To the first page")
        person.waits_for("Given up.\nReception laptop 7")
        return person

    def test_it_is_forgotten_once_that_is_confirmed(self, person: Person, data_dir: Path) -> None:
        person.answers = ["Remove"]
        person.clicks("Remove…")
        person.waits_for("You need:")
        assert len(person.questions) == 1
        assert "(Reception laptop 7)" in person.questions[0]
        assert QUESTION in person.questions[0]
        assert Vault(data_dir).list() == []

    def test_return_and_escape_mean_keep(self, person: Person, data_dir: Path) -> None:
        person.tabs_to(person.button("Remove…"))
        person.presses(Key.Key_Return)  # the question comes, and Escape answers it
        assert len(person.questions) == 1
        assert person.sees("Given up.")
        assert len(Vault(data_dir).list()) == 1

    def test_while_another_process_has_it_it_stays_and_that_is_said(self, person: Person, data_dir: Path) -> None:
        [one] = Vault(data_dir).list()
        with Vault(data_dir).open(one.id, Unlock(), wait=20):
            person.answers = ["Remove"]
            person.clicks("Remove…")
            person.waits_for("is in use by another Enroller.", "Given up.")
        person.clicks("Try again")
        person.waits_until(lambda: not person.sees("is in use"), "the problem to go")
        person.answers = ["Remove"]
        person.clicks("Remove…")
        person.waits_for("You need:")


def test_what_waits_or_is_enrolled_cannot_be_removed_by_a_slip(
    open_window: Open, filled: Prefill, sandbox: Sandbox
) -> None:
    person = open_window(filled)
    submits(person)
    person.presses(Key.Key_Escape)
    again = open_window()
    again.waits_for("Waiting for approval.")
    assert not again.can_press("Remove…")
    sandbox.world.approve(newest(sandbox))
    again.clicks("Resume")
    again.clicks("Enroll another")
    again.waits_for("Enrolled.")
    assert not again.can_press("Remove…")


class TestWhatCannotBeRead:
    @pytest.fixture
    def record(self, open_window: Open, filled: Prefill, data_dir: Path) -> Path:
        """The folder of a request that waits."""
        person = open_window(filled)
        submits(person)
        person.presses(Key.Key_Escape)
        [one] = Vault(data_dir).list()
        with Vault(data_dir).open(one.id, Unlock(), wait=20) as opened:
            return opened.path

    def test_what_a_newer_enroller_wrote_is_left_alone_and_what_to_do_is_said(
        self, record: Path, open_window: Open
    ) -> None:
        for view in record.glob("enrollment.json*"):
            view.write_text('{"schema": 99}')
        person = open_window()
        person.waits_for("Update Enroller on this device. Nothing was changed.")
        assert not person.can_press("Remove…")

    def test_what_is_unreadable_can_be_removed_once_that_is_confirmed(
        self, record: Path, open_window: Open, data_dir: Path
    ) -> None:
        for file in record.glob("*.json*"):
            file.write_bytes(b"\0\0\0")
        person = open_window()
        person.waits_for("is damaged")
        person.clicks("Remove…")  # Escape answers
        assert "Its entry cannot be read" in person.questions[0]
        assert record.name in person.questions[0]
        assert record.is_dir()
        person.answers = ["Remove"]
        person.clicks("Remove…")
        person.waits_for("You need:")
        assert Vault(data_dir).list() == []


NOON = dt.datetime(2026, 11, 22, 12, 0).timestamp()


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (2 * 86_400 + 23 * 3600, "The request ends in 2 d 23 h."),
        (3700, "The request ends in 1 h 1 min."),
        (531, "The request ends at 12:08."),
        (-60, "The request ended at 11:59."),
    ],
)
def test_the_end_of_a_request_is_told_in_words_that_stay_true(left: float, said: str) -> None:
    assert when_it_ends(NOON + left, NOON) == said


class TestWhereNothingCanBeStored:
    def test_it_is_said_before_a_word_is_typed(self, open_window: Open, data_dir: Path) -> None:
        data_dir.mkdir()
        (data_dir / "enrollments").symlink_to("nowhere")
        person = open_window()
        person.window.start_page.examine_store()
        person.waits_for("is a link, and our folder should stand there.", "You need:")
        assert not person.sees("--data-dir"), "an option of the command line means nothing here"
        (data_dir / "enrollments").unlink()
        person.clicks("Try again")
        person.waits_until(lambda: person.sees("You need:") and not person.sees("is a link"), "the problem to go")

    def test_a_read_only_home(self, open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        def probe(_vault: Vault) -> None:
            raise NotWritable("/home/kim is on a read-only file system.", advice="Choose another with --data-dir.")

        monkeypatch.setattr(Vault, "probe", probe)
        person = open_window()
        person.window.start_page.examine_store()
        person.waits_for("/home/kim is on a read-only file system.", "its option data-dir", "You need:")

    def test_where_all_is_well_nothing_is_said_and_nothing_is_left(self, open_window: Open, data_dir: Path) -> None:
        person = open_window()
        shown = person.reads()
        done: list[None] = []
        vault = person.window.app.vault
        person.window.start_page.examine_store()
        person.window.bridge.start(lambda _job, _publish: vault.probe(), done=done.append, failed=lambda _: None)
        person.waits_until(lambda: bool(done), "the store to be examined")
        assert person.reads() == shown
        assert not list(data_dir.glob("enrollments/*"))


class TestInUse:
    def test_what_a_terminal_has_in_use_is_said_and_can_be_tried_again(
        self, open_window: Open, filled: Prefill, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wizard, "OTHERS_PATIENCE", 0.2)
        person = open_window(filled)
        submits(person)
        person.presses(Key.Key_Escape)
        [one] = Vault(data_dir).list()
        with Vault(data_dir).open(one.id, Unlock(), wait=20):
            again = open_window()
            again.clicks("Resume")
            again.waits_for("Another Enroller is at work on this enrollment", "Wait until it has finished")
        again.clicks("Try again")
        again.waits_for("Waiting for approval", "Not approved yet")
        assert [one.state for one in Vault(data_dir).list()] == [State.AWAITING_APPROVAL]

    def test_what_this_window_has_just_left_is_waited_for(
        self, open_window: Open, filled: Prefill, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        again = leaves_and_resumes(open_window, filled)
        monkeypatch.setattr(wizard, "OTHERS_PATIENCE", 0.0)
        sandbox.world.inject("latency", path="token", count=1, seconds=1.0)
        again.waits_for("Asking the service")
        again.clicks("Back")
        again.clicks("Resume")
        again.waits_for("Waiting for approval", "Not approved yet")
