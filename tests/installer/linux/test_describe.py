"""How desktops and software centres know Enroller."""

import shutil
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from enroller.gui import start
from installer import product
from installer.linux import describe
from installer.linux.changes import Release

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = product.read(ROOT)
RELEASES = [Release("2.0.0", None, ("Something <new> & better.",)), Release("1.0.0", date(2026, 3, 9), ("The first.",))]


def checked(*command: str) -> None:
    """Passes where the checker is not installed: the proof of the packages needs it, and these tests do not."""
    if shutil.which(command[0]) is not None:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert asked.returncode == 0, asked.stdout + asked.stderr


def test_the_desktop_entry_is_valid_and_opens_presets_and_links(tmp_path: Path) -> None:
    file = tmp_path / f"{PRODUCT.id}.desktop"
    file.write_text(describe.desktop_entry(PRODUCT), encoding="utf-8")
    lines = file.read_text().splitlines()
    assert "Exec=enroller-wizard %u" in lines
    assert f"MimeType={PRODUCT.media_type};x-scheme-handler/{PRODUCT.scheme};" in lines
    checked("desktop-file-validate", str(file))


def test_the_window_tells_the_desktop_the_name_of_that_entry() -> None:
    # The window's class on X11 is the application's name; on Wayland it is the entry's.
    source = Path(start.__file__).read_text(encoding="utf-8")
    assert f'setDesktopFileName("{PRODUCT.id}")' in source
    assert f'setApplicationName("{PRODUCT.name}")' in source
    assert f"StartupWMClass={PRODUCT.name}" in describe.desktop_entry(PRODUCT).splitlines()


def test_the_metainfo_is_valid_and_shows_pictures_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / f"{PRODUCT.id}.metainfo.xml"
    file.write_text(describe.metainfo(PRODUCT, RELEASES, 1_790_000_000), encoding="utf-8")
    root = Xml.parse(file).getroot()
    images = [image.text or "" for image in root.iter("image")]
    assert len(images) >= 3
    assert all((ROOT / "installer/screenshots" / image.rpartition("/")[2]).is_file() for image in images)
    told = [(one.get("version"), one.get("date"), one.get("type")) for one in root.iter("release")]
    assert told == [("2.0.0", "2026-09-21", "development"), ("1.0.0", "2026-03-09", "stable")]
    assert root.findtext(".//release/description/ul/li") == "Something <new> & better."
    checked("appstreamcli", "validate", "--no-net", str(file))


def test_the_file_type_is_known_by_the_ending_of_presets() -> None:
    root = Xml.fromstring(describe.mime_types(PRODUCT))
    name = {"x": "http://www.freedesktop.org/standards/shared-mime-info"}
    kind = root.find("x:mime-type", name)
    assert kind is not None
    assert kind.get("type") == PRODUCT.media_type
    assert [glob.get("pattern") for glob in kind.findall("x:glob", name)] == [f"*.{PRODUCT.extension}"]
    assert "/" not in describe.media_icon(PRODUCT)


@pytest.mark.parametrize("write", [describe.mime_types, describe.desktop_entry])
def test_nothing_is_written_that_another_run_would_write_differently(write: object) -> None:
    assert callable(write)
    assert write(PRODUCT) == write(PRODUCT)
