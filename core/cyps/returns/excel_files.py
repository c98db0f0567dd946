"""Sheets of an Excel workbook, looked over before anything unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

from cyps.errors import CypsError
from cyps.returns.sources import source_of

_MOST_PARTS = 2_000
_LARGEST_UNPACKED = 400_000_000
_LARGEST_RATIO = 200
"""Sheets pack 10 to 20 times smaller; a bomb packs a thousand times."""
_SMALL_PART = 1_000_000
_MOST_CELLS = 20_000_000
_CELL_AT = re.compile(rb'\br="([A-Z]{1,7})([0-9]+)"')


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


def read_sheets(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Name and rows of each visible worksheet of a file, as `excel_sheets` gives them."""
    source, content = source_of(path)
    yield from excel_sheets(source.file, content)


def _damaged(file: str, why: str) -> CypsError:
    return CypsError(
        f"{file}: this workbook cannot be read ({why}). Open it in Excel, save it again as "
        "Excel Workbook (.xlsx) without a password, and try again."
    )


def _check_package(file: str, content: bytes) -> None:
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise CypsError(
            f"{file}: this workbook has a password or is in the format before Excel 2007. "
            "Save it as Excel Workbook (.xlsx) without a password."
        )
    if content[:4] != b"PK\x03\x04":
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
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_area(file, package.read(part))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise _damaged(file, str(error)) from None


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


def _check_area(file: str, sheet: bytes) -> None:
    # The reader holds the whole rectangle in memory: one stray cell far away is enough.
    most_columns = most_rows = 0
    for letters, digits in _CELL_AT.findall(sheet):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        most_columns = max(most_columns, column)
        most_rows = max(most_rows, int(digits[:10]))
    if most_columns * most_rows > _MOST_CELLS:
        raise CypsError(
            f"{file}: a sheet reaches to row {most_rows:,} and column {most_columns:,}, so it "
            "would not fit into memory. Delete the stray cells (or formats) at the far end."
        )


def _text(cell: int | float | str | bool | time | date | timedelta) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
