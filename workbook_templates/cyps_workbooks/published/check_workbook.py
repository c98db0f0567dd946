"""Rules on worksheets and the workbook: titles, places, contents, images, properties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cyps_workbooks.published.check_tables import corner, rows_of_a_grid, together
from cyps_workbooks.published.foreign import Sheet, Workbook
from cyps_workbooks.published.rules import Breach

FEW_SHEETS = 3
"""With more worksheets than this, a reader needs a table of contents."""

_DEFAULT_SHEET = re.compile(r"(sheet|tabelle|feuil|hoja|foglio|worksheet)\s?\d+", re.IGNORECASE)


def titles(book: Workbook) -> Iterator[Breach]:
    """Sheets without a text in A1, or with one that is not tagged as Heading 1."""
    for sheet in book.sheets:
        if not sheet.cells:
            continue  # a blank sheet is another rule's
        first = sheet.cells.get((1, 1))
        if first is None or first.text is None:
            yield Breach("titles", sheet.name, "A1", "the worksheet has no title in A1")
        elif book.look(first).heading != 1:
            fault = "the title is not tagged with the cell style Heading 1"
            yield Breach("titles", sheet.name, "A1", fault)


def headers_boxes(book: Workbook) -> Iterator[Breach]:
    """Headers and footers of printed pages, floating shapes and controls."""
    for sheet in book.sheets:
        if sheet.header_or_footer:
            yield Breach("headers-boxes", sheet.name, "", "the page has a header or a footer")
        if sheet.boxes:
            fault, more = "a box or shape floats above the cells", len(sheet.boxes) - 1
            yield Breach("headers-boxes", sheet.name, sheet.boxes[0], fault, more)


def images(book: Workbook) -> Iterator[Breach]:
    """Images and charts, with or without alternative text."""
    for sheet in book.sheets:
        for place, words in sheet.pictures:
            told = "with alternative text" if words else "without alternative text"
            yield Breach("images", sheet.name, place, f"there is an image or chart, {told}")


def macros(book: Workbook) -> Iterator[Breach]:
    """A workbook that holds macros."""
    if book.macros:
        yield Breach("macros", "", "", "it holds macros, or is of a kind that may")


def sheet_names(book: Workbook) -> Iterator[Breach]:
    """Names that a program gave, and names with a space before or after."""
    for sheet in book.sheets:
        if _DEFAULT_SHEET.fullmatch(sheet.name):
            fault = f"the name '{sheet.name}' does not say what is on the worksheet"
            yield Breach("sheet-names", sheet.name, "", fault)
        elif sheet.name != sheet.name.strip():
            fault = "the name of the worksheet begins or ends with a space"
            yield Breach("sheet-names", sheet.name, "", fault)


def blank_sheets(book: Workbook) -> Iterator[Breach]:
    """Sheets with nothing on them."""
    for sheet in book.sheets:
        if not (sheet.cells or sheet.pictures or sheet.boxes):
            yield Breach("blank-sheets", sheet.name, "", "the worksheet is blank")


def column_a(book: Workbook) -> Iterator[Breach]:
    """Single texts in other columns, where a screen reader does not come by."""
    for sheet in book.sheets:
        grid = {(cell.row, cell.column) for row in rows_of_a_grid(sheet) for cell in row}
        found = (c for c in sheet.outside if c.column > 1 and (c.row, c.column) not in grid)
        yield from together(
            "column-a", sheet, found, "a text stands outside column A and any table"
        )


def sheet_description(book: Workbook) -> Iterator[Breach]:
    """Sheets with a table, and no line under the title that speaks of it."""
    for sheet in book.sheets:
        if sheet.tables:
            lines = sheet.above(sheet.tables[0]).split("\n")[1:]
            if not any(re.search(r"\btables?\b", line, re.IGNORECASE) for line in lines):
                fault = "no line under the title says how many tables the worksheet has"
                yield Breach("sheet-description", sheet.name, "A2", fault)


def table_position(book: Workbook) -> Iterator[Breach]:
    """Tables that do not begin in column A."""
    for sheet in book.sheets:
        for table in sheet.tables:
            if table.area.left != 1:
                fault = f"the table {table.name} does not begin in column A"
                yield Breach("table-position", sheet.name, corner(table), fault)


def below_table(book: Workbook) -> Iterator[Breach]:
    """Cells below the last table of a sheet."""
    for sheet in book.sheets:
        if sheet.tables:
            last = max(table.area.bottom for table in sheet.tables)
            found = (cell for cell in sheet.outside if cell.row > last)
            yield from together("below-table", sheet, found, "something stands below the table")


def one_table(book: Workbook) -> Iterator[Breach]:
    """Sheets with several tables."""
    for sheet in book.sheets:
        if len(sheet.tables) > 1:
            fault = f"the worksheet has {len(sheet.tables)} tables"
            yield Breach("one-table", sheet.name, corner(sheet.tables[1]), fault)


def cover(book: Workbook) -> Iterator[Breach]:
    """Workbooks of several tables that begin with one."""
    first = book.sheets[0]
    if first.tables and sum(1 for sheet in book.sheets if sheet.tables) > 1:
        yield Breach("cover", first.name, "", "the first worksheet is not a cover sheet")


def contents(book: Workbook) -> Iterator[Breach]:
    """No table of contents among many sheets, or one that leaves a sheet out."""
    home = next((s for s in book.sheets if _is_contents(s)), None)
    if home is None:
        if len(book.sheets) > FEW_SHEETS:
            fault = f"there are {len(book.sheets)} worksheets and no table of contents"
            yield Breach("contents", "", "", fault)
        return
    named = {(cell.text or "").strip().casefold() for cell in home.cells.values()}
    linked = {
        link.inside.rpartition("!")[0].strip("'").replace("''", "'").casefold()
        for link in home.links
    }
    known = named | linked
    for sheet in book.sheets[1:]:
        if sheet is not home and sheet.name.strip().casefold() not in known:
            fault = f"the table of contents does not name the worksheet {sheet.name}"
            yield Breach("contents", home.name, corner(home.tables[0]), fault)


def _is_contents(sheet: Sheet) -> bool:
    names = [sheet.name, *(table.name for table in sheet.tables)]
    return bool(sheet.tables) and any("contents" in name.casefold() for name in names)


def document_information(book: Workbook) -> Iterator[Breach]:
    """Properties of the document that are not filled in."""
    for words, given in (
        ("title", book.title), ("author", book.author), ("language", book.language),
    ):  # fmt: skip
        if not given:
            yield Breach("document-information", "", "", f"the document has no {words}")


def cursor(book: Workbook) -> Iterator[Breach]:
    """Files that open elsewhere than on A1 of the first sheet."""
    first = book.sheets[0]
    if book.first_shown != 0:
        shown = book.sheets[min(book.first_shown, len(book.sheets) - 1)]
        yield Breach("cursor", shown.name, "", "the file opens on this worksheet, not on the first")
    elif first.selected != "A1":
        yield Breach("cursor", first.name, first.selected, "the cursor is here, not in A1")
