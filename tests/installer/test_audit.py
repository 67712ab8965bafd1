"""The audit: what is installed is what was pinned, licences are known, and a vulnerability is never passed over."""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from installer import audit
from installer.packages import LICENCES_TOLD_ELSEWHERE, Installed, Pin, installed, pins

ROOT = Path(__file__).resolve().parents[2]
OUR_ENVIRONMENT = Path(sys.prefix) == ROOT / ".dev" / "venv"

PIN = Pin("httpx", "0.28.1", "", ("00",), ("",))
HTTPX = Installed("httpx", "0.28.1", "BSD-3-Clause", ("LICENSE.md",))


@pytest.fixture
def pinned() -> dict[str, Pin]:
    return {"httpx": PIN}


@pytest.mark.skipif(not OUR_ENVIRONMENT, reason="what is installed elsewhere is not ours to judge")
def test_what_is_installed_here_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main() == 0
    assert "every one has a licence that we may use" in capsys.readouterr().out


class TestWhatIsInstalled:
    def test_the_pinned_version_passes(self, pinned: dict[str, Pin]) -> None:
        assert audit.unlike_the_pins(pinned, {"httpx": HTTPX}) == []

    def test_another_version_is_told(self, pinned: dict[str, Pin]) -> None:
        newer = dataclasses.replace(HTTPX, version="0.29")
        assert audit.unlike_the_pins(pinned, {"httpx": newer}) == ["httpx 0.29 is installed, and 0.28.1 is pinned."]

    def test_a_stranger_is_told(self, pinned: dict[str, Pin]) -> None:
        (said,) = audit.unlike_the_pins(pinned, {"httpx": HTTPX, "evil": Installed("evil", "1", "MIT", ("LICENSE",))})
        assert said == "evil 1 is installed, and no requirements file pins it."

    def test_a_missing_one_is_told_unless_it_is_for_other_systems(self) -> None:
        other = Pin("truststore", "0.10", "sys_platform == 'win32'", ("00",), ())
        assert audit.unlike_the_pins({"httpx": PIN, "truststore": other}, {}) == ["httpx is pinned, and not installed."]

    def test_what_only_lock_needs_may_be_missing_and_not_differ(self, pinned: dict[str, Pin]) -> None:
        assert audit.unlike_the_pins({}, {}, optional=pinned) == []
        assert audit.unlike_the_pins({}, {"httpx": dataclasses.replace(HTTPX, version="1")}, optional=pinned) != []

    def test_a_pin_without_a_hash_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "some.txt").write_text("httpx==0.28.1\n")
        with pytest.raises(ValueError, match="hashes"):
            pins(tmp_path / "some.txt")


class TestLicences:
    @pytest.mark.parametrize("licence", ["MIT", "GPL-3.0-only OR MIT", "MIT AND BSD-3-Clause"])
    def test_one_usable_alternative_is_enough(self, licence: str) -> None:
        assert audit.unclear_licences(["x"], {"x": Installed("x", "1", licence, ("LICENSE",))}) == []

    @pytest.mark.parametrize(
        ("licence", "texts", "complaint"),
        [
            ("", ("LICENSE",), "not known"),
            ("GPL-3.0-only", ("LICENSE",), "not on the list"),
            ("MIT AND GPL-3.0-only", ("LICENSE",), "not on the list"),
            ("MIT", (), "without the text"),
        ],
    )
    def test_anything_else_is_told(self, licence: str, texts: tuple[str, ...], complaint: str) -> None:
        (said,) = audit.unclear_licences(["x"], {"x": Installed("x", "1", licence, texts)})
        assert complaint in said

    def test_a_package_for_other_systems_needs_its_licence_too(self) -> None:
        assert audit.unclear_licences(["truststore"], {}) == []
        assert audit.unclear_licences(["nobody-knows"], {}) != []

    def test_no_exception_outlives_its_package(self) -> None:
        shipped = pins(ROOT / "installer" / "requirements" / "runtime.txt")
        assert shipped.keys() >= audit.WITHOUT_TEXT.keys() | LICENCES_TOLD_ELSEWHERE.keys()


def report(*vulnerabilities: dict[str, Any], answered: bool = True) -> dict[str, Any]:
    """As pip-audit 2.10 writes it."""
    skipped = {"name": "anyio", "skip_reason": "Dependency not found and could not be audited: anyio (4.16.0)"}
    asked = {"name": "httpx", "version": "0.28.1", "vulns": list(vulnerabilities)}
    return {"dependencies": [skipped, asked] if answered else [skipped], "fixes": []}


HOLE = {"id": "PYSEC-2030-1", "aliases": ["CVE-2030-1"], "fix_versions": ["0.28.2"], "description": "…"}


class TestKnownVulnerabilities:
    def test_none_is_a_success_that_says_how_many_were_asked_for(self) -> None:
        said, status = audit.told(audit.heard(report()))
        assert (said, status) == (["1 of 2 packages checked: 0 known vulnerabilities."], 0)

    def test_one_is_a_failure_that_says_what_mends_it(self) -> None:
        said, status = audit.told(audit.heard(report(HOLE)))
        assert (said[0], status) == ("httpx 0.28.1: PYSEC-2030-1 (mended in: 0.28.2)", 1)

    @pytest.mark.parametrize("name", ["PYSEC-2030-1", "CVE-2030-1"])
    def test_an_accepted_one_is_shown_with_its_reason(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "ACCEPTED", {name: "we do not use that part"})
        said, status = audit.told(audit.heard(report(HOLE)))
        assert status == 0
        assert said[0].endswith("accepted: we do not use that part")

    def test_no_answer_is_a_notice_and_no_failure(self) -> None:
        for answer in (None, audit.heard(report(answered=False))):
            said, status = audit.told(answer)
            assert (status, "nothing was checked" in said[0]) == (0, True)

    @pytest.mark.skipif(os.name == "nt", reason="a stand-in that is a shell script")
    @pytest.mark.parametrize(("prints", "understood"), [(json.dumps(report()), True), ("", False), ("[]", False)])
    def test_it_is_asked_for_everything_that_is_pinned(self, prints: str, understood: bool, tmp_path: Path) -> None:
        stand_in = tmp_path / "python"
        stand_in.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/asked\necho '{prints}'\n")
        stand_in.chmod(0o700)
        assert (audit.ask(stand_in, tmp_path, dict(os.environ)) is not None) == understood
        asked = (tmp_path / "asked").read_text()
        assert {"dev.txt", "lock.txt"} <= {Path(word).name for word in asked.split()}
        assert "--require-hashes" in asked


def test_the_packages_of_this_environment_are_found() -> None:
    found = installed()["pytest"]
    assert (found.licence, bool(found.texts)) == ("MIT", True)
