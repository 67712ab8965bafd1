"""The templates for Group Policy: complete in themselves, and what they write is what the product reads."""

import re
from xml.etree import ElementTree as ET

import pytest

from enroller.settings import windows
from enroller.settings.names import RULES
from installer.windows import policies, settings
from installer.windows.settings import Setting
from tests.installer.windows.made import PRODUCT

SPACE = "{http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions}"
KNOWN = [
    Setting(one["name"], one["kind"], one["what"], tuple(one["choices"]), one["default"]) for one in settings.document()
]
DEFINITIONS = ET.fromstring(policies.definitions(PRODUCT, KNOWN))
WORDS = ET.fromstring(policies.words(PRODUCT, KNOWN))
POLICIES = {one.get("name", ""): one for one in DEFINITIONS.iter(f"{SPACE}policy")}


def test_every_setting_can_be_set_and_recommended() -> None:
    assert set(POLICIES) == set(RULES) | {f"{name}_recommended" for name in RULES}
    assert {one.get("key") for name, one in POLICIES.items() if name in RULES} == {windows.POLICIES}
    assert {one.get("key") for name, one in POLICIES.items() if name not in RULES} == {windows.RECOMMENDED}


def test_every_word_that_is_used_is_there_and_none_besides() -> None:
    used = set(re.findall(r"\$\(string\.(\w+)\)", ET.tostring(DEFINITIONS, encoding="unicode")))
    assert used == {one.get("id") for one in WORDS.iter(f"{SPACE}string")}
    assert all(one.text for one in WORDS.iter(f"{SPACE}string"))


def test_every_field_is_presented() -> None:
    wanted = {}
    for policy in POLICIES.values():
        shown = re.fullmatch(r"\$\(presentation\.(\w+)\)", policy.get("presentation", ""))
        elements = policy.find(f"{SPACE}elements")
        assert (shown is None) == (elements is None)
        if shown is not None and elements is not None:
            wanted[shown[1]] = [one.get("id") for one in elements]
    found = {one.get("id"): [field.get("refId") for field in one] for one in WORDS.iter(f"{SPACE}presentation")}
    assert found == wanted


@pytest.mark.parametrize("name", RULES)
def test_the_product_understands_what_a_policy_writes(name: str) -> None:
    """Every value that the editor can write for this policy, as the registry gives it back."""
    policy, rule = POLICIES[name], RULES[name]
    written: list[object] = []
    for item in policy.iter(f"{SPACE}value"):
        (value,) = item
        written.append(int(value.get("value", "")) if value.tag == f"{SPACE}decimal" else value.text)
    if rule.kind is bool:
        assert policy.get("valueName") == name
        written = [int(one.get("value", "")) for one in policy.iter(f"{SPACE}decimal")]
        assert sorted(windows.understood(name, value) for value in written) == [False, True]  # type: ignore[type-var]
    if rule.kind is list:
        (field,) = policy.iter(f"{SPACE}list")
        assert field.get("key") == rf"{windows.POLICIES}\{name}"
    assert len(written) == (2 if rule.kind is bool else len(rule.choices))
    assert [rule.wrong(windows.understood(name, one)) for one in written] == [""] * len(written)


def test_titles_are_for_people() -> None:
    assert [policies.title(name) for name in ("server", "ca_file", "rsa_bits")] == ["Server", "CA file", "RSA bits"]
