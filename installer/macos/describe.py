"""How macOS knows Enroller: what its bundle says of itself and may do, its installer's pages, an example profile.

**Not verified**: written to Apple's documentation, which is named at each; no Mac has read it.
"""

import plistlib
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from installer.product import Product

OLDEST = (11, 0)
"""The first macOS of today's numbering; what the wheels ask for is usually newer."""


def programs(product: Product) -> tuple[str, str]:
    """The bundle's two programs: for scripts, and for people."""
    return product.name, f"{product.name}-wizard"


def minimum_system(tags: Iterable[str]) -> str:
    """The oldest macOS that will do, from the platform tags of the wheels that ship (PEP 425): `macosx_13_0_arm64`."""
    found = [re.search(r"-macosx_(\d+)_(\d+)_", tag) for tag in tags]
    versions = [(int(tag[1]), int(tag[2])) for tag in found if tag is not None]
    return ".".join(map(str, max([OLDEST, *versions])))


def bundle_version(version: str) -> str:
    """At most three numbers, which is all that CFBundleVersion takes."""
    numbers = re.match(r"\d+(\.\d+){0,2}", version)
    if numbers is None:
        raise ValueError(f"The version {version} does not begin with a number.")
    return numbers[0]


def preset_type(product: Product) -> str:
    """The name of the preset's file type (Apple, "Defining file and data types for your app")."""
    return f"{product.id}.preset"


def information(product: Product, minimum: str) -> dict[str, Any]:
    """Info.plist: see Apple, "Bundle Resources", "Information Property List"."""
    return {
        "CFBundleDevelopmentRegion": "en",
        "CFBundleDisplayName": product.title,
        "CFBundleExecutable": programs(product)[1],
        "CFBundleIconFile": f"{product.name}.icns",
        "CFBundleIdentifier": product.id,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": product.title,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": bundle_version(product.version),
        "CFBundleVersion": bundle_version(product.version),
        "LSApplicationCategoryType": "public.app-category.utilities",
        "LSMinimumSystemVersion": minimum,
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": f"{product.publisher}. Licence: {product.licence}",
        # Asked since macOS 15 where a service or a proxy stands in the same network.
        "NSLocalNetworkUsageDescription": "The service that you enroll this Mac with may be in this network.",
        "NSPrincipalClass": "NSApplication",
        "NSRequiresAquaSystemAppearance": False,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": f"{product.title} preset",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [preset_type(product)],
            }
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": preset_type(product),
                "UTTypeDescription": f"{product.title} preset",
                "UTTypeConformsTo": ["public.utf8-plain-text"],
                "UTTypeTagSpecification": {
                    "public.filename-extension": [product.extension],
                    "public.mime-type": [product.media_type],
                },
            }
        ],
        "CFBundleURLTypes": [
            {"CFBundleTypeRole": "Viewer", "CFBundleURLName": product.id, "CFBundleURLSchemes": [product.scheme]}
        ],
    }


def entitlements() -> dict[str, bool]:
    """What a hardened program may do all the same (Apple, "Hardened Runtime"): as little as CPython can live with.

    Functions of ours that the system calls back, by `ctypes`, are made at run time on Macs with Intel's processors.
    """
    return {"com.apple.security.cs.allow-unsigned-executable-memory": True}


def components(bundle: str) -> list[dict[str, Any]]:
    """For pkgbuild: the bundle goes where the package says, not where a copy of it was seen last (man pkgbuild)."""
    return [
        {
            "RootRelativeBundlePath": bundle,
            "BundleHasStrictIdentifier": True,
            "BundleIsRelocatable": False,
            "BundleIsVersionChecked": True,
            "BundleOverwriteAction": "upgrade",
        }
    ]


def distribution(product: Product, minimum: str, package: str, machine: str) -> str:
    """The installer's pages (Apple, "Distribution XML Reference"). `package`: the component's file; `machine`: whose
    processors it is for, as `uname -m` says."""
    root = Xml.Element("installer-gui-script", minSpecVersion="2")
    _add(root, "title", product.title)
    _add(root, "license", file="LICENSE.txt", **{"mime-type": "text/plain"})
    _add(root, "options", customize="never", hostArchitectures=machine, **{"require-scripts": "false"})
    _add(root, "domains", enable_anywhere="false", enable_currentUserHome="false", enable_localSystem="true")
    versions = _add(_add(root, "volume-check"), "allowed-os-versions")
    _add(versions, "os-version", min=minimum)
    _add(_add(root, "choices-outline"), "line", choice=product.id)
    choice = _add(root, "choice", id=product.id, title=product.title, description=product.summary)
    _add(choice, "pkg-ref", id=product.id)
    _add(root, "pkg-ref", package, id=product.id, version=bundle_version(product.version))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    child = Xml.SubElement(parent, name, attributes)
    child.text = text or None
    return child


def profile(product: Product, values: Mapping[str, object]) -> dict[str, Any]:
    """A configuration profile that gives managed settings (Apple, "Configuration Profile Reference").

    It is an example: who uses it puts other values, and identifiers and UUIDs of their own, in.
    """

    def payload(kind: str, name: str) -> dict[str, Any]:
        identifier = f"{product.id}.{name}"
        return {
            "PayloadType": kind,
            "PayloadVersion": 1,
            "PayloadIdentifier": identifier,
            "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, identifier)).upper(),
            "PayloadDisplayName": f"{product.title}: managed settings (example)",
        }

    settings = {**payload(product.id, "settings"), **values}
    whole = {**payload("Configuration", "profile"), "PayloadOrganization": "Acme", "PayloadScope": "System"}
    return {**whole, "PayloadContent": [settings]}


def as_plist(values: Mapping[str, Any] | list[Any]) -> bytes:
    """A property list in XML, which people and version control can read."""
    return plistlib.dumps(values, fmt=plistlib.FMT_XML, sort_keys=True)
