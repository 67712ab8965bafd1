"""Which machine this is, by what lies on the disk and by what is in the hardware."""

import sys
from pathlib import Path

import pytest

from enroller import machine
from enroller.machine import HARDWARE, SYSTEM, board_number, is_another

BUILT_IN = "00:1b:21:3c:9d:f8"


class Linux:
    """A machine's files, as far as they are looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        self.write("sys/class/dmi/id/product_uuid", "4c4c4544-0042-3510-8053-b7c04f4d3032\n")
        (root / "sys/class/net").mkdir(parents=True)
        self.adapter("eth0", BUILT_IN)

    def write(self, name: str, content: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def adapter(
        self, name: str, address: str, *, assigned: int = 0, device: str | None = "pci0000:00/0000:00:1f.6"
    ) -> None:
        self.write(f"sys/class/net/{name}/address", f"{address}\n")
        self.write(f"sys/class/net/{name}/addr_assign_type", f"{assigned}\n")
        if device is not None:
            place = self.root / "sys/devices" / device
            place.mkdir(parents=True, exist_ok=True)
            (self.root / "sys/class/net" / name / "device").symlink_to(place)

    def found(self) -> list[tuple[str, str]]:
        return [(kind, value.strip()) for kind, value in machine._linux(self.root)]

    def addresses(self) -> list[str]:
        return [value for _, value in self.found() if ":" in value]


@pytest.fixture
def linux(tmp_path: Path) -> Linux:
    return Linux(tmp_path)


class TestEvidence:
    def test_of_this_machine_is_short_hashes_that_stay(self) -> None:
        if sys.platform != "linux":
            pytest.skip("what it consists of differs")
        found = machine.evidence()
        assert found == machine.evidence()
        assert all(
            kind in (SYSTEM, HARDWARE) and len(text) == 32 for kind, _, text in (x.partition(":") for x in found)
        )
        id_file = Path("/etc/machine-id")
        if id_file.exists() and (known := id_file.read_text().strip()):
            assert known not in str(found), "machine-id(5): it should not be exposed"

    def test_on_linux_is_the_systems_id_the_built_in_adapters_and_the_board(self, linux: Linux) -> None:
        assert linux.found() == [
            (SYSTEM, "0123456789abcdef0123456789abcdef"),
            (HARDWARE, BUILT_IN),
            (HARDWARE, "4c4c4544-0042-3510-8053-b7c04f4d3032"),
        ]

    def test_the_boards_number_is_roots_to_read_and_may_be_missing(self, linux: Linux) -> None:
        (linux.root / "sys/class/dmi/id/product_uuid").unlink()
        assert len(linux.found()) == 2

    @pytest.mark.parametrize(
        ("address", "assigned", "device"),
        [
            ("00:1b:21:00:00:01", 3, "pci0000:00/0000:00:14.3"),  # set, or made up for this network
            ("52:54:00:12:34:56", 0, "pci0000:00/0000:00:14.3"),  # of every virtual machine that was given none
            ("00:1b:21:00:00:01", 0, "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0"),  # an adapter of the bench
            ("00:1b:21:00:00:01", 0, None),  # a bridge or a tunnel
        ],
    )
    def test_adapters_that_come_and_go_are_none(
        self, address: str, assigned: int, device: str | None, linux: Linux
    ) -> None:
        linux.adapter("other0", address, assigned=assigned, device=device)
        assert linux.addresses() == [BUILT_IN]

    def test_the_linux_inside_windows_gets_other_hardware_at_each_start(self, linux: Linux) -> None:
        linux.write("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n")
        assert [kind for kind, _ in linux.found()] == [SYSTEM]

    @pytest.mark.parametrize("nothing", ["", "uninitialized\n", "00000000-0000-0000-0000-000000000000\n"])
    def test_an_id_that_is_none_is_no_evidence(
        self, nothing: str, linux: Linux, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        linux.write("etc/machine-id", nothing)
        real = machine._linux
        monkeypatch.setattr(machine, "_linux", lambda: real(linux.root))
        if sys.platform == "linux":
            assert {one.partition(":")[0] for one in machine.evidence()} == {HARDWARE}

    def test_a_machine_that_tells_nothing_has_none(self, tmp_path: Path) -> None:
        assert list(machine._linux(tmp_path)) == []


class TestAnother:
    def test_the_same_is_not(self) -> None:
        assert not is_another(("os:a", "hw:b"), ("os:a", "hw:b"))

    def test_a_disk_in_another_machine_is(self) -> None:
        assert is_another(("os:a", "hw:b"), ("os:a", "hw:c"))

    def test_an_image_that_was_set_up_anew_is(self) -> None:
        assert is_another(("os:a", "hw:b"), ("os:z", "hw:b"))

    def test_one_part_in_common_is_enough(self) -> None:
        assert not is_another(("os:a", "hw:b", "hw:c"), ("os:a", "hw:c", "hw:d"))

    @pytest.mark.parametrize("then", [(), ("os:a",), ("hw:b",)])
    def test_where_one_side_knows_nothing_nothing_is_proved(self, then: tuple[str, ...]) -> None:
        assert not is_another(then, ("os:a", "hw:b"))
        assert not is_another(("os:a", "hw:b"), then)


class TestBoardNumber:
    NUMBER = bytes(range(16))

    def test_stands_in_the_system_information(self) -> None:
        bios = bytes([0, 0x18]) + bytes(0x16) + b"Maker\0 1.0\0\0"
        system = bytes([1, 0x1B, 0, 1, 1, 2, 3, 4]) + self.NUMBER + bytes(3) + b"Maker\0\0"
        assert board_number(bios + system) == self.NUMBER

    @pytest.mark.parametrize("broken", [b"", b"\1", b"\1\2\3", bytes([0, 0x18]), bytes(100), bytes([1, 8]) + bytes(60)])
    def test_broken_tables_have_none(self, broken: bytes) -> None:
        assert board_number(broken) is None
