"""What belongs into the frozen folder."""

from pathlib import Path

import pytest

from installer.linux import contents

ROOT = Path(__file__).resolve().parents[3]
WHEEL = "/checkout/.dev/freeze/lib/python3.11/site-packages/PySide6/Qt"


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", f"{WHEEL}/plugins/platforms/libqxcb.so"),
        ("PySide6/Qt/lib/libQt6Gui.so.6", f"{WHEEL}/lib/libQt6Gui.so.6"),
        ("PySide6/Qt/lib/libicudata.so.73", f"{WHEEL}/lib/libicudata.so.73"),
        # A link at the top to what lies deeper: PyInstaller names its target.
        ("libQt6Gui.so.6", "PySide6/Qt/lib/libQt6Gui.so.6"),
        # Debian's Python is a package of the system's, and comes along all the same.
        ("libpython3.11.so.1.0", "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0"),
        ("python3.11/lib-dynload/_ssl.so", "/usr/lib/python3.11/lib-dynload/_ssl.so"),
        ("libffi.so.8", "/lib/x86_64-linux-gnu/libffi.so.8"),
        ("libxcb-cursor.so.0", "/usr/lib/x86_64-linux-gnu/libxcb-cursor.so.0"),
        ("libxkbcommon-x11.so.0", "/usr/lib64/libxkbcommon-x11.so.0"),
        ("keyring-25.7.0.dist-info/entry_points.txt", "/site-packages/keyring-25.7.0.dist-info/entry_points.txt"),
        ("certifi/cacert.pem", "/checkout/.dev/freeze/lib/python3.11/site-packages/certifi/cacert.pem"),
    ],
)
def test_what_is_needed_comes_along(place: str, source: str) -> None:
    assert contents.belongs(place, source)


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("PySide6/Qt/plugins/platforms/libqvnc.so", f"{WHEEL}/plugins/platforms/libqvnc.so"),
        ("PySide6/Qt/plugins/tls/libqopensslbackend.so", f"{WHEEL}/plugins/tls/libqopensslbackend.so"),
        ("PySide6/Qt/translations/qt_de.qm", f"{WHEEL}/translations/qt_de.qm"),
        ("PySide6/Qt/lib/libQt6Network.so.6", f"{WHEEL}/lib/libQt6Network.so.6"),
        ("libQt6Network.so.6", "PySide6/Qt/lib/libQt6Network.so.6"),
        ("keyring-25.7.0.dist-info/RECORD", "/checkout/site-packages/keyring-25.7.0.dist-info/RECORD"),
        # The system's own: it gets its security updates there.
        ("libssl.so.3", "/usr/lib/x86_64-linux-gnu/libssl.so.3"),
        ("libxcb.so.1", "/usr/lib/x86_64-linux-gnu/libxcb.so.1"),
        ("libxcb-glx.so.0", "/usr/lib/x86_64-linux-gnu/libxcb-glx.so.0"),
        ("libproxy.so.1", "/lib/x86_64-linux-gnu/libproxy.so.1"),
    ],
)
def test_what_is_not_used_or_the_system_s_stays(place: str, source: str) -> None:
    assert not contents.belongs(place, source)


def test_every_module_is_packed_but_the_sandbox() -> None:
    modules = contents.modules(ROOT)
    assert {"enroller", "enroller.cli.main", "enroller.gui.wizard", "enroller.vault"} <= set(modules)
    assert not [name for name in modules if "sandbox" in name]
    assert len(modules) == len(set(modules)) > 100


def test_every_folder_of_resources_is_packed_but_the_sandbox_s() -> None:
    places = {Path(place).name for _, place in contents.resources(ROOT)}
    assert places == {folder.name for folder in (ROOT / "resources").iterdir() if folder.is_dir()} - {"sandbox"}
