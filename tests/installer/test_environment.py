"""The environment: made once, known again at no cost, made anew when it does not fit or was cut off."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import environment
from installer.environment import Checkout, count_pins, exclusive, is_ready, make, stored_stamp, wanted_stamp
from installer.steps import Problem
from tests.installer.remembered import RememberedSteps

ROOT = Path(__file__).resolve().parents[2]

VENV, PACKAGES, PROJECT = "Making the environment", "Installing 0 pinned packages", "Installing Enroller"
COMPILING = "Compiling"


@pytest.fixture(autouse=True)
def _roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "require_space", lambda _folder: None)


def put_interpreter(checkout: Checkout) -> None:
    checkout.python.parent.mkdir(parents=True, exist_ok=True)
    checkout.python.touch()


def test_the_first_time_makes_everything_in_order(checkout: Checkout, steps: RememberedSteps) -> None:
    make(checkout, steps, {})
    expected = (VENV, PACKAGES, PROJECT, COMPILING)
    assert all(title.startswith(start) for title, start in zip(steps.titles, expected, strict=True))
    put_interpreter(checkout)
    assert is_ready(checkout)


def test_packages_are_installed_by_hash_and_run_no_code_of_their_own(
    checkout: Checkout, steps: RememberedSteps
) -> None:
    make(checkout, steps, {})
    _, packages, project, _ = steps.commands
    assert {"--require-hashes", "--only-binary", "--no-deps"} <= set(packages)
    assert {"--no-index", "--no-build-isolation", "--no-deps", "--editable"} <= set(project)


def change_requirements(checkout: Checkout) -> None:
    (checkout.requirements / "dev.txt").write_text("other==1 --hash=sha256:00\n")


def change_project(checkout: Checkout) -> None:
    (checkout.root / "pyproject.toml").write_text("[project]\n")


def remove_interpreter(checkout: Checkout) -> None:
    checkout.python.unlink()


def cut_off(checkout: Checkout) -> None:
    (checkout.dev / "stamp.json").unlink()


def damage_stamp(checkout: Checkout) -> None:
    (checkout.dev / "stamp.json").write_text('{"packages": 1')


@pytest.mark.parametrize(
    ("change", "number_of_steps"),
    [(change_requirements, 4), (remove_interpreter, 4), (cut_off, 4), (damage_stamp, 4), (change_project, 2)],
)
def test_a_change_costs_what_it_must(
    checkout: Checkout, steps: RememberedSteps, change: Callable[[Checkout], None], number_of_steps: int
) -> None:
    make(checkout, steps, {})
    put_interpreter(checkout)
    change(checkout)
    assert not is_ready(checkout)
    steps.titles.clear()
    make(checkout, steps, {})
    assert len(steps.titles) == number_of_steps


def test_the_stamp_depends_on_interpreter_kind_and_place(checkout: Checkout, tmp_path: Path) -> None:
    here = wanted_stamp(checkout, "/usr/bin/python3.11", "cpython-311 linux-x86_64")
    assert wanted_stamp(checkout, "/usr/bin/python3.11", "cpython-311 linux-x86_64") == here
    assert wanted_stamp(checkout, "/opt/python3.11", "cpython-311 linux-x86_64") != here
    assert wanted_stamp(checkout, "/usr/bin/python3.11", "cpython-312 linux-x86_64") != here
    moved = Checkout(checkout.root.rename(tmp_path / "moved"))
    assert wanted_stamp(moved, "/usr/bin/python3.11", "cpython-311 linux-x86_64") != here


def test_a_security_update_of_python_costs_nothing(
    checkout: Checkout, steps: RememberedSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(checkout, steps, {})
    put_interpreter(checkout)
    monkeypatch.setattr(sys, "version", "3.11.99 (main, Jan  1 2030, 00:00:00) [GCC 12.2.0]")
    assert is_ready(checkout)


@pytest.mark.parametrize("failing", [VENV, PACKAGES, PROJECT])
def test_a_failure_leaves_no_stamp(checkout: Checkout, steps: RememberedSteps, failing: str) -> None:
    make(checkout, steps, {})
    change_requirements(checkout)
    steps.failing = failing.replace("0", "1")
    with pytest.raises(Problem):
        make(checkout, steps, {})
    assert stored_stamp(checkout) is None


def test_pins_are_counted_once_each() -> None:
    assert (
        count_pins("# a==1\na==1 \\\n    --hash=sha256:00\nb==2 ; x == '1' \\\n    --hash=sha256:01\n    # via c\n")
        == 2
    )


HOLDER = """
import sys
from io import StringIO
from pathlib import Path
from installer.environment import Checkout, exclusive
from installer.steps import Steps
checkout = Checkout(Path(sys.argv[1]))
with exclusive(checkout, Steps(checkout.dev / "log.txt", sys.stdout)):
    print("working", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_says_that_it_waits_and_goes_on_when_the_first_has_died(
    checkout: Checkout, steps: RememberedSteps
) -> None:
    command = [sys.executable, "-c", HOLDER, str(checkout.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as first:  # type: ignore[call-overload]
        assert first.stdout.readline() == "working\n"
        with subprocess.Popen(command, **pipes) as second:  # type: ignore[call-overload]
            assert "waiting for it to finish" in second.stdout.readline()
            first.kill()
            assert second.stdout.readline() == "working\n"
            second.stdin.close()
    with exclusive(checkout, steps):
        pass


class TestBeside:
    """A tool's own environment."""

    @pytest.fixture(autouse=True)
    def _pinned(self, checkout: Checkout) -> None:
        (checkout.requirements / "tool.txt").write_text("tool==1 --hash=sha256:00\n")

    def made(self, checkout: Checkout, steps: RememberedSteps) -> int:
        """How many steps it takes now."""
        steps.titles.clear()
        python = environment.beside("tool", checkout, steps, {})
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return len(steps.titles)

    def test_it_is_made_once_apart_from_ours(self, checkout: Checkout, steps: RememberedSteps) -> None:
        assert self.made(checkout, steps) == 2
        assert {"--require-hashes", "--only-binary", "--no-deps"} <= set(steps.commands[-1])
        assert not checkout.venv.exists()
        assert self.made(checkout, steps) == 0

    def test_other_packages_make_it_anew(self, checkout: Checkout, steps: RememberedSteps) -> None:
        self.made(checkout, steps)
        (checkout.requirements / "tool.txt").write_text("tool==2 --hash=sha256:00\n")
        assert self.made(checkout, steps) == 2

    def test_one_that_was_cut_off_is_made_anew(self, checkout: Checkout, steps: RememberedSteps) -> None:
        self.made(checkout, steps)
        (checkout.requirements / "tool.txt").write_text("tool==2 --hash=sha256:00\n")
        steps.failing = "Installing 1 pinned"
        with pytest.raises(Problem):
            environment.beside("tool", checkout, steps, {})
        steps.failing = None
        assert self.made(checkout, steps) == 2
