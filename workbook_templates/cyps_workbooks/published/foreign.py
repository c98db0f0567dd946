"""Anybody's workbook, read for checking: cells, tables, looks and settings; nothing computed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


@dataclass(frozen=True, slots=True)
class Font:
    """A font as a cell has it; `color` is RGB as six hexadecimal digits, or empty."""

    name: str = ""
    size: float = 11.0
    bold: bool = False
    italic: bool = False
    underline: bool = False
    raised: bool = False
    color: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A cell format; `heading` is 1 for Heading 1 and so on, 0 for none."""

    font: Font = Font()
    filled: bool = False
    fill_color: str = ""
    wrap: bool = False
    horizontal: str = ""
    rotated: bool = False
    number_format: str = "General"
    heading: int = 0
    locked: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty: `text`, or a `number` (then `text` is None)."""

    row: int
    column: int
    text: str | None
    number: float | None
    look: int

    @property
    def place(self) -> str:
        """Its address, such as B7."""
        return address(self.row, self.column)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, both corners in it, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell is in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@dataclass(frozen=True, slots=True)
class Table:
    """A marked-up table: `headers` as the table itself has them."""

    name: str
    area: Area
    headers: tuple[str, ...]
    header_rows: int
    totals_rows: int
    filters: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns from `first` to `last` with a width, in characters, or hidden."""

    first: int
    last: int
    width: float | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A link: the cell it is on and where it goes, inside the workbook or outside."""

    place: str
    inside: str
    outside: str


@dataclass(slots=True)
class Sheet:
    """A worksheet as it stands in the file."""

    name: str
    part: str = ""
    state: str = "visible"
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    """Formulas without their =, also of cells that show nothing; empty for one that is shared."""
    shown_empty: set[tuple[int, int]] = field(default_factory=set)
    """Cells whose formula was calculated and shows empty text."""
    errors: set[tuple[int, int]] = field(default_factory=set)
    """Cells that show an error such as #DIV/0!."""
    tables: list[Table] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    default_width: float = 8.43
    frozen_at: str = ""
    filter_area: str = ""
    selected: str = "A1"
    header_or_footer: bool = False
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """(cell, alternative text) of every image and chart."""
    boxes: list[str] = field(default_factory=list)
    """Cell of every floating shape or text box."""
    comments: list[tuple[str, str]] = field(default_factory=list)
    """(cell, words) of every comment or note that a person put on a cell."""

    table_cells: list[list[Cell]] = field(default_factory=list)
    """The cells of each table, header too, row by row; filled by `settle`."""
    outside: list[Cell] = field(default_factory=list)
    """Cells that are in no table, row by row; filled by `settle`."""

    def settle(self) -> None:
        """Sort what was read, once, so that no rule has to search."""
        self.columns.sort(key=lambda some: some.first)
        self.table_cells = [[] for _ in self.tables]
        for _, cell in sorted(self.cells.items()):
            for cells, table in zip(self.table_cells, self.tables, strict=True):
                if table.area.holds(cell.row, cell.column):
                    cells.append(cell)
                    break
            else:
                self.outside.append(cell)

    def width(self, column: int) -> float:
        """Width of a column in characters."""
        at = bisect_right(self.columns, column, key=lambda some: some.first) - 1
        if at >= 0 and column <= self.columns[at].last and self.columns[at].width is not None:
            return self.columns[at].width or 0.0
        return self.default_width

    def body(self, table: Table) -> Iterator[Cell]:
        """The cells of a table below its header that are not empty, row by row."""
        first = table.area.top + table.header_rows
        cells = self.table_cells[self.tables.index(table)]
        return (cell for cell in cells if cell.row >= first)

    def above(self, table: Table) -> str:
        """What column A says above a table."""
        lines = [c.text for c in self.outside if c.column == 1 and c.row < table.area.top]
        return "\n".join(line for line in lines if line)


@dataclass(slots=True)
class Workbook:
    """A workbook as it stands in the file."""

    sheets: list[Sheet] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    first_shown: int = 0
    title: str = ""
    author: str = ""
    language: str = ""
    macros: bool = False
    names: dict[str, str] = field(default_factory=dict)
    """Defined names of the whole workbook and what they stand for."""

    def look(self, cell: Cell) -> Look:
        """How a cell looks."""
        return self.looks[cell.look] if 0 <= cell.look < len(self.looks) else Look()


def address(row: int, column: int) -> str:
    """A1 address of a cell counted from 1.

    Examples
    --------
    >>> address(7, 28)
    'AB7'
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
