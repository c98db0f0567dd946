"""Excel's error values, and the sentences that go with them."""

from __future__ import annotations

from enum import StrEnum

from cyps.errors import CypsError
from cyps.explain import NoBridge
from cyps.pack import PackError
from cyps.settlement import Infeasible


class ErrorValue(StrEnum):
    """An error in a cell: on its own, inside a table, or in what a function is given."""

    NOT_AVAILABLE = "#N/A"
    VALUE = "#VALUE!"
    NUMBER = "#NUM!"
    DIVISION = "#DIV/0!"
    REFERENCE = "#REF!"
    NAME = "#NAME?"
    NULL = "#NULL!"


class CellError(CypsError):
    """A function cannot give a value: `error` is what the cell shows, the text says why."""

    def __init__(self, error: ErrorValue, why: str) -> None:
        self.error = error
        super().__init__(why)


def not_available(why: str) -> CellError:
    """An unknown authority or handle, or something that a pack does not hold: `#N/A`."""
    return CellError(ErrorValue.NOT_AVAILABLE, why)


def bad_input(why: str) -> CellError:
    """An argument that cannot be used: `#VALUE!`."""
    return CellError(ErrorValue.VALUE, why)


def error_value_of(error: CypsError) -> ErrorValue:
    """What the cell shows for an error of the core.

    Examples
    --------
    >>> str(error_value_of(CypsError("A baseline is missing.")))
    '#VALUE!'
    >>> import numpy as np
    >>> from cyps.settlement import FloorTooHigh
    >>> str(error_value_of(FloorTooHigh(0.2, 0.04, np.array([5.0]))))
    '#NUM!'
    """
    if isinstance(error, CellError):
        return error.error
    if isinstance(error, Infeasible | NoBridge):
        return ErrorValue.NUMBER
    if isinstance(error, PackError):
        return ErrorValue.NOT_AVAILABLE
    return ErrorValue.VALUE
