"""The bill of materials: whole, connected, and the same each time."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from enroller import __version__
from installer import bill
from installer.audit import LICENCES
from installer.packages import pins

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = pins(ROOT / "installer" / "requirements" / "runtime.txt")


@pytest.fixture
def written(tmp_path: Path) -> dict[str, Any]:
    assert bill.main(tmp_path / "dist" / "one.json") == 0
    document: dict[str, Any] = json.loads((tmp_path / "dist" / "one.json").read_bytes())
    return document


def test_every_package_that_ships_is_in_it(written: dict[str, Any]) -> None:
    named = {(each["name"], each["version"]) for each in written["components"]}
    assert named == {(pin.name, pin.version) for pin in SHIPPED.values()}
    root = written["metadata"]["component"]
    assert (root["name"], root["version"], root["purl"]) == (
        "enroller",
        __version__,
        f"pkg:pypi/enroller@{__version__}",
    )


def test_every_one_has_a_usable_licence_and_the_sums_of_its_files(written: dict[str, Any]) -> None:
    for each in written["components"]:
        assert set(re.split(" OR | AND ", each["licenses"][0]["expression"])) & LICENCES, each["name"]
        sums = [one["value"] for one in each["properties"] if one["name"] == "enroller:file:sha256"]
        assert sums == list(SHIPPED[each["name"]].hashes)


def test_every_one_is_reached_from_enroller(written: dict[str, Any]) -> None:
    needs = {each["ref"]: each["dependsOn"] for each in written["dependencies"]}
    reached: set[str] = set()
    waiting = [written["metadata"]["component"]["bom-ref"]]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += needs[one]
    assert reached == needs.keys()
    (keyring,) = (ref for ref in needs if ref.startswith("pkg:pypi/keyring@"))
    assert {ref.partition("@")[0] for ref in needs[keyring]} >= {"pkg:pypi/jeepney", "pkg:pypi/secretstorage"}


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        bill.main(tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
