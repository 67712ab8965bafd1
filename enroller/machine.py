"""Which machine this is: an enrollment belongs to one, and a copied disk must not go about under its identity.

What a machine is known by becomes a few short hashes that tell nobody else anything. Some of it lies on the disk and is
copied with it, some is in the hardware: a disk in another machine shows by the second, a machine that was set up anew
from an image by the first. Parts that come and go (docks, USB adapters) are no evidence.
"""

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

SYSTEM = "os"
HARDWARE = "hw"

_PURPOSE = b"enroller: which machine an enrollment belongs to"
"""What the hashes are keyed with, so that they are nobody else's: machine-id(5) asks for that."""

_QEMU = "52:54:00:12:34:56"
"""The address of every virtual machine that nobody has given one."""

_NO_ID = {"", "uninitialized", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}
"""What stands where an id should be, in images and on boards without one."""

_NO_SERIAL = {"", "0", "none", "unknown", "not specified", "default string", "system serial number"} | {
    "to be filled by o.e.m."
}
"""What makers leave where a serial number should be."""


def evidence() -> tuple[str, ...]:
    """What this machine is known by, as `os:<hash>` and `hw:<hash>`; nothing where the system tells nothing."""
    found = _linux() if sys.platform == "linux" else _windows() if sys.platform == "win32" else _macos()
    known = {f"{kind}:{_hash(value)}" for kind, value in found if value.strip().lower() not in _NO_ID}
    return tuple(sorted(known))


def is_another(then: Iterable[str], now: Iterable[str]) -> bool:
    """Whether what was known of a machine contradicts what is known of this one.

    Of each kind of evidence, one piece in common is enough, and where one side has none nothing is proved.
    """
    return any(a and b and not a & b for a, b in ((_of(kind, then), _of(kind, now)) for kind in (SYSTEM, HARDWARE)))


def _of(kind: str, known: Iterable[str]) -> set[str]:
    return {one for one in known if one.startswith(f"{kind}:")}


def _hash(value: str) -> str:
    return hmac.new(_PURPOSE, value.strip().lower().encode(), hashlib.sha256).hexdigest()[:32]


Found = Iterator[tuple[str, str]]


def _linux(root: Path = Path("/")) -> Found:
    """machine-id(5); the addresses that network adapters were built with; the board's number where we may read it."""
    for name in ("etc/machine-id", "var/lib/dbus/machine-id"):
        with suppress(OSError):
            yield SYSTEM, (root / name).read_text("ascii", "replace")
            break
    with suppress(OSError):
        if "microsoft" in (root / "proc/sys/kernel/osrelease").read_text("ascii").lower():
            return  # the Linux inside Windows gets other hardware at each start
    with suppress(OSError):
        for adapter in sorted((root / "sys/class/net").iterdir()):
            yield from _adapter(adapter)
    with suppress(OSError):
        yield HARDWARE, (root / "sys/class/dmi/id/product_uuid").read_text("ascii", "replace")  # for root only


def _adapter(adapter: Path) -> Found:
    try:
        address = (adapter / "address").read_text("ascii")
        # 0, NET_ADDR_PERM (linux/netdevice.h): not one that was set, or is made up anew in every network.
        built_in = (adapter / "addr_assign_type").read_text("ascii").strip() == "0"
        device = (adapter / "device").resolve(strict=True)  # what is no device (bridges, tunnels) has none
    except (OSError, ValueError):
        return
    if built_in and address.strip() != _QEMU and "/usb" not in str(device):
        yield HARDWARE, address


def _windows() -> Found:
    """The system's id in the registry, and the board's number from the firmware (SMBIOS)."""
    found: list[tuple[str, str]] = []
    if sys.platform == "win32":
        import uuid
        import winreg

        path, how = r"SOFTWARE\Microsoft\Cryptography", winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, how) as key:
            found.append((SYSTEM, str(winreg.QueryValueEx(key, "MachineGuid")[0])))
        number = board_number(_firmware())
        if number is not None:
            found.append((HARDWARE, str(uuid.UUID(bytes_le=number))))
    return iter(found)


def _firmware() -> bytes:
    """The SMBIOS tables, as Windows gives them."""
    tables = b""
    if sys.platform == "win32":
        import ctypes

        provider = int.from_bytes(b"RSMB", "big")
        ask = ctypes.windll.kernel32.GetSystemFirmwareTable
        table = ctypes.create_string_buffer(ask(provider, 0, None, 0))
        ask(provider, 0, table, len(table))
        tables = table.raw[8:]  # after the header RawSMBIOSData
    return tables


def board_number(tables: bytes) -> bytes | None:
    """The 16 bytes of the system's UUID in SMBIOS tables (DSP0134, 6.1.2 and 7.2); None where there is none."""
    found = _system_information(tables)
    return found[0][8:24] if found is not None and len(found[0]) >= 0x19 else None


def board_serial(tables: bytes) -> str:
    """The system's serial number in SMBIOS tables (DSP0134, 6.1.3 and 7.2); empty where there is none."""
    found = _system_information(tables)
    if found is None or len(found[0]) < 8:
        return ""
    number, texts = found[0][7], found[1]  # which of the texts, from 1; 0 for none
    return texts[number - 1].decode("ascii", "replace") if 0 < number <= len(texts) else ""


def _system_information(tables: bytes) -> tuple[bytes, list[bytes]] | None:
    """The structure System Information (type 1) in SMBIOS tables, and its texts."""
    at = 0
    while at + 4 <= len(tables):
        kind, length = tables[at], tables[at + 1]
        end = tables.find(b"\0\0", at + length)
        if length < 4 or (end < 0 and kind != 1):
            return None
        if kind == 1:
            texts = tables[at + length : end if end >= 0 else len(tables)]
            return tables[at : at + length], texts.split(b"\0")
        at = end + 2
    return None


def _macos() -> Found:
    """IOPlatformUUID, which is the hardware's."""
    for name, value in _platform():
        if name == "IOPlatformUUID":
            yield HARDWARE, value


def _platform() -> Found:
    """What a Mac says of its hardware, by name."""
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"],
            capture_output=True,
            check=False,
            text=True,
            timeout=5,
        ).stdout
        for line in said.splitlines():
            name, _, value = line.partition("=")
            yield name.strip(' "'), value.strip(' "')


def serial_number(root: Path = Path("/")) -> str:
    """The number that the maker has printed on this machine; empty where the system does not tell it.

    On Linux only root may read it, so a technician's own account mostly finds none.
    """
    found = ""
    if sys.platform == "win32":
        found = board_serial(_firmware())
    elif sys.platform == "darwin":
        found = dict(_platform()).get("IOPlatformSerialNumber", "")
    else:
        with suppress(OSError):
            found = (root / "sys/class/dmi/id/product_serial").read_text("ascii", "replace")
    found = found.strip()
    return "" if found.lower() in _NO_SERIAL else found
