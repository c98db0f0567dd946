"""A workbook's parts, read with care: the zip is judged before anything parses it."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from defusedxml import ElementTree  # type: ignore[import-untyped,unused-ignore]

from cyps.errors import CypsError

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"

MOST_PARTS = 2_000
MOST_BYTES = 200_000_000
MOST_RATIO = 200
SMALL_PART = 100_000
"""A part this small may be packed as tightly as it likes."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The parts of a workbook by name, unpacked."""

    parts: dict[str, bytes]

    def xml(self, name: str) -> Element:
        """One part, parsed without entities or outside references."""
        if name not in self.parts:
            raise CypsError(f"The workbook lacks its part {name}. It is damaged: make it again.")
        try:
            root: Element = ElementTree.fromstring(self.parts[name])
        except (ElementTree.ParseError, ValueError) as error:
            raise CypsError(f"The workbook's part {name} cannot be read: {error}.") from error
        return root

    def related(self, part: str) -> dict[str, str]:
        """Relationship id -> part, for the inner relationships of `part`."""
        folder, file = posixpath.split(part)
        rels = f"{folder}/_rels/{file}.rels"
        if rels not in self.parts:
            return {}
        return {
            node.get("Id", ""): posixpath.normpath(
                posixpath.join("/", folder, node.get("Target", ""))
            ).lstrip("/")
            for node in self.xml(rels).iter(f"{PACKAGE}Relationship")
            if node.get("TargetMode") != "External"
        }


def read_archive(path: Path | BinaryIO, *, most_bytes: int | None = None) -> Archive:
    """Unpack a workbook (a file, or its bytes), refusing a zip that is a bomb or no workbook.

    Raises
    ------
    CypsError
        When the file is no zip or is encrypted, holds too many or too large parts, packs
        one beyond belief, or names a part twice or outside itself.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
            _judge(path, members, MOST_BYTES if most_bytes is None else most_bytes)
            return Archive({member.filename: _unpacked(packed, member) for member in members})
    except _NOT_READABLE as error:
        raise CypsError(f"{path} is not a workbook that can be opened: {error}.") from error


# What zipfile raises besides its own error: an encrypted member, a packing it does not know,
# packed bytes that are damaged or end too soon.
_NOT_READABLE = (
    zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError,
    UnicodeDecodeError, struct.error,
)  # fmt: skip


def _judge(path: Path | BinaryIO, members: list[zipfile.ZipInfo], most_bytes: int) -> None:
    names = [member.filename for member in members]
    wrong = ""
    if len(members) > MOST_PARTS:
        wrong = f"it holds {len(members):,} parts, more than {MOST_PARTS:,}"
    elif sum(member.file_size for member in members) > most_bytes:
        wrong = f"it unpacks to more than {most_bytes:,} bytes"
    elif len(set(names)) != len(names):
        wrong = "it names a part twice"
    elif any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in names):
        wrong = "it names a part outside itself"
    elif any(
        member.file_size > SMALL_PART
        and member.file_size > MOST_RATIO * max(member.compress_size, 1)
        for member in members
    ):
        wrong = f"a part is packed more than {MOST_RATIO} times"
    if wrong:
        raise CypsError(f"{path} was not opened: {wrong}. No workbook that a person made looks so.")


def _unpacked(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with packed.open(member) as part:
        content = part.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile(f"{member.filename} is larger than it says")
    return content
