"""A VBA project from source text alone (MS-OVBA): no p-code, which the host makes on loading.

The specification asks a writer for `_VBA_PROJECT` with version 0xFFFF and nothing else (2.3.4.1),
and for modules without a performance cache. No well-kept library writes this: those on PyPI are
readers, or beta. oletools reads it back in the tests, and LibreOffice runs it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

from cyps_addin.generators.compound_file import compound_file

_PROJECT_ID: Final = "{0F6A5B0C-52C9-4B1E-8E9B-6D2B0F6E4A11}"
_CODEPAGE: Final = "cp1252"
_CHUNK: Final = 4096
_NO_CODE: Final = bytes.fromhex("CC61FFFF000100")

REFERENCES: Final = (
    ("stdole",
     r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb"
     "#OLE Automation"),
    ("Office",
     r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\Program Files\Common Files"
     r"\Microsoft Shared\OFFICE16\MSO.DLL#Microsoft Office 16.0 Object Library"),
)  # fmt: skip
"""Every type library that the project names: those that Excel itself adds to a new workbook."""

_DOCUMENT_BASE: Final = {
    "workbook": "0{00020819-0000-0000-C000-000000000046}",
    "sheet": "0{00020820-0000-0000-C000-000000000046}",
}


@dataclass(frozen=True, slots=True)
class Module:
    """A module: its name, its text with CRLF, and whether it belongs to a workbook or sheet."""

    name: str
    text: str
    kind: Literal["module", "workbook", "sheet"] = "module"

    @property
    def source(self) -> str:
        """The text as it is stored, with the attributes of a document's module."""
        if self.kind == "module":
            return self.text
        attributes = {
            "VB_Name": f'"{self.name}"', "VB_Base": f'"{_DOCUMENT_BASE[self.kind]}"',
            "VB_GlobalNameSpace": "False", "VB_Creatable": "False", "VB_PredeclaredId": "True",
            "VB_Exposed": "True", "VB_TemplateDerived": "False", "VB_Customizable": "True",
        }  # fmt: skip
        return "".join(f"Attribute {k} = {v}\r\n" for k, v in attributes.items()) + self.text


def vba_project(name: str, modules: tuple[Module, ...]) -> bytes:
    """The bytes of vbaProject.bin; the same modules give the same bytes."""
    streams = {m.name: compressed(m.source.encode(_CODEPAGE)) for m in modules}
    names = b"".join(
        m.name.encode(_CODEPAGE) + b"\0" + m.name.encode("utf-16-le") + b"\0\0" for m in modules
    )
    return compound_file(
        {
            "PROJECT": _project(name, modules).encode(_CODEPAGE),
            "PROJECTwm": names + b"\0\0",
            "VBA": {"_VBA_PROJECT": _NO_CODE, "dir": compressed(_dir(name, modules)), **streams},
        }
    )


def _project(name: str, modules: tuple[Module, ...]) -> str:
    """The PROJECT stream (2.3.1): not protected, no password, visible."""
    listed = [
        f"Module={m.name}" if m.kind == "module" else f"Document={m.name}/&H00000000"
        for m in modules
    ]
    lines = [
        f'ID="{_PROJECT_ID}"',
        *listed,
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{encrypted(bytes(4), 0x4E)}"',  # nobody is kept from changing it
        f'DPB="{encrypted(bytes(1), 0x52)}"',  # no password
        f'GC="{encrypted(bytes([0xFF]), 0x56)}"',  # to be seen in the editor
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{m.name}=0, 0, 0, 0, C" for m in modules),
        "",
    ]
    return "\r\n".join(lines)


def encrypted(data: bytes, seed: int, identifier: str = _PROJECT_ID) -> str:
    """Protection state, password and visibility as they must be written (2.4.3.2)."""
    key = sum(identifier.encode()) & 0xFF
    version, project = seed ^ 2, seed ^ key
    written, plain_before = [seed, version, project], key
    coded_before, coded_two_before = project, version
    ignored = bytes([7]) * ((seed & 6) // 2)
    for plain in ignored + struct.pack("<I", len(data)) + data:
        coded = plain ^ ((coded_two_before + plain_before) & 0xFF)
        written.append(coded)
        coded_two_before, coded_before, plain_before = coded_before, coded, plain
    return bytes(written).hex().upper()


def _dir(name: str, modules: tuple[Module, ...]) -> bytes:
    """The dir stream (2.3.4.2): project, references, modules."""
    parts = [
        _record(0x01, struct.pack("<I", 3)),  # 64-bit Windows
        _record(0x02, struct.pack("<I", 0x409)), _record(0x14, struct.pack("<I", 0x409)),
        _record(0x03, struct.pack("<H", 1252)), _record(0x04, name.encode(_CODEPAGE)),
        _record(0x05), _record(0x40), _record(0x06), _record(0x3D),
        _record(0x07, bytes(4)), _record(0x08, bytes(4)),
        struct.pack("<HIIH", 0x09, 4, 1, 1),
        _record(0x0C), _record(0x3C),
    ]  # fmt: skip
    for reference, library in REFERENCES:
        told = library.encode(_CODEPAGE)
        parts += _named(0x16, 0x3E, reference)
        parts.append(_record(0x0D, struct.pack("<I", len(told)) + told + bytes(6)))
    parts += [_record(0x0F, struct.pack("<H", len(modules))), _record(0x13, b"\xff\xff")]
    for m in modules:
        parts += _named(0x19, 0x47, m.name) + _named(0x1A, 0x32, m.name)
        parts += [
            _record(0x1C), _record(0x48), _record(0x31, bytes(4)), _record(0x1E, bytes(4)),
            _record(0x2C, b"\xff\xff"), _record(0x21 if m.kind == "module" else 0x22),
            _record(0x2B),
        ]  # fmt: skip
    return b"".join([*parts, _record(0x10)])


def _record(identifier: int, content: bytes = b"") -> bytes:
    return struct.pack("<HI", identifier, len(content)) + content


def _named(identifier: int, again: int, name: str) -> list[bytes]:
    """A name in the code page, and once more in UTF-16."""
    return [
        _record(identifier, name.encode(_CODEPAGE)),
        _record(again, name.encode("utf-16-le")),
    ]


def compressed(data: bytes) -> bytes:
    """MS-OVBA 2.4.1: chunks of 4,096 bytes, each of literals and copies of what came before."""
    chunks = [_chunk(data[at : at + _CHUNK]) for at in range(0, len(data), _CHUNK)]
    return b"\x01" + b"".join(chunks)


def _chunk(data: bytes) -> bytes:
    body = bytearray()
    tokens: list[bytes] = []
    flags, at = 0, 0
    seen: dict[bytes, list[int]] = {}
    while at < len(data):
        offset, length = _longest_copy(data, at, seen)
        if length:
            bits = _offset_bits(at)
            token = ((offset - 1) << (16 - bits)) | (length - 3)
            flags |= 1 << len(tokens)
            tokens.append(struct.pack("<H", token))
        else:
            tokens.append(data[at : at + 1])
        for place in range(at, at + max(length, 1)):
            seen.setdefault(data[place : place + 3], []).append(place)
        at += max(length, 1)
        if len(tokens) == 8 or at >= len(data):
            body += bytes([flags]) + b"".join(tokens)
            tokens, flags = [], 0
    if len(body) >= _CHUNK and len(data) == _CHUNK:  # stored as it is
        return struct.pack("<H", 0x3000 | (_CHUNK - 1)) + data
    return struct.pack("<H", 0xB000 | (len(body) - 1)) + bytes(body)


def _offset_bits(at: int) -> int:
    """How many of a copy's 16 bits tell the distance (2.4.1.3.19.1)."""
    return max((at - 1).bit_length(), 4)


def _longest_copy(data: bytes, at: int, seen: dict[bytes, list[int]]) -> tuple[int, int]:
    """Distance and length of the longest earlier text, at least 3 letters; else 0, 0."""
    most = min((0xFFFF >> _offset_bits(at)) + 3, len(data) - at)
    best = (0, 0)
    for place in reversed(seen.get(data[at : at + 3], ())[-64:]) if most >= 3 else ():
        length = 3
        while length < most and data[place + length] == data[at + length]:
            length += 1
        if length > best[1]:
            best = at - place, length
    return best
