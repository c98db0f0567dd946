"""From cells to numbers and names, and back: blanks, errors, whole columns, rows or columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyps_addin.declare import Cells
from cyps_addin.error_values import CellError, ErrorValue, bad_input

Rows = list[list[Any]]

WHOLE_COLUMN = frozenset({65_536, 1_048_576})
MOST_CELLS = 1_000_000
_SHOWN = 40
_LIKE_A_NUMBER = re.compile(r"[-+−]?\s*£?\s*(\d{1,3}(,\d{3})+|\d+|(?=\.))(\.\d+)?\s*%?")


def is_blank(value: Cells) -> bool:
    """Whether a cell is empty or an argument was left out; some hosts give "" for an empty one.

    Examples
    --------
    >>> is_blank(None), is_blank(" "), is_blank([[None]]), is_blank(0)
    (True, True, True, False)
    """
    if isinstance(value, list | tuple):
        return all(is_blank(cell) for cell in value)
    return value is None or (isinstance(value, str) and not value.strip())


def rows_of(value: Cells, what: str) -> Rows:
    """A block of cells as rows; a single cell is one row of one.

    Whole columns are cut after the last row that holds something. A smaller range is taken
    as it stands: a blank at its end is a missing value, not the end.
    """
    rows = _as_rows(value)
    if len(rows) in WHOLE_COLUMN:
        rows = _without_blank_end(rows)
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise bad_input(f"{what} must be a block of cells with at least one value.")
    if len(rows) * len(rows[0]) > MOST_CELLS:
        raise bad_input(
            f"{what} has {len(rows) * len(rows[0]):,} cells; {MOST_CELLS:,} are the most. "
            "Select the rows that hold the figures."
        )
    for r, row in enumerate(rows, 1):
        for c, cell in enumerate(row, 1):
            if isinstance(cell, ErrorValue):
                raise CellError(cell, f"{what}: {_place(r, c)} holds {cell}. Mend that first.")
    return rows


def _as_rows(value: Cells) -> Rows:
    if not isinstance(value, list | tuple):
        return [[value]]
    if value and not isinstance(value[0], list | tuple):
        return [list(value)]
    return value if isinstance(value, list) else [list(row) for row in value]


def _without_blank_end(rows: Rows) -> Rows:
    last = len(rows)
    while last and all(cell is None or cell == "" for cell in rows[last - 1]):
        last -= 1
    return rows[:last]


def numbers(value: Cells, what: str) -> NDArray[np.float64]:
    """A range of numbers, (rows, columns); blanks, text and TRUE are refused by cell."""
    rows = rows_of(value, what)
    for r, row in enumerate(rows, 1):
        for c, cell in enumerate(row, 1):
            if isinstance(cell, bool) or not isinstance(cell, int | float):
                place = what if len(rows) == len(row) == 1 else f"{what}: {_place(r, c)}"
                raise bad_input(f"{place} holds {_no_number(cell, alone=len(rows) == 1, row=r)}")
    found = np.array(rows, dtype=np.float64)
    if not np.isfinite(found).all():
        raise bad_input(f"{what} holds a number that is not finite.")
    return found


def _place(row: int, column: int) -> str:
    return f"row {row}, column {column} of the range"


def _no_number(cell: Cells, *, alone: bool, row: int) -> str:
    """What a cell holds in a number's place, and what to do about it."""
    if is_blank(cell):
        return "nothing, not a number. A missing number is never taken for 0."
    shown = repr(cell)[:_SHOWN]
    if isinstance(cell, str) and _LIKE_A_NUMBER.fullmatch(cell.strip()):
        return (
            f"{shown}, which is text that looks like a number. Turn it into one: select the "
            "cells, then Data, Text to Columns, Finish."
        )
    if isinstance(cell, str) and row == 1 and not alone:
        return f"{shown}, not a number. If it is a heading, leave it out of the range."
    return f"{shown}, not a number."


@dataclass(frozen=True, slots=True)
class Line:
    """One row or one column of values; results are laid out the same way."""

    values: tuple[Any, ...]
    is_row: bool

    def laid(self, results: Iterable[Any]) -> Rows:
        """Results in the direction of the values."""
        given = list(results)
        return [given] if self.is_row else [[result] for result in given]


def line(value: Cells, what: str) -> Line:
    """One row or one column of cells, whatever they hold."""
    rows = rows_of(value, what)
    if len(rows) > 1 and len(rows[0]) > 1:
        raise bad_input(f"{what} must be one column or one row of cells.")
    is_row = len(rows) == 1 and len(rows[0]) > 1
    return Line(tuple(cell for row in rows for cell in row), is_row)


def number_line(value: Cells, what: str) -> tuple[NDArray[np.float64], Line]:
    """One row or one column of numbers, and how they lie."""
    laid = line(value, what)
    return numbers(value, what).ravel(), laid


def one_number(value: Cells, what: str) -> float:
    """The number of one cell."""
    found = numbers(value, what)
    if found.size != 1:
        raise bad_input(f"{what} must be one number, but {found.size:,} cells were given.")
    return float(found.item())


def optional_number(value: Cells, what: str) -> float | None:
    """The number of one cell, or None for a blank."""
    return None if is_blank(value) else one_number(value, what)


def rate_base(per: Cells) -> float:
    """How many a rate is for: a number above 0, ten thousand for a blank."""
    if is_blank(per):
        return 10_000.0
    found = one_number(per, "Per")
    if found <= 0:
        raise bad_input(f"Per is {found:g}. A rate is per a number above 0, such as 10,000.")
    return found


def texts(value: Cells, what: str) -> tuple[str, ...]:
    """The texts of a row or a column; a blank is refused by its place."""
    found = []
    cells = line(value, what).values
    for place, cell in enumerate(cells, 1):
        if is_blank(cell) and len(cells) == 1:
            raise bad_input(f"{what} is blank. It needs a text.")
        if is_blank(cell):
            raise bad_input(f"{what}: cell {place} of the range is blank. Each needs a text.")
        found.append(text_of(cell))
    return tuple(found)


def one_text(value: Cells, what: str, blank: str | None = None) -> str:
    """The text of one cell; `blank` is what a blank one stands for, if it may be blank."""
    if blank is not None and is_blank(value):
        return blank
    found = texts(value, what)
    if len(found) != 1:
        raise bad_input(f"{what} must be one text, but {len(found):,} cells were given.")
    return found[0]


def text_of(cell: Cells) -> str:
    """A cell as text: 2026 and not 2026.0.

    Examples
    --------
    >>> text_of(2026.0), text_of(" Leeds ")
    ('2026', 'Leeds')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def how_many(count: int, one: str, several: str = "") -> str:
    """A number of things in words.

    Examples
    --------
    >>> how_many(1, "cell"), how_many(2, "cell"), how_many(1_000, "authority", "authorities")
    ('1 cell', '2 cells', '1,000 authorities')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def column(results: Sequence[Any] | NDArray[Any]) -> Rows:
    """Results one below the other."""
    return [[given(result)] for result in results]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Rows:
    """A table with its header row; a number that is not one shows as #N/A."""
    return [list(head), *([given(cell) for cell in row] for row in rows)]


def parted(rows: Rows) -> tuple[Rows, str]:
    """A table without what stands below its first empty row, and that in one text.

    Examples
    --------
    >>> parted([["code", "name"], ["E06000001", "Leeds"], ["", ""], ["", "A sample."]])
    ([['code', 'name'], ['E06000001', 'Leeds']], 'A sample.')
    >>> parted([["item", "value"], ["cyps", "1"]])[1]
    ''
    """
    last = next((i for i, row in enumerate(rows) if not any(map(str, row))), len(rows))
    return rows[:last], " ".join(str(cell) for row in rows[last:] for cell in row if str(cell))


def given(value: Any) -> Cells:  # noqa: ANN401 - numpy's scalars among others
    """A value as hosts take it: plain numbers and text; not-a-number is `#N/A`.

    Examples
    --------
    >>> given(np.float64(0.5)), given(np.int64(3)), str(given(float("nan")))
    (0.5, 3, '#N/A')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return ErrorValue.NOT_AVAILABLE
    return value
