"""From what COM hands over to cells, and back: dates, errors, missing arguments, tables."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any, Final

from cyps_addin.cells import MOST_CELLS
from cyps_addin.declare import Cells
from cyps_addin.error_values import ErrorValue, bad_input
from cyps_addin.generators.vba import ERROR_MARK

LONGEST_TEXT: Final = 32_767
"""Letters that a cell of Excel can hold."""

MISSING: Final = -2147352572
"""What pywin32 gives for an argument that was left out (DISP_E_PARAMNOTFOUND)."""

ERROR_CODES: Final = {
    -2146828288 + number: error
    for number, error in (
        (2000, ErrorValue.NULL),
        (2007, ErrorValue.DIVISION),
        (2015, ErrorValue.VALUE),
        (2023, ErrorValue.REFERENCE),
        (2029, ErrorValue.NAME),
        (2036, ErrorValue.NUMBER),
        (2042, ErrorValue.NOT_AVAILABLE),
    )
}
"""Error cells, which pywin32 gives as plain integers: 0x800A0000 and Excel's number."""

_FIRST_DAY = dt.datetime(1899, 12, 30)
_DEPTH = 2


def cells_of(value: Any, what: str) -> Cells:  # noqa: ANN401 - whatever COM holds
    """What COM hands over for one argument, as cells: a value, or a list of rows.

    Empty, Null and a missing argument are None; an error cell is an `ErrorValue`; a date is
    Excel's number of days, as `Value2` gives it; currency is a number.

    Raises
    ------
    CellError
        `#VALUE!` for objects, bytes, tables of three dimensions, texts longer than a cell
        holds, and more than a million cells.

    Examples
    --------
    >>> cells_of(((1.5, None), ("Leeds", -2146826246)), "use")
    [[1.5, None], ['Leeds', <ErrorValue.NOT_AVAILABLE: '#N/A'>]]
    >>> cells_of(-2147352572, "ceiling") is None
    True
    >>> cells_of(dt.datetime(2026, 11, 20, 12), "day")
    46346.5
    """
    if _count(value, what) > MOST_CELLS:
        raise bad_input(
            f"{what} has more than {MOST_CELLS:,} cells. Select the rows that hold the figures."
        )
    return _cells(value, what, _DEPTH)


def _count(value: Any, what: str, depth: int = _DEPTH) -> int:  # noqa: ANN401
    if not isinstance(value, tuple | list):
        return 1
    if not depth:
        raise bad_input(f"{what} has more than two dimensions. Give one block of cells.")
    return sum(_count(part, what, depth - 1) for part in value)


def _cells(value: Any, what: str, depth: int) -> Cells:  # noqa: ANN401
    if isinstance(value, tuple | list):
        return [_cells(part, what, depth - 1) for part in value]
    return _cell(value, what)


def _cell(value: Any, what: str) -> Cells:  # noqa: ANN401
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if value == MISSING:
            return None
        return ERROR_CODES.get(value, float(value))
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise bad_input(f"{what} holds a text of {len(value):,} letters: too long for a cell.")
        return value
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - _FIRST_DAY) / dt.timedelta(days=1)
    if isinstance(value, Decimal):
        return float(value)
    raise bad_input(
        f"{what} holds something that is neither number nor text ({type(value).__name__}). "
        "Give cells, numbers or texts."
    )


def told(value: Cells) -> Any:  # noqa: ANN401 - whatever COM holds
    """Cells as pywin32 sends them: a value, or a list of lists (a tuple would be cut apart).

    pywin32 can send no error value, so inside a table a marked text stands for one and the
    VBA wrapper puts the error there. Whole numbers are doubles, as every number in a cell is;
    nothing is "", for COM's Null would be an error in a cell and Empty a 0.

    Examples
    --------
    >>> told([[1, "Leeds"], [None, ErrorValue.NOT_AVAILABLE]])
    [[1.0, 'Leeds'], ['', 'cyps-error:#N/A']]
    """
    if isinstance(value, tuple | list):
        return [told(part) for part in value]
    if isinstance(value, ErrorValue):
        return f"{ERROR_MARK}{value}"
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    number = float(value)
    return number if math.isfinite(number) else f"{ERROR_MARK}{ErrorValue.NOT_AVAILABLE}"
