"""A compound file (MS-CFB, version 3) from streams in folders: what holds a VBA project.

olefile, the well-kept library, only reads; it reads this back in the tests.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

Streams = dict[str, "bytes | Streams"]

_SECTOR, _SMALL, _CUTOFF = 512, 64, 4096
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_IN_HEADER: Final = 109
_FOLDER, _STREAM, _ROOT = 1, 2, 5


@dataclass(slots=True)
class _Entry:
    """One entry of the directory; `left`, `right` and `child` are places in it."""

    name: str
    kind: int
    content: bytes = b""
    left: int = _FREE
    right: int = _FREE
    child: int = _FREE
    start: int = 0

    def __bytes__(self) -> bytes:
        name = self.name.encode("utf-16-le") + b"\0\0"
        head = struct.pack(
            "<64sHBBIII", name, len(name), self.kind, 1, self.left, self.right, self.child
        )
        return head + bytes(36) + struct.pack("<IQ", self.start, len(self.content))


@dataclass(slots=True)
class _Sectors:
    """Sectors of one size and the table of what follows what."""

    size: int
    content: bytearray = field(default_factory=bytearray)
    following: list[int] = field(default_factory=list)

    def put(self, content: bytes) -> int:
        """Place of the first sector of a content; the end mark for none."""
        if not content:
            return _END
        first, count = len(self.following), -(-len(content) // self.size)
        self.content += content.ljust(count * self.size, b"\0")
        self.following += [*range(first + 1, first + count), _END]
        return first


def compound_file(streams: Streams) -> bytes:
    """The file's bytes; the same streams give the same bytes.

    Raises
    ------
    ValueError
        When the streams are larger than a header without an extension can tell (some 7 MB).
    """
    entries = [_Entry("Root Entry", _ROOT)]
    entries[0].child = _add(entries, streams)
    small, large = _Sectors(_SMALL), _Sectors(_SECTOR)
    for entry in entries:
        if entry.kind == _STREAM:
            entry.start = (small if len(entry.content) < _CUTOFF else large).put(entry.content)
    entries[0].content = bytes(small.content)
    entries[0].start = large.put(entries[0].content)
    small_table = large.put(_numbers(small.following, _SECTOR // 4))
    small_sectors = -(-len(small.following) * 4 // _SECTOR)
    directory = large.put(_directory(entries))
    tables = 1
    while len(large.following) + tables > tables * (_SECTOR // 4):
        tables += 1
    if tables > _IN_HEADER:
        raise ValueError(f"{len(large.content):,} bytes are too many for this compound file.")
    first = len(large.following)
    table = _numbers(large.following + [_TABLE] * tables, tables * (_SECTOR // 4))
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII",
        bytes.fromhex("D0CF11E0A1B11AE1"), bytes(16), 0x3E, 3, 0xFFFE, 9, 6,
        0, tables, directory, 0, _CUTOFF, small_table, small_sectors, _END, 0,
    )  # fmt: skip
    header += _numbers(list(range(first, first + tables)), _IN_HEADER)
    return header + bytes(large.content) + table


def _add(entries: list[_Entry], streams: Streams) -> int:
    """Put a folder's children into the directory; the place of the middle one."""
    places = []
    for name, content in streams.items():
        places.append(len(entries))
        if isinstance(content, dict):
            folder = _Entry(name, _FOLDER)
            entries.append(folder)
            folder.child = _add(entries, content)
        else:
            entries.append(_Entry(name, _STREAM, content))
    return _tree(entries, sorted(places, key=lambda i: _order(entries[i].name)))


def _order(name: str) -> tuple[int, str]:
    """Shorter names come first, then capitals alphabetically (MS-CFB 2.6.4)."""
    return len(name.encode("utf-16-le")), name.upper()


def _tree(entries: list[_Entry], ordered: list[int]) -> int:
    """A balanced tree, all black, of siblings in order."""
    if not ordered:
        return _FREE
    middle = len(ordered) // 2
    entry = entries[ordered[middle]]
    entry.left = _tree(entries, ordered[:middle])
    entry.right = _tree(entries, ordered[middle + 1 :])
    return ordered[middle]


def _directory(entries: list[_Entry]) -> bytes:
    nobody = struct.pack("<64sHBBIII", b"", 0, 0, 0, _FREE, _FREE, _FREE).ljust(128, b"\0")
    padding = nobody * (-len(entries) % (_SECTOR // 128))
    return b"".join(bytes(entry) for entry in entries) + padding


def _numbers(values: list[int], multiple: int) -> bytes:
    """32-bit numbers, filled with "free" to a multiple of so many."""
    padded = values + [_FREE] * (-len(values) % multiple)
    return struct.pack(f"<{len(padded)}I", *padded)
