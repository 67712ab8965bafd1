"""What macOS reads of Enroller: property lists and pages, as far as a machine that is no Mac can check them."""

import ast
import builtins
import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from enroller.settings import macos as reader
from enroller.settings.given import checked
from enroller.settings.names import RULES
from installer import product
from installer.linux import contents
from installer.macos import describe
from installer.macos.icns import KINDS, drawn, icns
from installer.macos.profile import example

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = product.read(ROOT)


def test_the_bundle_says_who_it_is_and_what_it_opens() -> None:
    told = plistlib.loads(describe.as_plist(describe.information(PRODUCT, "13.0")))
    assert told["CFBundleIdentifier"] == PRODUCT.id
    assert told["CFBundleShortVersionString"] == PRODUCT.version
    assert told["LSMinimumSystemVersion"] == "13.0"
    assert told["NSHighResolutionCapable"] is True
    (document,), (declared,) = told["CFBundleDocumentTypes"], told["UTExportedTypeDeclarations"]
    assert document["LSItemContentTypes"] == [declared["UTTypeIdentifier"]]
    assert declared["UTTypeTagSpecification"]["public.filename-extension"] == [PRODUCT.extension]
    assert [one["CFBundleURLSchemes"] for one in told["CFBundleURLTypes"]] == [[PRODUCT.scheme]]
    # Uniform type identifiers and bundle identifiers: letters, digits, hyphens and dots.
    assert re.fullmatch(r"[A-Za-z0-9.-]+", told["CFBundleIdentifier"] + declared["UTTypeIdentifier"])


@pytest.mark.parametrize(
    ("version", "expected"), [("0.1.0", "0.1.0"), ("1.2.3.4", "1.2.3"), ("2.0rc1", "2.0"), ("3", "3")]
)
def test_a_bundles_version_is_numbers_alone(version: str, expected: str) -> None:
    assert describe.bundle_version(version) == expected


def test_a_version_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin with a number"):
        describe.bundle_version("next")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["Tag: cp310-abi3-macosx_13_0_universal2", "Tag: cp311-abi3-macosx_10_12_x86_64"], "13.0"),
        (["Tag: py3-none-any", "Wheel-Version: 1.0"], "11.0"),
        (["Tag: cp313-cp313-macosx_9_0_arm64", "Tag: cp313-cp313-macosx_14_2_arm64"], "14.2"),
    ],
)
def test_the_oldest_macos_follows_from_the_wheels(tags: list[str], expected: str) -> None:
    assert describe.minimum_system(tags) == expected


def test_a_hardened_program_may_do_no_more_than_it_needs() -> None:
    told = plistlib.loads(describe.as_plist(describe.entitlements()))
    assert told == {"com.apple.security.cs.allow-unsigned-executable-memory": True}


def test_the_bundle_stays_where_it_was_installed() -> None:
    (told,) = plistlib.loads(describe.as_plist(describe.components("Applications/Enroller.app")))
    assert told["RootRelativeBundlePath"] == "Applications/Enroller.app"
    assert told["BundleIsRelocatable"] is False


def test_the_installers_pages() -> None:
    told = Xml.fromstring(describe.distribution(PRODUCT, "13.0", "enroller-component.pkg", "arm64"))
    assert told.tag == "installer-gui-script"
    assert told.findtext("title") == PRODUCT.title
    assert [one.get("min") for one in told.iter("os-version")] == ["13.0"]
    assert [one.get("hostArchitectures") for one in told.iter("options")] == ["arm64"]
    packages = {one.text for one in told.iter("pkg-ref")}
    assert packages == {None, "enroller-component.pkg"}
    lines = {one.get("choice") for one in told.iter("line")}
    assert lines == {one.get("id") for one in told.findall("choice")} == {PRODUCT.id}


def test_the_same_each_time() -> None:
    assert describe.distribution(PRODUCT, "13.0", "a.pkg", "arm64") == describe.distribution(
        PRODUCT, "13.0", "a.pkg", "arm64"
    )
    assert example() == example()


def test_the_example_profile_gives_every_setting_in_a_form_that_is_taken(tmp_path: Path) -> None:
    told = plistlib.loads(example())
    assert (told["PayloadType"], told["PayloadScope"]) == ("Configuration", "System")
    (settings,) = told["PayloadContent"]
    assert settings["PayloadType"] == reader.ID == PRODUCT.id
    values = {name: value for name, value in settings.items() if not name.startswith("Payload")}
    assert values.keys() == RULES.keys()
    assert checked(values) is None
    # As macOS lays it down for programs to read, with what it adds.
    (tmp_path / f"{reader.ID}.plist").write_bytes(describe.as_plist(settings))
    (layer,) = reader.policies(tmp_path)
    assert layer.values == values


def test_every_payload_has_an_identifier_of_its_own() -> None:
    told = plistlib.loads(example())
    every = [told, *told["PayloadContent"]]
    for member in ("PayloadIdentifier", "PayloadUUID"):
        assert len({one[member] for one in every}) == len(every)
    assert all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", one["PayloadUUID"]) for one in every)


def test_property_lists_are_xml_that_others_read(tmp_path: Path) -> None:
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed")
    for number, values in enumerate((describe.information(PRODUCT, "13.0"), describe.entitlements())):
        (tmp_path / f"{number}.plist").write_bytes(describe.as_plist(values))
    (tmp_path / "profile.plist").write_bytes(example())
    (tmp_path / "pages.xml").write_text(describe.distribution(PRODUCT, "13.0", "a.pkg", "arm64"))
    files = sorted(os.fspath(file) for file in tmp_path.iterdir())
    subprocess.run(["xmllint", "--noout", "--nonet", *files], check=True)


def test_the_freezers_specification_uses_what_there_is() -> None:
    """The freezer runs it with names of its own; a slip of the pen would show on a Mac alone."""
    nodes = list(ast.walk(ast.parse((ROOT / "installer" / "macos" / "bundle.spec").read_text(encoding="utf-8"))))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    known = {node.id for node in names if isinstance(node.ctx, ast.Store)} | set(dir(builtins))
    known |= {alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    known |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    assert {node.id for node in names} - known == {"Analysis", "BUNDLE", "COLLECT", "EXE", "PYZ", "SPECPATH"}
    modules = {"describe": describe, "contents": contents}
    asked = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    for node in asked:
        assert isinstance(node.value, ast.Name)
        if node.value.id in modules:
            assert hasattr(modules[node.value.id], node.attr), node.attr


def test_the_icon_has_every_size() -> None:
    made = icns({size: drawn(PRODUCT.icon, size) for size in KINDS})
    assert made[:4] == b"icns"
    assert int.from_bytes(made[4:8]) == len(made)
    at, found = 8, {}
    while at < len(made):
        kind, length = made[at : at + 4].decode(), int.from_bytes(made[at + 4 : at + 8])
        png = made[at + 8 : at + length]
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        found[kind] = int.from_bytes(png[16:20])  # the width: PNG, third edition, 11.2.1
        at += length
    assert found == {kind: size for size, kinds in KINDS.items() for kind in kinds}
    assert found["ic10"] == 1024


def test_a_picture_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.svg").write_text("no picture")
    with pytest.raises(ValueError, match="cannot be drawn"):
        drawn(tmp_path / "none.svg", 16)
