"""The cell functions: name, arguments, meaning and example, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use, metric_shares, needs_shares, typed_weights
from cyps.settlement import floor_damped, whole_pounds

Range = list[list[Any]]
"""A block of cells as Excel hands it over: rows of values."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a cell function, with its unit and meaning in an officer's words."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class CellFunction:
    """A function that can be typed into a cell.

    `compute` takes the arguments as Excel gives them (numbers, text, or ranges as
    rows of values) and returns a number, text, or a range.
    """

    name: str
    summary: str
    arguments: tuple[Argument, ...]
    result: str
    example: str
    compute: Callable[..., Any]


def call(name: str, *arguments: Any) -> Any:  # noqa: ANN401 - whatever a cell holds
    """Compute a cell function by name.

    Raises
    ------
    CypsError
        When there is no such function, or its arguments cannot be used.

    Examples
    --------
    >>> call("CYPS_DAMP", [[96], [104]], [[100], [100]], 0.0)
    [[100.0], [100.0]]
    """
    for function in CELL_FUNCTIONS:
        if function.name == name:
            if len(arguments) != len(function.arguments):
                names = (
                    ", ".join(argument.name for argument in function.arguments) or "no arguments"
                )
                raise CypsError(f"{name} takes {names}, but {len(arguments)} were given.")
            return function.compute(*arguments)
    raise CypsError(
        f"There is no function {name}. There are: "
        f"{', '.join(function.name for function in CELL_FUNCTIONS)}."
    )


def _numbers(values: Range | float, what: str) -> NDArray[np.float64]:
    """A range of numbers as an array (rows, columns); blanks and text are refused by cell."""
    rows = values if isinstance(values, list) else [[values]]
    for r, row in enumerate(rows, 1):
        for c, value in enumerate(row, 1):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise CypsError(
                    f"{what}: row {r}, column {c} of the range holds "
                    f"{'nothing' if value is None else repr(value)}, not a number. "
                    "A missing number is never taken for 0."
                )
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise CypsError(f"{what} must be a block of cells with at least one cell.")
    numbers = np.array(rows, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise CypsError(f"{what} holds a number that is not finite.")
    return numbers


def _one_line(values: Range | float, what: str) -> NDArray[np.float64]:
    numbers = _numbers(values, what)
    if 1 not in numbers.shape:
        raise CypsError(f"{what} must be one column or one row of cells.")
    return numbers.ravel()


def _one_cell(values: Range | float, what: str) -> float:
    numbers = _numbers(values, what)
    if numbers.size != 1:
        raise CypsError(f"{what} must be one number, but {numbers.size} cells were given.")
    return float(numbers.item())


def _column(numbers: NDArray[Any]) -> Range:
    return [[number] for number in numbers.tolist()]


def _shares(use: Range, weights: Range) -> Range:
    children, amounts = _numbers(use, "Use"), _one_line(weights, "Weights")
    if children.shape[1] != amounts.size:
        raise CypsError(
            f"Use has {children.shape[1]} columns but there are {amounts.size} weights. "
            "Give one weight for each metric."
        )
    metrics = tuple(f"metric {number}" for number in range(1, amounts.size + 1))
    rows = tuple(f"row {number}" for number in range(1, len(children) + 1))
    shares = metric_shares(Use(rows, metrics, children, "cells of a workbook"))
    cost_weights = typed_weights(dict(zip(metrics, amounts, strict=True)), metrics)
    return _column(needs_shares(shares, cost_weights))


def _damp(target: Range, baseline: Range, floor: float) -> Range:
    damped = floor_damped(
        _one_line(target, "Target"),
        _one_line(baseline, "Baseline"),
        _one_cell(floor, "Floor"),
    )
    return _column(damped.allocation)


def _pounds(allocation: Range, codes: Range) -> Range:
    amounts = _one_line(allocation, "Allocation")
    names = tuple("" if row[0] is None else str(row[0]).strip() for row in codes)
    if len(names) != amounts.size:
        raise CypsError(f"There are {amounts.size} allocations but {len(names)} codes.")
    if "" in names or len(set(names)) < len(names):
        raise CypsError("A code is blank or comes twice. Codes decide ties: give each its own.")
    if (amounts < 0).any():
        raise CypsError("An allocation is below zero. Whole pounds are shared out of 0 or more.")
    pot = int(np.floor(amounts.sum() + 0.5))
    return _column(whole_pounds(amounts, pot, names))


CELL_FUNCTIONS: tuple[CellFunction, ...] = (
    CellFunction(
        "CYPS_SHARES",
        "Needs shares from use and cost weights, before area cost",
        (
            Argument("use", "children by authority (rows) and metric (columns)"),
            Argument("weights", "cost weight of each metric; only their ratio matters"),
        ),
        "one share a row, adding up to 1",
        "=CYPS_SHARES(B2:D154, H2:J2)",
        _shares,
    ),
    CellFunction(
        "CYPS_DAMP",
        "Allocations with nobody below the floor, paid for by those above it",
        (
            Argument("target", "target of each authority, pounds"),
            Argument("baseline", "what each had before, pounds"),
            Argument("floor", "least change against the baseline, such as -5%"),
        ),
        "one damped allocation a row, adding up to the targets",
        "=CYPS_DAMP(F2:F154, G2:G154, -5%)",
        _damp,
    ),
    CellFunction(
        "CYPS_POUNDS",
        "Whole pounds by largest remainder",
        (
            Argument("allocation", "damped allocation of each authority, pounds"),
            Argument("codes", "code of each authority, which decides ties"),
        ),
        "whole pounds, adding up to the total of the allocations to the nearest pound",
        "=CYPS_POUNDS(K2:K154, A2:A154)",
        _pounds,
    ),
    CellFunction(
        "CYPS_VERSION",
        "Version of cyps that computes",
        (),
        "text",
        "=CYPS_VERSION()",
        lambda: version("cyps"),
    ),
)
"""Every cell function there is."""
