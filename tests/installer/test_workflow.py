"""The job definition for a common forge: the same scripts as here, and nothing that a stranger could use."""

import re
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / ".github" / "workflows" / "installers.yml"
TEXT = FILE.read_text(encoding="utf-8")
STEPS = re.split(r"^      - ", TEXT, flags=re.MULTILINE)[1:]


def test_it_says_first_that_it_was_not_run_here() -> None:
    assert TEXT.startswith("# NOT RUN HERE")


def test_both_systems_build_by_the_one_command() -> None:
    assert re.findall(r"^    runs-on: (.+)$", TEXT, re.MULTILINE) == ["windows-latest", "${{ matrix.runner }}"]
    assert [step for step in STEPS if step.startswith("name: Build\n")] == [
        "name: Build\n        run: python installer/dev.py installers\n\n"
    ] * 2


def test_it_may_only_read_and_leaves_no_token_behind() -> None:
    assert re.findall(r"^ *permissions:\n((?: {2,}.+\n)+)", TEXT, re.MULTILINE) == ["  contents: read\n"]
    checkouts = [step for step in STEPS if "actions/checkout" in step]
    assert len(checkouts) == 2
    assert all("persist-credentials: false" in step for step in checkouts)


def test_actions_are_pinned_by_their_major_version() -> None:
    used = re.findall(r"uses: (\S+)", TEXT)
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", one)] == []


def test_a_secret_reaches_only_the_step_that_needs_it_as_a_variable() -> None:
    """In a script's text it would be replaced before the shell sees it, and end in logs and command lines."""
    for step in STEPS:
        environment, _, script = step.partition("run: |")
        assert "secrets." not in script, step
        for name in re.findall(r"^ +(\w+): \$\{\{ secrets\.\w+ \}\}$", environment, re.MULTILINE):
            assert not re.search(rf"(echo|Write-Output|Write-Host)[^\n]*\${{?(env:)?{name}\b", script), step


def test_signing_is_skipped_with_a_notice_where_no_secret_is() -> None:
    signing = [step for step in STEPS if "secrets." in step]
    assert len(signing) == 3
    assert all("::notice::No " in step and "exit 0" in step for step in signing)
