"""The bill of materials: whole, connected, and the same each time."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from enroller import __version__
from installer import bill
from installer.audit import LICENCES
from installer.ingredients import Part
from installer.packages import installed, pins

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


PARTS = (
    Part("cpython", "3.13.2", "PSF-2.0", files=("python/python313.dll",), cpe="python:python"),
    Part("openssl", "3.0.15", "Apache-2.0", "cpython", ("python/libcrypto-3.dll",), cpe="openssl:openssl"),
    Part("openssl", "4.0.3", "", "cryptography", purl="pkg:generic/openssl@4.0.3"),
    Part("qt", "6.11.3", "LGPL-3.0-only", "pyside6-essentials", ("PySide6/Qt6Core.dll",), cpe="qt:qt"),
    Part("libffi", "", "MIT", "cpython", ("python/libffi-8.dll",), cpe="libffi_project:libffi"),
    Part("lost", "1", "MIT", "a-package-that-does-not-ship"),
)


@pytest.fixture
def packaged() -> dict[str, Any]:
    """The bill of a packaged program: some packages are left out, and it carries parts."""
    shipped = {name: pin for name, pin in SHIPPED.items() if name not in ("jeepney", "secretstorage")}
    return bill.document(shipped, installed(), "1.2.3", parts=PARTS, system="windows", epoch=1_795_345_531)


def test_a_packaged_program_tells_what_it_carries_and_where(packaged: dict[str, Any]) -> None:
    components = {each["bom-ref"]: each for each in packaged["components"]}
    python, openssl = components["part/cpython/3.13.2"], components["part/cpython/openssl/3.0.15"]
    assert python["cpe"] == "cpe:2.3:a:python:python:3.13.2:*:*:*:*:*:*:*"
    assert python["evidence"] == {"occurrences": [{"location": "python/python313.dll"}]}
    assert openssl["purl"] == "pkg:generic/openssl@3.0.15"
    assert "licenses" not in components["part/cryptography/openssl/4.0.3"]
    assert not {"version", "cpe"} & components["part/cpython/libffi"].keys()
    assert packaged["metadata"]["timestamp"] == "2026-11-22T11:05:31Z"


def test_each_part_hangs_on_what_brings_it(packaged: dict[str, Any]) -> None:
    needs = {each["ref"]: each["dependsOn"] for each in packaged["dependencies"]}
    assert needs["part/cpython/3.13.2"] == ["part/cpython/libffi", "part/cpython/openssl/3.0.15"]
    (cryptography,) = (ref for ref in needs if ref.startswith("pkg:pypi/cryptography@"))
    assert "part/cryptography/openssl/4.0.3" in needs[cryptography]
    of_enroller = needs["pkg:pypi/enroller@1.2.3"]
    assert {"part/cpython/3.13.2", "part/a-package-that-does-not-ship/lost/1"} <= set(of_enroller)
    assert "part/cpython/openssl/3.0.15" not in of_enroller


def test_of_qt_nobody_says_that_it_is_all(packaged: dict[str, Any], written: dict[str, Any]) -> None:
    assert packaged["compositions"] == [
        {"aggregate": "incomplete", "assemblies": ["part/pyside6-essentials/qt/6.11.3"]}
    ]
    assert "compositions" not in written


COMPONENT = {"bom-ref", "type", "name", "version", "licenses", "cpe", "purl", "properties", "evidence",
             "externalReferences"}  # fmt: skip
CPE = r"cpe:2\.3:a:[a-z0-9_]+:[a-z0-9_]+:[0-9a-z.]+(:\*){7}"
PURL = r"pkg:[a-z]+/[A-Za-z0-9._%+/-]+(@[A-Za-z0-9._%+-]+)?"
SERIAL = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.mark.parametrize("which", ["written", "packaged"])
def test_the_schemas_rules(which: str, request: pytest.FixtureRequest) -> None:
    """Those of CycloneDX 1.6 (ECMA-424) that concern what we write: members, patterns, and that references lead on."""
    told: dict[str, Any] = request.getfixturevalue(which)
    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(SERIAL, told["serialNumber"])
    assert told.keys() <= {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components",
                           "dependencies", "compositions"}  # fmt: skip
    every = [told["metadata"]["component"], *told["components"]]
    references = [each["bom-ref"] for each in every]
    assert len(set(references)) == len(references)
    for each in every:
        assert {"type", "name"} <= each.keys() <= COMPONENT
        assert each["type"] in ("application", "library")
        assert re.fullmatch(PURL, each["purl"]), each["purl"]
        assert "cpe" not in each or re.fullmatch(CPE, each["cpe"]), each["cpe"]
        assert len(each.get("licenses", [{}])) == 1, "an expression stands alone"
    assert [each["ref"] for each in told["dependencies"]] == references
    for each in told["dependencies"]:
        assert set(each["dependsOn"]) <= set(references)
        assert len(set(each["dependsOn"])) == len(each["dependsOn"])


def test_a_packaged_programs_bill_is_the_same_each_time(packaged: dict[str, Any]) -> None:
    shipped = {name: pin for name, pin in SHIPPED.items() if name not in ("jeepney", "secretstorage")}
    again = bill.document(shipped, installed(), "1.2.3", parts=PARTS[::-1], system="windows", epoch=1_795_345_531)
    assert again == packaged
    other = bill.document(shipped, installed(), "1.2.4", parts=PARTS, system="windows", epoch=1_795_345_531)
    assert other["serialNumber"] != packaged["serialNumber"]
