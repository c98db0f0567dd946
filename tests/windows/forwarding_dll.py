"""A DLL without code, whose functions are those of another DLL: fills one gap of Wine 8.

Rust's standard library asks bcryptprimitives.dll for random numbers, and Wine has had that DLL
only since version 9. For tests: nothing that is shipped holds it.
"""

from __future__ import annotations

import struct

_HEADERS, _SECTION_AT, _ALIGNED = 0x200, 0x1000, 0x200


def forwarding_dll(name: str, function: str, to: str) -> bytes:
    """The bytes of a 64-bit DLL with one export, such as "advapi32.SystemFunction036"."""
    section = _exports(name, function, to)
    padded = section.ljust(-(-len(section) // _ALIGNED) * _ALIGNED, b"\0")
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, len(padded), 0, 0, _SECTION_AT)
    optional += struct.pack("<QII", 0x1_8000_0000, 0x1000, _ALIGNED)
    optional += struct.pack("<HHHHHHI", 6, 0, 0, 0, 6, 0, 0)
    optional += struct.pack("<IIIHH", 0x2000, _HEADERS, 0, 2, 0x140)
    optional += struct.pack("<QQQQII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional += struct.pack("<II", _SECTION_AT, len(section)) + bytes(15 * 8)
    table = struct.pack(
        "<8sIIIIIIHHI", b".edata", len(section), _SECTION_AT, len(padded), _HEADERS, 0, 0, 0, 0,
        0x4000_0040,
    )  # fmt: skip
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    head = dos + b"PE\0\0" + coff + optional + table
    return head.ljust(_HEADERS, b"\0") + padded


def _exports(name: str, function: str, to: str) -> bytes:
    """The export directory: one address, one name, one ordinal, then the three texts."""
    directory = 40
    address, names, ordinals, texts = directory, directory + 4, directory + 8, directory + 12
    said = [text.encode() + b"\0" for text in (name, function, to)]
    name_at = _SECTION_AT + texts
    function_at = name_at + len(said[0])
    to_at = function_at + len(said[1])
    head = struct.pack(
        "<IIHHIIIIIII", 0, 0, 0, 0, name_at, 1, 1, 1,
        _SECTION_AT + address, _SECTION_AT + names, _SECTION_AT + ordinals,
    )  # fmt: skip
    return head + struct.pack("<IIHH", to_at, function_at, 0, 0) + b"".join(said)
