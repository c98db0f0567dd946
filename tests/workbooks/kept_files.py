"""Workbooks as people leave them: edited, and saved by one program or another."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace

import openpyxl

from cyps_workbooks.kept.opened import Opened
from cyps_workbooks.published.foreign import Cell


def edited(path, out, **cells):
    """Save with openpyxl after typing into cells (`Inputs__D6=5`): no formula keeps its value."""
    book = openpyxl.load_workbook(path)
    for place, value in cells.items():
        sheet, cell = place.rsplit("__", 1)
        book[sheet.replace("_", " ")][cell] = value
    book.save(out)
    return out


def patched(path, out, part, *changes):
    """The same file with some text of one part replaced: caches stay as they were."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as to:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                for old, new in changes:
                    assert re.search(old, content), old
                    content = re.sub(old, new, content, count=1)
            to.writestr(name, content)
    return out


def sheet_part(path, sheet):
    """The part of a sheet that XlsxWriter wrote."""
    with zipfile.ZipFile(path) as packed:
        names = re.findall(rb'<sheet name="([^"]+)"', packed.read("xl/workbook.xml"))
    return f"xl/worksheets/sheet{names.index(sheet.encode()) + 1}.xml"


def as_seen(opened: Opened, engine, typed) -> Opened:
    """What a file would hold had a person typed into it and the engine saved it."""
    sheets = {}
    grids = engine.grids()
    for name, sheet in opened.sheets.items():
        cells = {}
        for r, row in enumerate(grids[name], start=1):
            for c, value in enumerate(row, start=1):
                look = sheet.cells[(r, c)].look if (r, c) in sheet.cells else 0
                if isinstance(value, str) and value:
                    cells[(r, c)] = Cell(r, c, value, None, look)
                elif isinstance(value, int | float):
                    cells[(r, c)] = Cell(r, c, None, float(value), look)
        sheets[name] = replace(sheet, cells=cells, formulas=dict(sheet.formulas))
    for name in typed:
        sheet, area = opened.places[name]
        for r in range(area.top, area.bottom + 1):
            for c in range(area.left, area.right + 1):
                sheets[sheet].formulas.pop((r, c), None)
    book = replace(opened.book, sheets=list(sheets.values()))
    return replace(opened, book=book, sheets=sheets)
