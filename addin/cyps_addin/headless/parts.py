"""A workbook's own parts with a few cells changed and sheets added; all else byte for byte.

No library is used that reads a workbook and writes it anew: each drops something of other
people's (charts' alternative texts, sparklines, custom ribbons, data bars).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, unescape

from cyps.errors import CypsError
from cyps_addin.actions.formats import Block
from cyps_addin.declare import Cells
from cyps_addin.error_values import ErrorValue
from cyps_addin.headless.styles import styles_of
from cyps_workbooks.published.foreign import address

Parts = dict[str, bytes]
_CELL: Final = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_PLACE: Final = re.compile(rb'\br="([A-Z]{1,3}[0-9]{1,7})"')
_VALUE: Final = re.compile(rb"<v\b[^>]*?(?:/>|>.*?</v>)", re.DOTALL)
_KIND: Final = re.compile(rb'\s+t="[^"]*"')
_FORMULA: Final = re.compile(rb"<f\b[^>]*?(?:/>|>.*?</f>)", re.DOTALL)
_SHEETS: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORKSHEET: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet",
)
LONGEST_NAME: Final = 31


def parts_of(path: Path) -> Parts:
    """Every part of a workbook whose size was already checked by whoever opened it."""
    with zipfile.ZipFile(path) as packed:
        return {info.filename: packed.read(info) for info in packed.infolist()}


def packed(parts: Parts) -> bytes:
    """The parts as a workbook's bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content,
                             zipfile.ZIP_DEFLATED)  # fmt: skip
    return buffer.getvalue()


def typed(sheet: bytes, cells: Mapping[str, Cells]) -> bytes:
    """A sheet's part with some cells typed over; each keeps its format.

    Raises
    ------
    CypsError
        When the part has no such cell.

    Examples
    --------
    >>> typed(b'<c r="A1" s="3"/><c r="B1"><f>A1</f><v>0</v></c>', {"A1": -0.05})
    b'<c r="A1" s="3"><v>-0.05</v></c><c r="B1"><f>A1</f><v>0</v></c>'
    """
    wanted = {place.encode(): value for place, value in cells.items()}
    done = set()

    def write(found: re.Match[bytes]) -> bytes:
        at = _PLACE.search(found[1])
        if at is None or at[1] not in wanted:
            return found[0]
        if (shared := re.search(rb"<f\b[^>]*\bref=", found[2] or b"")) is not None:
            raise CypsError(
                f"{at[1].decode()} holds a formula of several cells ({shared[0].decode()}...), so "
                "it cannot be typed over here. Type it in Excel or LibreOffice."
            )
        done.add(at[1])
        return _cell(_KIND.sub(b"", found[1]), wanted[at[1]])

    made = _CELL.sub(write, sheet)
    if lacking := sorted(place.decode() for place in set(wanted) - done):
        raise CypsError(f"The cell {lacking[0]} is not in the file. Take an earlier copy.")
    return made


def _cell(attributes: bytes, value: Cells) -> bytes:
    head = b"<c" + attributes.rstrip()
    if value is None or value == "":
        return head + b"/>"
    if isinstance(value, str) and value.startswith("="):
        return head + b"><f>" + escape(value[1:]).encode() + b"</f></c>"
    if isinstance(value, str):
        words = escape(value).encode()
        return head + b' t="inlineStr"><is><t xml:space="preserve">' + words + b"</t></is></c>"
    return head + b"><v>" + repr(float(value)).encode() + b"</v></c>"


def without_values(sheet: bytes) -> bytes:
    """A sheet's part whose formulas have no value saved: a program must compute them.

    Examples
    --------
    >>> without_values(b'<c r="B1" t="str"><f>A1</f><v>old</v></c><c r="A1"><v>1</v></c>')
    b'<c r="B1"><f>A1</f></c><c r="A1"><v>1</v></c>'
    """

    def strip(found: re.Match[bytes]) -> bytes:
        if found[2] is None or b"<f" not in found[2]:
            return found[0]
        return b"<c" + _KIND.sub(b"", found[1]) + b">" + _VALUE.sub(b"", found[2]) + b"</c>"

    return _CELL.sub(strip, sheet)


def with_values(sheet: bytes, values: Mapping[str, Cells]) -> bytes:
    """A sheet's part with the values that its formulas have; one that shows nothing has none.

    Examples
    --------
    >>> with_values(b'<c r="B1"><f>A1</f></c>', {"B1": "new"})
    b'<c r="B1" t="str"><f>A1</f><v>new</v></c>'
    """

    def put(found: re.Match[bytes]) -> bytes:
        at = _PLACE.search(found[1])
        formula = _FORMULA.search(found[2] or b"")
        if at is None or formula is None:
            return found[0]
        value = values.get(at[1].decode(), "")
        kind, shown = b"", repr(value)
        if isinstance(value, ErrorValue):
            kind, shown = b' t="e"', str(value)
        elif isinstance(value, bool):
            kind, shown = b' t="b"', str(int(value))
        elif isinstance(value, str):
            kind, shown = b' t="str"', escape(value)
        head = b"<c" + _KIND.sub(b"", found[1]).rstrip() + kind
        return head + b">" + formula[0] + b"<v>" + shown.encode() + b"</v></c>"

    return _CELL.sub(put, sheet)


def computed_on_opening(parts: Parts) -> None:
    """Let whoever opens the workbook compute every formula."""
    book = parts["xl/workbook.xml"].decode("utf-8")
    found = re.search(r"<calcPr\b[^>]*?/>", book)
    if found is None:
        raise CypsError("The workbook's settings of calculation are not where they belong.")
    calc = re.sub(r'\s+fullCalcOnLoad="[^"]*"', "", found[0]).replace(
        "<calcPr", '<calcPr fullCalcOnLoad="1"', 1
    )
    parts["xl/workbook.xml"] = book.replace(found[0], calc, 1).encode()


@dataclass(frozen=True, slots=True)
class NewSheet:
    """A table on a sheet of its own."""

    name: str
    rows: list[list[Cells]]
    formats: list[Block] = field(default_factory=list)


def sheet_names(parts: Parts) -> list[str]:
    """Names of the workbook's sheets, in order."""
    book = parts["xl/workbook.xml"].decode("utf-8")
    return [
        unescape(name, {"&quot;": '"', "&apos;": "'"})
        for name in re.findall(r'<sheet\b[^>]*?\bname="([^"]*)"', book)
    ]


def structure_locked(parts: Parts) -> bool:
    """Whether somebody protected the workbook against new sheets."""
    found = re.search(rb"<workbookProtection\b[^>]*>", parts["xl/workbook.xml"])
    return found is not None and re.search(rb'\blockStructure="(?:1|true)"', found[0]) is not None


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """A sheet's name that nothing has yet.

    Examples
    --------
    >>> free_name("CYPS Shares", ["cyps shares", "CYPS Shares 2"])
    'CYPS Shares 3'
    """
    others = {name.casefold() for name in taken}
    name, number = wanted[:LONGEST_NAME], 2
    while name.casefold() in others:
        end = f" {number}"
        name, number = wanted[: LONGEST_NAME - len(end)] + end, number + 1
    return name


def add_sheet(parts: Parts, sheet: NewSheet) -> None:
    """Put a sheet behind the others."""
    number = 1
    while f"xl/worksheets/sheet{number}.xml" in parts:
        number += 1
    book = parts["xl/workbook.xml"].decode("utf-8")
    relations = parts["xl/_rels/workbook.xml.rels"].decode("utf-8")
    kinds = parts["[Content_Types].xml"].decode("utf-8")
    ids = [int(one) for one in re.findall(r'<sheet\b[^>]*?\bsheetId="(\d+)"', book)]
    link = "rIdCyps1"
    while f'"{link}"' in relations:
        link = f"rIdCyps{int(link.removeprefix('rIdCyps')) + 1}"
    office = re.search(r'xmlns:(\w+)="[^"]*/officeDocument/2006/relationships"', book)
    prefix = office[1] if office else "r"
    name = escape(sheet.name, {'"': "&quot;"})
    entry = f'<sheet name="{name}" sheetId="{max(ids) + 1}" {prefix}:id="{link}"/></sheets>'
    kind, relation = _WORKSHEET
    target = f"worksheets/sheet{number}.xml"
    parts["xl/workbook.xml"] = book.replace("</sheets>", entry, 1).encode()
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(
        "</Relationships>",
        f'<Relationship Id="{link}" Type="{relation}" Target="{target}"/></Relationships>', 1,
    ).encode()  # fmt: skip
    parts["[Content_Types].xml"] = kinds.replace(
        "</Types>", f'<Override PartName="/xl/{target}" ContentType="{kind}"/></Types>', 1
    ).encode()
    styles = styles_of(parts, (str(shown) for *_, shown in sheet.formats))
    shown = {
        (row, int(column)): styles[str(code)]
        for first, last, column, code in sheet.formats
        if str(code) in styles
        for row in range(int(first), int(last) + 1)
    }
    parts[f"xl/{target}"] = _sheet(sheet.rows, shown).encode()


def _sheet(rows: list[list[Cells]], styles: Mapping[tuple[int, int], int]) -> str:
    body = "".join(
        f'<row r="{r}">'
        + "".join(
            _plain(value, address(r, c), styles.get((r, c))) for c, value in enumerate(row, 1)
        )
        + "</row>"
        for r, row in enumerate(rows, 1)
    )
    widths = "".join(
        f'<col min="{c}" max="{c}" width="{_width(rows, c - 1)}" customWidth="1"/>'
        for c in range(1, len(rows[0]) + 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{_SHEETS}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f"<cols>{widths}</cols><sheetData>{body}</sheetData>"
        '<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def _width(rows: list[list[Cells]], column: int) -> int:
    shown = (row[column] if isinstance(row[column], str) else "£0,000,000,000" for row in rows)
    return min(60, max(10, *(len(words) + 2 for words in shown)))


def _plain(value: Cells, place: str, style: int | None) -> str:
    """A cell of a new sheet: text stays text, whatever it begins with."""
    at = f'<c r="{place}"' if style is None else f'<c r="{place}" s="{style}"'
    if value is None or value == "":
        return f"{at}/>"
    if isinstance(value, ErrorValue):
        return f'{at} t="e"><v>{value}</v></c>'
    if isinstance(value, str):
        words = escape(value)
        return f'{at} t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>'
    return f"{at}><v>{float(value)!r}</v></c>"
