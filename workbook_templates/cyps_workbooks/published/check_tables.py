"""Rules on tables: markup, headers, empty and merged cells, filters, hidden parts, widths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cyps_workbooks.published.foreign import Cell, Sheet, Table, Workbook, address
from cyps_workbooks.published.rules import Breach

WIDEST_COLUMN = 120
LONGEST_WORD = 25
"""A longer word need not fit in a line: no column width is sensible for it."""

_DEFAULT_TABLE = re.compile(r"(table|tabelle|tableau|tabla|list)_?\d+", re.IGNORECASE)
_DEFAULT_HEADER = re.compile(r"column\d+", re.IGNORECASE)


def together(rule: str, sheet: Sheet, cells: Iterable[Cell], fault: str) -> Iterator[Breach]:
    """One breach for all cells of a sheet with the same fault; none when there is none."""
    found = list(cells)
    if found:
        yield Breach(rule, sheet.name, found[0].place, fault, len(found) - 1)


def corner(table: Table) -> str:
    """The address of a table's first cell."""
    return address(table.area.top, table.area.left)


def rows_of_a_grid(sheet: Sheet) -> list[list[Cell]]:
    """Rows outside marked-up tables with two cells or more: a table, if there are two of them."""
    rows: dict[int, list[Cell]] = {}
    for cell in sheet.outside:
        rows.setdefault(cell.row, []).append(cell)
    found = [cells for cells in rows.values() if len(cells) > 1]
    return found if len(found) > 1 else []


def marked_up_tables(book: Workbook) -> Iterator[Breach]:
    """Cells that look like a table and are in none."""
    for sheet in book.sheets:
        grid = rows_of_a_grid(sheet)
        if grid:
            yield Breach(
                "marked-up-tables", sheet.name, grid[0][0].place,
                f"{len(grid):,} rows look like a table that is not marked up",
            )  # fmt: skip


def table_names(book: Workbook) -> Iterator[Breach]:
    """Names that a program gave."""
    for sheet in book.sheets:
        for table in sheet.tables:
            if _DEFAULT_TABLE.fullmatch(table.name) or not table.name:
                fault = f"the table has the name '{table.name}', which says nothing"
                yield Breach("table-names", sheet.name, corner(table), fault)


def merged_cells(book: Workbook) -> Iterator[Breach]:
    """Merged cells, anywhere."""
    for sheet in book.sheets:
        if sheet.merged:
            more = len(sheet.merged) - 1
            yield Breach("merged-cells", sheet.name, sheet.merged[0], "cells are merged", more)


def _filled(sheet: Sheet, table: Table) -> tuple[set[int], set[int], set[tuple[int, int]]]:
    """Rows and columns of a table's body that hold something, and the cells that do."""
    places = {(cell.row, cell.column) for cell in sheet.body(table)}
    return {row for row, _ in places}, {column for _, column in places}, places


def blank_rows_columns(book: Workbook) -> Iterator[Breach]:
    """Rows and columns of a table with nothing in them."""
    for sheet in book.sheets:
        for table in sheet.tables:
            rows, columns, _ = _filled(sheet, table)
            area, first = table.area, table.area.top + table.header_rows
            for words, every, filled in (
                ("row", range(first, area.bottom + 1), rows),
                ("column", range(area.left, area.right + 1), columns),
            ):
                blank = next((at for at in every if at not in filled), None)
                if blank is not None:
                    cell = address(blank, area.left) if words == "row" else address(first, blank)
                    yield Breach(
                        "blank-rows-columns", sheet.name, cell,
                        f"the table {table.name} has a blank {words} here",
                        len(every) - len(filled) - 1,
                    )  # fmt: skip


def empty_cells(book: Workbook) -> Iterator[Breach]:
    """Empty cells in rows and columns that hold something, where nobody says why."""
    for sheet in book.sheets:
        for table in sheet.tables:
            rows, columns, places = _filled(sheet, table)
            many = len(rows) * len(columns) - len(places)
            if many and not re.search(r"\b(blank|empty)\b", sheet.above(table), re.IGNORECASE):
                first = next(
                    (row, column)
                    for row in sorted(rows)
                    for column in sorted(columns)
                    if (row, column) not in places
                )
                yield Breach(
                    "empty-cells", sheet.name, address(*first),
                    f"a cell of the table {table.name} is empty and nobody says why", many - 1,
                )  # fmt: skip


def header_row(book: Workbook) -> Iterator[Breach]:
    """No header row, or headers that are missing, of the program's making, or twice there."""
    for sheet in book.sheets:
        for table in sheet.tables:
            for cell, fault in _header_faults(sheet, table):
                yield Breach("header-row", sheet.name, cell, fault)


def _header_faults(sheet: Sheet, table: Table) -> Iterator[tuple[str, str]]:
    if table.header_rows == 0:
        yield corner(table), f"the table {table.name} has no header row"
        return
    seen: set[str] = set()
    for at, name in enumerate(table.headers):
        place = address(table.area.top, table.area.left + at)
        cell = sheet.cells.get((table.area.top, table.area.left + at))
        shown = " ".join((cell.text or "").split()) if cell else ""
        if not shown:
            yield place, "a column has no heading"
        elif _DEFAULT_HEADER.fullmatch(shown):
            yield place, f"the heading '{shown}' is one that Excel made up"
        elif shown.casefold() in seen:
            yield place, f"two columns have the heading '{shown}'"
        elif shown.casefold() != " ".join(name.split()).casefold():
            yield place, f"the cell says '{shown}' and the table's own header '{name}'"
        seen.add(shown.casefold())


def filters(book: Workbook) -> Iterator[Breach]:
    """Filter buttons that no text in column A explains."""
    for sheet in book.sheets:
        if re.search(r"\bfilter", _said_in_column_a(sheet), re.IGNORECASE):
            continue
        for table in sheet.tables:
            if table.filters:
                fault = f"the table {table.name} has filter buttons"
                yield Breach("filters", sheet.name, corner(table), fault)
        if sheet.filter_area:
            first = sheet.filter_area.split(":")[0]
            yield Breach("filters", sheet.name, first, "the worksheet has a filter")


def freeze_panes(book: Workbook) -> Iterator[Breach]:
    """Frozen panes that no text in column A explains."""
    for sheet in book.sheets:
        if sheet.frozen_at and not re.search(
            r"\b(freez|frozen)", _said_in_column_a(sheet), re.IGNORECASE
        ):
            yield Breach("freeze-panes", sheet.name, sheet.frozen_at, "panes are frozen here")


def _said_in_column_a(sheet: Sheet) -> str:
    """All text of column A outside tables."""
    return "\n".join(c.text for c in sheet.outside if c.column == 1 and c.text)


def hidden(book: Workbook) -> Iterator[Breach]:
    """Hidden sheets, and hidden rows and columns where something is."""
    for sheet in book.sheets:
        if sheet.state != "visible":
            yield Breach("hidden", sheet.name, "", "the worksheet is hidden")
        if not sheet.cells or re.search(r"\bhidden\b", _said_in_column_a(sheet), re.IGNORECASE):
            continue
        last_row = max(row for row, _ in sheet.cells)
        last_column = max(column for _, column in sheet.cells)
        rows = [row for row in sheet.hidden_rows if row <= last_row]
        if rows:
            cell, more = address(rows[0], 1), len(rows) - 1
            yield Breach("hidden", sheet.name, cell, f"row {rows[0]} is hidden", more)
        columns = [c for c in sheet.columns if c.hidden and c.first <= last_column]
        if columns:
            many = sum(min(c.last, last_column) - c.first + 1 for c in columns)
            cell = address(1, columns[0].first)
            fault = f"column {cell.rstrip('1')} is hidden"
            yield Breach("hidden", sheet.name, cell, fault, many - 1)


# --- widths: estimates, in characters of the workbook's usual font
def _scale(book: Workbook, cell: Cell) -> float:
    font = book.look(cell).font
    usual = book.looks[0].font.size if book.looks else 11.0
    return font.size / max(usual, 1.0) * (1.1 if font.bold else 1.0)


def _table_cells(sheet: Sheet) -> Iterator[Cell]:
    for cells in sheet.table_cells:
        yield from cells


def wrapped_text(book: Workbook) -> Iterator[Breach]:
    """Texts in tables that are cut off or run over, because they do not wrap."""
    for sheet in book.sheets:
        found = (
            cell
            for cell in _table_cells(sheet)
            if cell.text
            and not book.look(cell).wrap
            and (
                "\n" in cell.text
                or len(cell.text) * 0.9 * _scale(book, cell) > sheet.width(cell.column)
            )
        )
        fault = "the text does not fit into its cell and does not wrap"
        yield from together("wrapped-text", sheet, found, fault)


def column_width(book: Workbook) -> Iterator[Breach]:
    """Numbers shown as ####, words broken in two, columns too wide for a screen."""
    for sheet in book.sheets:
        numbers, words, wide = [], [], []
        for cell in _table_cells(sheet):
            width = sheet.width(cell.column)
            if cell.number is not None:
                shown = len(number_as_shown(cell.number, book.look(cell).number_format))
                if shown * 0.95 * _scale(book, cell) > width:
                    numbers.append(cell)
            elif book.look(cell).wrap:
                longest = max((len(w) for w in (cell.text or "").split()), default=0)
                if longest <= LONGEST_WORD and longest * 0.8 * _scale(book, cell) > width:
                    words.append(cell)
            if width > WIDEST_COLUMN:
                wide.append(cell)
        narrow = "the column is too narrow for its number"
        yield from together("column-width", sheet, numbers, narrow)
        yield from together("column-width", sheet, words, "a word does not fit into the column")
        fault = f"the column is wider than {WIDEST_COLUMN} characters"
        yield from together("column-width", sheet, wide, fault)


def number_as_shown(number: float, form: str) -> str:
    """Roughly how a number format shows a number: enough to count its characters.

    Examples
    --------
    >>> number_as_shown(-1234.5, "#,##0.00"), number_as_shown(0.05, "0%")
    ('-1,234.50', '5%')
    """
    if is_date(form) or form in {"General", "@"}:
        return f"{number:.10g}" if not is_date(form) else "01/01/2026"
    decimals = re.search(r"\.([0#?]+)", form)
    places = min(len(decimals[1]), 15) if decimals else 0
    percent = "%" in form
    shown = f"{number * (100 if percent else 1):,.{places}f}"
    return (shown if "," in form else shown.replace(",", "")) + "%" * percent


def is_date(form: str) -> bool:
    """Whether a number format shows a date or a time."""
    return bool(re.search(r"[ymdhs]", re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", form.lower())))
