"""Open a settlement workbook, whoever saved it, and find its cells by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from cyps.errors import CypsError
from cyps_workbooks.layout import RECORD, quoted
from cyps_workbooks.placing import lock_files
from cyps_workbooks.published.foreign import Area, Sheet, Workbook, address
from cyps_workbooks.published.reading import read_workbook
from cyps_workbooks.published.reading_sheets import area_of
from cyps_workbooks.what_if_layout import WHAT_IF

_REFERENCE = re.compile(
    r"=?(?:'((?:[^']|'')+)'|([^'!\[\]]+))!(\$?[A-Z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Z]{1,3}\$?[0-9]{1,7})?)"
)
_ANOTHER_CELL = re.compile(r'\$?([A-Z]{1,3})\$?([0-9]{1,7})(?:&"")?')

MOST_ROWS, MOST_CELLS = 2_500, 100_000
"""Of one defined name: several times what the largest settlement has."""
_MOST_STEPS = 100
"""From one cell to the next that a formula points to: a workbook has one step a year."""

Value = float | str | None
"""What a cell shows: a number, text, or nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell that a person may have typed into."""

    sheet: str
    row: int
    column: int
    value: Value
    formula: str | None = None
    error: bool = False

    @property
    def place(self) -> str:
        """Sheet and address, as in Inputs!D13."""
        return f"{quoted(self.sheet)}!{address(self.row, self.column)}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A settlement workbook as it stands in its file; nothing is computed."""

    path: Path
    book: Workbook
    sheets: dict[str, Sheet] = field(default_factory=dict)
    places: dict[str, tuple[str, Area]] = field(default_factory=dict)
    """Sheet and cells of every defined name that stands for cells of the workbook."""
    heads: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    """Header rows that were found, by sheet."""

    @staticmethod
    def of(path: Path, book: Workbook) -> Opened:
        """The cells of a workbook by sheet and by name."""
        sheets = {sheet.name: sheet for sheet in book.sheets}
        found = {name: _place(text) for name, text in book.names.items()}
        places = {name: at for name, at in found.items() if at is not None and at[0] in sheets}
        return Opened(path, book, sheets, places)

    def entry(self, sheet: str, row: int, column: int) -> Entry:
        """One cell, rows and columns counted from 1."""
        page = self.sheets[sheet]
        cell = page.cells.get((row, column))
        value: Value = None if cell is None else cell.text if cell.text is not None else cell.number
        at = (row, column)
        return Entry(sheet, row, column, value, page.formulas.get(at), at in page.errors)

    def block(self, name: str) -> list[list[Entry]]:
        """The cells of a defined name, row by row.

        Raises
        ------
        CypsError
            When the workbook has no such name (a person deleted it, or what it stood for), or it
            stands for more cells than any settlement has.
        """
        if name not in self.places:
            raise CypsError(
                f"{self.path.name} has lost its defined name {name}, or the cells it stands for: "
                "somebody deleted them. Take an earlier copy of the workbook."
            )
        sheet, area = self.places[name]
        rows, columns = area.bottom - area.top + 1, area.right - area.left + 1
        if rows > MOST_ROWS or rows * columns > MOST_CELLS:
            raise CypsError(
                f"{self.path.name} has a defined name {name} for {rows * columns:,} cells, more "
                "than any settlement has. Take an earlier copy of the workbook."
            )
        return [
            [self.entry(sheet, row, column) for column in range(area.left, area.right + 1)]
            for row in range(area.top, area.bottom + 1)
        ]

    def followed(self, entry: Entry) -> Entry:
        """The cell that a formula such as =D13 points to on its sheet, however far; or itself."""
        for _ in range(_MOST_STEPS):
            if entry.formula is None:
                break
            found = _ANOTHER_CELL.fullmatch(entry.formula.removeprefix("="))
            if found is None:
                break
            area = area_of(found[1] + found[2])
            entry = self.entry(entry.sheet, area.top, area.left)
        else:  # a circle has no value, whatever was saved with it
            return replace(entry, value=None)
        return entry

    def rows(self, sheet: str) -> list[list[str]]:
        """The text of a sheet's cells, row by row from A1; numbers are left out.

        Raises
        ------
        CypsError
            When the workbook has no such sheet.
        """
        page = self.sheets.get(sheet)
        if page is None:
            raise CypsError(
                f"{self.path.name} has lost its sheet '{sheet}': somebody deleted or renamed it. "
                "Take an earlier copy of the workbook."
            )
        many: dict[int, dict[int, str]] = {}
        for (row, column), cell in page.cells.items():
            many.setdefault(row, {})[column] = cell.text or ""
        return [
            [cells.get(column, "") for column in range(1, max(cells) + 1)]
            for _, cells in sorted(many.items())
        ]

    def headers(self, sheet: str) -> tuple[int, dict[str, int]]:
        """Row of the header that begins with Code, and the column of each header in it."""
        if sheet not in self.heads:
            self.heads[sheet] = self._find_headers(sheet)
        return self.heads[sheet]

    def _find_headers(self, sheet: str) -> tuple[int, dict[str, int]]:
        page = self.sheets.get(sheet)
        firsts = [] if page is None else [at for at, c in page.cells.items() if c.text == "Code"]
        row = min((row for row, column in firsts if column == 1), default=0)
        if page is None or not row:
            return 0, {}
        heads = ((at[1], cell.text) for at, cell in page.cells.items() if at[0] == row)
        return row, {text: column for column, text in sorted(heads, reverse=True) if text}


def open_settlement(path: Path) -> Opened:
    """Open a settlement workbook that any program saved.

    Raises
    ------
    CypsError
        When the file cannot be read safely, has macros, or is no settlement workbook.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks import write_settlement
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement([("2025-26", example())], path)
    ...     [entry.value for entry in open_settlement(path).block("in_pot")[0]]
    [100.0]
    """
    return as_settlement(open_workbook(path))


def open_workbook(path: Path) -> Opened:
    """Open a workbook without macros, whatever is in it.

    Raises
    ------
    CypsError
        When the file cannot be read safely or has macros.
    """
    opened = Opened.of(path, read_workbook(path))
    if opened.book.macros:
        raise CypsError(
            f"{path} holds macros, which no settlement workbook has and nothing here looks into. "
            "Save it as Excel Workbook (.xlsx), without macros, and use that."
        )
    return opened


def is_what_if(opened: Opened) -> bool:
    """Whether a workbook is a what-if: levers on a page, instead of a settlement's inputs."""
    return WHAT_IF in opened.sheets and "in_lever_metric" in opened.book.names


def as_settlement(opened: Opened) -> Opened:
    """The workbook itself, where it is a settlement workbook.

    Raises
    ------
    CypsError
        When it is a what-if, or nothing that cyps wrote.
    """
    if is_what_if(opened):
        raise CypsError(
            f"{opened.path} is a what-if workbook: a page to try levers on. It is not "
            "published. Put the levers' values into the scenario and settle that. cyps workbook "
            "freeze keeps the page as it stands, cyps workbook refresh makes one with another use, "
            "and cyps workbook check tells whether its figures are the engine's."
        )
    if RECORD not in opened.sheets or "in_pot" not in opened.book.names:
        raise CypsError(
            f"{opened.path} is not a settlement workbook of cyps: it has no sheet '{RECORD}' or "
            "no cell named in_pot. Give one that cyps settle or cyps workbook new wrote."
        )
    return opened


def is_open_elsewhere(path: Path) -> str:
    """The lock that a spreadsheet program left beside a file that it has open, or nothing."""
    return next((lock.name for lock in lock_files(path) if lock.exists()), "")


def check_closed(path: Path) -> None:
    """Refuse a file that is open elsewhere: what is not saved there would be missing here.

    Raises
    ------
    CypsError
        When a spreadsheet program's lock lies beside it.
    """
    if lock := is_open_elsewhere(path):
        raise CypsError(
            f"{path} seems to be open: {lock} lies beside it, and what is not saved would be lost. "
            f"Save and close the workbook and run again; if it is not open anywhere, delete {lock}."
        )


def _place(text: str) -> tuple[str, Area] | None:
    found = _REFERENCE.fullmatch(text.strip())
    if found is None:
        return None
    sheet = found[1].replace("''", "'") if found[1] else found[2].lstrip("$")
    try:
        return sheet, area_of(found[3])
    except CypsError:
        return None
