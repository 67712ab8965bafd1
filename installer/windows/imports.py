"""Which of the wheels' files a Windows program needs: what its libraries are linked to, followed to the end."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

_PE_OFFSET = 0x3C
_OPTIONAL_HEADER = 24  # after the signature (4) and the COFF file header (20)
_PE32_PLUS = 0x20B
_DIRECTORIES = 112  # of a PE32+ optional header
_IMPORTS, _DELAYED = 1, 13  # entries of the data directory
_SECTION = 40
_IMPORT, _DELAY_IMPORT = (20, 12), (32, 4)  # a descriptor's size, and where in it the library's name is
"""Offsets and sizes: Microsoft, "PE Format", the sections named as above."""


def imported(data: bytes) -> tuple[str, ...]:
    """The libraries that a 64-bit Windows program or library is linked to, in lower case, also those loaded late.

    Raises ValueError where `data` is no such file.
    """
    try:
        return tuple(dict.fromkeys(name.lower() for name in _names(data)))
    except (struct.error, IndexError, UnicodeDecodeError) as damaged:
        raise ValueError("no whole PE32+ file") from damaged


def _names(data: bytes) -> Iterator[str]:
    (header,) = struct.unpack_from("<I", data, _PE_OFFSET)
    optional = header + _OPTIONAL_HEADER
    sections, size = struct.unpack_from("<H12xH", data, header + 6)
    if data[:2] != b"MZ" or struct.unpack_from("<H", data, optional)[0] != _PE32_PLUS:
        raise ValueError("no PE32+ file")
    # Of each section: its size in memory, its address, its size in the file and its place there.
    headers = (optional + size + _SECTION * number for number in range(sections))
    table: list[tuple[int, int, int, int]] = [struct.unpack_from("<4I", data, at + 8) for at in headers]

    def place(address: int) -> int:
        """Where in the file lies what is at an address once it is loaded."""
        for size, start, length, raw in table:
            if start <= address < start + max(size, length):
                return address - start + raw
        raise ValueError("an address outside of all sections")

    for entry, (step, name) in ((_IMPORTS, _IMPORT), (_DELAYED, _DELAY_IMPORT)):
        (address,) = struct.unpack_from("<I", data, optional + _DIRECTORIES + 8 * entry)
        at = place(address) if address else 0
        while at and (found := struct.unpack_from("<I", data, at + name)[0]):
            start = place(found)
            yield data[start : data.index(b"\0", start)].decode("ascii")
            at += step


def closure(roots: Iterable[str], files: Mapping[str, bytes]) -> set[str]:
    """`roots` and every one of `files` that they are linked to, directly or by another. Raises KeyError for no file.

    Where several files have the same name, the one in the folder of who asks is meant, as Windows looks there first.
    What is among no files is the system's.
    """
    by_name: dict[str, list[str]] = {}
    for path in files:
        by_name.setdefault(PurePosixPath(path).name.lower(), []).append(path)
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in imported(files[path]):
            candidates = by_name.get(name, [])
            beside = [one for one in candidates if PurePosixPath(one).parent == PurePosixPath(path).parent]
            waiting += beside or candidates[:1]
    return found
