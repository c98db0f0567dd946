"""Drawing: cover, contents, notes and one table a sheet, to the Analysis Function's rules."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cyps.errors import CypsError
from cyps_workbooks.page import ClassicSheet
from cyps_workbooks.published.tables import Cell, Column, PublishedTable
from cyps_workbooks.published.words import NOTES, shorthand_line

FONT, BODY, HEADING, TITLE = "Arial", 12, 14, 16
FONT_PROPERTIES = {
    "font_name": FONT,
    "font_size": BODY,
    "font_scheme": "none",  # else Excel may take the theme's own font instead
    "font_color": "automatic",
}
HEADING_1, HEADING_2 = 1, 2
"""Places of the heading styles in the workbook's list of styles (see `headings.py`)."""

LONGEST_TEXT, LONGEST_HEADER = 32_767, 255
COVER, CONTENTS, NOTES_SHEET = "Cover_sheet", "Table_of_contents", "Notes"

NUMBER_FORMATS = {
    "pounds": "#,##0",
    "count": "#,##0",
    "children": "#,##0.0",
    "percent": "0.00",
    "share": "0.0000",
    "factor": "0.000000",
}
UNIT_KINDS = {"pounds": "pounds", "%": "share", "factor": "factor", "number": "count"}
"""How a number looks whose unit stands in the column before it."""

COVER_WIDTH = 100
WIDEST = {"label": 44, "words": 30, "code": 14, "long": 90}
BOLDER = 1.15
"""How much wider bold text is."""


@dataclass(slots=True)
class Book:
    """A workbook being drawn, and its formats, each made once."""

    workbook: Workbook
    made: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)

    def format(self, heading: int = 0, **properties: Any) -> Format:  # noqa: ANN401
        """A format with the house font; colours stay automatic and there is no fill."""
        full = FONT_PROPERTIES | {"valign": "top"} | properties
        key = (("heading", heading), *sorted(full.items()))
        if key not in self.made:
            self.made[key] = self.workbook.add_format(full)
            self.made[key].xf_id = heading
        return self.made[key]

    def cell(self, column: Column, cell: Cell, unit: str = "") -> Format:
        """The format of a table's cell: text left, numbers and shorthand for them right."""
        kind = UNIT_KINDS[unit] if column.kind == "by unit" else column.kind
        if kind not in NUMBER_FORMATS:
            return self.format(align="left", text_wrap=True, bold=kind == "label")
        if isinstance(cell, str):
            return self.format(align="right")
        return self.format(align="right", num_format=NUMBER_FORMATS[kind])

    def head(self, column: Column) -> Format:
        """The format of a header: bold, wrapped, on the side of its column's cells."""
        numeric = column.kind in NUMBER_FORMATS or column.kind == "by unit"
        return self.format(bold=True, text_wrap=True, align="right" if numeric else "left")


def text(sheet: Worksheet, row: int, col: int, words: str, form: Format) -> None:
    """Text that stays text, whatever it begins with, and is never cut."""
    if len(words) > LONGEST_TEXT:
        raise CypsError(
            f"A text of {len(words):,} characters, which begins '{words[:40]}...', does not fit "
            f"into a cell of {LONGEST_TEXT:,}. Shorten it."
        )
    sheet.write_string(row, col, words, form)


def draw_cover(
    book: Book, title: str, parts: Mapping[str, Sequence[str]], others: Sequence[str]
) -> None:
    """Title, then each part under its heading, then links; everything in column A."""
    sheet = book.workbook.add_worksheet(COVER, worksheet_class=ClassicSheet)
    sheet.set_column(0, 0, COVER_WIDTH)
    text(sheet, 0, 0, title, book.format(HEADING_1, bold=True, font_size=TITLE, text_wrap=True))
    _set_height(sheet, 0, [(title, COVER_WIDTH * BODY / TITLE / BOLDER)], TITLE)
    row = 1
    for heading, lines in parts.items():
        _heading(book, sheet, row, heading)
        for line in lines:
            row += 1
            text(sheet, row, 0, line, book.format(text_wrap=True, align="left"))
            _set_height(sheet, row, [(line, COVER_WIDTH)])
        row += 1
    _heading(book, sheet, row, "Worksheets")
    for name in others:
        row += 1
        _link(book, sheet, row, name, name)
    sheet.activate()
    _print_set_up(sheet)


def _heading(book: Book, sheet: Worksheet, row: int, words: str) -> None:
    form = book.format(HEADING_2, bold=True, font_size=HEADING, valign="bottom")
    text(sheet, row, 0, words, form)
    sheet.set_row(row, HEADING * 2)


def draw_contents(book: Book, sheets: Sequence[tuple[str, str]]) -> None:
    """The table of contents: a link to every sheet that follows, and what is on it."""
    sheet = _page(book, CONTENTS, "Table of contents", ["This worksheet contains one table."])
    columns = (Column("Worksheet", "label"), Column("What it shows", "long"))
    _table(book, sheet, 2, CONTENTS, columns, sheets)
    for row, (name, _) in enumerate(sheets, start=3):
        _link(book, sheet, row, name, name)


def draw_notes(book: Book, numbers: Mapping[str, int]) -> None:
    """The notes that the other sheets refer to."""
    sheet = _page(book, NOTES_SHEET, "Notes", ["This worksheet contains one table."])
    columns = (Column("Note", "label"), Column("What it says", "long"))
    rows = [(f"[note {n}]", NOTES[key]) for key, n in numbers.items()]
    _table(book, sheet, 2, "Notes", columns, rows)


def draw_table(
    book: Book, name: str, title: str, table: PublishedTable, status: str,
    numbers: Mapping[str, int],
) -> None:  # fmt: skip
    """One sheet: title, what a reader needs to know, the table."""
    lines = ["This worksheet contains one table."]
    if any(column.note in numbers for column in table.columns):
        lines[0] += " Some column headings refer to notes, which are on the Notes worksheet."
    lines += [*table.lines, *([shorthand_line(table.shorthand)] if table.shorthand else []), status]
    sheet = _page(book, name, title, lines)
    marked = tuple(Column(_heading_words(c, numbers), c.kind) for c in table.columns)
    _table(book, sheet, 1 + len(lines), table.name, marked, table.rows)


def _heading_words(column: Column, numbers: Mapping[str, int]) -> str:
    """A heading with its unit, then its note, on lines of their own, as the guidance asks."""
    words, bracket, unit = column.header.rpartition(" (")
    lines = [words, f"({unit}"] if bracket else [column.header]
    if column.note in numbers:
        lines.append(f"[note {numbers[column.note]}]")
    return "\n".join(lines)


def _page(book: Book, name: str, title: str, lines: Sequence[str]) -> Worksheet:
    sheet = book.workbook.add_worksheet(name, worksheet_class=ClassicSheet)
    text(sheet, 0, 0, title, book.format(HEADING_1, bold=True, font_size=TITLE))
    sheet.set_row(0, TITLE * 1.6)
    for row, line in enumerate(lines, start=1):
        text(sheet, row, 0, line, book.format(align="left"))
    sheet.set_row(len(lines), BODY * 2.2)  # space by height: a blank row would be read out
    return sheet


def _link(book: Book, sheet: Worksheet, row: int, name: str, words: str) -> None:
    form = book.format(underline=1, font_color="#0B3D91", align="left")
    sheet.write_url(row, 0, f"internal:'{name}'!A1", form, words, f"Go to {name}")


def _table(
    book: Book, sheet: Worksheet, top: int, name: str, columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
) -> None:  # fmt: skip
    """A marked-up table whose header is row `top` (from 0), with no filter and no style."""
    _check_headers(name, columns)
    widths = [_width(column, [row[c] for row in rows]) for c, column in enumerate(columns)]
    for c, width in enumerate(widths):
        sheet.set_column(c, c, width)
    heads = [(c.header, width / BOLDER + 1) for c, width in zip(columns, widths, strict=True)]
    _set_height(sheet, top, heads)
    for r, row in enumerate(rows, start=top + 1):
        wraps = [
            (cell, width / (BOLDER if column.kind == "label" else 1))
            for column, cell, width in zip(columns, row, widths, strict=True)
            if isinstance(cell, str)
        ]
        _set_height(sheet, r, wraps)
        for c, (column, cell) in enumerate(zip(columns, row, strict=True)):
            unit = str(row[c - 1]) if column.kind == "by unit" else ""
            form = book.cell(column, cell, unit)
            if isinstance(cell, str):
                text(sheet, r, c, cell, form)
            else:
                sheet.write_number(r, c, cell, form)
    options = {
        "name": name,
        "columns": [{"header": c.header, "header_format": book.head(c)} for c in columns],
        "autofilter": False,
        "style": None,
        "banded_rows": False,
    }
    if sheet.add_table(top, 0, top + len(rows), len(columns) - 1, options) != 0:
        raise RuntimeError(f"XlsxWriter refused the table {name}")
    sheet.repeat_rows(top)
    _print_set_up(sheet)


def _print_set_up(sheet: Worksheet) -> None:
    """As wide as a landscape page; no header, no footer: a screen reader does not find them."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _set_height(
    sheet: Worksheet, row: int, texts: Iterable[tuple[str, float]], size: int = BODY
) -> None:
    """Room for the text that wraps most; not every program finds it when it opens a file."""
    # A letter of running text is narrower than the digit that widths are counted in.
    lines = (
        sum(len(textwrap.wrap(part, max(int(width * 1.08) - 1, 1))) for part in words.split("\n"))
        for words, width in texts
    )
    sheet.set_row(row, size * 1.35 * max((*lines, 1)) + 1)


def _width(column: Column, cells: Iterable[Cell]) -> float:
    """Room for the longest number or word, and for the unit of a header in one line."""
    words, *apart = column.header.split("\n")
    head = max(len(word) for word in [*words.split(), *apart]) * BOLDER
    shown = max((len(_shown(column.kind, cell)) for cell in cells), default=1)
    bold = BOLDER if column.kind == "label" else 1.05
    return float(int(max(head, min(shown * bold, WIDEST.get(column.kind, 30)))) + 2)


def _shown(kind: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    decimals = {"children": 1, "percent": 2, "share": 4, "factor": 6, "by unit": 6}.get(kind, 0)
    return f"{cell:,.{decimals}f}"


def _check_headers(name: str, columns: Sequence[Column]) -> None:
    headers = [column.header.lower() for column in columns]
    twice = sorted({h for h in headers if headers.count(h) > 1})
    long = [h for h in headers if len(h) > LONGEST_HEADER]
    if twice or long:
        raise CypsError(
            f"The table {name} would have "
            f"{'two columns called ' + repr(twice[0]) if twice else 'a header of over 255 letters'}"
            ", which Excel does not allow. Rename the activity metrics so that they differ in "
            "letters and are short."
        )
