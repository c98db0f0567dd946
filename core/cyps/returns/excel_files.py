"""Sheets of an Excel workbook, looked over before anything unpacks it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

from cyps.errors import CypsError
from cyps.returns.sources import source_of

_PACKAGE = b"PK\x03\x04"
_MOST_PARTS = 2_000
_LARGEST_UNPACKED = 200_000_000
_LARGEST_RATIO = 200
"""Sheets pack 10 to 20 times smaller; a bomb packs a thousand times."""
_SMALL_PART = 1_000_000
_MOST_CELLS = 2_500_000
"""Of a workbook: more than 70 figures of every LSOA."""
_AT = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})([0-9]+)""")
"""Where a cell or a row says it stands, in any spelling that the reader understands."""
_CELL = re.compile(rb"<(?:\w+:)?c(?:[\s/][^>]*)?>")
_ROW = re.compile(rb"<(?:\w+:)?row(?:[\s/][^>]*)?>")


def excel_sheets(file: str, content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    """Give name and rows of each visible worksheet, cells as text, in the workbook's order.

    Numbers come as the shortest text that reads back to the same number. A
    formula gives the value that it had when the workbook was saved.

    Raises
    ------
    CypsError
        For a workbook that is damaged, encrypted, in the format before 2007, or
        that would unpack to far more than a real one does.
    """
    _check_package(file, content)
    # Loading the reader takes time that the readers of CSV need not spend.
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
        ZipError,
    )

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if not shown:
            raise _damaged(file, "it has no visible worksheet")
        for name in shown:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield name, [[_text(cell) for cell in row] for row in rows]
    except (CalamineError, ZipError, OSError) as error:
        raise _damaged(file, str(error)) from None


def hidden_sheets(content: bytes) -> list[str]:
    """Names of the worksheets that are not shown, of a workbook that was read before."""
    if content[:4] != _PACKAGE:
        return []
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    return [
        sheet.name
        for sheet in CalamineWorkbook.from_filelike(io.BytesIO(content)).sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible != SheetVisibleEnum.Visible
    ]


def read_sheets(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Name and rows of each visible worksheet of a file, as `excel_sheets` gives them."""
    source, content = source_of(path)
    yield from excel_sheets(source.file, content)


def _damaged(file: str, why: str) -> CypsError:
    return CypsError(
        f"{file}: this workbook cannot be read ({why}). Open it in Excel, save it again as "
        "Excel Workbook (.xlsx) without a password, and try again."
    )


def _check_no_text(file: str, content: bytes) -> None:
    """Say so where a text, or a web page, has the name of a workbook."""
    head = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise CypsError(
            f"{file}: this is a web page under the name of a workbook, as some sites export "
            "tables. Open it in Excel and save it as Excel Workbook (.xlsx)."
        )
    if head and b"," in head and all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        raise CypsError(
            f"{file}: this is text under the name of a workbook. If it is a CSV file, give it its "
            "right ending, .csv."
        )


def _check_package(file: str, content: bytes) -> None:
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise CypsError(
            f"{file}: this workbook has a password or is in the format before Excel 2007. "
            "Save it as Excel Workbook (.xlsx) without a password."
        )
    if Path(file).name.startswith("~$"):
        raise CypsError(
            f"{file}: this is the mark that Excel leaves beside a workbook that is open, and no "
            f"workbook. Give {Path(file).name.removeprefix('~$')}."
        )
    if content[:4] != _PACKAGE:
        _check_no_text(file, content)
        raise _damaged(file, "it is no workbook" if content else "it is empty")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            _check_size(file, parts)
            if len(set(package.namelist())) != len(parts):
                raise _damaged(file, "two of its parts have one name")
            # Unpacks within the sizes just checked, so a part that declares less
            # than it holds fails its checksum here and never reaches the reader.
            broken = package.testzip()
            if broken is not None:
                raise _damaged(file, f"its part {broken} fails its checksum")
            cells = 0
            for part in parts:  # a sheet may lie in a part of any name
                content = package.read(part)
                if b"sheetData" in content:
                    cells += _cells(file, content)
                    _check_cells(file, cells)
    except _NOT_READABLE as error:
        raise _damaged(file, str(error)) from None


# What zipfile raises besides its own error: an encrypted member, a packing it does not know,
# packed bytes that are damaged or end too soon, a name in no known letters.
_NOT_READABLE = (
    zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error,
    struct.error, UnicodeDecodeError,
)  # fmt: skip


def _check_size(file: str, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    ratio = max(
        (
            part.file_size / max(part.compress_size, 1)
            for part in parts
            if part.file_size > _SMALL_PART
        ),
        default=0,
    )
    if len(parts) > _MOST_PARTS or unpacked > _LARGEST_UNPACKED or ratio > _LARGEST_RATIO:
        raise CypsError(
            f"{file}: this workbook is not opened, because it would unpack to {len(parts):,} parts "
            f"and {unpacked / 1e6:,.0f} MB, a part up to {ratio:,.0f} times its packed size. No "
            f"real one does (limits: {_MOST_PARTS:,} parts, {_LARGEST_UNPACKED / 1e6:,.0f} MB, "
            f"{_LARGEST_RATIO} times). Check where it came from."
        )


def _cells(file: str, sheet: bytes) -> int:
    """Cells of the whole rectangle, which the reader holds: one stray cell far away is enough.

    At least as many as there are. Counted from the bytes, because what parses them has no
    limit of its own; cells and rows that do not say where they stand follow the one before.
    """
    letters, rows = {b""}, 0
    for count, found in enumerate(_AT.finditer(sheet)):
        if count > _MOST_CELLS:
            _check_cells(file, count)
        letters.add(found[1].upper())
        rows = max(rows, int(found[2][:10]))
    rows += sum(_AT.search(found[0]) is None for found in _ROW.finditer(sheet))
    columns = max(map(_column, letters)) + _unplaced_in_a_row(sheet)
    return columns * rows


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column


def _unplaced_in_a_row(sheet: bytes) -> int:
    """The most cells of one row that do not say where they stand."""
    return max(
        sum(_AT.search(found[0]) is None for found in _CELL.finditer(row))
        for row in _ROW.split(sheet)
    )


def _check_cells(file: str, cells: int) -> None:
    if cells > _MOST_CELLS:
        raise CypsError(
            f"{file}: its sheets reach over {cells:,} cells, so it would not fit into memory "
            f"(limit: {_MOST_CELLS:,}). Delete the stray cells (or formats) at the far end, or "
            "keep the one sheet that is needed."
        )


def _text(cell: int | float | str | bool | time | date | timedelta) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
