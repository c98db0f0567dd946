"""One way to read a table: CSV or Excel workbook in, cells that know their place out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cyps.errors import CypsError
from cyps.returns.csv_files import csv_rows
from cyps.returns.excel_files import excel_sheets, hidden_sheets
from cyps.returns.sources import Source, source_of

_HEADER_WITHIN = 50
"""Rows that may stand above the header: titles, notes, blank lines."""


def same_name(name: str) -> str:
    """Give a column's name without case, spaces, underscores and punctuation.

    Examples
    --------
    >>> same_name("New LA Code") == same_name("new_la_code")
    True
    """
    return re.sub(r"[\W_]", "", name.casefold())


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its number as a spreadsheet shows it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows under one header row of one file, as text.

    `source` names the file, `sheet` the worksheet (empty for CSV), `header` the
    columns' names in their order, `rows` the rows that hold anything at all.
    """

    source: Source
    sheet: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def place(self) -> str:
        """File, and sheet if there is one, as errors name it."""
        return f"{self.source.file}, sheet '{self.sheet}'" if self.sheet else self.source.file

    def where(self, row: Row, column: int | None = None) -> str:
        """File, row and column of a cell, as errors name it."""
        at = f"{self.place}, row {row.number}"
        return at if column is None else f"{at}, column '{self.header[column]}'"

    def columns_named(self, names: Collection[str]) -> list[int]:
        """Positions of the columns that go by any of the names."""
        wanted = {same_name(name) for name in names}
        return [i for i, name in enumerate(self.header) if same_name(name) in wanted]

    def has(self, *names: str) -> bool:
        """Whether every one of these columns is there, each exactly once."""
        return all(len(self.columns_named([name])) == 1 for name in names)

    def column(self, *names: str) -> int:
        """Position of the one column that goes by any of the names.

        Raises
        ------
        CypsError
            When there is no such column, or more than one.
        """
        found = self.columns_named(names)
        if len(found) == 1:
            return found[0]
        if found:
            raise CypsError(
                f"{self.place}: columns {self.listed(found)} could all be '{names[0]}', and it is "
                "not for the tool to choose. Rename or remove all but one."
            )
        raise CypsError(
            f"{self.place}: there is no column '{names[0]}'. The columns are "
            f"{self.listed(range(len(self.header)))}. Rename the right one to '{names[0]}'."
        )

    def listed(self, columns: Sequence[int]) -> str:
        """Names of columns, quoted, for a sentence."""
        shown = [f"'{self.header[i]}'" for i in columns if self.header[i]]
        more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
        return ", ".join(shown[:20]) + more

    def only(self, keep: Callable[[Row], bool]) -> Table:
        """Give the same table with only the rows to keep."""
        return replace(self, rows=tuple(row for row in self.rows if keep(row)))


def read_table(path: Path, *, key_columns: Collection[str]) -> Table:
    r"""Read the first table of a CSV file (also .gz) or Excel workbook.

    The header is the first row in which one of `key_columns` is named: titles
    and notes may stand above it. Columns keep their names, never a meaning by
    position.

    Parameters
    ----------
    path : .csv, .csv.gz, .xlsx or .xlsm
    key_columns : names by which a header row is known, e.g. ("code", "new_la_code")

    Raises
    ------
    CypsError
        When the file cannot be read, is not what its name says, is unreasonably
        large, has no header row or a row longer than the header.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "baseline.csv"
    ...     _ = file.write_text("Baselines 2025\nGSS code,Baseline\nE06000001,100\n")
    ...     table = read_table(file, key_columns=["gss_code"])
    >>> table.header, table.rows
    (('GSS code', 'Baseline'), (Row(number=3, cells=('E06000001', '100')),))
    """
    source, content = source_of(path)
    if not content.strip():
        raise CypsError(f"{source.file} is empty. Give the file that was meant.")
    keys = {same_name(name) for name in key_columns}
    found: Table | None = None
    first: list[str] = []
    for sheet, rows in _sheets(path, source, content):
        at = next(
            (i for i, cells in enumerate(rows[:_HEADER_WITHIN]) if _names_any(cells, keys)), -1
        )
        if at >= 0 and found is None:
            found = _table(source, sheet, rows, at)
        elif at >= 0 and found is not None:
            _check_another(found, sheet, rows, at)
        first = first or next((row for row in rows[:_HEADER_WITHIN] if _cells(row) > 1), [])
    if found is not None:
        return found
    seen = ", ".join(f"'{cell.strip()[:40]}'" for cell in first[:6] if cell.strip())
    hidden = hidden_sheets(content)
    raise CypsError(
        f"{source.file}: no header row was found in the first {_HEADER_WITHIN} rows. One row must "
        f"name the columns, one of them {_or(sorted(key_columns))}."
        + (f" The first row of a table has {seen}." if seen else "")
        + (f" Hidden sheets ('{hidden[0]}') are not read: unhide it if meant." if hidden else "")
    )


def _cells(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _check_another(found: Table, sheet: str, rows: list[list[str]], at: int) -> None:
    """Refuse a second sheet with the same columns, such as those of another year."""
    header = [same_name(name) for name in rows[at]]
    while header and not header[-1]:
        header.pop()
    if header == [same_name(name) for name in found.header] and any(map(_cells, rows[at + 1 :])):
        raise CypsError(
            f"{found.source.file}: sheets '{found.sheet}' and '{sheet}' both hold a table with the "
            f"columns {found.listed(range(len(found.header)))}, and it is not for the tool to "
            "choose. Hide or delete the one that is not meant; hidden sheets are not read."
        )


def _or(names: Sequence[str]) -> str:
    shown = [f"'{name}'" for name in names[:8]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _names_any(cells: Sequence[str], keys: Collection[str]) -> bool:
    # A title can be a lone key word; a header row names at least two columns.
    return sum(1 for cell in cells if cell) > 1 and any(same_name(cell) in keys for cell in cells)


def _sheets(path: Path, source: Source, content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    kind = path.name.casefold()
    if kind.endswith((".csv", ".csv.gz")):
        yield "", csv_rows(source.file, content)
    elif kind.endswith((".xlsx", ".xlsm")):
        yield from excel_sheets(source.file, content)
    else:
        raise CypsError(
            f"{source.file}: this kind of file cannot be read. Give .csv, .csv.gz or .xlsx "
            "(in Excel: Save As, CSV UTF-8 or Excel Workbook)."
        )


def _table(source: Source, sheet: str, rows: list[list[str]], at: int) -> Table:
    header = tuple(" ".join(cell.split()) for cell in rows[at])
    while header and not header[-1]:
        header = header[:-1]
    kept = [
        Row(at + 2 + i, tuple(cell.strip() for cell in cells))
        for i, cells in enumerate(rows[at + 1 :])
        if any(cell.strip() for cell in cells)
    ]
    table = Table(source, sheet, header, ())
    for row in kept:
        if any(row.cells[len(header) :]):
            raise CypsError(
                f"{table.where(row)}: the row has more cells than there are columns. "
                + (
                    "Give the column that they stand in a name, or empty them."
                    if sheet
                    else "A number with a comma in it needs quotes around it, or no comma; a "
                    "column with a note needs a name."
                )
            )
    width = len(header)
    filled = (Row(r.number, (r.cells + ("",) * width)[:width]) for r in kept)
    return replace(table, rows=tuple(filled))
