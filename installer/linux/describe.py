"""How desktops and software centres know Enroller: desktop entry, AppStream metadata, file type."""

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from installer.linux.changes import Release
from installer.product import Product

CATEGORIES = ("System", "Security", "Qt")
"""Desktop Menu Specification, registered categories."""

GENERIC_NAME = "Device Enrollment"

PRESET = "Enroller preset"
"""What file managers call a preset."""

SCREENSHOTS = (
    ("6-approval-light", "Waiting for the approval, with an honest countdown"),
    ("1-start-light", "The beginning, with what is enrolled on this device"),
    ("2-server-light", "The way to the service, checked before anything secret is typed"),
    ("7-done-light", "The device is enrolled"),
    ("6-approval-dark", "The same in the desktop's dark colours"),
)
"""Pictures of `installer/screenshots` for software centres; the first is shown first."""

_MIME = "http://www.freedesktop.org/standards/shared-mime-info"


def desktop_entry(product: Product) -> str:
    """The entry of the menu, which also opens presets and links (Desktop Entry Specification 1.4)."""
    keys = {
        "Type": "Application",
        "Version": "1.4",
        "Name": product.title,
        "GenericName": GENERIC_NAME,
        "Comment": product.summary,
        "Exec": f"{product.name}-wizard %u",
        "Icon": product.id,
        "Terminal": "false",
        "StartupNotify": "true",
        "StartupWMClass": product.name,
        "X-GNOME-SingleWindow": "true",
        "Categories": _list(CATEGORIES),
        "Keywords": _list(product.keywords),
        "MimeType": _list((product.media_type, f"x-scheme-handler/{product.scheme}")),
    }
    return "[Desktop Entry]\n" + "".join(f"{key}={value}\n" for key, value in keys.items())


def _list(values: Iterable[str]) -> str:
    return "".join(f"{value};" for value in values)


def metainfo(product: Product, releases: Iterable[Release], epoch: int) -> str:
    """What software centres show (AppStream 1.0). A release that has no day yet gets the commit's, as a preview."""
    root = Xml.Element("component", type="desktop-application")
    _add(root, "id", product.id)
    _add(root, "metadata_license", product.licence)
    _add(root, "project_license", product.licence)
    _add(root, "name", product.title)
    _add(root, "summary", product.summary)
    _add(_add(root, "developer", id=product.id.rpartition(".")[0]), "name", product.publisher)
    description = _add(root, "description")
    for paragraph in product.long_description:
        _add(description, "p", paragraph)
    _add(root, "launchable", f"{product.id}.desktop", type="desktop-id")
    _add(root, "url", product.homepage, type="homepage")
    provides = _add(root, "provides")
    _add(provides, "binary", product.name)
    _add(provides, "mediatype", product.media_type)
    screenshots = _add(root, "screenshots")
    for number, (name, caption) in enumerate(SCREENSHOTS):
        screenshot = _add(screenshots, "screenshot", **({"type": "default"} if number == 0 else {}))
        _add(screenshot, "caption", caption)
        _add(screenshot, "image", f"{product.homepage}/screenshots/{name}.png", type="source")
    _add(root, "content_rating", type="oars-1.1")
    told = _add(root, "releases")
    for release in releases:
        day = release.day or datetime.fromtimestamp(epoch, UTC).date()
        kind = "stable" if release.day else "development"
        one = _add(told, "release", version=release.version, date=day.isoformat(), type=kind)
        changes = _add(_add(one, "description"), "ul")
        for change in release.changes:
            _add(changes, "li", change)
    return _written(root)


def mime_types(product: Product) -> str:
    """The file type of presets (Shared MIME-info Database)."""
    root = Xml.Element("mime-info", xmlns=_MIME)
    kind = _add(root, "mime-type", type=product.media_type)
    _add(kind, "comment", PRESET)
    _add(kind, "sub-class-of", type="application/toml")
    _add(kind, "icon", name=media_icon(product))
    _add(kind, "glob", pattern=f"*.{product.extension}")
    return _written(root)


def media_icon(product: Product) -> str:
    """The name of the icon of presets (Icon Naming Specification: a slash becomes a hyphen)."""
    return product.media_type.replace("/", "-")


def _add(parent: Xml.Element, name: str, text: str | None = None, /, **attributes: str) -> Xml.Element:
    child = Xml.SubElement(parent, name, attributes)
    child.text = text
    return child


def _written(root: Xml.Element) -> str:
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"
