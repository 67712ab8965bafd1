"""The .msi: its source, the rows that are added to it, and the time that it tells."""

import re
import struct
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from installer.windows import msi, msi_rows, msi_source
from installer.windows.msi_times import dated
from installer.windows.settings import parameters
from tests.installer.windows.made import PRODUCT, SETTINGS

FILES = [
    "LICENSE.txt",
    "enroller-wizard.exe",
    "enroller.exe",
    "enroller.ico",
    "packages/enroller/__init__.py",
    "packages/enroller/cli/__init__.py",
    "packages/enroller/cli/main.py",
    "packages/enroller/py.typed",
    "python/python.exe",
]
WIX = "{http://schemas.microsoft.com/wix/2006/wi}"


def tree() -> ET.Element:
    return ET.fromstring(msi_source.source(PRODUCT, FILES))


class TestSource:
    def test_every_file_is_in_it_once_under_its_name_and_folder(self) -> None:
        found = [file.get("Source") for file in tree().iter(f"{WIX}File")]
        assert sorted(map(str, found)) == FILES
        (folder,) = (one for one in tree().iter(f"{WIX}Directory") if one.get("Name") == "cli")
        assert [file.get("Name") for file in folder.iter(f"{WIX}File")] == ["__init__.py", "main.py"]

    def test_names_of_rows_are_never_the_same_and_of_allowed_letters(self) -> None:
        names = [one.get("Id", "") for one in tree().iter() if one.tag in {f"{WIX}File", f"{WIX}Component"}]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,71}", name) for name in names)

    def test_every_component_belongs_to_the_feature_and_has_one_key(self) -> None:
        components = {one.get("Id"): one for one in tree().iter(f"{WIX}Component")}
        assert {one.get("Id") for one in tree().iter(f"{WIX}ComponentRef")} == set(components)
        for component in components.values():
            assert len([one for one in component if one.get("KeyPath") == "yes"]) == 1

    def test_a_version_has_its_own_code_and_all_have_the_one_by_which_they_know_each_other(self) -> None:
        first, second = (
            ET.fromstring(msi_source.source(replace(PRODUCT, version=version), FILES)).find(f"{WIX}Product")
            for version in ("1.0.0", "1.0.1")
        )
        assert first is not None
        assert second is not None
        assert first.get("Id") != second.get("Id")
        assert first.get("UpgradeCode") == second.get("UpgradeCode") == "{7CB51A2F-4A6C-5F0B-9A55-6F0F4D0D7C1E}"

    def test_presets_and_links_open_the_wizard(self) -> None:
        values = {one.get("Key"): one.get("Value") for one in tree().iter(f"{WIX}RegistryValue") if not one.get("Name")}
        opened = '"[INSTALLDIR]enroller-wizard.exe" "%1"'
        assert values[r"Software\Classes\enroller\shell\open\command"] == opened
        assert values[r"Software\Classes\Enroller.Preset\shell\open\command"] == opened
        assert values[r"Software\Classes\.enroll"] == "Enroller.Preset"


class TestRows:
    def rows(self) -> list[str]:
        return msi_rows.rows(PRODUCT, FILES, parameters(SETTINGS))

    def sequence(self) -> dict[str, tuple[str, int]]:
        """Each action's condition and place."""
        pattern = r"INSERT INTO `InstallExecuteSequence` .* VALUES \('(\w+)', '(.*)', (\d+)\)"
        found = [told for row in self.rows() if (told := re.fullmatch(pattern, row))]
        return {told[1]: (told[2], int(told[3])) for told in found}

    def test_settings_are_told_only_where_the_command_line_gives_one(self) -> None:
        known = self.sequence()
        assert known["ToldSERVER"][0] == "SERVER"
        assert known["Tell"][0] == 'TOLD AND NOT REMOVE="ALL"'
        assert max(place for name, (_, place) in known.items() if name.startswith("Told")) < known["Tell"][1]
        assert any("'[TOLD] --set \"server=[SERVER]\"'" in row for row in self.rows())

    def test_they_are_forgotten_when_it_goes_for_good_and_not_when_it_is_upgraded(self) -> None:
        condition, place = self.sequence()["Forget"]
        assert condition == 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE'
        assert place < 3500  # RemoveFiles

    def test_what_is_compiled_when_it_is_installed_is_removed_with_it(self) -> None:
        removed = [row for row in self.rows() if row.startswith("INSERT INTO `RemoveFile`")]
        names = sorted(name for row in removed for name in re.findall(r"'([^']+\.pyc)'", row))
        assert names == ["__init__.cpython-313.pyc", "__init__.cpython-313.pyc", "main.cpython-313.pyc"]
        assert len([row for row in removed if "`FileName`" not in row]) == 2  # the folders themselves

    def test_the_part_with_the_rights_is_told_them(self) -> None:
        assert msi_rows.secure_properties({"SERVER": "server", "LOCKED": "locked"}, "A;B") == "A;B;SERVER;LOCKED"
        assert msi_rows.secure_properties({"A": "a"}, "A") == "A"


class TestTime:
    def package(self, *, kinds: tuple[int, int] = (64, 64)) -> bytes:
        """A summary with a title and the two times, after something else."""
        properties = [(2, 8 + 24 + 0), (12, 8 + 24 + 12), (13, 8 + 24 + 24)]
        table = b"".join(struct.pack("<2I", *one) for one in properties)
        times = b"".join(struct.pack("<IQ", kind, 5) for kind in kinds)
        section = struct.pack("<2I", 80, 3) + table + struct.pack("<2I4s", 30, 3, b"abc\0") + times
        header = struct.pack("<2HI16sI", 0xFFFE, 0, 0, bytes(16), 1)
        return b"before" + header + bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9") + struct.pack("<I", 48) + section

    def test_both_times_become_the_commits(self) -> None:
        package = dated(self.package(), 0)
        # The begin of 1970 as Windows counts it: [MS-DTYP] 2.3.3.
        assert package.count(struct.pack("<Q", 116_444_736_000_000_000)) == 2
        assert len(package) == len(self.package())
        assert dated(package, 0) == package

    @pytest.mark.parametrize("package", [b"", b"\xd0\xcf\x11\xe0" * 40])
    def test_what_has_no_summary_is_refused(self, package: bytes) -> None:
        with pytest.raises(ValueError, match="no summary"):
            dated(package, 0)

    def test_what_is_no_time_is_not_overwritten(self) -> None:
        with pytest.raises(ValueError, match="tells no time"):
            dated(self.package(kinds=(64, 30)), 0)


def test_another_content_has_another_code(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    first = msi.digest(tmp_path, ["a"], ["x"])
    assert msi.digest(tmp_path, ["a"], ["x"]) == first
    assert msi.digest(tmp_path, ["a"], ["y"]) != first
    (tmp_path / "a").write_bytes(b"2")
    assert msi.digest(tmp_path, ["a"], ["x"]) != first
