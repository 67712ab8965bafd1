"""What the tests of the Windows artefacts share: the product, some settings, and files as other programs write them."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from installer import product
from installer.product import Product
from installer.windows.settings import Setting

ROOT = Path(__file__).resolve().parents[3]
PRODUCT: Product = product.read(ROOT)

SETTINGS = [
    Setting("service", "str", "The service.", ("safeq-cloud", "privicore"), "safeq-cloud"),
    Setting("server", "str", "Its address.", (), ""),
    Setting("rsa_bits", "int", "The length.", ("2048", "3072"), "3072"),
    Setting("plain_file", "bool", "Whether a plain file will do.", (), "True"),
    Setting("preset_keys", "list", "Whose presets are trusted.", (), ""),
]
"""One of each kind."""


def png(rows: Sequence[bytes], filters: Sequence[int]) -> bytes:
    """A PNG of 8-bit RGBA whose rows are stored through the given filters (PNG, clause 9)."""
    stored, above = b"", bytes(len(rows[0]))
    for kind, row in zip(filters, rows, strict=True):
        stored += bytes([kind]) + bytes(
            (value - _predicted(kind, row, above, at)) % 256 for at, value in enumerate(row)
        )
        above = row
    header = struct.pack(">2I5B", len(rows[0]) // 4, len(rows), 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(stored)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _predicted(kind: int, row: bytes, above: bytes, at: int) -> int:
    left, upper, corner = (row[at - 4] if at >= 4 else 0), above[at], (above[at - 4] if at >= 4 else 0)
    if kind == 4:
        distances = [
            (abs(left + upper - corner - near), order, near) for order, near in enumerate((left, upper, corner))
        ]
        return min(distances)[2]
    return (0, left, upper, (left + upper) // 2)[kind]


def library(*names: str, delayed: Sequence[str] = ()) -> bytes:
    """A PE32+ file of headers and one section, which is linked to `names`, and late to `delayed`."""
    place = 0x1000
    descriptors = 20 * (len(names) + 1)
    late = 32 * (len(delayed) + 1)
    texts, table, late_table = b"", b"", b""
    for name in names:
        table += struct.pack("<3I I I", 1, 0, 0, place + descriptors + late + len(texts), 1)
        texts += name.encode() + b"\0"
    for name in delayed:
        late_table += struct.pack("<2I 6I", 1, place + descriptors + late + len(texts), 1, 1, 1, 1, 1, 1)
        texts += name.encode() + b"\0"
    section = table + bytes(20) + late_table + bytes(32) + texts
    optional = bytearray(240)
    struct.pack_into("<H", optional, 0, 0x20B)
    struct.pack_into("<2I", optional, 112 + 8, place, descriptors)
    struct.pack_into("<2I", optional, 112 + 8 * 13, place + descriptors, late)
    coff = struct.pack("<2H3I2H", 0x8664, 1, 0, 0, 0, len(optional), 0)
    start = 64 + 4 + len(coff) + len(optional) + 40
    header = b".rdata\0\0" + struct.pack("<4I", len(section), place, len(section), start) + bytes(16)
    dos = bytearray(b"MZ".ljust(64, b"\0"))
    struct.pack_into("<I", dos, 0x3C, 64)
    return bytes(dos) + b"PE\0\0" + coff + bytes(optional) + header + section
