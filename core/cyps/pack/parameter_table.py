"""A published parameter table: one row for each category of a driver, a column pair a metric."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.pack.driver import Driver
from cyps.pack.parameter_columns import DRIVER_COLUMNS, Columns, find_columns
from cyps.returns import Problems, Row, Source, Table, read_table
from cyps.returns.tables import same_name

_LEVELS: dict[str, Literal["child", "area"]] = {
    **dict.fromkeys(("child", "pupil", "person"), "child"),
    **dict.fromkeys(("area", "lsoa"), "area"),
}
_INTERCEPT = {"intercept", "constant", "cons"}
_NOTHING = {"", "-", "–", "reference", "ref", "ref.", "[reference]", "(reference)"}
_YES, _NO = {"yes", "y", "x", "true", "1", "reference", "ref"}, {"no", "n", "false", "0", ""}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a published table tells of a model.

    Attributes
    ----------
    drivers : child drivers, then area drivers, the reference category first
    metrics : activity metrics, one a column
    coefficients : (k, n_metrics), log odds, the intercept first
    errors : (k, n_metrics), standard errors, or None when the table has none
    sigma : standard deviation of the authority effects by metric, None where unknown
    unread : names of columns that were not read
    """

    drivers: tuple[Driver, ...]
    metrics: tuple[str, ...]
    coefficients: NDArray[np.float64]
    errors: NDArray[np.float64] | None
    sigma: Mapping[str, float | None]
    unread: tuple[str, ...]
    source: Source


def read_parameters(
    path: Path, *, sigma: Mapping[str, float | None] | None = None, with_errors: bool = True
) -> Parameters:
    r"""Read a published parameter table from CSV or Excel; asks by name for what is missing.

    Columns: `driver`, `level` (child or area), `category` (empty for a number), and for each
    metric its coefficient (`CIN` or `CIN coefficient`, log odds) and standard error (`CIN_se`
    or `CIN standard error`). One row is the intercept's. The reference category of a driver has
    `reference` in its cells, or a coefficient of 0 or nothing without a standard error; where
    there is a column `reference`, the rows marked in it are meant and no others. A row `sigma`
    may give the standard deviation of the authority effects.

    Parameters
    ----------
    path : .csv, .csv.gz, .xlsx or .xlsm
    sigma : by metric where the table has no row `sigma`; None is unknown, on purpose
    with_errors : False when no standard errors were published

    Raises
    ------
    ReturnsError
        With everything that is missing or wrong, each named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> rows = ["driver,level,category,CIN,CIN_se", "Intercept,,,-3.5,0.1",
    ...         "sex,child,female,reference,", "sex,child,male,0.2,0.01", "sigma,,,0.3,"]
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "table.csv"
    ...     _ = file.write_text("\n".join(rows))
    ...     parameters = read_parameters(file)
    >>> parameters.drivers[0].categories, parameters.coefficients.tolist(), parameters.sigma
    (('female', 'male'), [[-3.5], [0.2]], {'CIN': 0.3})
    """
    table = read_table(path, key_columns=DRIVER_COLUMNS)
    problems = Problems()
    columns = find_columns(table, with_errors, problems)
    problems.stop_if_any()
    lines = _lines(table, columns, problems)
    problems.stop_if_any()
    intercept, told_sigma, by_driver = _sorted_out(table, columns, lines, problems)
    drivers = [_driver(table, name, found, problems) for name, found in by_driver.items()]
    known_sigma = _sigma(table, columns.metrics, {**told_sigma, **(sigma or {})}, problems)
    problems.stop_if_any()
    drivers.sort(key=lambda pair: pair[0].level == "area")  # stable: else as in the table
    kept = [*intercept, *(line for _, found in drivers for line in found)]
    return Parameters(
        tuple(driver for driver, _ in drivers),
        columns.metrics,
        np.array([line.coefficients for line in kept], dtype=np.float64),
        np.array([line.errors for line in kept], dtype=np.float64) if with_errors else None,
        known_sigma,
        columns.unread,
        table.source,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    row: Row
    driver: str
    level: str
    category: str
    reference: bool
    coefficients: tuple[float | None, ...]
    errors: tuple[float | None, ...]


def _lines(table: Table, columns: Columns, problems: Problems) -> list[_Line]:
    lines = []
    for row in table.rows:
        with problems.gathered():
            lines.append(_line(table, columns, row))
    return lines


def _line(table: Table, columns: Columns, row: Row) -> _Line:
    driver = " ".join(row.cells[columns.driver].split())
    if not driver or same_name(driver) == "reference":
        raise CypsError(
            f"{table.where(row, columns.driver)}: '{driver}' names no driver. Repeat the driver's "
            "name on each of its rows; take notes and totals out of the table."
        )
    pairs = columns.pairs.values()
    coefficients = tuple(_number_in(table, row, value) for value, _ in pairs)
    errors = tuple(None if e is None else _number_in(table, row, e) for _, e in pairs)
    for (_, column), error in zip(pairs, errors, strict=True):
        if error is not None and error < 0:
            raise CypsError(f"{table.where(row, column)}: a standard error is never below zero.")
    category = "" if columns.category is None else " ".join(row.cells[columns.category].split())
    empty = not any(coefficients) and not any(errors)  # 0 and nothing, for every metric
    marked = _is_marked(table, columns, row)
    if marked and not empty:
        raise CypsError(
            f"{table.where(row)}: the row is marked as the reference, but has a coefficient or an "
            "error of its own. Take the mark or the numbers away."
        )
    level = row.cells[columns.level]
    reference = marked if columns.mark is not None else empty and bool(category)
    return _Line(row, driver, level, category, reference, coefficients, errors)


def _number_in(table: Table, row: Row, column: int) -> float | None:
    """The number of a cell; None for an empty one and for words that mark the reference."""
    shown = row.cells[column].strip()
    if shown.casefold() in _NOTHING:
        return None
    digits = shown.replace("−", "-")
    if _NUMBER.fullmatch(digits) and np.isfinite(float(digits)):
        return float(digits)
    raise CypsError(
        f"{table.where(row, column)}: '{shown[:40]}' is not a plain number. Write it like -0.123, "
        "without stars, brackets or decimal commas."
    )


def _is_marked(table: Table, columns: Columns, row: Row) -> bool:
    if columns.mark is None:
        return False
    word = row.cells[columns.mark].casefold()
    if same_name(table.header[columns.mark]) == "label":
        return word == "reference"  # a pack's own table gives every row a label
    if word in _YES or word in _NO:
        return word in _YES
    raise CypsError(
        f"{table.where(row, columns.mark)}: '{word[:40]}' says neither yes nor no. Write 'yes' in "
        "the row of the reference category and nothing in the others."
    )


def _sorted_out(
    table: Table, columns: Columns, lines: Sequence[_Line], problems: Problems
) -> tuple[list[_Line], dict[str, float | None], dict[str, list[_Line]]]:
    """The intercept's line, sigma by metric, and every driver's lines."""
    intercept = [line for line in lines if same_name(line.driver) in _INTERCEPT]
    sigma = [line for line in lines if same_name(line.driver) == "sigma"]
    for found, what in ((intercept, "intercept"), (sigma, "sigma")):
        if len(found) > 1:
            problems.add(f"{table.where(found[1].row)}: a second {what}. Remove one.")
    if not intercept:
        problems.add(
            f"{table.place}: there is no intercept. Add a row with 'Intercept' as its driver and "
            f"the coefficient of {', '.join(columns.metrics)}."
        )
    for line in intercept:
        _check_complete(table, line, columns, problems)
    by_driver: dict[str, list[_Line]] = {}
    for line in lines:
        if line not in intercept and line not in sigma:
            by_driver.setdefault(line.driver, []).append(line)
            if not line.reference:
                _check_complete(table, line, columns, problems)
    told = dict(zip(columns.metrics, sigma[0].coefficients, strict=True)) if sigma else {}
    return intercept, {m: s for m, s in told.items() if s is not None}, by_driver


def _check_complete(table: Table, line: _Line, columns: Columns, problems: Problems) -> None:
    for (metric, (value, error)), b, se in zip(
        columns.pairs.items(), line.coefficients, line.errors, strict=True
    ):
        what = f"{line.driver}{f' {line.category}' if line.category else ''}"
        if b is None:
            problems.add(
                f"{table.where(line.row, value)}: the coefficient of {metric} for {what} is "
                "missing. Fill it in; only the reference category has none."
            )
        if se is None and error is not None:
            problems.add(
                f"{table.where(line.row, error)}: the standard error of {metric} for {what} is "
                "missing. Fill it in."
            )


def _driver(
    table: Table, name: str, lines: Sequence[_Line], problems: Problems
) -> tuple[Driver, list[_Line]]:
    """A driver with its reference first, and the lines of its coefficients in that order."""
    level = _level(table, name, lines, problems)
    references = [line for line in lines if line.reference]
    others = [line for line in lines if not line.reference]
    categories = [line.category for line in lines]
    if categories == [""]:
        if references:
            problems.add(
                f"{table.where(lines[0].row)}: '{name}' is a number, which has no reference. Fill "
                "in its coefficient, or name the category of the row."
            )
        return Driver(name, level), others
    for line in lines:
        if not line.category or categories.count(line.category) > 1:
            problems.add(
                f"{table.where(line.row)}: '{name}' needs one row for each category, and "
                f"'{line.category}' is empty or comes twice."
            )
    if len(references) != 1:
        found = " and ".join(f"'{line.category}'" for line in references)
        problems.add(
            f"{table.place}: driver '{name}' has {'no' if not found else 'more than one'} "
            f"reference category{f' ({found})' if found else ''}. Give one row with the category "
            "that the others are compared with: coefficient 0, or 'reference'."
        )
    if not others:
        problems.add(f"{table.place}: driver '{name}' has no category besides its reference.")
    names = tuple(line.category for line in (*references, *others))
    return Driver(name, level, names), others


def _level(
    table: Table, name: str, lines: Sequence[_Line], problems: Problems
) -> Literal["child", "area"]:
    found = {_LEVELS.get(line.level.casefold()) for line in lines}
    level = found.pop()
    if level is None or found:
        problems.add(
            f"{table.where(lines[0].row)}: the level of driver '{name}' is not clear. Write "
            "'child' or 'area' in the column 'level', the same on each of its rows."
        )
    return level or "child"


def _sigma(
    table: Table,
    metrics: Sequence[str],
    told: Mapping[str, float | None],
    problems: Problems,
) -> dict[str, float | None]:
    for metric in metrics:
        if metric not in told:
            problems.add(
                f"{table.place}: sigma of {metric}, the standard deviation of the authority "
                f"effects, is missing. Add a row 'sigma', or say --sigma {metric}=0.3; if it was "
                f"not published, --sigma {metric}=unknown."
            )
    for metric, number in told.items():
        if metric not in metrics:
            problems.add(f"{table.place}: sigma is given for {metric}, which has no coefficients.")
        if number is not None and not 0 <= number < 10:
            problems.add(f"{table.place}: sigma of {metric} is {number}; it is between 0 and 10.")
    return {metric: told.get(metric) for metric in metrics}
