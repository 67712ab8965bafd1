"""The source of the .msi for wixl (WiX 3's language), made from the finished folder. Pure."""

import re
import uuid
from collections.abc import Iterable
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from installer.product import Product
from installer.windows.version import dotted

UPGRADE_CODE = uuid.UUID("7cb51a2f-4a6c-5f0b-9a55-6f0f4d0d7c1e")
"""Of every version of Enroller, for ever: by it Windows Installer knows an older one when it meets it."""

INSTALLED_BY_SETUP = "INSTALLEDBYSETUP"


def code(*parts: str) -> str:
    """A GUID that is always the same for the same parts."""
    return "{" + str(uuid.uuid5(UPGRADE_CODE, "/".join(parts))).upper() + "}"


def identifier(kind: str, place: str) -> str:
    """The name of a row: of the letters that Windows Installer allows, and never the same for two places."""
    digest = uuid.uuid5(UPGRADE_CODE, f"{kind}/{place}").hex[:16]
    return f"{kind}_{re.sub(r'[^A-Za-z0-9_.]', '_', PurePosixPath(place).name)[-40:]}_{digest}"


def source(product: Product, files: Iterable[str]) -> str:
    """The source: `files` are the places in the folder, which is given to wixl as where to look."""
    wix = ET.Element("Wix", xmlns="http://schemas.microsoft.com/wix/2006/wi")
    root = ET.SubElement(
        wix,
        "Product",
        Id=code("product", product.version),
        Name=product.title,
        Version=dotted(product.version, 3),
        Manufacturer=product.publisher,
        UpgradeCode="{" + str(UPGRADE_CODE).upper() + "}",
        Language="1033",
    )
    # 5.0 comes with every Windows that Qt runs on.
    ET.SubElement(root, "Package", InstallerVersion="500", Compressed="yes", InstallScope="perMachine")
    newer = (
        f"A newer {product.title} is installed than {product.version}. Uninstall it first if you want the older one."
    )
    ET.SubElement(root, "MajorUpgrade", DowngradeErrorMessage=newer)
    ET.SubElement(root, "Media", Id="1", Cabinet="files.cab", EmbedCab="yes")
    ET.SubElement(root, "Icon", Id="icon.ico", SourceFile=f"{product.name}.ico")
    for name, value in (("ARPPRODUCTICON", "icon.ico"), ("ARPNOMODIFY", "1"), ("ARPCOMMENTS", product.summary)):
        ET.SubElement(root, "Property", Id=name, Value=value)
    _refuse_beside_setup(root, product)
    feature = ET.Element("Feature", Id="Complete", Level="1", Title=product.title)
    folder = _folders(root, product.title)
    _files(folder, feature, product, sorted(files))
    _registry(folder, feature, product)
    root.append(feature)
    ET.indent(wix)
    text: bytes = ET.tostring(wix, encoding="utf-8", xml_declaration=True)
    return text.decode()


def _refuse_beside_setup(root: ET.Element, product: Product) -> None:
    """What setup.exe has installed for everybody lies in the same folder, and only setup.exe knows how to remove it."""
    found = ET.SubElement(root, "Property", Id=INSTALLED_BY_SETUP)
    key = rf"Software\Microsoft\Windows\CurrentVersion\Uninstall\{product.title}"
    search = {"Id": "BySetup", "Root": "HKLM", "Key": key, "Name": "DisplayVersion", "Type": "raw", "Win64": "yes"}
    ET.SubElement(found, "RegistrySearch", search)
    words = f"{product.title} was installed by its setup.exe. Uninstall that first, in Windows' list of programs."
    ET.SubElement(root, "Condition", Message=words).text = f"Installed OR NOT {INSTALLED_BY_SETUP}"


def _folders(root: ET.Element, title: str) -> ET.Element:
    target = ET.SubElement(root, "Directory", Id="TARGETDIR", Name="SourceDir")
    ET.SubElement(target, "Directory", Id="ProgramMenuFolder")
    programs = ET.SubElement(target, "Directory", Id="ProgramFiles64Folder")
    return ET.SubElement(programs, "Directory", Id="INSTALLDIR", Name=title)


def _component(parent: ET.Element, feature: ET.Element, place: str) -> ET.Element:
    name = identifier("c", place)
    ET.SubElement(feature, "ComponentRef", Id=name)
    return ET.SubElement(parent, "Component", Id=name, Guid=code("component", place), Win64="yes")


def _files(folder: ET.Element, feature: ET.Element, product: Product, files: Iterable[str]) -> None:
    """A component for each folder: all of them are installed together, and an upgrade begins by removing the old."""
    folders: dict[str, ET.Element] = {".": folder}
    components: dict[str, ET.Element] = {}
    for place in files:
        parent = str(PurePosixPath(place).parent)
        above = _directory(parent, folders)
        if parent not in components:
            components[parent] = _component(above, feature, parent)
        key = "no" if len(components[parent]) else "yes"
        named = {"Id": identifier("f", place), "Name": PurePosixPath(place).name, "Source": place, "KeyPath": key}
        ET.SubElement(components[parent], "File", named)
        if place == f"{product.name}-wizard.exe":
            shown = {"Id": "Shortcut", "Name": product.title, "Description": product.summary, "Icon": "icon.ico"}
            where = {"Directory": "ProgramMenuFolder", "Target": f"[#{identifier('f', place)}]"}
            ET.SubElement(components[parent], "Shortcut", {**shown, **where})


def _directory(place: str, folders: dict[str, ET.Element]) -> ET.Element:
    if place not in folders:
        path = PurePosixPath(place)
        parent = _directory(str(path.parent), folders)
        folders[place] = ET.SubElement(parent, "Directory", Id=identifier("d", place), Name=path.name)
    return folders[place]


def _registry(folder: ET.Element, feature: ET.Element, product: Product) -> None:
    """Presets, links and the programs' names, as setup.nsi has them."""
    component = _component(folder, feature, "registry")
    wizard = f"[INSTALLDIR]{product.name}-wizard.exe"
    classes, paths = r"Software\Classes", r"Software\Microsoft\Windows\CurrentVersion\App Paths"
    kind, opened = f"{product.title}.Preset", f'"{wizard}" "%1"'
    values = (
        (rf"{classes}\.{product.extension}", "", kind),
        (rf"{classes}\.{product.extension}", "Content Type", product.media_type),
        (rf"{classes}\{kind}", "", f"{product.title} preset"),
        (rf"{classes}\{kind}\DefaultIcon", "", f"[INSTALLDIR]{product.name}.ico"),
        (rf"{classes}\{kind}\shell\open\command", "", opened),
        (rf"{classes}\{product.scheme}", "", f"URL:{product.title}"),
        (rf"{classes}\{product.scheme}", "URL Protocol", ""),
        (rf"{classes}\{product.scheme}\DefaultIcon", "", f"[INSTALLDIR]{product.name}.ico"),
        (rf"{classes}\{product.scheme}\shell\open\command", "", opened),
        (rf"{paths}\{product.name}.exe", "", f"[INSTALLDIR]{product.name}.exe"),
        (rf"{paths}\{product.name}-wizard.exe", "", wizard),
    )
    for number, (key, name, value) in enumerate(values):
        first = "yes" if number == 0 else "no"
        told = {"Root": "HKLM", "Key": key, "Value": value, "Type": "string", "KeyPath": first}
        ET.SubElement(component, "RegistryValue", {**told, "Name": name} if name else told)
