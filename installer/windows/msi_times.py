"""When an .msi says that it was made: wixl writes the time of the day, and a reproducible file has the commit's."""

import struct

_SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")  # {F29F85E0-4FF9-1068-AB91-08002B27B3D9}, little-endian
_CREATED, _SAVED = 12, 13
_FILETIME = 64
_FROM_1601 = 11_644_473_600
"""Seconds from 1601 to 1970: [MS-DTYP] section 2.3.3. The rest: [MS-OLEPS] sections 2.18.1, 2.20 and 2.21."""


def dated(package: bytes, epoch: int) -> bytes:
    """The same package as made at `epoch`, in seconds since 1970. Raises ValueError where it tells no such time."""
    changed = bytearray(package)
    at = package.find(_SUMMARY)
    if at < 0 or package.count(_SUMMARY) != 1:
        raise ValueError("the package has no summary, or several")
    # The format's id is followed by the place of its properties, counted from the begin of the stream 28 bytes before.
    (offset,) = struct.unpack_from("<I", package, at + 16)
    section = at - 28 + offset
    (count,) = struct.unpack_from("<I", package, section + 4)
    places = dict(struct.iter_unpack("<II", package[section + 8 : section + 8 + 8 * count]))
    for which in (_CREATED, _SAVED):
        if which not in places or struct.unpack_from("<I", package, section + places[which])[0] != _FILETIME:
            raise ValueError("the package's summary tells no time")
        struct.pack_into("<Q", changed, section + places[which] + 4, (epoch + _FROM_1601) * 10_000_000)
    return bytes(changed)
