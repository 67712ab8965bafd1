"""The templates for Group Policy, made from the list of settings: enroller.admx and its English words, as a zip.

Each setting is there twice: one that holds and that people cannot change, and one that they begin with. See Microsoft,
"Group Policy ADMX syntax reference guide", and for where the values are read, enroller/settings/windows.py.
"""

import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from installer.product import Product
from installer.release import Build
from installer.windows import settings
from installer.windows.settings import Setting

_NAMESPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
_LONGEST = "4096"
_ABBREVIATIONS = {"ca": "CA", "rsa": "RSA"}


@dataclass(frozen=True)
class Way:
    """One of the two ways to give a setting. `suffix`: of the names of its policies."""

    suffix: str
    category: str
    title: str
    key: str
    words: str


def ways(product: Product) -> tuple[Way, Way]:
    """What holds, and what is only recommended."""
    key = rf"SOFTWARE\Policies\{product.title}"
    return (
        Way("", "Mandatory", product.title, key, "People see who has set it, and cannot change it."),
        Way(
            "_recommended",
            "Recommended",
            f"{product.title} – defaults that people may change",
            rf"{key}\Recommended",
            "People begin with it, and may change it.",
        ),
    )


def build(build: Build) -> list[Path]:
    """Makes dist/enroller-VERSION-policies.zip."""
    known, product = build.shared(settings.known), build.product
    output = build.dist / f"{product.name}-{product.version}-policies.zip"
    when = time.gmtime(build.epoch)[:6]
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            (f"{product.name}.admx", definitions(product, known)),
            (f"en-US/{product.name}.adml", words(product, known)),
        ):
            entry = zipfile.ZipInfo(name, (when[0], when[1], when[2], when[3], when[4], when[5]))
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same wherever it is made
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return [output]


def definitions(product: Product, known: Iterable[Setting]) -> str:
    """The .admx: which policies there are, and what each writes to the registry."""
    root = ET.Element("policyDefinitions", xmlns=_NAMESPACE, revision="1.0", schemaVersion="1.0")
    spaces = ET.SubElement(root, "policyNamespaces")
    ET.SubElement(spaces, "target", prefix=product.name, namespace=f"{product.title}.Policies")
    ET.SubElement(root, "resources", minRequiredRevision="1.0")
    supported = ET.SubElement(ET.SubElement(root, "supportedOn"), "definitions")
    ET.SubElement(supported, "definition", name="SUPPORTED", displayName="$(string.SUPPORTED)")
    categories, policies = ET.SubElement(root, "categories"), ET.SubElement(root, "policies")
    for way in ways(product):
        ET.SubElement(categories, "category", name=way.category, displayName=f"$(string.{way.category})")
        for setting in known:
            policies.append(_policy(setting, way))
    return _document(root)


def _policy(setting: Setting, way: Way) -> ET.Element:
    name = setting.name + way.suffix
    shown = {
        "name": name,
        "class": "Both",
        "displayName": f"$(string.{setting.name})",
        "explainText": f"$(string.{name}_help)",
        "key": way.key,
    }
    if setting.kind == "bool":
        policy = ET.Element("policy", {**shown, "valueName": setting.name})
    else:
        policy = ET.Element("policy", {**shown, "presentation": f"$(presentation.{name})"})
    ET.SubElement(policy, "parentCategory", ref=way.category)
    ET.SubElement(policy, "supportedOn", ref="SUPPORTED")
    if setting.kind == "bool":
        for element, value in (("enabledValue", "1"), ("disabledValue", "0")):
            ET.SubElement(ET.SubElement(policy, element), "decimal", value=value)
    else:
        ET.SubElement(policy, "elements").append(_element(setting, way))
    return policy


def _element(setting: Setting, way: Way) -> ET.Element:
    if setting.kind == "list":
        return ET.Element("list", id=setting.name, key=rf"{way.key}\{setting.name}", valuePrefix=setting.name)
    if not setting.choices:
        return ET.Element("text", id=setting.name, valueName=setting.name, required="true", maxLength=_LONGEST)
    element = ET.Element("enum", id=setting.name, valueName=setting.name, required="true")
    for choice in setting.choices:
        item = ET.SubElement(element, "item", displayName=f"$(string.{_choice(setting, choice)})")
        value = ET.SubElement(item, "value")
        if setting.kind == "int":
            ET.SubElement(value, "decimal", value=choice)
        else:
            ET.SubElement(value, "string").text = choice
    return element


def words(product: Product, known: Iterable[Setting]) -> str:
    """The .adml: what people read of them."""
    root = ET.Element("policyDefinitionResources", xmlns=_NAMESPACE, revision="1.0", schemaVersion="1.0")
    ET.SubElement(root, "displayName").text = product.title
    ET.SubElement(root, "description").text = product.summary
    resources = ET.SubElement(root, "resources")
    table, presentations = ET.SubElement(resources, "stringTable"), ET.SubElement(resources, "presentationTable")

    def string(name: str, text: str) -> None:
        ET.SubElement(table, "string", id=name).text = text

    string("SUPPORTED", f"{product.title} {product.version} or newer")
    for way in ways(product):
        string(way.category, way.title)
    for setting in known:
        string(setting.name, title(setting.name))
        for choice in setting.choices:
            string(_choice(setting, choice), choice)
        for way in ways(product):
            string(f"{setting.name}{way.suffix}_help", _explained(setting, way))
            if setting.kind != "bool":
                presentation = ET.SubElement(presentations, "presentation", id=setting.name + way.suffix)
                presentation.append(_presented(setting))
    return _document(root)


def title(name: str) -> str:
    """A setting's name as a heading: `ca_file` is “CA file”."""
    first, *rest = [_ABBREVIATIONS.get(word, word) for word in name.split("_")]
    return " ".join([first[:1].upper() + first[1:], *rest])


def _explained(setting: Setting, way: Way) -> str:
    default = f" Without it: {setting.default}." if setting.default else ""
    return f"{setting.what}{default}\n\n{way.words} In a settings file it is called “{setting.name}”."


def _presented(setting: Setting) -> ET.Element:
    if setting.kind == "list":
        shown = ET.Element("listBox", refId=setting.name)
    elif setting.choices:
        shown = ET.Element("dropdownList", refId=setting.name, noSort="true")
    else:
        shown = ET.Element("textBox", refId=setting.name)
        ET.SubElement(shown, "label").text = title(setting.name)
        return shown
    shown.text = title(setting.name)
    return shown


def _choice(setting: Setting, choice: str) -> str:
    return f"{setting.name}_is_{choice.replace('-', '_')}"


def _document(root: ET.Element) -> str:
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text.decode() + "\n"
